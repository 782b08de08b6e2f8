"""Steps 2 and 3: a basket's lines and charges while they are worked on."""

from typing import Any

from catalog.pricing import prices
from catalog.pricing.pieces import Stretch, Take, spread
from kernel.errors import Invalid
from kernel.money import MILLION, divided, line_total

Json = dict[str, Any]
# (count, list price, present price, promotion that changed it last, promotion that closed it)
Run = tuple[int, int, int, str, str]

# What JavaScript counts exactly.
SAFE = 2**53 - 1


class TooLarge(Invalid):
    code = "too_large"
    title = "The amount is too large to be counted exactly"


class Line:
    """`index` is its place in order of id. `off` is all that has been taken off, `discounts` by whom, `amount` what is left to pay."""

    __slots__ = (
        *("amount", "count", "discounts", "facets", "fixed", "free", "holders", "id", "index"),
        *("kind", "list", "list_total", "off", "price_quantity", "quantity", "runs", "tax_class", "unit_price", "weighed"),
    )

    def __init__(self, index: int, line: Json, offer: Json) -> None:
        self.index = index
        self.id: int = line["id"]
        self.kind: str = line["kind"]
        self.weighed: bool = line["sold_by"] == "weight"
        self.quantity: int = line["quantity"]
        # Pieces; what was weighed is one.
        self.count = 1 if self.weighed else self.quantity // 1000
        self.facets = frozenset(line["facets"])
        self.tax_class: str = line["tax_class"]
        self.fixed: Json | None = line["fixed"]
        self.list: str = offer["list"]
        self.unit_price: int = offer["amount"]
        self.price_quantity: int = offer["price_quantity"]
        self.list_total = self.amount = counted(line_total(price=self.unit_price, price_quantity=self.price_quantity, quantity=self.quantity))
        self.off = 0
        self.discounts: dict[str, int] = {}
        self._keep(_opened(self.list_total, self.count))

    def _keep(self, runs: list[Run]) -> None:
        """The runs, and what follows from them: most are looked at far more often than they change."""
        self.runs = runs
        untouched: list[Stretch] = []
        unclosed: list[Stretch] = []
        toucher = closer = ""
        place = 0
        for count, _, price, changed, closed in runs:
            if not closed:
                unclosed.append((self.index, place, count, price))
                if not changed:
                    untouched.append(unclosed[-1])
            toucher = toucher or closed or changed
            closer = closer or closed
            place += count
        # What a promotion may take: one that does not stack, only what no other has changed; one that stacks, all that is not closed.
        self.free: tuple[list[Stretch], list[Stretch]] = ([], []) if self.kind == "deposit" else (untouched, unclosed)
        # The promotion that keeps either kind from the first piece it may not have.
        self.holders = (toucher, closer)

    def stretches(self) -> list[Stretch]:
        """All its pieces."""
        found = []
        place = 0
        for count, _, price, _, _ in self.runs:
            found.append((self.index, place, count, price))
            place += count
        return found

    def take(self, takes: list[Take], *, code: str, closing: bool) -> None:
        """`takes` in order of place, each within one run."""
        self._keep(_merged(_cut(self.runs, takes, code, closing)))
        off = sum(count * each for _, _, count, each in takes)
        self.off += off
        self.amount -= off
        if off:
            self.discounts[code] = self.discounts.get(code, 0) + off


class Charge:
    """Delivery or a fee: one piece that only promotions of the delivery level change."""

    __slots__ = ("amount", "changed", "closed", "discounts", "id", "index", "kind", "off", "tax_class")

    def __init__(self, index: int, charge: Json) -> None:
        self.index = index
        self.id: int = charge["id"]
        self.kind: str = charge["kind"]
        self.amount: int = charge["amount"]
        self.tax_class: str | None = charge["tax_class"]
        self.off = 0
        self.changed = self.closed = ""
        self.discounts: dict[str, int] = {}

    @property
    def present(self) -> int:
        return self.amount - self.off

    def take(self, off: int, *, code: str, closing: bool) -> None:
        self.off += off
        self.changed = code
        self.closed = code if closing else self.closed
        self.discounts[code] = off


def opened(basket: Json, *, groups: list[str], at: int) -> list[Line]:
    """The lines in order of id, priced, with what a sticker or a person has fixed taken off."""
    held = prices.quantities(basket["lines"])
    lines = []
    for index, line in enumerate(sorted(basket["lines"], key=lambda row: row["id"])):
        lines.append(Line(index, line, prices.chosen(line, quantity=held[line["sku"]], groups=groups, at=at)))
        if line["fixed"] is not None:
            _fix(lines[-1], line["fixed"])
    return lines


def charges(basket: Json) -> list[Charge]:
    return [Charge(index, charge) for index, charge in enumerate(sorted(basket["charges"], key=lambda row: row["id"]))]


def source(fixed: Json) -> str:
    """What a fixed price is called among the discounts."""
    return f"markdown:{fixed['code']}" if fixed["source"] == "markdown" else "manual"


def counted(amount: int) -> int:
    if amount > SAFE:
        raise TooLarge()
    return amount


def _fix(line: Line, fixed: Json) -> None:
    stretches = line.stretches()
    value = fixed["value"]
    if fixed["kind"] == "percent":
        takes = spread(min(divided(line.list_total * value, MILLION), line.list_total), stretches)
    elif fixed["kind"] == "amount":
        takes = [(index, place, count, min(value, price)) for index, place, count, price in stretches]
    else:
        new = line_total(price=value, price_quantity=line.price_quantity, quantity=line.quantity) if line.weighed else value
        takes = [(index, place, count, max(price - new, 0)) for index, place, count, price in stretches]
    line.take(takes, code=source(fixed), closing=True)


def _opened(total: int, count: int) -> list[Run]:
    """The first pieces carry the odd minor units."""
    each, odd = divmod(total, count)
    runs: list[Run] = [(odd, each + 1, each + 1, "", ""), (count - odd, each, each, "", "")]
    return runs if odd else runs[1:]


def _cut(runs: list[Run], takes: list[Take], code: str, closing: bool) -> list[Run]:
    cut: list[Run] = []
    place = done = 0
    for count, listed, price, changed, closed in runs:
        end = place + count
        while done < len(takes) and takes[done][1] < end:
            _, start, many, off = takes[done]
            if start > place:
                cut.append((start - place, listed, price, changed, closed))
            cut.append((many, listed, price - off, code if off else changed, code if closing else closed))
            place = start + many
            done += 1
        if place < end:
            cut.append((end - place, listed, price, changed, closed))
        place = end
    return cut


def _merged(runs: list[Run]) -> list[Run]:
    """Equal neighbours are one run: what follows must not depend on how they came to be equal."""
    merged = runs[:1]
    for run in runs[1:]:
        if run[1:] == merged[-1][1:]:
            merged[-1] = (merged[-1][0] + run[0], *run[1:])
        else:
            merged.append(run)
    return merged
