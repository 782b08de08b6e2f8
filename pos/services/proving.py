"""Proves the journal: every chain, in one reading moment and in the same memory at any length, on as many processors as there are."""

import os
import random
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from multiprocessing import get_context
from typing import Any
from uuid import UUID

from pos import proof, seal
from pos.proof import NOT_SIGNED, Anchor, Finding, Start, Vouched, Walk
from pos.queries import proofs
from pos.queries.proofs import Key, Row
from pos.services import sealing

# One in so many signatures is checked by "sample".
SAMPLE = 20
BATCH = 500
REPORT_EVERY = 10_000


@dataclass(frozen=True, slots=True)
class Scope:
    """What is proven: everything, or a store's or a till's chains, from the newest seal before `since` on."""

    store: UUID | None = None
    tills: frozenset[UUID] | None = None
    since: datetime | None = None


@dataclass(slots=True)
class Proof:
    """`chains`, `entries` and `signatures` were looked at; the findings were handed on as they came."""

    chains: int = 0
    entries: int = 0
    receipts: int = 0
    signatures: int = 0
    # Signatures that were compared with what their seal says of them.
    sealed: int = 0
    findings: int = 0


class Sealed:
    """Which signatures of a chain were checked when it was sealed, and whether they are the same now."""

    def __init__(self, anchors: Sequence[Anchor], key: dict[str, str], begins: int) -> None:
        self._key = key
        self._stretches: deque[Anchor] = deque()
        for anchor in sorted(anchors, key=lambda one: one.seq):
            if anchor.signatures and anchor.after >= (self._stretches[-1].seq if self._stretches else begins):
                self._stretches.append(anchor)
        self._vouched = Vouched(key)
        self._different: list[Anchor] = []

    def takes(self, row: Row) -> bool:
        """False: no seal says anything of its signature. Rows come by seq."""
        while self._stretches and row.seq > self._stretches[0].seq:
            self._compare()
        if not self._stretches or row.seq <= self._stretches[0].after:
            return False
        self._vouched.add(row)
        return True

    def different(self) -> list[Anchor]:
        """Behind the last row."""
        while self._stretches:
            self._compare()
        return self._different

    def _compare(self) -> None:
        stretch = self._stretches.popleft()
        if self._vouched.digest() != stretch.signatures:
            self._different.append(stretch)
        self._vouched = Vouched(self._key)


@dataclass(slots=True)
class Prover:
    """`signatures`: "sealed" (what was checked when it was sealed is compared with what the seal says of it, the rest is checked), "all",
    "sample" or "none". `processes`: how many check signatures beside this one; 0: this one does it."""

    scope: Scope
    found: Callable[[Finding], None]
    signatures: str = "sealed"
    processes: int = 0
    progress: Callable[[Proof], None] = lambda proof: None
    proof: Proof = field(default_factory=Proof)
    _waiting: deque[tuple[list[Row], Future[list[bool]]]] = field(default_factory=deque)

    def run(self) -> Proof:
        pool = ProcessPoolExecutor(self.processes, mp_context=get_context("spawn")) if self.processes else nullcontext(None)
        # Before the moment begins: the storage may be far away, and what was sealed before is in every chain read later.
        anchors = self._anchors()
        with pool as workers, proofs.one_moment():
            self._run(anchors, workers)
        return self.proof

    def _run(self, anchors: dict[Key, list[tuple[Anchor, datetime | None]]], workers: Executor | None) -> None:
        names, keys = proofs.names(), proofs.keys()
        for key in sorted({*proofs.chains(), *anchors}):
            if self._asked(key):
                code, _number, store, _words = names.get(key.till, ("", 0, None, ""))
                self._prove(key, anchors.get(key, []), keys.get(key), (code, store) if store else None, workers)
        self._settle(to_the_end=True)
        # A till's orders cannot be told from its store's without their entries.
        if self.scope.tills is None or self.scope.store is not None:
            for id, number in proofs.unwritten_orders(store=self.scope.store, since=self.scope.since):
                self._tell(Finding(UUID(int=0), 0, 0, id, "order", f"no till wrote the sale {number}"))

    def _asked(self, key: Key) -> bool:
        return self.scope.tills is None or key.till in self.scope.tills

    def _anchors(self) -> dict[Key, list[tuple[Anchor, datetime | None]]]:
        """What was sealed, as the rows and as the storage have it; where they differ is found here."""
        found: dict[Key, list[tuple[Anchor, datetime | None]]] = {}
        for head in sealing.kept_heads(tills=self.scope.tills):
            for words in head.wrong:
                self._tell(Finding(head.till, head.epoch, head.seq, None, "seal", words))
            if head.trusted:
                anchor = Anchor(head.seq, head.hash, head.receipt, head.where, head.after, head.signatures)
                found.setdefault(Key(head.till, head.epoch), []).append((anchor, head.sealed_at))
        return found

    def _prove(
        self,
        key: Key,
        anchors: list[tuple[Anchor, datetime | None]],
        public: dict[str, str] | None,
        store: tuple[str, UUID] | None,
        workers: Executor | None,
    ) -> None:
        start = Start()
        if self.scope.since:
            earlier = [anchor for anchor, at in anchors if at is not None and at < self.scope.since]
            newest = max(earlier, key=lambda anchor: anchor.seq, default=None)
            start = Start(newest.seq, newest.hash, newest.receipt) if newest else start
        walk = Walk(key, [anchor for anchor, _ in anchors if anchor.seq > start.seq], start, store=store)
        rows = proofs.rows(till=key.till, epoch=key.epoch, after=start.seq)
        sealed = Sealed(walk.anchors, public, start.seq) if self.signatures == "sealed" and public else None
        for finding in walk.through(self._counted(rows, public, workers, sealed)):
            self._tell(finding)
        for stretch in sealed.different() if sealed else ():
            self._check_stretch(key, stretch, public, workers)
        self.proof.chains += 1

    def _check_stretch(self, key: Key, stretch: Anchor, public: dict[str, str] | None, workers: Executor | None) -> None:
        """Something of it is another than when it was sealed: each is looked at."""
        batch: list[Row] = []
        for row in proofs.rows(till=key.till, epoch=key.epoch, after=stretch.after):
            if row.seq > stretch.seq or len(batch) >= BATCH:
                self._check(batch, public, workers)
                batch = []
            if row.seq > stretch.seq:
                return
            if proof.to_sign(row):
                batch.append(row)
        self._check(batch, public, workers)

    def _counted(self, rows: Iterator[Row], public: dict[str, str] | None, workers: Executor | None, sealed: "Sealed | None") -> Iterator[Row]:
        batch: list[Row] = []
        each, sample = self.signatures in ("all", "sealed"), self.signatures == "sample"
        for row in rows:
            self.proof.entries += 1
            self.proof.receipts += row.kind == "sale"
            if self.proof.entries % REPORT_EVERY == 0:
                self.progress(self.proof)
            if not proof.to_sign(row):
                pass
            elif sealed is not None and sealed.takes(row):
                self.proof.sealed += 1
            elif each or (sample and random.randrange(SAMPLE) == 0):  # noqa: S311
                batch.append(row)
                if len(batch) >= BATCH:
                    self._check(batch, public, workers)
                    batch = []
            yield row
        self._check(batch, public, workers)

    def _check(self, batch: list[Row], public: dict[str, str] | None, workers: Executor | None) -> None:
        self.proof.signatures += len(batch)
        self._settle()
        # While the others have enough to do this processor does the same: none waits, and what waits for them never grows.
        if workers is None or public is None or len(self._waiting) > 2 * self.processes:
            for row in batch:
                self._tell_signature(row, proof.signed(row, public))
            return
        self._waiting.append((batch, workers.submit(seal.all_hold, [(bytes(row.signature), row.text) for row in batch], public)))

    def _settle(self, *, to_the_end: bool = False) -> None:
        """Takes the answers that are there, or waits for all of them."""
        while self._waiting and (to_the_end or self._waiting[0][1].done()):
            batch, answer = self._waiting.popleft()
            for row, holds in zip(batch, answer.result(), strict=True):
                self._tell_signature(row, "" if holds else NOT_SIGNED)

    def _tell_signature(self, row: Row, words: str) -> None:
        if words:
            self._tell(Finding(row.till, row.epoch, row.seq, row.id, "signature", words))

    def _tell(self, finding: Finding) -> None:
        self.proof.findings += 1
        self.found(finding)


def prove(
    *,
    scope: Scope,
    found: Callable[[Finding], None],
    signatures: str = "sealed",
    processes: int | None = None,
    progress: Callable[[Proof], None] = lambda proof: None,
) -> Proof:
    """Hands every finding to `found` as it comes. `processes` None: one for each processor but this one's."""
    beside = max(1, (os.cpu_count() or 1) - 1) if processes is None else processes
    return Prover(scope, found, signatures, beside if signatures != "none" else 0, progress).run()


def where(finding: Finding, names: dict[UUID, Any]) -> str:
    """For reading: northside/1 2/17."""
    known = names.get(finding.till)
    return f"{known[3] if known else finding.till} {finding.epoch}/{finding.seq}" if finding.till.int else "orders"
