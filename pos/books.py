"""What a till said of its shift beside what the books say, figure by figure. Pure: a page shows it, nobody is held up by it."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from pos.queries.shifts import Figure


class Row(NamedTuple):
    """`told` is None where the till said nothing of it. `kind`: money or count."""

    what: str
    name: str
    rate: int
    kind: str
    told: int | None
    ours: int

    @property
    def agrees(self) -> bool:
        return self.told is None or self.told == self.ours


def compared(told: Mapping[str, Any], ours: Iterable[Figure], *, expected: int) -> list[Row]:
    """`told`: the body of the close, as it came; what has another shape was not said."""
    found = {(figure.what, figure.name, figure.rate): figure for figure in ours}

    def amount(what: str, name: str = "", rate: int = 0) -> int:
        return found[what, name, rate].amount if (what, name, rate) in found else 0

    sold = found.get(("sold", "", 0))
    rows = [
        Row("sales", "", 0, "count", whole(told.get("sales")), sold.count if sold else 0),
        Row("gross", "", 0, "money", whole(told.get("gross")), amount("gross")),
        Row("discounts", "", 0, "money", whole(told.get("discounts")), amount("discounts")),
        Row("total", "", 0, "money", whole(told.get("total")), amount("sold")),
    ]
    rates = list(_said(told.get("taxes"), "rate"))
    for rate in sorted({*rates, *(key[2] for key in found if key[0] == "tax")}, reverse=True):
        rows.append(Row("tax", "", rate, "money", _sum(told.get("taxes"), "rate", rate), amount("tax", rate=rate)))
    for what, list_name in (("tender", "tenders"), ("drawer", "moves")):
        names = {*_said(told.get(list_name), "kind"), *(key[1] for key in found if key[0] == what)} - {"no_sale"}
        both = [Row(what, name, 0, "money", _sum(told.get(list_name), "kind", name), amount(what, name)) for name in sorted(names)]
        rows += [row for row in both if row.told or row.ours]
    opened = found.get(("drawer", "no_sale", 0))
    rows.append(Row("opened", "", 0, "count", whole(told.get("no_sales")), opened.count if opened else 0))
    rows.append(Row("expected", "", 0, "money", whole(told.get("expected")), expected))
    return rows


def whole(value: Any) -> int | None:
    return value if type(value) is int else None


def _items(told: Any) -> Iterator[Mapping[str, Any]]:
    return (one for one in told if isinstance(one, dict)) if isinstance(told, list) else iter(())


def _said(told: Any, key: str) -> Iterator[Any]:
    kind = int if key == "rate" else str
    return (one[key] for one in _items(told) if type(one.get(key)) is kind)


def _sum(told: Any, key: str, value: Any) -> int | None:
    """Several taxes may have one rate. None where there is no such list."""
    if not isinstance(told, list):
        return None
    return sum(whole(one.get("amount")) or 0 for one in _items(told) if one.get(key) == value)


def words(value: Any) -> str:
    return value[:200] if isinstance(value, str) else ""
