"""Step 7: the sums of the document."""

from collections.abc import Sequence
from typing import Any

from catalog.pricing import cash, taxes
from catalog.pricing.lines import counted

Json = dict[str, Any]


def totals(lines: Sequence[Json], charges: Sequence[Json], taxed: Sequence[taxes.Taxed], rules: Json) -> Json:
    rows = [*lines, *charges]
    tax = counted(sum(row["tax"] for row in rows))
    charged = counted(sum(row["total"] for row in rows))
    total = charged if rules["prices_include_tax"] else counted(charged + tax)
    in_cash = counted(cash.rounded(total, step=rules["cash_rounding"]))
    return {
        "goods": counted(sum(line["list_total"] for line in lines)),
        "charges": counted(sum(charge["amount"] for charge in charges)),
        "discount": counted(sum(row["discount"] for row in rows)),
        "tax": tax,
        "net": total - tax,
        "total": total,
        "cash_total": in_cash,
        "cash_rounding": in_cash - total,
        "taxes": taxes.totals(taxed),
    }
