"""Home: what needs attention, the money of today against the same weekday last week, what happened last."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import attention, queries
from backoffice.day_chart import day_chart
from catalog.admin.import_words import outcome
from org.access import allows, stores_for
from org.queries import business_date, open_stores
from org.templatetags.office import moment_text, money_text

WEEK = timedelta(days=7)
RUN = timedelta(minutes=5)
# Enough to count an import of a shop like this as the one thing it was.
MOST_CHANGES = 2_000
# What a change of each table is called, the most telling first: a new product brings variants and prices with it.
TABLES = {
    "catalog_product": (gettext_lazy("a product"), gettext_lazy("products"), "admin:catalog_product_change"),
    "catalog_variant": (gettext_lazy("a variant"), gettext_lazy("variants"), ""),
    "catalog_price": (gettext_lazy("a price"), gettext_lazy("prices"), ""),
    "catalog_gtin": (gettext_lazy("a barcode"), gettext_lazy("barcodes"), ""),
    "catalog_category": (gettext_lazy("a category"), gettext_lazy("categories"), ""),
    "catalog_taxclass": (gettext_lazy("a tax class"), gettext_lazy("tax classes"), ""),
    "catalog_brand": (gettext_lazy("a brand"), gettext_lazy("brands"), "admin:catalog_brand_change"),
    "catalog_producttype": (gettext_lazy("a product type"), gettext_lazy("product types"), "admin:catalog_producttype_change"),
    "catalog_typeattribute": (gettext_lazy("an attribute of a type"), gettext_lazy("attributes of types"), ""),
    "catalog_attribute": (gettext_lazy("an attribute"), gettext_lazy("attributes"), "admin:catalog_attribute_change"),
    "catalog_attributechoice": (gettext_lazy("a choice"), gettext_lazy("choices"), ""),
    "catalog_collection": (gettext_lazy("a collection"), gettext_lazy("collections"), "admin:catalog_collection_change"),
    "catalog_collectionproduct": (gettext_lazy("a product in a collection"), gettext_lazy("products in collections"), ""),
    "catalog_publication": (gettext_lazy("where a product is offered"), gettext_lazy("places where products are offered"), ""),
    "catalog_storerange": (gettext_lazy("the range of a store"), gettext_lazy("ranges of stores"), ""),
    "catalog_productmedia": (gettext_lazy("a picture of a product"), gettext_lazy("pictures of products"), ""),
    "catalog_synonym": (gettext_lazy("synonyms"), gettext_lazy("lines of synonyms"), ""),
    "catalog_searchpin": (gettext_lazy("a pinned result"), gettext_lazy("pinned results"), ""),
    "org_store": (gettext_lazy("a store"), gettext_lazy("stores"), "admin:org_store_change"),
    "org_user": (gettext_lazy("a person"), gettext_lazy("people"), "admin:org_user_change"),
    "org_rolegrant": (gettext_lazy("a role"), gettext_lazy("roles"), ""),
    "org_apikey": (gettext_lazy("an API key"), gettext_lazy("API keys"), "admin:org_apikey_change"),
    "org_setting": (gettext_lazy("a setting"), gettext_lazy("settings"), ""),
}


def company_name(request: HttpRequest) -> str:
    return queries.company_name()


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    now, user = timezone.now(), request.user
    stores = stores_for(user, "reports.view")
    places = open_stores(stores=stores)
    zone = ZoneInfo(places[0].timezone if places else "UTC")
    found = attention.items(user=user, now=now)
    context.update(
        title=_("Home"),
        breadcrumb=[{"title": _("Home")}],
        heading=date_format(now.astimezone(zone), "l j F"),
        places=", ".join(place.name for place in places),
        as_of=date_format(now.astimezone(zone), "H:i"),
        attention=found,
        watches_stock=allows(user, "inventory.view"),
        money=money(stores=stores, now=now, places=places) if allows(user, "reports.view") else None,
        activity=activity(user=user),
        may_see_audit=allows(user, "org.view"),
    )
    return context


def money(*, stores: queries.Stores, now: datetime, places: list[Any]) -> dict[str, Any] | None:
    rows = queries.takings(stores=stores, now=now)
    if not rows:
        return None
    currency = rows[0].currency
    same = [row for row in rows if row.currency == currency]
    today, before = sum(row.today for row in same), sum(row.before for row in same)
    baskets, baskets_before = sum(row.baskets for row in same), sum(row.baskets_before for row in same)
    day = business_date(store=places[0], at=now)
    return {
        "currency": currency,
        "against": date_format(day - WEEK, "D j F"),
        "figures": [
            figure(_("Sales"), money_text(today, currency), money_text(before, currency), today, before),
            figure(_("Baskets"), f"{baskets:,}", f"{baskets_before:,}", baskets, baskets_before),
            figure(_("Average basket"), average(today, baskets, currency), average(before, baskets_before, currency), 0, 0),
        ],
        "rows": [{"row": row, "change": change(row.today, row.before)} for row in rows],
        "chart": drawn(stores, currency, day, now, ZoneInfo(places[0].timezone)),
        "nothing": not today and not before,
    }


def figure(title: str, value: str, was: str, now: int, before: int) -> dict[str, Any]:
    return {"title": title, "value": value, "was": was, "change": change(now, before)}


def average(total: int, count: int, currency: str) -> str:
    return money_text((total + count // 2) // count, currency) if count else "–"


def change(now: int, before: int) -> dict[str, str] | None:
    """Up or down with a number; nothing to compare with is no change."""
    if not before:
        return None
    tenths = (now - before) * 1000 // before
    kind = "up" if tenths > 0 else "down" if tenths < 0 else "same"
    return {"kind": kind, "arrow": {"up": "▲", "down": "▼", "same": "="}[kind], "text": f"{abs(tenths) // 10}.{abs(tenths) % 10}%"}


def drawn(stores: queries.Stores, currency: str, day: date, now: datetime, zone: ZoneInfo) -> dict[str, Any] | None:
    hours = queries.by_hour(stores=stores, currency=currency, day=day)
    picture = day_chart(today=hours[day], before=hours[day - WEEK], now=now, zone=zone, shift=WEEK)
    if picture:
        picture["today_text"] = money_text(picture["today"], currency).partition(".")[0]
        picture["before_text"] = money_text(picture["before"], currency).partition(".")[0]
    return picture


def activity(*, user: Any) -> list[dict[str, Any]]:
    """The newest of: shifts of one's stores, imports for those who may make them, changes of records for those who may see the audit trail."""
    steps: list[dict[str, Any]] = []
    shifts = queries.recent_shifts(stores=stores_for(user, "pos.manage"), first=8) if allows(user, "pos.manage") else []
    changes = queries.recent_changes(first=MOST_CHANGES) if allows(user, "org.view") else []
    imports = queries.recent_imports(first=8) if allows(user, "catalog.edit") else []
    known = {shift.cashier for shift in shifts} | {entry.actor for entry in changes if len(entry.actor) == 36}
    names = queries.people(known | {run.actor for run in imports if run.actor})
    for shift in shifts:
        steps += shift_steps(shift, names.get(str(shift.cashier), _("Somebody")))
    steps += [import_step(run, names) for run in imports]
    steps += change_steps(changes, names)
    steps.sort(key=lambda step: step["at"], reverse=True)
    return steps[:8]


def shift_steps(shift: Any, name: str) -> list[dict[str, Any]]:
    link, zone = reverse("admin:pos_shift_change", args=[shift.pk]), shift.till.store.timezone
    steps = [{"at": shift.opened_at, "who": name, "what": _("opened %(till)s") % {"till": shift.till}, "link": link}]
    if shift.closed_at:
        steps.append({"at": shift.closed_at, "who": name, "what": _("counted %(till)s") % {"till": shift.till}, "link": link})
    return [{**step, "time": moment_text(step["at"], zone)} for step in steps]


def import_step(run: Any, names: dict[str, str]) -> dict[str, Any]:
    done = {
        run.State.APPLIED: gettext_lazy("imported %(name)s: %(outcome)s"),
        run.State.UNDONE: gettext_lazy("undid %(name)s: %(outcome)s"),
        run.State.FAILED: gettext_lazy("could not import %(name)s"),
    }
    what = str(done[run.state]) % {"name": run.name, "outcome": outcome(run)}
    at, link = run.finished_at or run.created_at, reverse("admin:catalog_importrun_change", args=[run.pk])
    return {"at": at, "who": names.get(str(run.actor)) or _("System"), "what": what, "link": link, "time": moment_text(at)}


def change_steps(changes: list[Any], names: dict[str, str]) -> list[dict[str, Any]]:
    """One line for a run of changes by the same person: fifty rows of one import are one thing that happened."""
    runs: list[tuple[Any, list[Any]]] = []
    for entry in changes:
        key = (entry.actor, entry.action)
        if not runs or runs[-1][0] != key or runs[-1][1][-1].at - entry.at > RUN:
            runs.append((key, []))
        runs[-1][1].append(entry)
    return [change_step(entries, names) for _key, entries in runs]


def change_step(entries: list[Any], names: dict[str, str]) -> dict[str, Any]:
    newest = entries[0]
    table = min((entry.table for entry in entries), key=lambda name: list(TABLES).index(name) if name in TABLES else len(TABLES))
    rows = dict.fromkeys(entry.row for entry in entries if entry.table == table)
    one, many, view = TABLES.get(table, (table, table, ""))
    verb = {"INSERT": _("added"), "UPDATE": _("changed"), "DELETE": _("removed")}.get(newest.action.upper(), newest.action)
    what = f"{verb} {one}" if len(rows) == 1 else f"{verb} {len(rows):,} {many}"
    opens = view and len(rows) == 1 and newest.action.upper() != "DELETE"
    link = reverse(view, args=[next(iter(rows))]) if opens else ""
    who = names.get(newest.actor) or queries.program(newest.actor)
    return {"at": newest.at, "who": who, "what": what, "link": link, "time": moment_text(newest.at)}
