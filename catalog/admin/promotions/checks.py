"""What is told of a promotion while it is written: how many SKUs it means, how deep it goes, which offers it meets."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog import services
from catalog.admin.promotions.form import PromotionForm
from catalog.models import Promotion
from catalog.services import promotion_goods, promotions
from catalog.services.promotion_depth import Depth, depth, reason_of
from catalog.services.promotion_rules import completed, selections
from kernel.errors import Refused
from org.templatetags.office import money_text

MOST_BANNERS = 3


@dataclass
class Looked:
    errors: dict[str, str] = field(default_factory=dict)
    trouble: str = ""
    # How many SKUs, in words, by the input of the selection.
    counts: dict[str, str] = field(default_factory=dict)
    hint: str = ""
    # Why a second person would be asked; empty: nobody is.
    reason: str = ""
    conflicts: list[dict[str, Any]] = field(default_factory=list)

    def told(self) -> dict[str, Any]:
        named = {f"sku:{one['sku']}": one["name"] for conflict in self.conflicts for one in conflict["examples"]}
        return {"errors": self.errors, "trouble": self.trouble, "counts": self.counts, "hint": self.hint, "reason": self.reason, "names": named}


def looked_at(form: PromotionForm, row: Promotion | None, *, now: datetime) -> Looked:
    """Nothing is saved. What cannot be read yet is told at its input."""
    looked = Looked(errors=dict(form.errors))
    values = form.given if form.sent is not None and not form.live else {}
    try:
        rule = completed(values["rule"] if values else form.rule)
        asked = [(name, selection) for path, selection in selections(rule) if (name := form.input_of(path))]
        counted = promotion_goods.counts([selection for _name, selection in asked])
        looked.counts = {name: _skus(many) for (name, _selection), many in zip(asked, counted, strict=True)}
        if set(form.errors) - {"name"}:
            return looked
        # What it is called is often written last.
        values = {**values, "name": values["name"] or "…"} if values else values
        draft = promotions.draft_of(values, row=row)
        found = depth(draft)
        looked.hint, looked.reason = _hint(found, form.currency), reason_of(found)
        own = row.pk if row is not None else None
        met = services.check_conflicts(values=values, now=now, promotion=own, compete_with=form.compete_with)
        looked.conflicts = [_shown(conflict, form.currency) for conflict in met[:MOST_BANNERS]]
    except Refused as refused:
        form.refuse(refused)
        looked.errors, looked.trouble = dict(form.errors), form.trouble
    return looked


def _skus(many: int) -> str:
    return ngettext("%(n)s SKU", "%(n)s SKUs", many) % {"n": f"{many:,}"}


def _hint(found: Depth, currency: str) -> str:
    if found.prices is None:
        return ""
    low, high = (money_text(price, currency) for price in found.prices)
    parts = [_("One costs %(low)s.") % {"low": low} if low == high else _("They cost %(low)s to %(high)s.") % {"low": low, "high": high}]
    if found.off:
        parts.append(_("At most %(off)s off, on %(name)s.") % {"off": share(found.off), "name": found.off_on})
    else:
        parts.append(_("It makes none of them cheaper."))
    if found.margin is not None:
        given = {"margin": share(found.margin), "before": share(found.margin_before or 0)}
        parts.append(_("Thinnest margin %(margin)s, without the offer %(before)s.") % given)
    return " ".join(parts)


def share(ppm: int) -> str:
    tenths = (abs(ppm) + 500) // 1000
    return f"{'−' if ppm < 0 else ''}{tenths // 10}.{tenths % 10}%"


def _shown(conflict: services.Conflict, currency: str) -> dict[str, Any]:
    return {
        "words": conflict.words,
        "why": conflict.why,
        "name": conflict.name,
        "link": reverse("admin:catalog_promotion_change", args=[conflict.other]),
        "other": str(conflict.other),
        "skus": conflict.skus,
        "see": ngettext("See it with both prices", "See the %(n)s with both prices", conflict.skus) % {"n": f"{conflict.skus:,}"},
        "leave_words": ngettext("Leave it out", "Leave out the %(n)s", conflict.skus) % {"n": f"{conflict.skus:,}"},
        "leave_out": "\n".join(f"sku:{sku}" for sku in conflict.leave_out),
        "group": conflict.compete[0] if conflict.compete else "",
        "priority": conflict.compete[1] if conflict.compete else "",
        "compete": conflict.compete is not None,
        "examples": _examples(conflict.examples, currency),
        "more": max(conflict.skus - len(conflict.examples), 0),
    }


def _examples(examples: Sequence[services.Example], currency: str) -> list[dict[str, str]]:
    return [
        {
            "sku": one.sku,
            "name": one.name,
            **{part: money_text(getattr(one, part), currency) for part in ("listed", "mine", "theirs", "both")},
        }
        for one in examples
    ]
