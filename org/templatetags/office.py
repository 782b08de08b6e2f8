"""What the back office's templates need to show: icons, tiles, money, quantities, times, table cells."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from zlib import crc32
from zoneinfo import ZoneInfo

from django import template
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.templatetags.admin_list import result_headers
from django.contrib.admin.utils import display_for_field, display_for_value, lookup_field
from django.core.exceptions import ObjectDoesNotExist
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kernel.money import format_amount
from org.access import roles_of
from org.lists import COUNT_LIMIT, TAB_LIMIT

register = template.Library()

TILE_COLOURS = ("green", "sand", "rose", "sky", "")
MINUS = "−"
PROGRAMS = {"eventbridge": "EventBridge"}


@register.simple_tag
def icon(name: str, extra: str = "") -> SafeString:
    return format_html('<svg class="icon {}" aria-hidden="true"><use href="#icon-{}"/></svg>', extra, name)


@register.simple_tag
def status(kind: str, word: Any, shape: str = "", pill: bool = False) -> SafeString:
    """A status is a shape and a word, then a colour. kind: good, warning, bad, or empty."""
    shapes = {"good": "full", "warning": "late", "bad": "fail", "": "ring"}
    classes = f"status status--{kind or 'plain'}{' status--pill' if pill else ''}"
    return format_html('<span class="{}">{}{}</span>', classes, icon(shape or shapes[kind]), word)


def initials(name: str) -> str:
    words = [word for word in name.split() if word[:1].isalpha()] or [name or "?"]
    return (words[0][:2] if len(words) == 1 else words[0][0] + words[1][0]).upper()


@register.simple_tag
def tile(name: Any, size: str = "") -> SafeString:
    """Initials on a colour that stays the same for the same name; never a broken picture."""
    return format_html('<span class="{}" aria-hidden="true">{}</span>', tile_colour(str(name), size), initials(str(name)))


def tile_colour(name: str, size: str = "") -> str:
    colour = TILE_COLOURS[crc32(name.encode()) % len(TILE_COLOURS)]
    return " ".join(["tile", f"tile--{colour}" if colour else "", f"tile--{size}" if size else ""]).strip()


@register.simple_tag
def avatar(name: Any, system: bool = False) -> SafeString:
    return format_html('<span class="avatar{}" aria-hidden="true">{}</span>', " avatar--system" if system else "", initials(str(name)))


def money_text(amount: int | None, currency: str) -> str:
    if amount is None:
        return "–"
    text = format_amount(abs(amount), currency)
    whole, point, rest = text.partition(".")
    return f"{MINUS if amount < 0 else ''}{int(whole):,}{point}{rest}"


@register.simple_tag
def money(amount: int | None, currency: str) -> str:
    return money_text(amount, currency)


def quantity_text(thousandths: int | None, signed: bool = False) -> str:
    """1500 -> 1.5, 2000 -> 2; a true minus sign."""
    if thousandths is None:
        return "–"
    whole, rest = divmod(abs(thousandths), 1000)
    text = f"{whole:,}" + (f".{rest:03d}".rstrip("0") if rest else "")
    sign = MINUS if thousandths < 0 else "+" if signed and thousandths > 0 else ""
    return sign + text


@register.filter
def quantity(thousandths: int | None) -> str:
    return quantity_text(thousandths)


@register.filter
def change(thousandths: int | None) -> str:
    return quantity_text(thousandths, signed=True)


def percent_text(ppm: int) -> str:
    """190000 -> 19%, 77000 -> 7.7%."""
    whole, rest = divmod(ppm, 10_000)
    return f"{whole}" + (f".{rest:04d}".rstrip("0") if rest else "") + "%"


@register.filter
def percent(ppm: int) -> str:
    return percent_text(ppm)


def moment_text(at: datetime | None, zone: str = "") -> str:
    """A time as people in the store's zone say it: today's by the clock, others by day and clock."""
    if at is None:
        return "–"
    there = ZoneInfo(zone) if zone else timezone.get_current_timezone()
    local, today = at.astimezone(there), timezone.now().astimezone(there).date()
    # A clock that differs from the page's own says its name.
    other = "" if local.utcoffset() == timezone.localtime(at).utcoffset() else f" {local.tzname()}"
    if local.date() == today:
        return date_format(local, "H:i") + other
    return date_format(local, "D j M, H:i" if local.year == today.year else "j M Y, H:i") + other


@register.simple_tag
def moment(at: datetime | None, zone: str = "") -> str:
    return moment_text(at, zone)


@register.simple_tag
def clock_name() -> str:
    """The clock a page's times are told by: "Berlin time (CET)"."""
    zone = str(timezone.get_current_timezone())
    city = zone.rpartition("/")[2].replace("_", " ")
    return _("%(city)s time (%(short)s)") % {"city": city, "short": timezone.localtime().tzname()} if "/" in zone else zone


@register.filter
def program_name(name: str) -> str:
    """How people call a program that events go to."""
    return PROGRAMS.get(name, name)


@register.filter
def said(text: Any, cl: Any) -> str:
    """A model's word in the words of its page."""
    return str(cl.model_admin.words.get(str(text), capfirst(str(text))))


@register.filter
def as_breadcrumb(value: Any) -> list[dict[str, Any]]:
    return value if isinstance(value, list) else [{"title": value}]


@register.simple_tag
def office_headers(cl: Any) -> list[dict[str, Any]]:
    headers = list(result_headers(cl))
    for name, header in zip(cl.list_display, headers, strict=True):
        header["name"] = name
        header["numeric"] = name in getattr(cl.model_admin, "numeric", ())
        header["is_check"] = name == "action_checkbox"
        header["spare"] = is_spare(cl, name)
        header["first"] = name == next(column for column in cl.list_display if column != "action_checkbox")
        header["text"] = cl.headings.get(name, header["text"])
    return headers


def is_spare(cl: Any, name: str) -> bool:
    """Not shown until somebody asks for the column, or orders the list by it."""
    return name in cl.model_admin.spare_columns and cl.list_display.index(name) not in cl.get_ordering_field_columns()


def cell_text(cl: Any, result: Any, name: str) -> Any:
    try:
        field, attribute, value = lookup_field(name, result, cl.model_admin)
    except ObjectDoesNotExist:
        return ""
    if field is None or getattr(field, "auto_created", False):
        return display_for_value(value, "") if value is not None else ""
    if field.remote_field:
        return str(getattr(result, name) or "")
    return display_for_field(value, field, "")


@register.simple_tag
def check_name() -> str:
    return ACTION_CHECKBOX_NAME


@register.simple_tag
def page_range(cl: Any) -> str:
    """1–50 of 322."""
    if not cl.result_count:
        return _("Nothing")
    first = (cl.page_num - 1) * cl.list_per_page + 1
    last = first + len(cl.result_list) - 1
    capped = getattr(cl.paginator, "is_capped", False)
    total = f"{cl.paginator.count - 1:,}+" if capped else f"{cl.paginator.count:,}"
    return _("%(first)s–%(last)s of %(total)s") % {"first": f"{first:,}", "last": f"{last:,}", "total": total}


@register.simple_tag
def page_link(cl: Any, step: int) -> str:
    wanted = cl.page_num + step
    return str(cl.get_query_string({"p": wanted})) if 1 <= wanted <= cl.paginator.num_pages else ""


@register.simple_tag
def facets(cl: Any) -> list[dict[str, Any]]:
    """Every filter with its choices, worked out once a page."""
    if hasattr(cl, "facets_shown"):
        return list(cl.facets_shown)
    words = cl.model_admin.words
    found = []
    for spec in cl.filter_specs:
        choices = [{**choice, "display": words.get(str(choice["display"]), choice["display"])} for choice in spec.choices(cl)]
        several = getattr(spec, "several", False)
        # The first choice of one that holds one value is "all": no filter.
        chips = [choice for place, choice in enumerate(choices) if choice["selected"] and (several or place)]
        cleared = choices[0]["query_string"] if choices else ""
        found.append({"title": said(spec.title, cl), "choices": choices, "chips": chips, "several": several, "open": cleared})
    cl.facets_shown = found
    return found


@register.simple_tag
def list_actions(cl: Any, action_form: Any) -> list[dict[str, Any]]:
    """What can be done with chosen rows, as buttons."""
    admin = cl.model_admin
    choices = [(value, label) for value, label in action_form.fields["action"].choices if value]
    main = admin.main_action or choices[-1][0] if choices else ""
    return [
        {"value": value, "label": label, "main": value == main, "key": admin.action_keys.get(value, ""), "asks": admin.asking.get(value)}
        for value, label in choices
    ]


@register.filter
def grouped(count: int) -> str:
    return f"{count:,}"


@register.filter
def capped(count: int) -> str:
    """10,000+ where nobody counted further."""
    return f"{COUNT_LIMIT:,}+" if count > COUNT_LIMIT else f"{count:,}"


@register.filter
def tab_count(count: int) -> str:
    return f"{TAB_LIMIT:,}+" if count > TAB_LIMIT else f"{count:,}"


@register.filter
def as_search(term: str) -> str:
    return urlencode({"q": term})


@register.simple_tag
def elsewhere_text(cl: Any) -> str:
    count = cl.elsewhere
    words = (
        ngettext("%(n)s matches without the filters.", "%(n)s match without the filters.", count)
        if cl.query
        else _("There are %(n)s without the filters.")
    )
    return words % {"n": capped(count)}


@register.simple_tag
def beyond_text(cl: Any, views: list[dict[str, Any]]) -> str:
    """Select all 46 in Drinks: named by the view, or by the one filter there is."""
    view = next((str(view["title"]) for view in views if view["current"] and view["query"]), "")
    chips = [str(chip["display"]) for facet in facets(cl) for chip in facet["chips"]]
    place = view or (chips[0].removeprefix("· ") if len(chips) == 1 and not cl.query else "")
    given = {"n": f"{cl.beyond:,}", "place": place}
    return (_("Select all %(n)s in %(place)s") if place else _("Select all %(n)s")) % given


@register.filter
def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@register.filter
def add_link(opts: Any) -> str:
    return reverse(f"admin:{opts.app_label}_{opts.model_name}_add")


@register.filter
def roles(user: Any) -> str:
    """The roles somebody holds, as said to themselves; read once a request."""
    return ", ".join(roles_of(user))


@register.simple_tag
def count_text(cl: Any) -> str:
    """322 products, or 10,000+ when counting further would cost too much."""
    count = f"{cl.paginator.count - 1:,}+" if getattr(cl.paginator, "is_capped", False) else f"{cl.paginator.count:,}"
    return f"{count} {cl.model_admin.noun if cl.paginator.count == 1 else cl.model_admin.nouns or cl.opts.verbose_name_plural}"
