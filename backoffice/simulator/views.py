"""The simulator's doors: the page and its live part, what could be added, keeping a basket, trying the last ones."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, TooManyFieldsSent
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from backoffice.simulator import keeping, queries, recent, telling, trying
from backoffice.simulator.asking import Asked, asked, said, shown
from backoffice.simulator.page import Page
from catalog import services
from kernel import jobs
from kernel.errors import Refused
from org.access import allows

PART, WHOLE = "backoffice/simulator_part.html", "backoffice/simulator.html"


@require_GET
def simulator(request: HttpRequest) -> HttpResponse:
    _let_in(request)
    try:
        given = asked(request.GET)
    except TooManyFieldsSent:
        # The frame around the page reads the address too.
        request.GET = QueryDict()
        return TemplateResponse(request, WHOLE, _frame(request) | {"too_much": True, "page": None}, status=400)
    if "do" in request.GET:
        given = given.done(request.GET["do"])
        if "part" not in request.GET:
            return redirect(_address(given.query()))
    page = Page(given, request.user, timezone.now())
    kept = _kept(request, page)
    if kept:
        return redirect(kept)
    if given.add and given.add in page.known:
        return redirect(f"{request.path}?{page.asked.with_more(given.add, 1000).query()}")
    if request.GET.get("format") == "json":
        return _trace(page)
    context = _shown(request, page)
    if "part" in request.GET:
        return render(request, PART, context)
    return TemplateResponse(request, WHOLE, _frame(request) | context)


@require_GET
def choices(request: HttpRequest) -> HttpResponse:
    """What the words typed could mean, each a link that adds it."""
    _let_in(request)
    given = asked(request.GET)
    exact = queries.items([given.add]) if given.add else {}
    return render(request, "backoffice/simulator_choices.html", {"choices": _choices(given, list(exact.values())), "term": given.add})


@require_POST
def keep(request: HttpRequest) -> HttpResponse:
    _let_in(request, "pricing.edit")
    given = asked(QueryDict(request.POST.get("given", "")))
    page = Page(given, request.user, timezone.now())
    tried = page.tried
    if tried is None or tried.result is None or page.spot is None:
        messages.error(request, tried.refused if tried else _("There is nothing in the basket yet."))
        return redirect(_address(given.query()))
    try:
        kept = services.save_simulation(
            name=request.POST.get("name", "").replace("\0", ""),
            basket=keeping.basket(page),
            channel=page.spot.place.channel,
            store=page.spot.place.store,
            at=None if page.asked.at in ("", "now") and page.at == page.now else page.at,
            promotion=page.promotion.pk if page.promotion else None,
            expected=tried.result["totals"]["total"],
            currency=tried.result["currency"],
            now=page.now,
            actor=request.user.pk,  # type: ignore[arg-type]
        )
    except Refused as refused:
        messages.error(request, refused.message)
        return redirect(_address(given.query()))
    messages.success(request, _("%(name)s is kept.") % {"name": kept.name})
    return redirect(_address(given.query()))


@require_POST
def remove(request: HttpRequest, kept: int) -> HttpResponse:
    _let_in(request, "pricing.edit")
    held = queries.kept_one(queries.stores_of(request.user), kept)
    if held is not None:
        services.remove_simulation(simulation=held.pk, actor=request.user.pk)  # type: ignore[arg-type]
        messages.success(request, _("%(name)s is removed.") % {"name": held.name})
    return redirect(_address(request.POST.get("given", "")))


@require_POST
def start_recent(request: HttpRequest) -> HttpResponse:
    """The last baskets, tried with the promotion, in the background."""
    _let_in(request)
    given = asked(QueryDict(request.POST.get("given", "")))
    promotion = queries.promotion(given.promotion) if given.promotion else None
    if promotion is None:
        messages.error(request, _("Open the simulator from a promotion first."))
        return redirect(_address(given.query()))
    user: Any = request.user
    job = jobs.start(kind=recent.KIND, arguments=recent.arguments(promotion.pk, queries.stores_of(user)), actor=user.pk, now=timezone.now())
    return redirect(_address(f"{given.query()}&job={job.pk}"))


# What stands on the page


def _shown(request: HttpRequest, page: Page) -> dict[str, Any]:
    now = page.now
    spot = page.spot
    context: dict[str, Any] = {
        "page": page,
        "spots": page.spots,
        "spot": spot,
        "promotion": page.promotion,
        "lost_promotion": bool(page.asked.promotion and page.promotion is None),
        "may_keep": allows(request.user, "pricing.edit"),
    }
    if page.asked.tab == "kept":
        context |= {"kept": keeping.listed(page, again="again" in request.GET), "again": "again" in request.GET}
        context["differing"] = sum(one.differs for one in context["kept"])
    elif page.asked.tab == "recent":
        context |= recent.shown(page, _job(request))
    context |= _basket(page) if spot else {"told": telling.Told()}
    # After everything was looked at: each part may have found something it could not mean.
    return context | {
        "asked": page.asked,
        "at_field": shown(page.at, spot.zone) if spot else "",
        "at_words": telling.moment_words(page.at, spot.zone, now) if spot else "",
        "problems": [one for one in page.problems if one.field in ("lines", "order", "place", "coupons")],
        "wrong_at": said(page.problems, "at"),
        "wrong_delivery": said(page.problems, "delivery"),
        "query": page.asked.link(),
        "tabs": _tabs(page),
        "empty_link": page.asked.link(lines=(), order=""),
        "copy_link": f"{page.asked.link()}&format=json",
    }


def _basket(page: Page) -> dict[str, Any]:
    told = page.told()
    tried = page.tried
    found = _choices(page.asked, []) if page.asked.add else []
    earning = trying.earning(page.promotion) if page.promotion and not page.asked.lines else ()
    return {
        "earning": page.asked.link(lines=earning) if earning else "",
        "told": told,
        "tried": tried,
        "choices": found,
        "took": tried.milliseconds if tried else 0,
        "refused": tried.refused if tried else "",
    }


def _choices(given: Asked, exact: list[queries.Item]) -> list[dict[str, str]]:
    found = {one.sku: one for one in (*exact, *(queries.choices(given.add) if given.add and not exact else ()))}
    return [{"name": one.name, "sku": one.sku, "link": "?" + given.with_more(one.sku, 1000).query()} for one in found.values()]


def _tabs(page: Page) -> list[dict[str, Any]]:
    first = _("Basket %(number)s") % {"number": page.basket.number} if page.basket else _("Basket")
    names = (("basket", first), ("kept", _("Kept")), ("recent", _("Last %(n)s baskets") % {"n": recent.MOST}))
    return [{"title": title, "link": page.asked.link(tab=tab), "current": tab == page.asked.tab} for tab, title in names]


def _trace(page: Page) -> HttpResponse:
    """For whoever is asked why: what was tried, and all that the engine said."""
    tried = page.tried
    body = {
        "asked": page.asked.query(),
        "place": page.spot.key if page.spot else "",
        "at": page.at.isoformat() if page.spot else "",
        "refused": tried.refused if tried else "",
        "result": tried.result if tried else None,
        "without": tried.without if tried else None,
    }
    return JsonResponse(body, json_dumps_params={"indent": 2, "ensure_ascii": False})


def _kept(request: HttpRequest, page: Page) -> str:
    """Where a kept basket stands, for whoever has only its number; the promotion asked for is tried with it."""
    number = request.GET.get("simulation", "")
    held = queries.kept_one(page.stores, int(number)) if number.isascii() and number.isdecimal() and len(number) < 19 else None
    if held is None:
        return ""
    found = keeping.of(held, keeping.spot_of(page, held))
    return _address(replace(found, promotion=page.asked.promotion or found.promotion).query())


def _job(request: HttpRequest) -> UUID | None:
    try:
        return UUID(request.GET.get("job", ""))
    except ValueError:
        return None


def _frame(request: HttpRequest) -> dict[str, Any]:
    request.current_app = admin.site.name  # type: ignore[attr-defined]
    title = _("Simulator")
    return {**admin.site.each_context(request), "title": title, "breadcrumb": [{"title": _("Catalogue")}, {"title": title}]}


def _address(query: str) -> str:
    return reverse("simulator") + (f"?{query}" if query else "")


def _let_in(request: HttpRequest, permission: str = "pricing.view") -> None:
    if not allows(request.user, permission):
        raise PermissionDenied


urlpatterns = [
    path("", admin.site.admin_view(simulator), name="simulator"),
    path("choices/", admin.site.admin_view(choices), name="simulator-choices"),
    path("keep/", admin.site.admin_view(keep), name="simulator-keep"),
    path("kept/<int:kept>/remove/", admin.site.admin_view(remove), name="simulator-remove"),
    path("recent/", admin.site.admin_view(start_recent), name="simulator-recent"),
]
