"""Revisions written in one statement, in the transaction of the change."""

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from catalog.models import Revision
from catalog.revisions.reading import difference

# Whoever names no actor writes as whom the connection speaks for, as the audit trail does.
WRITE = """
insert into catalog_revision (product_id, run_id, kind, fields, kept, actor, at)
select r.product, %s, r.kind, r.fields::jsonb, '[]', left(coalesce(nullif(%s, ''), current_setting('onecounter.actor', true), ''), 64), %s
from unnest(%s::uuid[], %s::text[], %s::text[]) with ordinality as r(product, kind, fields, place)
order by r.place
returning product_id, id
"""


def record(
    before: Mapping[UUID, Mapping[str, Any]],
    after: Mapping[UUID, Mapping[str, Any]],
    *,
    created: Collection[UUID],
    run: UUID | None,
    actor: str,
    at: datetime,
    kind: str = Revision.Kind.CHANGED,
) -> dict[UUID, int]:
    """One revision for every product of `after` that differs or was created; product to revision. An empty `actor` is the connection's."""
    made = set(created)
    rows: list[tuple[UUID, str, str]] = []
    for product, now in after.items():
        if product in made:
            rows.append((product, Revision.Kind.CREATED.value, "{}"))
        elif different := difference(before.get(product, {}), now):
            rows.append((product, str(kind), json.dumps(different, ensure_ascii=False)))
    if not rows:
        return {}
    products, kinds, fields = (list(column) for column in zip(*rows, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(WRITE, [run, actor, at, products, kinds, fields])
        return dict(cursor.fetchall())
