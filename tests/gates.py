"""What bin/chaos and bin/crash have in common: the report of a run, and how tests run one and read it."""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tests.stack import ROOT, clean_environment


@dataclass
class Report:
    """`planned` and `executed`: by kind of fault, how many. `outcomes`: what came of the attempts, counted."""

    seed: int
    mutant: str
    attempts: int
    planned: dict[str, int]
    executed: dict[str, int] = field(default_factory=dict)
    outcomes: dict[str, int] = field(default_factory=dict)
    broken: dict[str, list[str]] = field(default_factory=dict)
    figures: dict[str, float] = field(default_factory=dict)
    artefacts: str = ""

    @property
    def passed(self) -> bool:
        return not any(self.broken.values())

    @property
    def missing(self) -> dict[str, int]:
        return {kind: many - self.executed.get(kind, 0) for kind, many in self.planned.items() if self.executed.get(kind, 0) < many}

    @property
    def not_happened(self) -> list[str]:
        """Fewer than planned is no run at all."""
        return [f"{kind}: {many} planned did not happen" for kind, many in self.missing.items()]

    def json(self) -> str:
        return json.dumps(asdict(self) | {"passed": self.passed}, indent=1)

    def keep(self, *, gate: str, plan: Iterable[str], found: Iterable[Path]) -> None:
        """Of a failed run stays what tells why: the plan, the proofs, the logs. No profile, no database, no password."""
        kept = Path(tempfile.mkdtemp(prefix=f"onecounter-{gate}-failed-"))
        self.artefacts = str(kept)
        (kept / "plan.txt").write_text("\n".join(plan))
        (kept / "report.json").write_text(self.json())
        for path in found:
            if path.exists():
                shutil.copy(path, kept)

    def table(self, *, faults: str, checks: Iterable[str]) -> str:
        """`faults`: what they are called here. `checks`: what is told of in any case."""
        rows = [f"seed {self.seed}, {self.attempts} {faults}{f', mutant {self.mutant}' if self.mutant else ''}"]
        rows += [f"  {name:<26} {value:10.2f}" if isinstance(value, float) else f"  {name:<26} {value:7d}" for name, value in self.figures.items()]
        rows += ["", f"  {'':<36} planned  done"]
        rows += [f"  {kind:<36} {many:7d} {self.executed.get(kind, 0):5d}" for kind, many in sorted(self.planned.items())]
        rows += ["", *(f"  {outcome:<44} {many:5d}" for outcome, many in sorted(self.outcomes.items())), ""]
        names = dict.fromkeys([*checks, *self.broken])
        rows += [f"  {name:<10} {len(self.broken.get(name, [])):5d}  {'; '.join(self.broken.get(name, [])[:3])}".rstrip() for name in names]
        rows += ["", "PASSED" if self.passed else f"FAILED: {', '.join(self.broken)} (kept in {self.artefacts})"]
        return "\n".join(rows)


def attack(gate: str, *arguments: str) -> dict:
    """`gate`: chaos or crash, in a process of its own, and read by its report."""
    command = [sys.executable, "-m", f"tests.{gate}", "--json", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=clean_environment(), capture_output=True, text=True)
    assert done.stdout.startswith("{"), done.stderr[-4000:]
    report = json.loads(done.stdout)
    assert done.returncode == (0 if report["passed"] else 1)
    print(json.dumps(report, indent=1))
    return report
