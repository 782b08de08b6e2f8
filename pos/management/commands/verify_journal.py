"""manage.py verify_journal: is every entry of every till here, as it was written, in its place, and booked as it says?"""

import json
import sys
import time
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from pos.proof import Finding
from pos.queries import proofs
from pos.services import proving


class Command(BaseCommand):
    help = (
        "Checks the journal without changing anything: chains, hashes, signatures, receipts against orders, and what was sealed of them. "
        "Exit code 1 and a line for each finding when anything is not as it was."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--store", help="a store's code")
        parser.add_argument("--till", help="a till's number in that store, or its id")
        parser.add_argument("--since", help="YYYY-MM-DD: from the newest seal before that day on")
        parser.add_argument(
            "--signatures",
            choices=["sealed", "all", "sample", "none"],
            default="sealed",
            help="sealed: each that no seal vouches for; those that were checked when their day was sealed are compared, all together, with what "
            "its signed file says of them, and each is checked where that differs. all: each, whatever was sealed. sample: one in 20",
        )
        parser.add_argument("--processes", type=int, help="how many check signatures beside this one; 0: none")
        parser.add_argument("--json", action="store_true", help="one JSON object a finding, then one of what was looked at")

    def handle(self, *args: Any, **options: Any) -> None:
        names = proofs.names()
        scope, as_json, began = self._scope(options, names), options["json"], time.perf_counter()

        def found(finding: Finding) -> None:
            self.stdout.write(_as_json(finding, names) if as_json else _as_line(finding, names))

        def progress(so_far: proving.Proof) -> None:
            if not as_json and sys.stderr.isatty():
                self.stderr.write(f"{so_far.entries} entries", ending="\r")

        proof = proving.prove(scope=scope, found=found, signatures=options["signatures"], processes=options["processes"], progress=progress)
        seconds = time.perf_counter() - began
        self.stdout.write(_told_json(proof, seconds) if as_json else _told(proof, seconds, options["signatures"]))
        if proof.findings:
            raise SystemExit(1)

    def _scope(self, options: dict[str, Any], names: dict[UUID, tuple[str, int, UUID, str]]) -> proving.Scope:
        code, till, since = options["store"], options["till"], options["since"]
        chosen = {id: known for id, known in names.items() if code in (None, known[0]) and till in (None, str(known[1]), str(id))}
        if (code or till) and not chosen:
            raise CommandError("No such till. --store takes a store's code, --till a number or an id.")
        try:
            day = datetime.fromisoformat(since).replace(tzinfo=UTC) if since else None
        except ValueError as error:
            raise CommandError("--since takes a day, such as 2026-11-22.") from error
        store = next(iter(chosen.values()))[2] if code and not till else None
        return proving.Scope(store=store, tills=frozenset(chosen) if code or till else None, since=day)


def _as_line(finding: Finding, names: dict[UUID, Any]) -> str:
    return f"{proving.where(finding, names):<24} {finding.what:<10} {str(finding.entry or '-'):<36}  {finding.words}"


def _as_json(finding: Finding, names: dict[UUID, Any]) -> str:
    known = names.get(finding.till)
    place = {"store": known[0], "number": known[1]} if known else {}
    return json.dumps({**finding._asdict(), **place}, default=str)


def _told(proof: proving.Proof, seconds: float, signatures: str) -> str:
    rate = round(proof.receipts / seconds) if seconds else 0
    verdict = f"{proof.findings} findings" if proof.findings else "Nothing is missing, doubled or changed"
    signed = f"{proof.signatures} signatures checked, {proof.sealed} as sealed ({signatures})"
    looked = f"{proof.entries} entries ({proof.receipts} receipts) of {proof.chains} chains, {signed}"
    return f"{verdict}: {looked}, in {seconds:.1f} s, {rate} receipts a second."


def _told_json(proof: proving.Proof, seconds: float) -> str:
    counted = {name: getattr(proof, name) for name in ("chains", "entries", "receipts", "signatures", "sealed", "findings")}
    return json.dumps({**counted, "seconds": round(seconds, 3)})
