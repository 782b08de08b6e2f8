"""What stores' tills are told, kept ready: one manifest a store and the pieces it names. Tills ask every few seconds and are
answered by one row; whoever keeps the catalogues builds what has changed, once.

Why tables: every web process answers the same, a restart builds nothing, and the pieces outlive the process that made them.
"""

import gzip
import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import orjson
from django.db import connection, transaction

from catalog import pricebook
from pos import chunks
from pos.models import TillCatalogue
from pos.queries import feed, told
from pos.queries.feed import Store
from pos.services import snapshots

# A download that is under way goes on with the pieces it was told of.
READABLE = timedelta(days=1)
PUT_CHUNKS = """
insert into pos_cataloguechunk (id, items, body) select * from unnest(%s::text[], %s::int[], %s::bytea[]) on conflict (id) do nothing
"""
TELL = """
insert into pos_toldchunk (store_id, chunk_id) select %s, unnest(%s::text[])
on conflict (store_id, chunk_id) do update set dropped_at = null where pos_toldchunk.dropped_at is not null
"""
DROP = "update pos_toldchunk set dropped_at = %s where store_id = %s and dropped_at is null and chunk_id <> all(%s::text[])"
FORGET = "delete from pos_toldchunk where dropped_at < %s"
# The lock waits for whoever tells this piece just now, and the row is looked at again: it is told, and stays.
UNTOLD = """
delete from pos_cataloguechunk c using (
    select id from pos_cataloguechunk u where not exists (select from pos_toldchunk t where t.chunk_id = u.id) for update skip locked
) gone where c.id = gone.id and not exists (select from pos_toldchunk t where t.chunk_id = c.id)
"""


def standing(*, store: Store, now: datetime) -> told.Standing:
    """What the store's tills are told at this moment. One statement, but for the first till of a store."""
    found = told.standing(store=store.id)
    if found is None:
        build(store=store, now=now)
        found = told.standing(store=store.id)
    assert found is not None
    return found


def keep(*, now: datetime) -> int:
    """Run every few seconds: what has changed is built, for each store whose tills ask. How many were."""
    signed = told.signatures(stores=None, now=now)
    due = {row.store_id for row in TillCatalogue.objects.defer("body") if _is_old(row, signed.get(row.store_id, ""), now)}
    rows = TillCatalogue.objects.filter(store__in=due).defer("body").select_related("store__channel")
    built = sum(build(store=row.store, now=now) for row in rows)
    if built:
        _forget(now)
    return built


def build(*, store: Store, now: datetime) -> bool:
    """Unless it stands. One builder a store at a time: the position rises in the order in which it is seen."""
    TillCatalogue.objects.get_or_create(store=store, defaults={"made_at": now})
    with transaction.atomic():
        row = TillCatalogue.objects.select_for_update().get(store=store)
        # Read before what it stands for: what is committed in between is built once more, and never missed.
        signature = told.signatures(stores=[store.id], now=now)[store.id]
        if not _is_old(row, signature, now):
            return False
        _build(row, store, signature, now)
    return True


def _is_old(row: TillCatalogue, signature: str, now: datetime) -> bool:
    return row.signature != signature or (row.next_change_at is not None and row.next_change_at <= now)


def _build(row: TillCatalogue, store: Store, signature: str, now: datetime) -> None:
    shelf = feed.shelf_of(store=store, now=now)
    snapshots.keep(rules=shelf.rules, store=store.id, now=now)
    row.pieces = chunks.pieces(len(shelf.items), row.pieces)
    cut = chunks.cut(shelf.items, row.pieces)
    _keep_chunks(cut, store.id, now)
    content = {
        "currency": store.currency,
        "categories": shelf.categories,
        "pricing": shelf.pricing,
        "packs": told.packs(variants={item["id"] for item in shelf.items}),
        "chunks": [{"id": chunk.id, "items": chunk.items} for chunk in cut],
    }
    snapshot = hashlib.sha256(orjson.dumps(content)).hexdigest()[:16]
    if snapshot != row.snapshot:
        row.snapshot, row.position, row.made_at = snapshot, row.position + 1, now
        row.body = orjson.dumps({"snapshot": snapshot, "position": row.position, **content})
    row.signature, row.next_change_at = signature, _next_change(shelf, now)
    row.save()


def _next_change(shelf: feed.Shelf, now: datetime) -> datetime | None:
    """When something is over: from then on it is told no more."""
    at = pricebook.milliseconds(now)
    lasting: Iterable[int | None] = (
        *(offer["ends_at"] for item in shelf.items for offer in item.get("offers", ())),
        *(promotion["ends_at"] for promotion in shelf.pricing["rules"]["promotions"]),
        *(sticker["expires_at"] for sticker in shelf.pricing["stickers"]),
    )
    first = min((end for end in lasting if end is not None and end > at), default=None)
    return None if first is None else datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=first)


def _keep_chunks(cut: Sequence[chunks.Chunk], store: UUID, now: datetime) -> None:
    """Packed once, whichever store had it first. Always in one order, so that no two builders wait for each other."""
    ids = sorted({chunk.id for chunk in cut})
    known = told.known(ids=ids)
    new = sorted({chunk.id: chunk for chunk in cut if chunk.id not in known}.values(), key=lambda chunk: chunk.id)
    with connection.cursor() as cursor:
        if new:
            packed = [gzip.compress(chunk.text, compresslevel=6, mtime=0) for chunk in new]
            cursor.execute(PUT_CHUNKS, [[chunk.id for chunk in new], [chunk.items for chunk in new], packed])
        cursor.execute(TELL, [store, ids])
        cursor.execute(DROP, [now, store, ids])


def _forget(now: datetime) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(FORGET, [now - READABLE])
        cursor.execute(UNTOLD)
