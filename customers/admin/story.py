"""Pages beside a customer's own: what happened with them, and the addresses in their book."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from customers import services
from customers.admin import shown, story_words
from customers.models import Address, Customer
from customers.queries import timeline
from customers.sealing import Unreadable
from kernel.errors import Invalid, Refused
from org.office import OfficeAdmin
from org.paging import cursor, moment, position

PAGE: Final = 25
FIELDS: Final[Mapping[str, tuple[Any, int]]] = {
    "name": (gettext_lazy("Name"), 100),
    "company": (gettext_lazy("Company"), 100),
    "line1": (gettext_lazy("Street and number"), 120),
    "line2": (gettext_lazy("More of the address"), 120),
    "postcode": (gettext_lazy("Postcode"), 16),
    "city": (gettext_lazy("City"), 80),
    "region": (gettext_lazy("Region"), 80),
    "country": (gettext_lazy("Country, two letters"), 2),
    "phone": (gettext_lazy("Phone"), 40),
}
NEEDED: Final = ("line1", "city", "country")


class StoryPages(OfficeAdmin if TYPE_CHECKING else object):  # type: ignore[misc]
    """Of customers.admin.customers.CustomerAdmin."""

    def get_urls(self) -> Any:
        wrap = self.admin_site.admin_view
        return [
            path("<uuid:customer>/timeline/", wrap(self.story), name="customers_customer_timeline"),
            path("<uuid:customer>/addresses/add/", wrap(self.address_page), name="customers_customer_address_add"),
            path("<uuid:customer>/addresses/<uuid:address>/", wrap(self.address_page), name="customers_customer_address"),
            path("<uuid:customer>/addresses/<uuid:address>/remove/", wrap(require_POST(self.remove)), name="customers_customer_address_remove"),
            *super().get_urls(),
        ]

    def story(self, request: HttpRequest, customer: UUID) -> HttpResponse:
        """Newest first, a page at a time; narrowed to one sort. Orders and value are told to those who may see them."""
        found: Customer = self._seen(request, customer)  # type: ignore[attr-defined]
        sorts = story_words.sorts_for(request.user)
        only = request.GET.get("only", "")
        try:
            before = position(request.GET.get("after", ""), moment, str, str, field="after")
        except Invalid:
            before = None
        page = timeline(id=found.pk, first=PAGE, before=before, only=[only] if only in sorts else list(sorts))  # type: ignore[arg-type]
        last = page.items[-1].place if page.more else None
        here = {"only": only} if only in sorts else {}
        more: dict[str, Any] = {
            "entries": [story_words.row_of(entry) for entry in page.items],
            "sorts": [{"code": code, "words": words, "on": code == only} for code, words in sorts.items()],
            "only": only if only in sorts else "",
            "older": "?" + urlencode({**here, "after": cursor(last[0].isoformat(), *last[1:])}) if last else "",
            "newest": "?" + urlencode(here) if before else "",
        }
        return self._beside(request, "backoffice/customer_timeline.html", found, _("What happened"), **more)

    def address_page(self, request: HttpRequest, customer: UUID, address: UUID | None = None) -> HttpResponse:
        """A new one, or one in the place of another: what was sent to the old one still says so."""
        found: Customer = self._editable(request, customer)  # type: ignore[attr-defined]
        row = Address.objects.filter(pk=address, customer=found, listed=True).first() if address else None
        if address and row is None:
            raise PermissionDenied
        sent = request.POST if request.method == "POST" else None
        given = {name: (sent.get(name, "").replace("\0", "").strip()[:longest] if sent else "") for name, (_w, longest) in FIELDS.items()}
        given = given if sent else told_of(row)
        wanted = {name: name in sent if sent else bool(row and getattr(row, name)) for name in ("default_shipping", "default_billing")}
        problem: tuple[str, str] = ("", "")
        if sent:
            problem = self._put_address(found.pk, row, given, wanted)
            if not problem[1]:
                messages.success(request, _("The address is in the book."))
                return redirect("admin:customers_customer_change", customer)
        fields = [
            {"name": name, "words": words, "longest": longest, "value": given.get(name, ""), "needed": name in NEEDED, "wrong": name == problem[0]}
            for name, (words, longest) in FIELDS.items()
        ]
        title = _("Change the address") if row else _("Add an address")
        more = {"fields": fields, "problem": problem[1], "row": row, **wanted}
        return self._beside(request, "backoffice/customer_address.html", found, title, status=422 if problem[1] else 200, **more)

    @staticmethod
    def _put_address(customer: UUID, row: Address | None, given: dict[str, str], wanted: dict[str, bool]) -> tuple[str, str]:
        """The field that is wrong and why; two empty texts: it is saved."""
        address, now = {**given, "country": given["country"].upper()}, timezone.now()
        try:
            if row is None:
                services.add_address(customer=customer, address=address, **wanted, now=now)
            else:
                services.put_address(customer=customer, id=row.pk, address=address, **wanted, now=now)
        except Refused as refused:
            return refused.field or "", refused.message
        return "", ""

    def remove(self, request: HttpRequest, customer: UUID, address: UUID) -> HttpResponse:
        found: Customer = self._editable(request, customer)  # type: ignore[attr-defined]
        now = timezone.now()
        self.perform(request, lambda: services.remove_address(customer=found.pk, id=address, now=now), _("The address is out of the book."))
        return redirect("admin:customers_customer_change", customer)

    def _beside(self, request: HttpRequest, template: str, found: Customer, title: str, *, status: int = 200, **more: Any) -> HttpResponse:
        request.current_app = self.admin_site.name  # type: ignore[attr-defined]
        context = {**self.admin_site.each_context(request), "title": title, "opts": self.opts, "breadcrumb": self.breadcrumb(found.number, title)}
        name = shown.full_name(shown.personal(found.pk)) or found.number
        return TemplateResponse(request, template, {**context, "object": found, "name": name, **more}, status=status)


def told_of(row: Address | None) -> dict[str, str]:
    if row is None:
        return {}
    key = shown.key_of(row.customer_id)
    try:
        return key.open("address", row.sealed) if key is not None else {}
    except Unreadable:
        return {}
