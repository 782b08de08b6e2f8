"""One run: the product starts, clients buy and sell, the plan's kills go on side by side, everything drains, the oracle judges."""

import argparse
import random
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos import collecting as papers
from tests.crash import collecting, load, oracle, plan
from tests.crash.killing import Killing
from tests.crash.line import Book, Line
from tests.crash.mutants import WRONG
from tests.gates import Report
from tests.stack import Stack, free_port

DRAINED_WITHIN = 60.0
MOMENT = 10.0
# A mutant is found by the kills it cannot stand; the others would only cost time.
MIXES: Mapping[str, Mapping[tuple[str, str, str], int]] = {
    "": plan.MIX,
    "begin-anew": {("web", "before_kept", "web"): 1, ("web", "after_charge", "web"): 1, ("web", "before_charge", "web"): 1},
    "charge-anew": {("web", "after_charge", "web"): 1},
}


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    kills = plan.make(kills=options.attempts, seed=options.seed, mix=MIXES[options.mutant or ""])
    report = Report(seed=options.seed, mutant=options.mutant or "", attempts=options.attempts, planned=dict(plan.planned(kills)))
    scratch = Path(tempfile.mkdtemp(prefix="onecounter-crash-"))
    try:
        Run(report=report, kills=kills, scratch=scratch).go()
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    print(report.json() if options.json else report.table(faults="kills", checks=[*oracle.CHECKS, "clients", "kills"]), flush=True)
    return 0 if report.passed else 1


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/crash", description="Kill what is running under load, and see that nothing acknowledged is lost.")
    parser.add_argument("--attempts", type=int, default=100, help="how many kills")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mutant", choices=sorted(WRONG), help="a product that is wrong on purpose: the run must fail")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(arguments)


@dataclass
class Run:
    report: Report
    kills: dict[str, list[plan.Kill]]
    scratch: Path
    book: Book = field(default_factory=Book)

    def go(self) -> None:
        points = self.scratch / "points" / "armed"
        for name in ("armed", "taken", "fresh"):
            points.with_name(name).mkdir(parents=True)
        environment = {"ONECOUNTER_CRASH_POINTS": str(points)}
        if self.report.mutant:
            environment["ONECOUNTER_CRASH_MUTANT"] = self.report.mutant
        stack = Stack(var=self.scratch / "var", port=free_port(), program=(sys.executable, "-m", "tests.crash.product"), environment=environment)
        try:
            stack.furnished().start()
            self.report.figures["ready_after_seconds"] = stack.ready_after
            self._attack(stack, points)
        finally:
            stack.stop()
            if not self.report.passed:
                found = (self.scratch / "proofs.txt", *(stack.var / "log").glob("*.log"))
                self.report.keep(gate="crash", plan=plan.told(self.kills), found=found)

    def _attack(self, stack: Stack, points: Path) -> None:
        world = load.World.made(stack)
        database = stack.settings["DATABASE_URL"]
        before = frozenset(row["id"] for row in collecting.rows(database, collecting.ORDERS))
        till = load.Counter.opened(world, Line(port=stack.port, book=Book(), chance=random.Random(f"{self.report.seed} till")))
        clients = load.Load(book=self.book, steps=[*load.shoppers(world, seed=self.report.seed, book=self.book), till.step]).start()
        killing = self._kill(stack, points)
        clients.stop()
        self._figure("clients_done_seconds", killing.last)
        till.close()
        # What the closing shift has just added gets a moment, however long the clients took.
        left = collecting.until_drained(database, until=max(killing.last + DRAINED_WITHIN, time.monotonic() + MOMENT))
        self._figure("drained_seconds", killing.last)
        self._judge(stack, clients, till, left, before)
        self._count_kills(killing)

    def _kill(self, stack: Stack, points: Path) -> Killing:
        killing = Killing(stack=stack, points=points, answers=lambda: self.book.answers)
        began = time.monotonic()
        lanes = [threading.Thread(target=killing.lane, args=(kills,)) for kills in self.kills.values()]
        for lane in lanes:
            lane.start()
        for lane in lanes:
            lane.join()
        self._figure("killing_seconds", began)
        killing.last = killing.last or began
        return killing

    def _figure(self, name: str, since: float) -> None:
        self.report.figures[name] = time.monotonic() - since

    def _judge(self, stack: Stack, clients: load.Load, till: load.Counter, left: dict[str, int], before: frozenset[str]) -> None:
        database = stack.settings["DATABASE_URL"]
        evidence = oracle.Evidence(
            **collecting.collect(database=database, gateway=stack.var / "gateway.db", book=self.book, port=stack.port, before=before),
            counter=papers.collect(database=database, papers=till.papers, client=till.entries, unsent=0),
            left=left,
        )
        self.report.broken |= {found.check: found.broken for found in oracle.judge(evidence) if found.broken}
        if clients.failed:
            self.report.broken["clients"] = clients.failed
        self.report.outcomes = told_counts(self.book)
        counted = {name: self.book.counted[name] for name in sorted(self.book.counted)}
        self.report.figures |= {"orders": len(evidence.orders) - len(before), "papers": len(till.papers), **counted}

    def _count_kills(self, killing: Killing) -> None:
        self.report.executed = dict(killing.executed)
        (self.scratch / "proofs.txt").write_text("\n".join(killing.proofs))
        if failed := self.report.not_happened + killing.failed:
            self.report.broken["kills"] = failed


def told_counts(book: Book) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in book.kept:
        told = one.told if one.status >= 400 else {}
        name = f"{one.what} {one.status} {told.get('code', '')}".strip()
        found[name] = found.get(name, 0) + 1
    return found
