"""Which SKUs the selections of promotions mean: counted, shared between two, and shown with their prices.

Read from the search entries, which follow a product's change within seconds. Deposits are goods of no offer.
"""
# ruff: noqa: S608  # statements are put together of this file's own parts; every value that comes from outside is a parameter

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db import connection

from kernel.money import line_total
from org.queries import shop_currency

Selection = Mapping[str, Mapping[str, Sequence[str]]]

GOODS: Final = """catalog_variant v join catalog_product p on p.id = v.product_id join catalog_searchentry e on e.product_id = p.id
    where v.archived_at is null and p.status <> 'archived' and not exists (select from catalog_variant d where d.deposit_id = v.id)"""
# Without what they are sorted into: a whole shop is counted without it.
UNSORTED: Final = GOODS.replace(" join catalog_searchentry e on e.product_id = p.id", "")
SHOWN: Final = """select v.id, v.sku, case when v.name = '' then p.name else p.name || ', ' || v.name end, v.sold_by, r.amount, r.price_quantity,
    v.reference_cost, t.rate, e.facets, p.handle"""
PRICED: Final = GOODS.replace(
    " where ", " join catalog_price r on r.variant_id = v.id and r.currency = %s join catalog_taxclass t on t.id = p.tax_class_id where ", 1
)


@dataclass(frozen=True, slots=True)
class Goods:
    """A variant with its base price in the shop's currency: `amount` minor units for `price_quantity` thousandths."""

    id: UUID
    sku: str
    name: str
    sold_by: str
    amount: int
    price_quantity: int
    cost: int | None
    tax_rate: int
    facets: Sequence[str]
    handle: str

    @property
    def one(self) -> int:
        """What one piece costs, or one kilogram."""
        return line_total(price=self.amount, price_quantity=self.price_quantity, quantity=1000)


def condition(selection: Selection) -> tuple[str, list[Any]]:
    """What a row of GOODS must fulfil, beginning with "and" when there is anything."""
    parts, values = [], []
    for joined, part in (("and", "any"), ("and not", "except")):
        for group, wanted in selection.get(part, {}).items():
            sql, given = _one_of(group, wanted)
            parts.append(f" {joined} {sql}")
            values.append(given)
    return "".join(parts), values


def counts(selections: Sequence[Selection]) -> list[int]:
    """How many SKUs each means, in one statement."""
    if not selections:
        return []
    parts, values = [], []
    for place, selection in enumerate(selections):
        sql, given = condition(selection)
        parts.append(f"select {place} as place, count(*) as many from {GOODS if 'e.facets' in sql else UNSORTED}{sql}")
        values += given
    with connection.cursor() as cursor:
        cursor.execute(" union all ".join(parts), values)
        found: dict[int, int] = dict(cursor.fetchall())
    return [found[place] for place in range(len(selections))]


def shared(mine: Sequence[Selection], others: Sequence[Sequence[Selection]], *, most: int) -> list[tuple[int, list[str]]]:
    """With each of the others: how many SKUs are in one of `mine` and one of theirs, and the first `most` of them. One statement."""
    if not others:
        return []
    own, given = _any_of(mine)
    parts, values = [], []
    for place, selections in enumerate(others):
        sql, wanted = _any_of(selections)
        parts.append(f"select {place} as place, count(*), (array_agg(v.sku order by v.sku))[:{most}] from {GOODS} and {own} and {sql}")
        values += [*given, *wanted]
    with connection.cursor() as cursor:
        cursor.execute(" union all ".join(parts), values)
        found = {place: (many, skus or []) for place, many, skus in cursor.fetchall()}
    return [found[place] for place in range(len(others))]


def by_sku(skus: Sequence[str]) -> dict[str, Goods]:
    with connection.cursor() as cursor:
        cursor.execute(f"{SHOWN} from {PRICED} and v.sku = any(%s)", [shop_currency(), list(skus)])
        return {row[1]: Goods(*row) for row in cursor.fetchall()}


def at_the_ends(selection: Selection, *, each: int) -> list[Goods]:
    """The cheapest, the dearest and those with the thinnest margin, `each` of them: an offer goes deepest at one of these ends."""
    (sql, given), currency = condition(selection), shop_currency()
    statement = f"""with goods as materialized (
            select v.id, r.amount * 1000 / r.price_quantity as one, v.reference_cost * r.price_quantity / greatest(r.amount, 1) as spent
            from {PRICED}{sql}
        ), ends as (
            (select id from goods order by one, id limit %s) union (select id from goods order by one desc, id limit %s)
            union (select id from goods order by spent desc nulls last, id limit %s)
        )
        {SHOWN} from {PRICED} and v.id in (select id from ends) order by r.amount * 1000 / r.price_quantity, v.id"""
    with connection.cursor() as cursor:
        cursor.execute(statement, [currency, *given, *[each] * 3, currency])
        return [Goods(*row) for row in cursor.fetchall()]


def samples(selections: Sequence[Selection]) -> list[Goods | None]:
    """The dearest piece of each selection, None where there is none: what fills the other places of a bundle. One statement."""
    if not selections:
        return []
    parts, values, currency = [], [], shop_currency()
    for place, selection in enumerate(selections):
        sql, given = condition(selection)
        dearest = f"select v.id from {PRICED} and v.sold_by = 'each'{sql} order by r.amount desc, v.id limit 1"
        parts.append(f"(select {place} as place, g.* from ({SHOWN} from {PRICED} and v.id = ({dearest})) g)")
        values += [currency, currency, *given]
    with connection.cursor() as cursor:
        cursor.execute(" union all ".join(parts), values)
        found = {row[0]: Goods(*row[1:]) for row in cursor.fetchall()}
    return [found.get(place) for place in range(len(selections))]


def _any_of(selections: Sequence[Selection]) -> tuple[str, list[Any]]:
    """In one of these."""
    parts, values = [], []
    for selection in selections:
        sql, given = condition(selection)
        parts.append(f"(true{sql})")
        values += given
    return f"({' or '.join(parts) or 'false'})", values


def _one_of(group: str, wanted: Sequence[str]) -> tuple[str, Any]:
    if group == "sku":
        return "v.sku = any(%s)", list(wanted)
    if group == "product":
        return "p.handle = any(%s)", list(wanted)
    return "e.facets && %s::varchar[]", [f"{group}:{value}" for value in wanted]
