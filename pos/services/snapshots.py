"""Hand the catalogue to a till, and keep the rules that came with it: its sales will name them."""

from datetime import datetime
from uuid import UUID

from django.db import connection

from pos.models import Till
from pos.queries import feed

KNOWN = "select exists (select from pos_pricesnapshot where id = %s)"
KEEP = "insert into pos_pricesnapshot (id, store_id, rules, made_at) values (%s, %s, %s, %s) on conflict do nothing"


def catalogue(*, till: Till, now: datetime) -> feed.Catalogue:
    """The whole of it, as tills of the release before ask for it. Before the till has the rules we have kept them."""
    told = feed.catalogue(store=till.store, now=now)
    keep(rules=told.rules, store=till.store_id, now=now)
    return told


def keep(*, rules: feed.Rules, store: UUID, now: datetime) -> None:
    with connection.cursor() as cursor:
        # Asked first: the text may be long, and is new once.
        cursor.execute(KNOWN, [rules.id])
        if not cursor.fetchone()[0]:
            cursor.execute(KEEP, [rules.id, store, rules.text.decode(), now])
