"""A file is no way around the second person: a price far from the old one is refused with its row, and the rest comes in."""

import pytest

from catalog.importing import run
from catalog.importing.incoming import Terms
from catalog.models import Price
from catalog.tests.cast import LATER, NOW, standard_tax
from org import settings

pytestmark = pytest.mark.django_db(transaction=True)
HEAD = "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price,Status\n"


def bring(path, *prices, now=NOW):
    rows = "".join(f"p{number},Product {number},Title,Default Title,P-{number},{price},active\n" for number, price in enumerate(prices))
    path.write_text(HEAD + rows)
    seen = []
    job = run.import_file(
        path=path, format="shopify", terms=Terms(currency="EUR", tax_class="standard"), now=now, actor=None,
        watch=lambda progress: seen.extend(progress.faults),
    )  # fmt: skip
    return job, seen


def test_a_price_far_from_the_old_one_is_refused_with_its_row(tmp_path):
    standard_tax()
    assert bring(tmp_path / "one.csv", "2.00", "2.00", "2.00")[0].result["created"] == 3
    settings.put("pricing.approval_change", 300_000)
    job, faults = bring(tmp_path / "two.csv", "1.00", "1.90", "2.00", "0.10", now=LATER)
    assert [job.result[name] for name in ("created", "changed", "refused")] == [1, 1, 1]
    assert [(fault.line, fault.column) for fault in faults] == [(2, "price")]
    assert faults[0].reason.startswith("The price changes by more than 30%: schedule it under Prices")
    assert list(Price.objects.order_by("variant__sku").values_list("amount", flat=True)) == [200, 190, 200, 10]
