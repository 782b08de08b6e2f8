"""How a till stands, for the people of its store: each enrolment with how far it has come, what is missing, and what its device said."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pos.models import TillEpoch
from pos.queries import chains

SHOWN = 10


@dataclass(frozen=True, slots=True)
class Standing:
    """`seq`, `hash`: the end of what is here without a hole. `receipt`: the last receipt that came. `waiting`: entries the device had
    not sent when it was last heard; None: it has not said."""

    epoch: TillEpoch
    seq: int
    hash: str
    receipt: int
    holes: list[chains.Hole]

    @property
    def missing(self) -> int:
        return sum(hole.count for hole in self.holes)

    @property
    def waiting(self) -> int | None:
        told = self.epoch.reported.get("waiting")
        return told if type(told) is int else None

    @property
    def may_have_more(self) -> bool:
        """A device that was lost may have sold on: receipts nobody here has seen."""
        return self.epoch.revoked_at is not None and (self.epoch.revoked_reason == "lost" or bool(self.waiting))


def enrolments(*, till: UUID) -> list[Standing]:
    """The newest first; the same statements for each of at most ten."""
    heads = {chain.epoch: chain for chain in chains.chains(till=till)}
    return [_standing(epoch, heads[epoch.epoch]) for epoch in TillEpoch.objects.filter(till=till).order_by("-epoch")[:SHOWN]]


def _standing(epoch: TillEpoch, chain: chains.Chain) -> Standing:
    known: dict[str, Any] = {"till": epoch.till_id, "epoch": epoch.epoch}
    return Standing(
        epoch=epoch,
        seq=chain.seq,
        hash=chains.hash_at(**known, seq=chain.seq).hex(),
        receipt=chains.receipt_at(**known, seq=max(chain.last, chain.seq)),
        holes=chains.holes(**known, most=20) if chain.last > chain.seq else [],
    )
