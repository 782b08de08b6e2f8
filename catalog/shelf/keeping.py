"""Cards written. One writer a channel at a time, so that an older view of a product never overwrites a newer one."""
# ruff: noqa: S608  # statements are put together of this package's own parts; every value that comes from outside is a parameter

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from catalog import documents, lines
from catalog.models import ShelfState
from catalog.shelf import timing
from org.queries import channels

BATCH = 5_000

# Unchanged cards are left alone: the version moves only when there is something new to see.
PUT = f"""
with made as materialized ({{made}}),
gone as (
    delete from catalog_card c where c.channel_id = %(channel)s and c.product_id = any(%(products)s::uuid[])
        and not exists (select from made where made.product_id = c.product_id)
    returning 1
),
put as (
    insert into catalog_card as c (channel_id, product_id, handle, sort_key, price, created_at, facets, body)
    select %(channel)s, product_id, handle, sort_key, price, created_at, facets, line.text || chr(10) || body::text
    from made cross join lateral (select {lines.written("document")} as text from (select body::jsonb as document offset 0) d) line
    on conflict (channel_id, product_id) do update
        set handle = excluded.handle, sort_key = excluded.sort_key, price = excluded.price, created_at = excluded.created_at,
            facets = excluded.facets, body = excluded.body
        where c.body <> excluded.body or c.facets <> excluded.facets
    returning 1
)
select (select count(*) from gone) + (select count(*) from put)
"""


@cache
def statement(*, listed: bool, promoted: bool) -> str:
    made = documents.select(ids="select unnest(%(products)s::uuid[]) as id", offered=True, listed=listed, promoted=promoted)
    return PUT.replace("{made}", made)


# A card that an older release made: looked for once by every process that keeps shelves, and never by one that is older itself.
OLDER = f"""select exists (select from catalog_card where channel_id = %s
    and case when left(body, 5) ~ ('^[0-9]{{1,4}}' || chr(28)) then split_part(left(body, 5), chr(28), 1)::int else 0 end < {lines.LAYOUT})"""
_looked_at: set[UUID] = set()


def refresh(*, products: Sequence[UUID], now: datetime) -> int:
    """The cards of these products in every channel that has a shelf. How many are new, different or gone."""
    changed = 0
    with transaction.atomic():
        for state in _held(ShelfState.objects.order_by("channel_id")):
            changed += _put(state, products, now)
    return changed


def hold() -> None:
    """Inside a transaction: nobody else writes a card or reads what cards say until it ends."""
    _held(ShelfState.objects.order_by("channel_id"))


def turn(*, channel: UUID, now: datetime) -> None:
    """What the clock changed since the last time. Nothing when nothing is due, or somebody else has just done it."""
    with transaction.atomic():
        for state in _held(ShelfState.objects.filter(channel=channel, next_change_at__lte=now)):
            _put(state, [], now)


def rebuild(*, channel: UUID, now: datetime) -> int:
    """Every card of the channel made anew. How many there are."""
    # There before we begin: whoever refreshes a card meanwhile finds the row and waits, and does not pass a new channel by.
    ShelfState.objects.get_or_create(channel_id=channel)
    with transaction.atomic():
        [state] = _held(ShelfState.objects.filter(channel=channel))
        with connection.cursor() as cursor:
            cursor.execute("delete from catalog_card where channel_id = %s", [channel])
            cursor.execute("select id from catalog_product where status = 'active' order by id")
            active = [id for (id,) in cursor]
        made = sum(_put(state, active[start : start + BATCH], now) for start in range(0, len(active), BATCH))
        # Also when it is empty: who kept an answer of before must ask again.
        ShelfState.objects.filter(channel=channel).update(version=state.version + 1, rebuilt_at=now)
    return made


def keep(*, now: datetime) -> None:
    """Run every few seconds: a shelf for a channel that has none yet, or one of an older release; and what time brings for the others."""
    built = set(ShelfState.objects.filter(rebuilt_at__isnull=False).values_list("channel", flat=True))
    for channel in channels():
        if channel.id not in built or _of_an_older_release(channel.id):
            rebuild(channel=channel.id, now=now)
    for due in ShelfState.objects.filter(next_change_at__lte=now).values_list("channel", flat=True):
        turn(channel=due, now=now)


def _of_an_older_release(channel: UUID) -> bool:
    if channel in _looked_at:
        return False
    _looked_at.add(channel)
    with connection.cursor() as cursor:
        cursor.execute(OLDER, [channel])
        return bool(cursor.fetchone()[0])


def _held(states: Any) -> list[ShelfState]:
    return list(states.select_for_update(of=("self",)).select_related("channel"))


def _put(state: ShelfState, products: Sequence[UUID], now: datetime) -> int:
    values, parts = documents.parameters(channel=state.channel_id, currency=state.channel.currency, now=now)
    put = statement(**parts)
    # The next moment is looked for after `now`: those that passed until then are turned with whatever else is written.
    since = state.next_change_at
    due = timing.due(values=values, since=since, now=now) if since is not None and since <= now else []
    wanted = list(dict.fromkeys((*products, *due)))
    changed = 0
    with connection.cursor() as cursor:
        for start in range(0, len(wanted), BATCH):
            cursor.execute(put, {**values, "products": wanted[start : start + BATCH]})
            changed += cursor.fetchone()[0]
    state.next_change_at = timing.next_change(values=values)
    state.version += bool(changed)
    state.save(update_fields=["version", "next_change_at"])
    return changed
