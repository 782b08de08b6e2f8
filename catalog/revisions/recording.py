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
select r.product, %s, r.kind, r.fields, '[]', left(coalesce(nullif(%s, ''), current_setting('onecounter.actor', true), ''), 64), %s
from rows from (json_to_recordset(%s) as (product uuid, kind text, fields jsonb)) with ordinality as r(product, kind, fields, place)
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
    rows: list[dict[str, Any]] = []
    for product, now in after.items():
        if product in made:
            rows.append({"product": str(product), "kind": Revision.Kind.CREATED.value, "fields": {}})
        elif different := difference(before.get(product, {}), now):
            rows.append({"product": str(product), "kind": str(kind), "fields": different})
    if not rows:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(WRITE, [run, actor, at, json.dumps(rows)])
        return dict(cursor.fetchall())
