"""Once a day each chain's head is sealed: a row, and a signed file in the storage, which who has the database alone cannot change.

The file is signed with the secret key (django.core.signing): after SECRET_KEY changed, the old one stays in SECRET_KEY_FALLBACKS for as
long as files signed with it shall hold.
"""

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.signing import BadSignature, Signer
from django.db import transaction

from pos import proof
from pos.models import SealedHead, TillEpoch
from pos.queries import chains, proofs

log = logging.getLogger(__name__)

FOLDER = "journal-heads"
# Asked hourly, sealed daily: neither a restart nor a storage that was away costs a day's seal.
DAILY = timedelta(hours=20)
SALT = "pos.sealed-head"


@dataclass(frozen=True, slots=True)
class Sealing:
    """`sealed` heads are new; `stored` files were written, of earlier days' too; `failed` wait for the storage."""

    sealed: int = 0
    stored: int = 0
    failed: int = 0


def seal_heads(*, now: datetime, every: timedelta = timedelta(0)) -> Sealing:
    """Safe to run again and beside itself: a head is sealed once. The storage is asked outside any transaction and may be away.

    `every`: chains sealed less long ago wait, while files the storage refused are tried again.
    """
    sealed = _seal(now, every)
    stored = failed = 0
    for head in SealedHead.objects.filter(file="").order_by("id"):
        try:
            name = _store(head)
        except Exception as error:
            # Any storage fails in its own way. The row says that the file is missing, and the next round tries again.
            log.warning("sealed head %s has no file yet: %s", head, type(error).__name__)
            failed += 1
            continue
        stored += SealedHead.objects.filter(pk=head.pk, file="").update(file=name)
    return Sealing(sealed=sealed, stored=stored, failed=failed)


@transaction.atomic
def _seal(now: datetime, every: timedelta) -> int:
    before = SealedHead.objects.count()
    SealedHead.objects.bulk_create(
        [
            SealedHead(
                till_id=chain.till,
                epoch=chain.epoch,
                seq=chain.seq,
                hash=chains.hash_at(till=chain.till, epoch=chain.epoch, seq=chain.seq),
                receipt=chains.receipt_at(till=chain.till, epoch=chain.epoch, seq=chain.seq),
                sealed_at=now,
                file="",
            )
            for chain in chains.unsealed(since=now - every)
        ],
        ignore_conflicts=True,
    )
    return SealedHead.objects.count() - before


def _store(head: SealedHead) -> str:
    name = f"{FOLDER}/{head.till_id}/{head.epoch}/{head.seq:012d}.json"
    fields: dict[str, object] = {
        "till": str(head.till_id),
        "epoch": head.epoch,
        "seq": head.seq,
        "hash": bytes(head.hash).hex(),
        "receipt": head.receipt,
        "sealed_at": head.sealed_at.isoformat(),
    }
    if default_storage.exists(name):
        # Written before its row was told so.
        told = _read(name)
        if told is not None and {**told, **fields} == told:
            return name
    content = signed_text({**fields, **_vouched(head)})
    return default_storage.save(name, ContentFile(content))


@transaction.atomic
def _vouched(head: SealedHead) -> dict[str, object]:
    """Every signature since the seal before is checked here, once; from then on the file says what they were, all together. Where one of them
    does not hold nothing is said, and whoever proves the journal looks at each."""
    after = _vouched_to(head)
    key = TillEpoch.objects.filter(till=head.till_id, epoch=head.epoch).values_list("public_key", flat=True).first()
    if key is None:
        return {"after": after}
    vouched = proof.Vouched(key)
    for row in proofs.rows(till=head.till_id, epoch=head.epoch, after=after):
        if row.seq > head.seq:
            break
        if proof.to_sign(row):
            if proof.signed(row, key):
                log.warning("sealed head %s: a signature before it does not hold", head)
                return {"after": after}
            vouched.add(row)
    return {"after": after, "signatures": vouched.digest().hex()}


def _vouched_to(head: SealedHead) -> int:
    """How far the seal before has looked; one of an earlier release has not, and everything is looked at once."""
    earlier = SealedHead.objects.filter(till=head.till_id, epoch=head.epoch, seq__lt=head.seq).order_by("-seq").first()
    told = _read(earlier.file) if earlier is not None and earlier.file else None
    return earlier.seq if earlier is not None and told is not None and "after" in told else 0


def signed_text(fields: dict[str, object]) -> bytes:
    text = json.dumps(fields, separators=(",", ":"), sort_keys=True)
    return json.dumps({"head": text, "signature": Signer(salt=SALT).signature(text)}, indent=1).encode()


def read_signed(content: bytes) -> dict[str, object] | None:
    """What was sealed; None for what this shop did not sign."""
    try:
        told = json.loads(content)
        text, signature = told["head"], told["signature"]
        Signer(salt=SALT).unsign(f"{text}:{signature}")
        return dict(json.loads(text))
    except (BadSignature, ValueError, KeyError, TypeError):
        return None


@dataclass(slots=True)
class KeptHead:
    """A head as it was sealed, with what does not agree about it. `trusted`: a file of ours says so, or only a row that has none yet."""

    till: UUID
    epoch: int
    seq: int
    hash: bytes
    receipt: int
    sealed_at: datetime | None
    where: str
    wrong: list[str]
    trusted: bool
    # What its file says of the signatures before it, behind `after`; empty: nothing.
    after: int = 0
    signatures: bytes = b""


def kept_heads(*, tills: frozenset[UUID] | None = None) -> Iterator[KeptHead]:
    """Rows beside their files, then files no row speaks of."""
    known: set[str] = set()
    for row in proofs.sealed():
        if tills is None or row.till in tills:
            known.add(row.file)
            yield _compared(row)
    for name in _files(tills):
        if name not in known:
            yield _orphan(name)


def _compared(row: proofs.Sealed) -> KeptHead:
    head = KeptHead(row.till, row.epoch, row.seq, row.hash, row.receipt, row.sealed_at, _where(row.sealed_at.isoformat(), row.file), [], True)
    if not row.file:
        return head
    told = _read(row.file)
    if told is None:
        head.wrong.append(f"the file {row.file} of this seal is gone or not ours")
        return head
    of_row = {"till": str(row.till), "epoch": row.epoch, "seq": row.seq, "hash": row.hash.hex(), "receipt": row.receipt}
    different = [name for name, value in of_row.items() if told.get(name) != value]
    if different:
        head.wrong.append(f"the seal's row and its file {row.file} differ in {', '.join(different)}; the file is believed")
        return _from_file(told, row.file, head.wrong)
    head.after, head.signatures = _said(told)
    return head


def _said(told: dict[str, object]) -> tuple[int, bytes]:
    return int(str(told.get("after") or 0)), bytes.fromhex(str(told.get("signatures") or ""))


def _orphan(name: str) -> KeptHead:
    told = _read(name)
    if told is None:
        return KeptHead(UUID(int=0), 0, 0, b"", 0, None, name, [f"the file {name} is not ours"], False)
    return _from_file(told, name, [f"the row of the seal in {name} is gone"])


def _from_file(told: dict[str, object], name: str, wrong: list[str]) -> KeptHead:
    at = datetime.fromisoformat(str(told["sealed_at"]))
    where = _where(at.isoformat(), name)
    hash = bytes.fromhex(str(told["hash"]))
    place = UUID(str(told["till"])), int(str(told["epoch"])), int(str(told["seq"]))
    return KeptHead(*place, hash, int(str(told["receipt"])), at, where, wrong, True, *_said(told))


def _where(at: str, file: str) -> str:
    return f"sealed {at[:16]} ({file or 'no file yet'})"


def _read(name: str) -> dict[str, object] | None:
    try:
        with default_storage.open(name, "rb") as file:
            return read_signed(file.read())
    except FileNotFoundError:
        return None


def _files(tills: frozenset[UUID] | None) -> Iterator[str]:
    for till in _folders(FOLDER):
        if tills is None or any(till == str(one) for one in tills):
            for epoch in _folders(f"{FOLDER}/{till}"):
                for name in default_storage.listdir(f"{FOLDER}/{till}/{epoch}")[1]:
                    yield f"{FOLDER}/{till}/{epoch}/{name}"


def _folders(path: str) -> list[str]:
    try:
        return sorted(default_storage.listdir(path)[0])
    except FileNotFoundError:
        return []
