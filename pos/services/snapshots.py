"""Hand the catalogue to a till, and keep the rules that came with it: its sales will name them."""

from datetime import datetime

from django.db import connection

from pos.models import Till
from pos.queries import feed

KNOWN = "select exists (select from pos_pricesnapshot where id = %s)"
KEEP = "insert into pos_pricesnapshot (id, store_id, rules, made_at) values (%s, %s, %s, %s) on conflict do nothing"


def catalogue(*, till: Till, now: datetime) -> feed.Catalogue:
    """Before the till has the rules we have kept them. `till` with its store loaded."""
    told = feed.catalogue(store=till.store, now=now)
    with connection.cursor() as cursor:
        # Asked first: the text may be long, and is new once.
        cursor.execute(KNOWN, [told.rules.id])
        if not cursor.fetchone()[0]:
            cursor.execute(KEEP, [told.rules.id, till.store_id, told.rules.text.decode(), now])
    return told
