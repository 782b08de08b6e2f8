"""Hand the catalogue to a till, and keep the rules that came with it: its sales will name them."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from pos.models import Till
from pos.queries import feed

# After a till was told them for the last time.
KEPT_FOR = timedelta(days=90)
TOLD_EVERY = timedelta(days=1)
KNOWN = "select coalesce(told_at, made_at) from pos_pricesnapshot where id = %s"
KEEP = "insert into pos_pricesnapshot (id, store_id, rules, made_at, told_at) values (%s, %s, %s, %s, %s) on conflict do nothing"
TOLD = "update pos_pricesnapshot set told_at = %s where id = %s"
# Tills ask whether something is new, and are told nothing when it is not: what is in force is told all the time.
IN_FORCE = """
update pos_pricesnapshot set told_at = %s where id in (
    select convert_from(body, 'UTF8')::jsonb #>> '{pricing,snapshot}' from pos_tillcatalogue where body <> ''
)
"""
# Kept as long as a sale may come that names them: of a till that was not heard since, or has something unsent; and while one that
# is here waits for a person. A text that nobody can read may name them as well: so it is searched, not read.
FORGET = """
with waiting as materialized (
    select text from pos_journalentry where posting in ('pending', 'failed') or state = 'quarantined'
    union all select text from pos_journalconflict where resolved_at is null
)
delete from pos_pricesnapshot s where coalesce(s.told_at, s.made_at) < %(before)s
    and not exists (
        select from pos_tillepoch e join pos_till t on t.id = e.till_id where t.store_id = s.store_id and e.revoked_at is null and (
            coalesce(e.last_seen_at, e.enrolled_at) <= coalesce(s.told_at, s.made_at) + 2 * %(told_every)s
            or coalesce(e.reported ->> 'waiting', '0') <> '0'
        )
    )
    and not exists (select from waiting w where position(s.id in w.text) > 0)
"""


def catalogue(*, till: Till, now: datetime) -> feed.Catalogue:
    """The whole of it, as tills of the release before ask for it. Before the till has the rules we have kept them."""
    told = feed.catalogue(store=till.store, now=now)
    keep(rules=told.rules, store=till.store_id, now=now)
    return told


def keep(*, rules: feed.Rules, store: UUID, now: datetime) -> None:
    with connection.cursor() as cursor:
        # Asked first: the text may be long, and is new once.
        cursor.execute(KNOWN, [rules.id])
        known = cursor.fetchone()
        if not known:
            cursor.execute(KEEP, [rules.id, store, rules.text.decode(), now, now])
        elif now - known[0] >= TOLD_EVERY:
            cursor.execute(TOLD, [now, rules.id])


def forget_prices(*, now: datetime) -> int:
    """Run once a day: the rules that no sale will name any more go. How many did."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(IN_FORCE, [now])
        values: dict[str, Any] = {"before": now - KEPT_FOR, "told_every": TOLD_EVERY}
        cursor.execute(FORGET, values)
        return int(cursor.rowcount)
