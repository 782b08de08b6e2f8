"""A place in a till's chain that stays empty while later ones come: somebody is told once, and it is closed when it fills."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction

from pos.models import SyncNote
from pos.queries import chains
from pos.services import notes

# A batch that overtook another is no alarm.
PATIENCE = timedelta(minutes=5)

ADVANCE = """
    update pos_tillepoch epoch set chained_to = new.seq
    from unnest(%s::bigint[], %s::bigint[]) as new (id, seq) where epoch.id = new.id and epoch.chained_to < new.seq
"""


@transaction.atomic
def look_for_holes(*, now: datetime) -> int:
    """Notes holes that are older than five minutes and closes the notes of those that filled; how many were new.

    Each chain is read from where it was whole at the last look, so that a look costs what came since.
    """
    moved = chains.chains(moved=True)
    _advance([chain for chain in moved if chain.seq > chain.known])
    torn = [chain for chain in moved if chain.last > chain.seq]
    found = [(chain, hole) for chain in torn for hole in chains.holes(till=chain.till, epoch=chain.epoch)]
    _close_filled({(chain.till, _about(chain, hole)) for chain, hole in found}, now)
    return notes.record(found=[_note(chain, hole) for chain, hole in found if now - hole.since > PATIENCE], now=now)


def _advance(whole: list[chains.Chain]) -> None:
    # By id, as every other look does.
    if whole:
        with connection.cursor() as cursor:
            cursor.execute(ADVANCE, [[chain.epoch_id for chain in whole], [chain.seq for chain in whole]])


def _close_filled(still: set[tuple[UUID, str]], now: datetime) -> None:
    for till, about in SyncNote.objects.filter(kind=SyncNote.Kind.HOLE, closed_at=None).values_list("till", "about"):
        if (till, about) not in still:
            notes.settle(till=till, kind=SyncNote.Kind.HOLE.value, fix="filled", now=now, about=[about])


def _about(chain: chains.Chain, hole: chains.Hole) -> str:
    return f"{chain.epoch}/{hole.first}"


def _note(chain: chains.Chain, hole: chains.Hole) -> notes.Note:
    facts = {"epoch": chain.epoch, "first": hole.first, "last": hole.last}
    return notes.Note(
        store=chain.store, till=chain.till, entry=None, kind="hole", about=_about(chain, hole), facts=facts, amount=0, happened_at=hole.since
    )
