"""One run: the product starts, the plan is carried out, the line comes back, the oracle judges."""

import argparse
import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from playwright.async_api import Error, async_playwright

from tests.chaos import collecting, oracle, plan
from tests.chaos.faults import Faults
from tests.chaos.mutants import late_persist
from tests.chaos.proxy import Proxy
from tests.chaos.till import Till
from tests.gates import Report
from tests.stack import ROOT, Stack, free_port

CASHIER = "carla"
SENT_WITHIN = 60.0
MUTANTS = ("no-dedupe", "late-persist")
# A mutant is found by the faults it cannot stand; the others would only cost time.
MIXES: Mapping[str, Mapping[str, int]] = {
    "": plan.MIX,
    "no-dedupe": {"drop_after": 60, "error_500": 30, "drop_before": 15, "reload": 5},
    "late-persist": {"drop_before": 15, "drop_after": 15, "reload": 60, "kill_browser": 15},
}


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    mix = dict(MIXES[options.mutant or ""]) | dict.fromkeys(options.also, 4)
    steps = plan.make(attempts=options.attempts, seed=options.seed, mix=mix)
    report = Report(seed=options.seed, mutant=options.mutant or "", attempts=options.attempts, planned=dict(plan.planned(steps)))
    scratch = Path(tempfile.mkdtemp(prefix="onecounter-chaos-"))
    try:
        with product(scratch, report.mutant) as (stack, port):
            asyncio.run(Run(stack=stack, web=port, steps=steps, report=report, scratch=scratch).go())
            if not report.passed:
                found = (scratch / "proofs.txt", scratch / "till.png", *(stack.var / "log").glob("*.log"))
                report.keep(gate="chaos", plan=plan.told(steps), found=found)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    checks = ["run", *oracle.CHECKS, "verify", "faults", "errors"]
    print(report.json() if options.json else report.table(faults="attempts", checks=checks), flush=True)
    return 0 if report.passed else 1


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/chaos", description="Sell at the till while everything around it fails, and see that nothing is lost.")
    parser.add_argument("--attempts", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mutant", choices=MUTANTS, help="a product that is wrong on purpose: the run must fail")
    parser.add_argument("--also", action="append", default=[], choices=["corrupt"], help="a fault that is not in the usual plan")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(arguments)


@contextlib.contextmanager
def product(scratch: Path, mutant: str) -> Iterator[tuple[Stack, int]]:
    """The whole product, and the port of the web server that the till shall talk to."""
    stack = Stack(var=scratch / "var", port=free_port()).furnished().start()
    try:
        collecting.sell_whatever_the_book_says(stack.settings["DATABASE_URL"])
        if mutant != "no-dedupe":
            yield stack, stack.port
            return
        with psycopg.connect(stack.settings["DATABASE_URL"]) as connection:
            forget_uniqueness(connection)
        with mutant_web(stack) as port:
            yield stack, port
    finally:
        stack.stop()


def forget_uniqueness(connection: Any) -> None:
    """Without these keys nothing in the database tells a second entry or order from the first."""
    statement = """select i.relname, c.conname, t.relname from pg_index x join pg_class i on i.oid = x.indexrelid
                   join pg_class t on t.oid = x.indrelid left join pg_constraint c on c.conindid = x.indexrelid
                   where x.indisunique and not x.indisprimary and t.relname in ('pos_journalentry', 'orders_order')"""
    for index, constraint, on in connection.execute(statement).fetchall():
        connection.execute(f"alter table {on} drop constraint {constraint}" if constraint else f"drop index {index}")


@contextlib.contextmanager
def mutant_web(stack: Stack) -> Iterator[int]:
    port = free_port()
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--no-ws"]
    env = stack.env | {"ONECOUNTER_ROLE": "web", "DJANGO_SETTINGS_MODULE": "commerce.settings"}
    with (stack.var / "log" / "mutant.log").open("w") as log:
        child = subprocess.Popen(
            [*command, "tests.chaos.mutants.no_dedupe:application"], cwd=ROOT, env=env, stdout=log, stderr=log, start_new_session=True
        )
    try:
        twin = Stack(var=stack.var, port=port)
        stack.wait(lambda: twin.status("/readyz") == 200, what="the mutant's web server", seconds=60)
        yield port
    finally:
        os.killpg(child.pid, signal.SIGTERM)
        child.wait(timeout=20)


@dataclass
class Run:
    stack: Stack
    web: int
    steps: list[plan.Attempt]
    report: Report
    scratch: Path
    outcomes: Counter[str] = field(default_factory=Counter)

    async def go(self) -> None:
        proxy = await Proxy(upstream=self.web).start()
        async with async_playwright() as playwright:
            till = Till(
                playwright=playwright,
                url=f"http://127.0.0.1:{proxy.port}/pos/",
                profile=self.scratch / "profile",
                pin=self.stack.logins[CASHIER]["pin"],
                codes=collecting.goods(self.stack.settings["DATABASE_URL"], "each"),
                weighed=collecting.goods(self.stack.settings["DATABASE_URL"], "weight"),
                scripts=(late_persist.SCRIPT,) if self.report.mutant == "late-persist" else (),
            )
            faults = Faults(till=till, proxy=proxy, stack=self.stack)
            till.mend = faults.mend
            try:
                await till.open()
                await till.enrol()
                await self._sell_all(till, faults)
                await self._drain(till, faults)
                await self._judge(till, faults)
            except (AssertionError, Error, TimeoutError) as error:
                self.report.broken["run"] = [f"{type(error).__name__}: {error}"[:2000]]
                await self._picture(till)
            finally:
                self.report.executed = dict(faults.all_executed())
                self.report.outcomes = dict(self.outcomes)
                (self.scratch / "proofs.txt").write_text("\n".join(faults.proofs))
                await till.close()
                await proxy.stop()

    async def _sell_all(self, till: Till, faults: Faults) -> None:
        began = time.monotonic()
        for step in self.steps:
            death = await faults.before(step)
            await self._attempt(step, death, till, faults)
            if step.lock:
                await till.page.keyboard.press("F12")
                await till.ready()
        self.report.figures["selling_seconds"] = time.monotonic() - began
        self.report.figures["attempts_per_second"] = len(self.steps) / (time.monotonic() - began)

    async def _attempt(self, step: plan.Attempt, death: plan.Fault | None, till: Till, faults: Faults) -> None:
        codes = list(dict.fromkeys(till.codes[place % len(till.codes)] for place in step.goods))
        if step.grams and till.weighed:
            codes.append(till.weighed[step.goods[0] % len(till.weighed)])
        born, kills = (await faults.born(), till.kills) if death else (0.0, 0)
        dies = {"moment": death.moment, "act": "reload" if death.kind == "reload" else "kill", "delay": death.delay_ms} if death else None
        outcome = await till.sell(codes=codes, grams=step.grams if step.grams and till.weighed else 0, death=dies)
        if death:
            await faults.die(death, born=born, kills=kills)
        kinds = {fault.kind for fault in step.faults}
        self.outcomes[outcome if outcome in ("sold", "died") else f"{outcome} ({', '.join(sorted(kinds)) or 'no fault'})"] += 1
        if death or outcome != "sold":
            await self._recover(till, outcome)
        if "database_closed" in kinds:
            faults.forgive()

    async def _recover(self, till: Till, outcome: str) -> None:
        """As a cashier would: what the screen asks for, and a new page where that does not help."""
        if outcome not in ("sold", "died", "no paper"):
            self.outcomes["pages loaded anew to go on"] += 1
            await till.page.reload(wait_until="commit")
        await till.ready()

    async def _drain(self, till: Till, faults: Faults) -> None:
        """Faults that wait for a request get theirs: sales go on, a little slower."""
        await faults.lift()
        until = time.monotonic() + 120
        more = 0
        while faults.proxy.faults or self._stalls_left(faults):
            assert time.monotonic() < until, f"these faults found no request: {list(faults.proxy.faults)}"
            await till.sell(codes=[till.codes[more % len(till.codes)]])
            more += 1
            await asyncio.sleep(0.2)
            await till.ready()
        await faults.settle()
        self.report.figures["attempts_more"] = more

    def _stalls_left(self, faults: Faults) -> bool:
        of_stalls = ("stall_before", "stall_after")
        return any(faults.proxy.executed[kind] < self.report.planned.get(kind, 0) for kind in of_stalls)

    async def _judge(self, till: Till, faults: Faults) -> None:
        began = time.monotonic()
        while (unsent := await till.waiting()) and time.monotonic() - began < SENT_WITHIN:
            await asyncio.sleep(0.1)
        self.report.figures["sent_after_seconds"] = time.monotonic() - began
        database = self.stack.settings["DATABASE_URL"]
        while await asyncio.to_thread(collecting.posting_left, database) and time.monotonic() - began < SENT_WITHIN:
            await asyncio.sleep(0.2)
        client = await till.entries()
        evidence = await asyncio.to_thread(collecting.collect, database=database, papers=till.papers, client=client, unsent=unsent)
        self.report.broken |= {found.check: found.broken for found in oracle.judge(evidence) if found.broken}
        if said := await asyncio.to_thread(self._verified):
            self.report.broken["verify"] = said
        self.report.executed = dict(faults.all_executed())
        if self.report.missing:
            self.report.broken["faults"] = self.report.not_happened
        if till.errors:
            self.report.broken["errors"] = sorted(set(till.errors))
        self.report.figures |= {
            "papers": len({paper.receipt for paper in till.papers}),
            "orders": len(evidence.orders),
            "entries": len(evidence.journal),
            "errors_forgiven": faults.forgiven,
            "databases_lost": len(faults.mended),
            "entries_requests": faults.proxy.seen["entries"],
        }

    def _verified(self) -> list[str]:
        """What the product itself says of its journal; nothing when it is whole."""
        command = [sys.executable, "manage.py", "verify_journal", "--processes", "0"]
        done = subprocess.run(command, cwd=self.stack.root, env=self.stack.env, capture_output=True, text=True)
        return (done.stdout + done.stderr).strip().splitlines()[-20:] if done.returncode else []

    async def _picture(self, till: Till) -> None:
        with contextlib.suppress(Error, TimeoutError):
            await till.page.screenshot(path=self.scratch / "till.png", timeout=5000)
