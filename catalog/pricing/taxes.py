"""Step 5: the tax in what is charged, or on top of it, per line or per document, split to its rates."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from catalog.pricing.lines import Charge, Line
from catalog.pricing.prices import valid
from kernel.errors import Invalid
from kernel.money import MILLION, allocate, divided

Json = dict[str, Any]


class Untaxed(Invalid):
    code = "untaxed"
    title = "There is no tax rule for this"


@dataclass(frozen=True, slots=True)
class Rates:
    """The rates that hold for a class, folded to one fraction: weight by weight over `scale`, all on the net amount."""

    rows: tuple[tuple[str, str, int, bool], ...]
    weights: tuple[int, ...]
    scale: int
    weight: int

    def tax(self, amount: int, *, inside: bool) -> int:
        return divided(amount * self.weight, self.scale + self.weight if inside else self.scale)

    def split(self, tax: int) -> list[Json]:
        parts = [tax] if len(self.weights) == 1 else allocate(total=tax, weights=self.weights)
        return [{"code": code, "name": name, "rate": rate, "amount": part} for (code, name, rate, _), part in zip(self.rows, parts, strict=True)]


@dataclass(slots=True)
class Share:
    """A line, or the part of a charge that is taxed as one class. `tax` lies in `amount` or comes on top; `exempted` came off the price."""

    owner: Line | Charge
    amount: int
    rates: Rates
    exempt: bool
    tax: int = 0
    exempted: int = 0


@dataclass(slots=True)
class Taxed:
    """What one line or charge is taxed with. `bases`: the net amount under each rate."""

    tax: int
    exempted: int
    taxes: list[Json]
    bases: list[Json]


def folded(rates: Sequence[Json], at: int) -> Rates:
    """A compound rate is on the net amount and the taxes before it. Exact: after n rates the weights are over a million to the n."""
    rows = [rate for rate in rates if valid(rate, at)]
    scale = MILLION ** len(rows)
    weights: list[int] = []
    for rate in rows:
        base = scale + sum(weights) if rate["compound"] else scale
        weights.append(base * rate["rate"] // MILLION)
    return Rates(tuple([(rate["code"], rate["name"], rate["rate"], rate["compound"]) for rate in rows]), tuple(weights), scale, sum(weights))


def taxed(lines: Sequence[Line], charges: Sequence[Charge], *, rules: Json, facts: Json, at: int) -> tuple[list[Taxed], list[Taxed]]:
    """For each line and each charge, in their order."""
    inside = rules["prices_include_tax"]
    shares = _shares(lines, charges, rules["taxes"], facts["exempt"], at)
    if rules["tax_rounding"] == "document":
        _by_document(shares, inside)
    else:
        for share in shares:
            share.tax = share.rates.tax(share.amount, inside=inside)
    for share in shares:
        if share.exempt:
            share.exempted, share.tax = share.tax if inside else 0, 0
    of_owner: dict[int, list[Share]] = {}
    for share in shares:
        of_owner.setdefault(id(share.owner), []).append(share)
    return [_gathered(of_owner.get(id(line), []), inside) for line in lines], [_gathered(of_owner.get(id(charge), []), inside) for charge in charges]


def quoted(lines: Sequence[Line], charges: Sequence[Charge], *, quote: Json, inside: bool) -> tuple[list[Taxed], list[Taxed]] | None:
    """What a tax service answered, when it was asked about exactly these amounts."""
    found: list[list[Taxed]] = []
    for owners, rows in ((lines, quote["lines"]), (charges, quote["charges"])):
        amounts = {str(owner.id): present(owner) for owner in owners}
        if amounts != {key: row["amount"] for key, row in rows.items()}:
            return None
        found.append([_as_quoted(present(owner), rows[str(owner.id)]["taxes"], inside) for owner in owners])
    return found[0], found[1]


def present(owner: Line | Charge) -> int:
    """What is charged before any tax is looked at."""
    return owner.amount if isinstance(owner, Line) else owner.present


def totals(rows: Iterable[Taxed]) -> list[Json]:
    """Each rate over the whole document, with the net amount it is on."""
    found: dict[tuple[str, int, str], Json] = {}
    for row in rows:
        for tax in row.bases:
            key = (tax["code"], tax["rate"], tax["name"])
            total = found.setdefault(key, {"code": key[0], "name": key[2], "rate": key[1], "base": 0, "amount": 0})
            total["base"] += tax["base"]
            total["amount"] += tax["amount"]
    return [found[key] for key in sorted(found)]


def _shares(lines: Sequence[Line], charges: Sequence[Charge], taxes: Json, exempt: Json | None, at: int) -> list[Share]:
    """Lines by id, then charges by id, a charge that follows the goods in parts by class."""
    known: dict[str, Rates] = {}

    def share(owner: Line | Charge, tax_class: str, amount: int) -> Share:
        if tax_class not in known:
            known[tax_class] = folded(_rates(taxes, tax_class, owner), at)
        return Share(owner, amount, known[tax_class], exempt is not None and _is_exempt(exempt, tax_class, at))

    shares = [share(line, line.tax_class, line.amount) for line in lines]
    return shares + [share(charge, tax_class, part) for charge in charges for tax_class, part in _parts(charge, lines)]


def _rates(taxes: Json, tax_class: str, owner: Line | Charge) -> list[Json]:
    if tax_class not in taxes:
        raise _untaxed(owner, f"its tax class “{tax_class}” has no rule here")
    return taxes[tax_class]


def _untaxed(owner: Line | Charge, why: str) -> Untaxed:
    which = "line" if isinstance(owner, Line) else "charge"
    return Untaxed(f"The tax of {which} {owner.id} is not known: {why}.", field=f"{which}s.{owner.id}", **{which: owner.id})


def _parts(charge: Charge, lines: Sequence[Line]) -> list[tuple[str, int]]:
    """A charge without a class of its own is taxed as the goods are, in proportion to what is charged for them."""
    if charge.tax_class is not None:
        return [(charge.tax_class, charge.present)]
    classes: dict[str, int] = {}
    for line in lines:
        if line.kind != "deposit":
            classes[line.tax_class] = classes.get(line.tax_class, 0) + line.amount
    if not classes:
        if charge.present:
            raise _untaxed(charge, "it follows the goods, and there are none")
        return []
    names = sorted(classes)
    return list(zip(names, allocate(total=charge.present, weights=[classes[name] for name in names]), strict=True))


def _is_exempt(exempt: Json, tax_class: str, at: int) -> bool:
    if exempt["expires_at"] is not None and at >= exempt["expires_at"]:
        return False
    return exempt["classes"] is None or tax_class in exempt["classes"]


def _by_document(shares: Sequence[Share], inside: bool) -> None:
    """One tax per set of rates over all its amounts, shared back to them."""
    groups: dict[tuple[Rates, bool], list[Share]] = {}
    for share in shares:
        groups.setdefault((share.rates, share.exempt), []).append(share)
    for (rates, _), together in groups.items():
        amounts = [share.amount for share in together]
        for share, tax in zip(together, allocate(total=rates.tax(sum(amounts), inside=inside), weights=amounts), strict=True):
            share.tax = tax


def _gathered(shares: Sequence[Share], inside: bool) -> Taxed:
    """The shares of one line or charge as one, each rate once."""
    if len(shares) == 1 and len(shares[0].rates.rows) == 1:
        return _of_one_rate(shares[0], inside)
    bases: list[Json] = []
    for share in shares:
        net = share.amount - share.tax if inside else share.amount
        bases += [] if share.exempt else [tax | {"base": net} for tax in share.rates.split(share.tax)]
    return Taxed(sum(share.tax for share in shares), sum(share.exempted for share in shares), _once_each(bases), bases)


def _of_one_rate(share: Share, inside: bool) -> Taxed:
    """The same for what most lines are: one share under one rate."""
    if share.exempt:
        return Taxed(share.tax, share.exempted, [], [])
    taxes = share.rates.split(share.tax)
    return Taxed(share.tax, share.exempted, taxes, [taxes[0] | {"base": share.amount - share.tax if inside else share.amount}])


def _as_quoted(amount: int, taxes: list[Json], inside: bool) -> Taxed:
    tax = sum(row["amount"] for row in taxes)
    net = amount - tax if inside else amount
    rows = [{key: row[key] for key in ("code", "name", "rate", "amount")} for row in taxes]
    return Taxed(tax, 0, _once_each(rows), [row | {"base": net} for row in rows])


def _once_each(taxes: Iterable[Json]) -> list[Json]:
    found: dict[tuple[str, int, str], Json] = {}
    for tax in taxes:
        row = found.setdefault((tax["code"], tax["rate"], tax["name"]), {key: tax[key] for key in ("code", "name", "rate")} | {"amount": 0})
        row["amount"] += tax["amount"]
    return list(found.values())
