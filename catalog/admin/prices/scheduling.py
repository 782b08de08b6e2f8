"""A price for a time, from the page of a product: one form, and what was typed again where it is refused."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _

from catalog import services
from catalog.admin.page.shop import shop_currency
from catalog.admin.prices import shown
from catalog.admin.prices.forms import ScheduleForm
from catalog.models import PriceChange, Product, Variant
from kernel.errors import Refused

TYPED = ("variant", "amount", "starts_at", "ends_at", "stores", "place")


def sold_variants(product: Product) -> list[Variant]:
    return list(product.variants.filter(archived_at=None).order_by("position", "id"))


def schedule(request: HttpRequest, product: UUID) -> HttpResponse:
    shown.must(request, "pricing.edit")
    row = get_object_or_404(Product, pk=product)
    form = ScheduleForm(request.POST, zone=shown.shop_zone(), variants=sold_variants(row), currency=shop_currency())
    told = _scheduled(request, form)
    page = reverse("admin:catalog_product_change", args=[product])
    kept: dict[str, Any] = {"tab": "prices", "place": request.POST.get("place", "")[:40]}
    if told:
        messages.error(request, told)
        kept |= {name: request.POST.getlist(name)[:50] for name in TYPED if request.POST.get(name)}
    else:
        kept["variant"] = form.cleaned_data["variant"]
    return redirect(f"{page}?{urlencode(kept, doseq=True)}#schedule")


def _scheduled(request: HttpRequest, form: ScheduleForm) -> str:
    """What is wrong; empty when it is done."""
    if not form.is_valid():
        name, errors = next(iter(form.errors.items()))
        label = form.fields[name].label if name in form.fields else ""
        return f"{label}: {errors[0]}" if label else str(errors[0])
    given: dict[str, Any] = form.cleaned_data
    try:
        change = services.schedule_price(
            variant=UUID(given["variant"]),
            stores=[UUID(store) for store in given["stores"]],
            amount=given["amount"],
            starts_at=given["starts_at"],
            ends_at=given["ends_at"],
            replace=given["replace"],
            now=timezone.now(),
            actor=request.user.pk,  # type: ignore[arg-type]  # signed in, or the door is closed
        )
    except Refused as refused:
        return refused.message
    messages.success(request, format_html('{} <a href="{}">{}</a>', _told(change), _page(change), _("See it")))
    return ""


def _told(change: PriceChange) -> str:
    if change.state == PriceChange.State.WAITING:
        return _("Sent for approval: %(reason)s.") % {"reason": change.reason}
    return _("Scheduled in %(name)s.") % {"name": change.price_list.name}


def _page(change: PriceChange) -> str:
    return reverse("admin:catalog_pricechange_change", args=[change.pk])
