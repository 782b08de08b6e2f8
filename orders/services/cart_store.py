"""Where carts are kept: read by their id, written whole by whoever read the last version. A table here; anything that can do these two
things could stand in its place."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import orjson
from django.db import connection

Json = dict[str, Any]

OPEN, PLACED, MERGED = "open", "placed", "merged"


@dataclass(frozen=True, kw_only=True)
class Kept:
    """`version` 0: not kept yet. `document` as orders.carts has it, and in `told` what it was last said to cost."""

    id: UUID
    version: int
    channel: UUID
    customer: UUID | None
    state: str
    document: Json
    order: UUID | None
    expires_at: datetime


class CartStore(Protocol):
    def get(self, *, id: UUID) -> Kept | None: ...

    def put_if_version(self, *, cart: Kept, version: int, now: datetime) -> bool:
        """Keeps it when `version` is what is kept, as version + 1; 0: when nothing is kept. False: somebody else was first."""


GET = """select id, version, channel_id, customer_id, state, document::text, "order", expires_at from orders_cart where id = %s"""
CREATE = """insert into orders_cart (id, version, channel_id, customer_id, state, document, "order", created_at, changed_at, expires_at)
values (%(id)s, 1, %(channel)s, %(customer)s, %(state)s, %(document)s, %(order)s, %(now)s, %(now)s, %(expires_at)s) on conflict do nothing"""
# A cart that was placed is open again only when its order came to nothing.
PUT = """update orders_cart set version = version + 1, customer_id = %(customer)s, state = %(state)s, document = %(document)s, "order" = %(order)s,
    changed_at = %(now)s, expires_at = %(expires_at)s
where id = %(id)s and version = %(version)s"""


class Table:
    def get(self, *, id: UUID) -> Kept | None:
        with connection.cursor() as cursor:
            cursor.execute(GET, [id])
            row = cursor.fetchone()
        if row is None:
            return None
        id, version, channel, customer, state, document, order, expires_at = row
        told = orjson.loads(document)
        return Kept(id=id, version=version, channel=channel, customer=customer, state=state, document=told, order=order, expires_at=expires_at)

    def put_if_version(self, *, cart: Kept, version: int, now: datetime) -> bool:
        values = {**vars(cart), "document": orjson.dumps(cart.document, default=str).decode(), "version": version, "now": now}
        with connection.cursor() as cursor:
            cursor.execute(PUT if version else CREATE, values)
            return cursor.rowcount == 1


store: CartStore = Table()
