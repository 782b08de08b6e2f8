"""bin/chaos and bin/crash as tests run them: in a process of their own, and read by their report."""

import json
import subprocess
import sys

from tests.stack import ROOT, clean_environment


def attack(gate: str, *arguments: str) -> dict:
    """`gate`: chaos or crash."""
    command = [sys.executable, "-m", f"tests.{gate}", "--json", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=clean_environment(), capture_output=True, text=True)
    assert done.stdout.startswith("{"), done.stderr[-4000:]
    report = json.loads(done.stdout)
    assert done.returncode == (0 if report["passed"] else 1)
    print(json.dumps(report, indent=1))
    return report
