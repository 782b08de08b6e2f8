"""The short way to a price for a time: one variant, some stores, from when to when."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import connection

from catalog.models import Price, PriceChange, PriceList, Variant
from catalog.services import changes
from catalog.services.price_changes import NewEntry, draft_change, submit_change
from catalog.services.price_lists import create_price_list
from kernel.errors import Invalid
from org.queries import open_stores, shop_currency

# The list for exactly these stores and everybody, the oldest of several.
LIST_OF = """
select l.id from catalog_pricelist l
where l.archived_at is null and l.currency = %s and l.customer_group = '' and l.channel_id is null and l.store_group_id is null
    and array(select store_id from catalog_priceliststore where price_list_id = l.id order by store_id) = %s::uuid[]
order by l.priority desc, l.created_at, l.id limit 1
"""


def schedule_price(
    *,
    variant: UUID,
    amount: int,
    now: datetime,
    actor: UUID,
    stores: Collection[UUID] = (),
    price_list: UUID | None = None,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    price_quantity: int | None = None,
    from_quantity: int | None = None,
    replace: bool = False,
) -> PriceChange:
    """In the list named, or in the one for exactly these stores, which is made when there is none; without stores everywhere. Drafted and
    submitted: the change that comes back is approved, or waits for a second person. `price_quantity`: as the base price has it when empty."""
    with changes.written_by(actor):
        row = Variant.objects.select_related("product").filter(id=variant).first()
        if row is None:
            raise changes.UnknownVariant(field="variant")
        list_id = price_list or _list_for(sorted(set(stores)), now=now, actor=actor)
        currency = PriceList.objects.filter(id=list_id).values_list("currency", flat=True).first()
        if price_quantity is None:
            price_quantity = Price.objects.filter(variant=row, currency=currency).values_list("price_quantity", flat=True).first() or 1000
        entry = NewEntry(
            variant=variant, amount=amount, price_quantity=price_quantity, from_quantity=from_quantity, starts_at=starts_at, ends_at=ends_at
        )
        change = draft_change(price_list=list_id, name=_called(row), entries=[entry], now=now, actor=actor)
        return submit_change(change=change.id, now=now, actor=actor, replace=replace)


def _called(row: Variant) -> str:
    return f"{row.product.name} {row.sku}"[:100]


def _list_for(stores: list[UUID], *, now: datetime, actor: UUID) -> UUID:
    known = open_stores(stores=stores)
    if len(known) != len(stores):
        raise Invalid("There is no such store.", field="stores")
    currencies = {store.currency for store in known} or {shop_currency()}
    if len(currencies) > 1:
        raise Invalid("These stores sell in different currencies. Schedule a price for each.", field="stores")
    currency = currencies.pop()
    with connection.cursor() as cursor:
        cursor.execute(LIST_OF, [currency, [str(store) for store in stores]])
        found = cursor.fetchone()
    if found:
        return UUID(str(found[0]))
    name = ", ".join(store.name for store in known) or "Everywhere"
    called = name if len(name) <= 100 else f"{len(known)} stores"
    return create_price_list(name=called, currency=currency, stores=stores, now=now, actor=actor).id
