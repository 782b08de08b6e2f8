"""What a shift's figures, moves and reasons are called in the back office."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from org.templatetags.office import percent_text
from pos import books
from pos.models import DrawerEvent


def entry_name(kind: str) -> str:
    names = {"session_open": _("Shift opened"), "sale": _("Sale"), "session_close": _("Shift closed"), "x_report": _("X report")}
    return names.get(kind) or drawer_words(kind)


def figure_words(row: books.Row) -> str:
    if row.what == "tax":
        return _("Tax %(rate)s%%") % {"rate": percent_text(row.rate).removesuffix("%").strip()}
    if row.what == "tender":
        return _("Paid: %(kind)s") % {"kind": row.name}
    if row.what == "drawer":
        return drawer_words(row.name)
    names = {"sales": _("Sales"), "gross": _("At list prices"), "discounts": _("Discounts"), "total": _("Total"), "expected": _("Cash expected")}
    return names.get(row.what) or _("Opened without a sale")


def drawer_words(kind: str) -> str:
    return dict(DrawerEvent.Kind.choices).get(kind) or kind.replace("_", " ").capitalize()


# What the till's buttons say; whatever was typed stands as it was typed.
REASON_WORDS = {
    "change": gettext_lazy("Change"),
    "float": gettext_lazy("Float"),
    "other": gettext_lazy("Other"),
    "bank": gettext_lazy("Bank"),
    "goods": gettext_lazy("Bought for the shop"),
    "bottles": gettext_lazy("Bottles"),
    "full": gettext_lazy("Drawer is full"),
    "end": gettext_lazy("End of the day"),
    "coins": gettext_lazy("Change for a customer"),
    "check": gettext_lazy("To check it"),
}
DIFFERENCE_WORDS = {
    "change": gettext_lazy("Wrong change"),
    "unknown": gettext_lazy("Not known"),
    "miscount": gettext_lazy("Miscount"),
    "left": gettext_lazy("Counted after the till was taken over"),
    "slip": gettext_lazy("Slip missing"),
}


def reason_words(reason: str) -> str:
    """ "full: bag 31" reads "Drawer is full: bag 31"."""
    known, colon, note = reason.partition(":")
    return f"{REASON_WORDS[known]}{colon}{note}" if known in REASON_WORDS else reason


def difference_words(reason: str, note: str) -> str:
    known = str(DIFFERENCE_WORDS.get(reason, reason))
    return ": ".join(part for part in (known, note) if part)
