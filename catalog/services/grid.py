"""Many products edited as a spreadsheet: cells are checked as they are typed or pasted, and applied in one transaction or not at all."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Prefetch

from catalog import revisions, unit_price
from catalog.models import Brand, Category, ImportRun, Price, Product, TaxClass, Variant
from catalog.services import changes, price_review
from catalog.services.grid_cells import COLUMNS, PRODUCT_COLUMNS, Known, NotTaken, codes_by_name, path_of, read, shown, value_of
from kernel.errors import Conflict, Invalid, Refused
from kernel.money import MILLION, divided, format_amount

MOST = 2_000
CODED: dict[str, type[Brand | Category | TaxClass]] = {"brand": Brand, "category": Category, "tax_class": TaxClass}


class GridStale(Conflict):
    code = "grid_stale"
    title = "Somebody has changed these meanwhile; look at them again"


class GridRefused(Refused):
    code = "grid_refused"
    title = "Some cells cannot be taken; nothing was changed"


@dataclass(frozen=True, kw_only=True)
class GridRow:
    """`fields`: column to the text as typed or pasted; empty text leaves the cell as it is. `seen`: column to what the cell said
    when it was edited. `accept`: taken even where it looks doubtful or stands below cost."""

    sku: str
    fields: Mapping[str, str]
    seen: Mapping[str, str] = field(default_factory=dict)
    accept: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """`state`: same, changed, refused or doubtful. `may_accept`: can be taken all the same."""

    now: str
    after: str
    state: str
    words: str = ""
    may_accept: bool = False


@dataclass(frozen=True, slots=True)
class Figures:
    """Of a price: shares in parts per million, the price per kg, l or piece in words."""

    change: int | None
    margin_now: int | None
    margin_after: int | None
    per_unit: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """`words`: what is wrong with the row as a whole; then it has no cells."""

    sku: str
    variant: UUID | None
    product: str
    cells: dict[str, Cell]
    words: str = ""
    figures: Figures | None = None
    cost: str = ""
    product_id: UUID | None = None
    tile: str = ""


@dataclass
class Checked:
    """A row with what it would write: path to value."""

    verdict: Verdict
    product: UUID | None = None
    wanted: dict[str, Any] = field(default_factory=dict)

    @property
    def cells(self) -> Collection[Cell]:
        return self.verdict.cells.values()


def check_grid(*, rows: Sequence[GridRow], currency: str, actor: UUID | None = None, company_currency: str = "") -> list[Verdict]:
    """What each cell would do. `company_currency`: what costs are in; the same as `currency` when it is not given."""
    return [one.verdict for one in _check(rows, currency, company_currency or currency)]


def apply_grid(
    *, rows: Sequence[GridRow], currency: str, name: str, now: datetime, actor: UUID | None, accept: Collection[str] = (), company_currency: str = ""
) -> ImportRun:
    """All of it or nothing. Refused with grid_stale when a cell no longer says what was seen, with grid_refused when one cannot be taken;
    both name the SKUs. `accept`: SKUs taken even where they look doubtful or stand below cost."""
    taken = {row.sku for row in rows if row.accept} | set(accept)
    with changes.written_by(actor):
        ids = Variant.objects.filter(sku__in=[row.sku for row in rows]).values_list("product_id", flat=True).distinct()
        # In the order of ids, as everybody who locks several products does.
        products = list(Product.objects.select_for_update(no_key=True).filter(id__in=list(ids)).order_by("id"))
        checked = _check(rows, currency, company_currency or currency)
        _must_be_fresh(rows, checked)
        _must_be_taken(checked, taken)
        wanted: dict[UUID, dict[str, Any]] = {}
        for one in checked:
            if one.product and one.wanted:
                wanted.setdefault(one.product, {}).update(one.wanted)
        changed = [product for product in products if product.id in wanted]
        return _apply(changed, wanted, rows=rows, run=_run(name, currency, rows, len(changed), now, actor), now=now, actor=actor)


def _apply(
    products: Sequence[Product],
    wanted: Mapping[UUID, dict[str, Any]],
    *,
    rows: Sequence[GridRow],
    run: ImportRun,
    now: datetime,
    actor: UUID | None,
) -> ImportRun:
    run.save(force_insert=True)
    if not products:
        return run
    if revisions.blocked(wanted):
        raise GridRefused("A barcode or code is taken by another product.", skus=[row.sku for row in rows])
    ids = [product.id for product in products]
    before = revisions.snapshot(ids)
    revisions.put_many(products, wanted, at=now)
    _must_be_sellable(ids)
    revisions.record(before, revisions.snapshot(ids), created=(), run=run.id, actor=str(actor or ""), at=now)
    kinds = {product.id: "archived" if wanted[product.id].get("status") == Product.Status.ARCHIVED else "changed" for product in products}
    changes.record(products, kinds, now=now)
    return run


def _run(name: str, currency: str, rows: Sequence[GridRow], changed: int, now: datetime, actor: UUID | None) -> ImportRun:
    columns = {column for row in rows for column in row.fields}
    return ImportRun(
        name=name[:200],
        format="grid",
        currency=currency,
        state=ImportRun.State.APPLIED,
        rows=len(rows),
        columns=len(columns),
        tally={"created": 0, "changed": changed, "unchanged": 0, "refused": 0},
        actor=actor,
        created_at=now,
        finished_at=now,
    )


def _must_be_fresh(rows: Sequence[GridRow], checked: Sequence[Checked]) -> None:
    stale = [
        row.sku
        for row, one in zip(rows, checked, strict=True)
        if any(column in one.verdict.cells and one.verdict.cells[column].now != said for column, said in row.seen.items())
    ]
    if stale:
        raise GridStale(f"Changed meanwhile: {_some(stale)}. Look at the new values and apply again.", field="rows", skus=stale)


def _must_be_taken(checked: Sequence[Checked], accept: Collection[str]) -> None:
    refused = [
        one.verdict.sku for one in checked if one.verdict.words or not all(_is_taken(cell, one, accept) for cell in one.verdict.cells.values())
    ]
    if refused:
        raise GridRefused(f"Cannot be taken: {_some(refused)}. Nothing was changed.", field="rows", skus=refused)


def _is_taken(cell: Cell, one: Checked, accept: Collection[str]) -> bool:
    return cell.state in ("same", "changed") or (cell.may_accept and one.verdict.sku in accept)


def _must_be_sellable(ids: Sequence[UUID]) -> None:
    sellable = Variant.objects.filter(product__in=ids, archived_at=None, prices__isnull=False).values("product")
    bare = Product.objects.filter(id__in=ids, status=Product.Status.ACTIVE).exclude(id__in=sellable).first()
    if bare is not None:
        raise GridRefused(f"{bare.name} has no price and cannot be active. Nothing was changed.", field="status")


def _some(skus: Sequence[str]) -> str:
    more = len(skus) - 5
    return ", ".join(skus[:5]) + (f" and {more} more" if more > 0 else "")


def _check(rows: Sequence[GridRow], currency: str, company_currency: str) -> list[Checked]:
    """A constant number of statements for any number of rows."""
    if len(rows) > MOST:
        raise Invalid(f"The grid takes {MOST} rows at most.", field="rows")
    unknown = sorted({column for row in rows for column in row.fields} - set(COLUMNS))
    if unknown:
        raise Invalid(f"There is no column {unknown[0]}.", field=unknown[0])
    variants = _variants([row.sku.strip() for row in rows], currency)
    asked = {column for row in rows for column in row.fields if column in CODED}
    codes = {column: codes_by_name(list(CODED[column]._default_manager.values_list("code", "name"))) for column in sorted(asked)}
    known = Known(currency, company_currency, codes)
    seen: set[str] = set()
    first: dict[tuple[UUID, str], Any] = {}
    checked = []
    for row in rows:
        sku = row.sku.strip()
        variant = variants.get(sku)
        if variant is None:
            checked.append(Checked(Verdict(sku, None, "", {}, "No such SKU" if sku else "No SKU")))
        elif sku in seen:
            checked.append(Checked(Verdict(sku, variant.id, variant.product.name, {}, "This SKU stands above already")))
        else:
            checked.append(_row(row, variant, known, first))
        seen.add(sku)
    _mark_taken_codes(checked)
    _mark_beyond_alone(checked, variants, known)
    return checked


def _variants(skus: Sequence[str], currency: str) -> dict[str, Variant]:
    rows = Variant.objects.filter(sku__in=skus).select_related("product__brand", "product__category", "product__tax_class")
    rows = rows.prefetch_related(Prefetch("prices", Price.objects.filter(currency=currency)), "gtins")
    return {row.sku: row for row in rows}


def _row(row: GridRow, variant: Variant, known: Known, first: dict[tuple[UUID, str], Any]) -> Checked:
    """`first`: what an earlier row of the same product asked for."""
    checked = Checked(_verdict(variant, {}), variant.product_id)
    cells: dict[str, Cell] = {}
    for column in COLUMNS:
        if column not in row.fields:
            continue
        now = value_of(column, variant, known.currency)
        called = _called(variant, column)
        said = shown(column, now, known, called)
        text = row.fields[column]
        try:
            after = read(column, text, variant, known) if text.strip() else now
            if text.strip() and column in PRODUCT_COLUMNS and first.setdefault((variant.product_id, column), after) != after:
                raise NotTaken("Another row of this product says otherwise")
        except NotTaken as problem:
            cells[column] = Cell(said, text.strip(), "refused", str(problem))
            continue
        # What cannot be named yet stands as it was written.
        told = shown(column, after, known, called) if column not in CODED or after == now else text.strip()
        if after == now:
            cells[column] = Cell(said, said, "same", "No change")
        else:
            cells[column] = Cell(said, told, "changed")
            checked.wanted[path_of(column, variant, known.currency)] = after
    _judge(cells, checked, variant, known)
    checked.verdict = _verdict(variant, cells, figures=_figures(checked.wanted, variant, known), known=known)
    return checked


def _called(variant: Variant, column: str) -> dict[str, str]:
    row = getattr(variant.product, column) if column in CODED else None
    return {row.code: row.name} if row else {}


def _verdict(variant: Variant, cells: dict[str, Cell], *, figures: Figures | None = None, known: Known | None = None) -> Verdict:
    cost = format_amount(variant.reference_cost, known.company_currency) if known and variant.reference_cost is not None else ""
    product = variant.product
    return Verdict(variant.sku, variant.id, called_in_full(variant), cells, figures=figures, cost=cost, product_id=product.id, tile=product.tile)


def called_in_full(variant: Variant) -> str:
    return f"{variant.product.name} {variant.name}".strip() if variant.name and variant.name not in variant.product.name else variant.product.name


def _judge(cells: dict[str, Cell], checked: Checked, variant: Variant, known: Known) -> None:
    """What an amount is worth a second look for: far from the old one, or below cost."""
    price, now = checked.wanted.get(path_of("price", variant, known.currency)), value_of("price", variant, known.currency)
    cost = checked.wanted.get(path_of("cost", variant, known.currency), variant.reference_cost)
    if price is None:
        return
    words = below_cost(price, cost, variant, known) if cost is not None and known.currency == known.company_currency else ""
    if words:
        cells["price"] = replace(cells["price"], state="refused", words=words, may_accept=True)
    elif now and now[0] and (words := far_off(price[0], now[0])):
        cells["price"] = replace(cells["price"], state="doubtful", words=words, may_accept=True)


def below_cost(price: Sequence[int], cost: int, variant: Variant, known: Known) -> str:
    amount, quantity = price
    said = format_amount(cost, known.company_currency)
    if amount * 1000 < cost * quantity:
        return f"Below cost {said}"
    left = unit_price.margin(amount=amount, price_quantity=quantity, tax_rate=variant.product.tax_class.rate, cost=cost)
    return f"Below cost {said} without its tax" if left is not None and left < 0 else ""


def far_off(after: int, now: int) -> str:
    """More than three times, or less than a third."""
    if after > 3 * now:
        return f"{divided(after, now)} times the old price?"
    if after == 0:
        return "For nothing?"
    return f"1/{divided(now, after)} of the old price?" if after * 3 < now else ""


def _figures(wanted: Mapping[str, Any], variant: Variant, known: Known) -> Figures | None:
    now = value_of("price", variant, known.currency)
    after = wanted.get(path_of("price", variant, known.currency), now)
    if after is None:
        return None
    cost = variant.reference_cost if known.currency == known.company_currency else None
    cost_after = wanted.get(path_of("cost", variant, known.currency), cost) if cost is not None or known.currency == known.company_currency else None
    net, unit = wanted.get(path_of("net_content", variant, known.currency), value_of("net_content", variant, known.currency)) or (None, "")
    told = unit_price.unit_price(amount=after[0], price_quantity=after[1], net_content=net, net_unit=unit, sold_by=variant.sold_by)
    return Figures(
        change=divided((after[0] - now[0]) * MILLION, now[0]) if now and now[0] else None,
        margin_now=_margin(now, cost, variant),
        margin_after=_margin(after, cost_after, variant),
        per_unit=format_amount(told.amount, known.currency) if told else "",
    )


def _margin(price: Sequence[int] | None, cost: int | None, variant: Variant) -> int | None:
    if price is None:
        return None
    return unit_price.margin(amount=price[0], price_quantity=price[1], tax_rate=variant.product.tax_class.rate, cost=cost)


def _mark_taken_codes(checked: Sequence[Checked]) -> None:
    """Barcodes that another variant has, or another row brings: one statement for all rows, none when no row brings one."""
    wanted: dict[UUID, dict[str, Any]] = {}
    brought: set[str] = set()
    for one in checked:
        for path, codes in [(path, codes) for path, codes in one.wanted.items() if path.endswith(".gtins")]:
            if brought & set(codes):
                _refuse_code(one, path, "Another row brings this barcode")
            elif one.product:
                wanted.setdefault(one.product, {})[path] = codes
            brought |= set(codes)
    taken = revisions.blocked(wanted)
    for one in checked:
        for path in [path for path in one.wanted if one.product and (one.product, path) in taken]:
            _refuse_code(one, path, "Another product has this barcode")


def _mark_beyond_alone(checked: Sequence[Checked], variants: Mapping[str, Variant], known: Known) -> None:
    """Prices a second person has to see: they come in by a price list, and nobody takes them here."""
    asked = [(one, path_of("price", variants[one.verdict.sku], known.currency)) for one in checked if one.wanted]
    priced = {variants[one.verdict.sku].id: (one, one.wanted[path]) for one, path in asked if path in one.wanted}
    wanted = [(variants[one.verdict.sku], (after[0], after[1])) for one, after in priced.values()]
    for variant, words in price_review.why_not_alone(wanted, currency=known.currency).items():
        cells = priced[variant][0].verdict.cells
        cells["price"] = replace(cells["price"], state="refused", words=words, may_accept=False)


def _refuse_code(one: Checked, path: str, words: str) -> None:
    del one.wanted[path]
    cells = one.verdict.cells
    cells["gtin"] = replace(cells["gtin"], state="refused", words=words)
