"""Screens that span apps: products with what stands on the shelves, and the kernel's deliveries, jobs and audit trail."""

import json
from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import CharField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Cast
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from backoffice import queries
from backoffice.on_hand import OnHand
from catalog.admin import ProductAdmin
from catalog.admin.page.overview import Shelves
from catalog.models import Product
from inventory.admin.shown import can_be_sold
from inventory.models import Level
from kernel import outbox
from kernel.models import AuditEntry, Delivery, Job
from org.access import allows, stores_for
from org.models import User
from org.office import OfficeAdmin
from org.templatetags.office import moment_text, money_text, program_name, quantity_text, status

admin.site.unregister(Product)
FEW_PLACES, MOST_PLACES = 2, 60


@admin.register(Product)
class ProductOnShelvesAdmin(OnHand, ProductAdmin):
    def shelves(self, request: HttpRequest, product: Product) -> Shelves:
        stores = stores_for(request.user, "inventory.view")
        levels = queries.within(Level.objects.filter(variant__product=product), stores, "location__store").select_related(
            "location__store", "variant"
        )
        held = list(levels.order_by("location__name", "id"))
        by_variant: dict[UUID, list[Level]] = {}
        for level in held:
            by_variant.setdefault(level.variant_id, []).append(level)
        several = len(by_variant) > 1
        lines = [shelf_line(level, several) for level in held[:MOST_PLACES]]
        words = {variant: stock_words(own) for variant, own in by_variant.items()}
        more = max(len(held) - MOST_PLACES, 0)
        return Shelves(words, sum(level.on_hand for level in held), lines, sum(level.reserved for level in held), sum(map(sold_from, held)), more)


def shelf_line(level: Level, several: bool) -> dict[str, Any]:
    """A row of the stock card; its SKU where there are several."""
    return {
        "level": level,
        "place": place_of(level),
        "sku": level.variant.sku if several else "",
        "on_hand": quantity_text(level.on_hand),
        "promised": quantity_text(level.reserved) if level.reserved else "",
        "sellable": quantity_text(can_be_sold(level)),
    }


def sold_from(level: Level) -> int:
    return can_be_sold(level) or 0


def stock_words(levels: Sequence[Level]) -> str:
    """Northside 12, Riverside 19; of many places only their sum."""
    if len(levels) > FEW_PLACES:
        return _("%(sum)s in %(n)s places") % {"sum": quantity_text(sum(level.on_hand for level in levels)), "n": len(levels)}
    return ", ".join(f"{place_of(level)} {quantity_text(level.on_hand)}" for level in levels)


def place_of(level: Level) -> str:
    """People say the store, where it is one."""
    return level.location.store.name if level.location.store else level.location.name


DOING = {"insert": gettext_lazy("Added"), "update": gettext_lazy("Changed"), "delete": gettext_lazy("Removed")}
RECORDS = {
    "catalog_product": gettext_lazy("Product"),
    "catalog_variant": gettext_lazy("Variant"),
    "catalog_price": gettext_lazy("Price"),
    "catalog_gtin": gettext_lazy("Barcode"),
    "catalog_taxclass": gettext_lazy("Tax class"),
    "catalog_category": gettext_lazy("Category"),
    "catalog_brand": gettext_lazy("Brand"),
    "catalog_producttype": gettext_lazy("Product type"),
    "catalog_typeattribute": gettext_lazy("Attribute of a type"),
    "catalog_attribute": gettext_lazy("Attribute"),
    "catalog_attributechoice": gettext_lazy("Choice"),
    "catalog_collection": gettext_lazy("Collection"),
    "catalog_collectionproduct": gettext_lazy("Product in a collection"),
    "catalog_publication": gettext_lazy("Channel of a product"),
    "catalog_storerange": gettext_lazy("Range of a store"),
    "catalog_productmedia": gettext_lazy("Picture of a product"),
    "catalog_synonym": gettext_lazy("Synonyms"),
    "catalog_searchpin": gettext_lazy("Pinned result"),
    "org_company": gettext_lazy("Company"),
    "org_channel": gettext_lazy("Channel"),
    "org_store": gettext_lazy("Store"),
    "org_user": gettext_lazy("Person"),
    "org_rolegrant": gettext_lazy("Role"),
    "org_apikey": gettext_lazy("API key"),
    "org_setting": gettext_lazy("Setting"),
}


def called(entry: AuditEntry) -> str:
    """What people know the record by; else its id."""
    row = entry.after or entry.before or {}
    if "amount" in row and "currency" in row:
        return f"{money_text(row['amount'], row['currency'])} {row['currency']}"
    known = next((row[name] for name in ("name", "sku", "gtin", "username", "role") if row.get(name)), entry.row)
    return str(known).replace("_", " ")


def plain(value: Any) -> str:
    """A value of a record as people write it."""
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def difference(entry: AuditEntry) -> str:
    """Which fields a change was about; bookkeeping fields left out."""
    if entry.before is None:
        return _("added it")
    if entry.after is None:
        return _("removed it")
    after = entry.after or {}
    own = {"updated_at", "sort_key", "source_hash"}
    fields = [name.removesuffix("_id").replace("_", " ") for name, value in entry.before.items() if after.get(name) != value and name not in own]
    return _("changed %(fields)s") % {"fields": ", ".join(fields)} if fields else _("saved it unchanged")


class SubscriberFilter(admin.SimpleListFilter):
    title = gettext_lazy("to")
    parameter_name = "subscriber"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(subscriber.name, program_name(subscriber.name)) for subscriber in outbox.subscribers()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(subscriber=self.value()) if self.value() else queryset


DELIVERY = {"done": ("good", "full"), "pending": ("warning", "clock"), "parked": ("bad", "fail")}


@admin.register(Delivery)
class DeliveryAdmin(OfficeAdmin):
    group_title = gettext_lazy("System")
    list_note = gettext_lazy("every event, to everyone who wants it")
    list_display: ClassVar[Any] = ["event", "written", "about", "receiver", "standing", "next_try", "tries", "trouble"]
    list_display_links: ClassVar[Any] = ["event"]
    numeric: ClassVar[Any] = ("tries",)
    list_filter: ClassVar[Any] = ["state", SubscriberFilter]
    list_select_related: ClassVar[Any] = ["message"]
    search_fields: ClassVar[Any] = ["message__type"]
    search_hint = gettext_lazy("Event type or id")
    ordering: ClassVar[Any] = ["-id"]
    views: ClassVar[Any] = (
        (gettext_lazy("All"), {}),
        (gettext_lazy("Waiting"), {"state__exact": "pending"}),
        (gettext_lazy("Given up"), {"state__exact": "parked"}),
    )
    compact = True
    timed = True
    words: ClassVar[Any] = {"Parked": gettext_lazy("Given up")}
    empty_icon = "bolt"
    empty_title = gettext_lazy("Nothing has been delivered yet")
    empty_text = gettext_lazy("The first sale or price change shows here.")
    detail_template = "backoffice/delivery.html"
    actions: ClassVar[Any] = ["retry"]

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        try:
            ident = UUID(term)
        except ValueError:
            return queryset.filter(message__type__startswith=term), False
        return queryset.filter(message=ident) | queryset.filter(message__aggregate_id=ident), False

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return allows(request.user, "deliveries.retry")

    @admin.display(description=gettext_lazy("Event"))
    def event(self, delivery: Delivery) -> str:
        return delivery.message.type

    @admin.display(description=gettext_lazy("Written"))
    def written(self, delivery: Delivery) -> str:
        return moment_text(delivery.message.recorded_at)

    @admin.display(description=gettext_lazy("About"))
    def about(self, delivery: Delivery) -> str:
        data = delivery.message.data
        return str(data.get("number") or data.get("sku") or data.get("handle") or delivery.message.aggregate_type)

    @admin.display(description=gettext_lazy("To"))
    def receiver(self, delivery: Delivery) -> str:
        return program_name(delivery.subscriber)

    @admin.display(description=gettext_lazy("Tries"))
    def tries(self, delivery: Delivery) -> str:
        return str(delivery.attempts)

    @admin.display(description=gettext_lazy("State"))
    def standing(self, delivery: Delivery) -> str:
        kind, shape = DELIVERY[delivery.state]
        word = _("Given up") if delivery.state == "parked" else delivery.get_state_display()
        return status(kind, word, shape)

    @admin.display(description=gettext_lazy("Next try"))
    def next_try(self, delivery: Delivery) -> str:
        return moment_text(delivery.due_at) if delivery.state == "pending" else ""

    @admin.display(description=gettext_lazy("Last answer"))
    def trouble(self, delivery: Delivery) -> str:
        return delivery.last_error[:60]

    @admin.action(description=gettext_lazy("Retry now"), permissions=["retry"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        count = outbox.retry(ids=list(queryset.values_list("pk", flat=True)), now=timezone.now())
        messages.success(request, ngettext("%(n)s delivery goes again now.", "%(n)s deliveries go again now.", count) % {"n": count})

    def get_custom_urls(self) -> Any:
        return (("<int:delivery>/retry/", "kernel_delivery_retry", require_POST(self.retry_one)),)

    def retry_one(self, request: HttpRequest, delivery: int, model_admin: Any = None) -> HttpResponse:
        if not self.has_retry_permission(request):
            raise PermissionDenied
        self.retry(request, Delivery.objects.filter(pk=delivery))
        return redirect("admin:kernel_delivery_change", delivery)

    def detail(self, request: HttpRequest, obj: Delivery) -> dict[str, Any]:
        return {
            "title": obj.message.type,
            "breadcrumb": self.breadcrumb(obj.message.type),
            "standing": self.standing(obj),
            "payload": json.dumps(outbox.envelope(obj.message), indent=2, ensure_ascii=False, default=str),
            "others": Delivery.objects.filter(message=obj.message).exclude(pk=obj.pk).order_by("subscriber"),
            "may_retry": self.has_retry_permission(request) and obj.state != Delivery.State.DONE,
        }


JOB = {"queued": ("", "clock"), "running": ("good", "half"), "succeeded": ("good", "full"), "failed": ("bad", "fail"), "cancelled": ("", "off")}


@admin.register(Job)
class JobAdmin(OfficeAdmin):
    group_title = gettext_lazy("System")
    page_title = gettext_lazy("Jobs")
    list_note = gettext_lazy("long work somebody started: imports, exports, pictures")
    list_display: ClassVar[Any] = ["kind", "begun", "standing", "progress", "outcome"]
    list_display_links: ClassVar[Any] = None
    list_filter: ClassVar[Any] = ["state"]
    ordering: ClassVar[Any] = ["-created_at", "id"]
    empty_icon = "clock"
    empty_title = gettext_lazy("No long work yet")
    empty_text = gettext_lazy("An import or an export runs as a job and shows here.")

    @admin.display(description=gettext_lazy("Begun"))
    def begun(self, job: Job) -> str:
        return moment_text(job.created_at)

    @admin.display(description=gettext_lazy("State"))
    def standing(self, job: Job) -> str:
        kind, shape = JOB[job.state]
        return status(kind, job.get_state_display(), shape)

    @admin.display(description=gettext_lazy("Progress"))
    def progress(self, job: Job) -> str:
        return f"{job.done:,} / {job.total:,}" if job.total else f"{job.done:,}"

    @admin.display(description=gettext_lazy("Result"))
    def outcome(self, job: Job) -> str:
        if job.error:
            return job.error[:100]
        counts = job.result if isinstance(job.result, dict) else {}
        return ", ".join(f"{name} {value:,}" for name, value in counts.items() if isinstance(value, int))


class DoingFilter(admin.SimpleListFilter):
    """What can have been done is known: nobody reads the whole trail to list it."""

    title = gettext_lazy("action")
    parameter_name = "action__exact"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(DOING.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(action=self.value()) if self.value() else queryset


@admin.register(AuditEntry)
class AuditEntryAdmin(OfficeAdmin):
    group_title = gettext_lazy("System")
    page_title = gettext_lazy("Audit trail")
    list_note = gettext_lazy("who changed what, written by the database itself")
    list_display: ClassVar[Any] = ["when", "who", "doing", "record", "called", "what", "sealed"]
    list_display_links: ClassVar[Any] = ["when"]
    list_filter: ClassVar[Any] = [DoingFilter]
    search_fields: ClassVar[Any] = ["row"]
    search_hint = gettext_lazy("Record id")
    ordering: ClassVar[Any] = ["-id"]
    compact = True
    timed = True
    words: ClassVar[Any] = DOING
    empty_icon = "shield"
    empty_title = gettext_lazy("Nothing has been changed yet")
    detail_template = "backoffice/audit_entry.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        # Actors are text: a person's id, or the name of a program.
        people = User.objects.annotate(text=Cast("pk", CharField())).filter(text=OuterRef("actor"))
        return super().get_queryset(request).defer("seal").annotate(actor_is=Subquery(people.values("name")[:1]))

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        return (queryset.filter(row=search_term.strip()) if search_term.strip() else queryset), False

    @admin.display(description=gettext_lazy("When"))
    def when(self, entry: AuditEntry) -> str:
        return moment_text(entry.at)

    @admin.display(description=gettext_lazy("Who"))
    def who(self, entry: AuditEntry) -> str:
        return getattr(entry, "actor_is", None) or queries.program(entry.actor)

    @admin.display(description=gettext_lazy("Did"))
    def doing(self, entry: AuditEntry) -> str:
        return str(DOING.get(entry.action, entry.action))

    @admin.display(description=gettext_lazy("Record"))
    def record(self, entry: AuditEntry) -> str:
        return str(RECORDS.get(entry.table, entry.table))

    @admin.display(description=gettext_lazy("Called"))
    def called(self, entry: AuditEntry) -> str:
        return called(entry)

    @admin.display(description=gettext_lazy("What"))
    def what(self, entry: AuditEntry) -> str:
        return difference(entry)[:80]

    @admin.display(description=gettext_lazy("Sealed"))
    def sealed(self, entry: AuditEntry) -> str:
        return _("Yes") if entry.seal_position else _("Soon")

    def detail(self, request: HttpRequest, obj: AuditEntry) -> dict[str, Any]:
        before, after = obj.before or {}, obj.after or {}
        fields = [
            {
                "said": name.removesuffix("_id").replace("_", " ").capitalize(),
                "before": plain(before.get(name)),
                "after": plain(after.get(name)),
                "differs": before.get(name) != after.get(name),
            }
            for name in dict.fromkeys((*before, *after))
        ]
        return {
            "title": f"{self.record(obj)} {called(obj)}: {self.doing(obj)}",
            "breadcrumb": self.breadcrumb(called(obj)),
            "fields": fields,
            "who": self.person(obj),
        }

    def person(self, entry: AuditEntry) -> str:
        """The actor is a person's id, or the name of a program."""
        known = queries.people([entry.actor]) if len(entry.actor) == 36 else {}
        return known.get(entry.actor) or queries.program(entry.actor)
