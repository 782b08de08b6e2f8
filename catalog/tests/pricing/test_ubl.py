"""Published invoices (EN 16931, XRechnung test suite): our totals are theirs, each line, each tax, to the cent."""

from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

import pytest

from catalog.pricing import evaluate
from catalog.tests.pricing import shapes

FILES = sorted((Path(__file__).resolve().parents[4] / "shared" / "data" / "ubl_xrechnung").glob("*.xml"))
NAMES = {
    "cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
    "cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
}


def number(node, path):
    found = node.find(path, NAMES)
    return Decimal(found.text) if found is not None else Decimal(0)


def cents(node, path):
    return exactly(number(node, path) * 100)


def exactly(value):
    assert value == int(value), value
    return int(value)


def tax_class(node, path):
    """S19 and E0 are taxed apart even where the rates are alike."""
    category = node.find(path, NAMES)
    return (
        f"{category.find('cbc:ID', NAMES).text}{category.find('cbc:Percent', NAMES).text if category.find('cbc:Percent', NAMES) is not None else 0}"
    )


def taxes(classes):
    return {name: [shapes.rate(name, exactly(Decimal(name.lstrip("SEAOZKGL") or 0) * 10_000))] for name in classes}


def goods(position, node):
    """A price of four decimals is an amount for a hundred pieces."""
    price = number(node, "cac:Price/cbc:PriceAmount")
    base = number(node, "cac:Price/cbc:BaseQuantity") or Decimal(1)
    scale = 1 if price * 100 == int(price * 100) else 100
    offer = shapes.offer(exactly(price * 100 * scale), price_quantity=exactly(base * 1000 * scale))
    quantity = exactly(number(node, "cbc:InvoicedQuantity") * 1000)
    sold_by = "each" if quantity % 1000 == 0 else "weight"
    category = tax_class(node, "cac:Item/cac:ClassifiedTaxCategory")
    return shapes.line(position, [offer], quantity=abs(quantity), sold_by=sold_by, tax_class=category, facets=f"class:{category}"), quantity < 0


def charged(invoice):
    found = invoice.findall("cac:AllowanceCharge", NAMES)
    rows = [(node.find("cbc:ChargeIndicator", NAMES).text == "true", cents(node, "cbc:Amount"), tax_class(node, "cac:TaxCategory")) for node in found]
    charges = tuple(shapes.charge(place, amount, kind="fee", tax_class=category) for place, (more, amount, category) in enumerate(rows, 1) if more)
    allowances = [
        shapes.promotion(f"allowance-{place}", {"kind": "amount", "value": amount}, on=f"class:{category}", level="order", combination="stack")
        for place, (more, amount, category) in enumerate(rows, 1)
        if not more and amount
    ]
    return charges, allowances


def subtotals(result, sign):
    return {tax["code"]: (sign * tax["base"], sign * tax["amount"]) for tax in result["totals"]["taxes"]}


def summed(*told):
    found = {}
    for rows in told:
        for code, (base, amount) in rows.items():
            before = found.get(code, (0, 0))
            found[code] = (before[0] + base, before[1] + amount)
    return {code: row for code, row in found.items() if row != (0, 0)}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem.removeprefix("business-cases_standard_"))
def test_an_invoice_comes_to_what_it_says(path):
    invoice = ElementTree.parse(path).getroot()  # noqa: S314  # a file of our own test data
    nodes = invoice.findall("cac:InvoiceLine", NAMES)
    lines = [goods(position, node) for position, node in enumerate(nodes, 1)]
    charges, allowances = charged(invoice)
    classes = {line["tax_class"] for line, _ in lines} | {charge["tax_class"] for charge in charges}
    rules = shapes.rules(*allowances, prices_include_tax=False, tax_rounding="document", taxes=taxes(classes))
    facts = shapes.facts()
    sold = evaluate(shapes.basket(*(line for line, back in lines if not back), charges=charges), rules, facts, shapes.NOON)
    # What comes back is a document of its own to us, with the sign turned.
    back = evaluate(shapes.basket(*(line for line, back in lines if back)), rules, facts, shapes.NOON)

    amounts = {row["id"]: row["list_total"] for row in sold["lines"]} | {row["id"]: -row["list_total"] for row in back["lines"]}
    assert amounts == {position: cents(node, "cbc:LineExtensionAmount") for position, node in enumerate(nodes, 1)}
    told = {tax_class(node, "cac:TaxCategory"): (cents(node, "cbc:TaxableAmount"), cents(node, "cbc:TaxAmount")) for node in _subtotals(invoice)}
    assert summed(subtotals(sold, 1), subtotals(back, -1)) == summed(told)
    total = sold["totals"]["total"] - back["totals"]["total"]
    assert total == cents(invoice, "cac:LegalMonetaryTotal/cbc:TaxInclusiveAmount")
    payable = total - cents(invoice, "cac:LegalMonetaryTotal/cbc:PrepaidAmount") + cents(invoice, "cac:LegalMonetaryTotal/cbc:PayableRoundingAmount")
    assert payable == cents(invoice, "cac:LegalMonetaryTotal/cbc:PayableAmount")


def _subtotals(invoice):
    """Of the first total: another one says the same in the currency the tax is paid in."""
    return invoice.findall("cac:TaxTotal", NAMES)[0].findall("cac:TaxSubtotal", NAMES)


def test_there_are_invoices_to_compare_with():
    assert len(FILES) == 26
