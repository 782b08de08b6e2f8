"""Money at gateways: what was asked for and what came of it, and where our book and the provider's do not agree."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from catalog.admin.page.fields import minor_units
from orders.admin import comparing
from orders.admin.words import ATTEMPTS, DISCREPANCIES, REFUNDS, drawn
from orders.models import Attempt, AttemptStep, Discrepancy, ProviderRefund
from orders.refunds import GIVEN_INSTEAD, GIVEN_TWICE
from orders.services import attempts, reconciling
from orders.services.giving_instead import give_credit_instead
from org.access import allows
from org.office import OfficeAdmin
from org.templatetags.office import moment_text, money_text

KINDS = {
    "missing_here": gettext_lazy("The provider has a payment that we do not know"),
    "missing_there": gettext_lazy("We have a payment that the provider does not know"),
    "duplicate": gettext_lazy("Charged twice"),
    "amount_differs": gettext_lazy("The amounts differ"),
    "captured_here_not_there": gettext_lazy("Captured here, not at the provider"),
    "captured_there_not_here": gettext_lazy("Captured at the provider, not here"),
    "held_there_not_here": gettext_lazy("Held at the provider, not here"),
    "ended_there_not_here": gettext_lazy("Ended at the provider, not here"),
    "refund_missing_here": gettext_lazy("The provider gave money back that we do not know of"),
    "refund_missing_there": gettext_lazy("We have a refund that the provider does not know"),
}
FIELDS = {
    "reference": gettext_lazy("Reference"),
    "key": gettext_lazy("Key"),
    "state": gettext_lazy("State"),
    "amount": gettext_lazy("Amount"),
    "currency": gettext_lazy("Currency"),
    "captured": gettext_lazy("Captured"),
    "refunded": gettext_lazy("Given back"),
    "order": gettext_lazy("Order"),
    "of": gettext_lazy("Of payment"),
    "created_at": gettext_lazy("Made"),
}
STEPS = {
    "asked": gettext_lazy("Asked"),
    "answered": gettext_lazy("Answered"),
    "told": gettext_lazy("Told by a message"),
    "look": gettext_lazy("To be looked up"),
    "wants": gettext_lazy("Wanted"),
    "refund": gettext_lazy("Giving back"),
    "let": gettext_lazy("Let go of"),
    "to": gettext_lazy("Put before a person"),
}


@admin.register(Attempt)
class AttemptAdmin(OfficeAdmin):
    """Whoever sees payments sees all of them: they belong to no store."""

    group_title = gettext_lazy("Money")
    page_title = gettext_lazy("Card payments")
    one = gettext_lazy("payment")
    nouns = gettext_lazy("payments")
    list_display: ClassVar[Any] = ["called", "of_order", "state_text", "why", "backend", "asked_at", "amount_text"]
    list_display_links: ClassVar[Any] = ["called"]
    numeric: ClassVar[Any] = ("amount_text",)
    list_filter: ClassVar[Any] = ["state"]
    list_select_related: ClassVar[Any] = ["order"]
    search_fields: ClassVar[Any] = ["reference"]
    search_hint = gettext_lazy("Order or the provider's reference")
    ordering: ClassVar[Any] = ["-created_at", "-id"]
    views: ClassVar[Any] = (
        (gettext_lazy("All"), {}),
        (gettext_lazy("Needs review"), {"state__exact": "review"}),
        (gettext_lazy("Not known yet"), {"state__exact": "unknown"}),
        (gettext_lazy("Declined"), {"state__exact": "declined"}),
    )
    timed = True
    empty_icon = "card"
    empty_title = gettext_lazy("No card payment yet")
    empty_text = gettext_lazy("What is asked of a payment provider is written down here before it is asked.")
    detail_template = "backoffice/attempt.html"

    def get_urls(self) -> Any:
        wrap = self.admin_site.admin_view
        acts = {"look": self.look, "let-go": self.let_go, "decide": self.decide}
        made = [
            path(f"<uuid:attempt>/{name}/", wrap(require_POST(act)), name=f"orders_attempt_{name.replace('-', '_')}") for name, act in acts.items()
        ]
        again = path("<uuid:attempt>/refund/<uuid:refund>/", wrap(require_POST(self.refund_again)), name="orders_attempt_refund")
        instead = path("<uuid:attempt>/refund/<uuid:refund>/credit/", wrap(require_POST(self.refund_as_credit)), name="orders_attempt_refund_credit")
        return [*made, again, instead, *super().get_urls()]

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        return queryset.filter(Q(order__number__in={term, term.upper()}) | Q(reference=term)), False

    @admin.display(description=gettext_lazy("Payment"))
    def called(self, row: Attempt) -> str:
        return row.label or row.reference or str(row.pk)

    @admin.display(description=gettext_lazy("Order"))
    def of_order(self, row: Attempt) -> str:
        return row.order.number

    @admin.display(description=gettext_lazy("State"))
    def state_text(self, row: Attempt) -> str:
        return drawn(ATTEMPTS, row.state)

    @admin.display(description=gettext_lazy("Why"))
    def why(self, row: Attempt) -> str:
        return row.code

    @admin.display(description=gettext_lazy("Asked"))
    def asked_at(self, row: Attempt) -> str:
        return moment_text(row.created_at)

    @admin.display(description=gettext_lazy("Amount"))
    def amount_text(self, row: Attempt) -> str:
        return format_html('{} <span class="muted small">{}</span>', money_text(row.amount, row.currency), row.currency)

    def detail(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        may = allows(request.user, "payments.manage")
        waits = (Attempt.State.CREATED, Attempt.State.ACTION, Attempt.State.UNKNOWN, Attempt.State.REVIEW, Attempt.State.AUTHORISED)
        refunds = ProviderRefund.objects.filter(attempt=obj).order_by("created_at")
        return {
            "title": _("Payment %(name)s") % {"name": self.called(obj)},
            "pill": drawn(ATTEMPTS, obj.state, pill=True),
            "order": obj.order,
            "may_open_order": allows(request.user, "orders.view"),
            "steps": [step_row(step) for step in AttemptStep.objects.filter(attempt=obj).order_by("-id")[:100]],
            "refunds": [refund_row(one, may) for one in refunds],
            "may_look": may and obj.state in waits,
            "may_decide": may and obj.state == Attempt.State.REVIEW,
            "may_let_go": may and obj.state in (Attempt.State.AUTHORISED, Attempt.State.ACTION),
        }

    def look(self, request: HttpRequest, attempt: UUID) -> HttpResponse:
        self._may(request)
        now, actor = timezone.now(), request.user.pk
        done = _("The provider is asked within seconds. Load this page again to see the answer.")
        self.perform(request, lambda: attempts.look_now(attempt=attempt, now=now, actor=actor), done)
        return redirect("admin:orders_attempt_change", attempt)

    def let_go(self, request: HttpRequest, attempt: UUID) -> HttpResponse:
        self._may(request)
        now, actor = timezone.now(), request.user.pk
        self.perform(request, lambda: attempts.let_go(attempt=attempt, now=now, actor=actor), _("The held money is let go of within seconds."))
        return redirect("admin:orders_attempt_change", attempt)

    def decide(self, request: HttpRequest, attempt: UUID) -> HttpResponse:
        """Somebody has read at the provider what became of it."""
        self._may(request)
        found = Attempt.objects.filter(pk=attempt).first()
        sent, now, actor = request.POST, timezone.now(), UUID(str(request.user.pk))
        outcome = sent.get("outcome", "")
        if found is None or outcome not in ("captured", "failed"):
            raise PermissionDenied
        try:
            amount = minor_units(sent["amount"], found.currency) if sent.get("amount", "").strip() else None
        except ValidationError as wrong:
            messages.error(request, wrong.messages[0])
            return redirect("admin:orders_attempt_change", attempt)
        told: dict[str, Any] = {"outcome": outcome, "amount": amount, "reference": sent.get("reference", "")[:255].replace("\0", "").strip()}
        told |= {"note": sent.get("note", "")[:200].replace("\0", "").strip(), "now": now, "actor": actor}
        self.perform(request, lambda: attempts.decide(attempt=attempt, **told), _("It is written down, and the order follows."))
        return redirect("admin:orders_attempt_change", attempt)

    def refund_again(self, request: HttpRequest, attempt: UUID, refund: UUID) -> HttpResponse:
        done = _("It is tried again under the same key: what went back already does not go twice.")
        return self._with_refund(request, attempt, refund, attempts.try_refund_again, done)

    def refund_as_credit(self, request: HttpRequest, attempt: UUID, refund: UUID) -> HttpResponse:
        done = _("The customer has it as store credit. The provider is not asked again.")
        return self._with_refund(request, attempt, refund, give_credit_instead, done)

    def _with_refund(self, request: HttpRequest, attempt: UUID, refund: UUID, act: Callable[..., str], done: str) -> HttpResponse:
        self._may(request)
        now, actor = timezone.now(), request.user.pk
        if not ProviderRefund.objects.filter(pk=refund, attempt=attempt).exists():
            raise PermissionDenied
        self.perform(request, lambda: act(refund=refund, now=now, actor=actor), done)
        return redirect("admin:orders_attempt_change", attempt)

    def _may(self, request: HttpRequest) -> None:
        if not allows(request.user, "payments.manage"):
            raise PermissionDenied


def refund_row(one: ProviderRefund, may: bool) -> dict[str, Any]:
    """With what can be done about it."""
    State = ProviderRefund.State
    over = one.code in (GIVEN_INSTEAD, GIVEN_TWICE)
    code = {GIVEN_INSTEAD: _("given as store credit"), GIVEN_TWICE: _("given as store credit, and gone back all the same")}.get(one.code, one.code)
    return {
        "refund": one,
        "state": drawn(REFUNDS, one.state),
        "code": code,
        "again": may and not over and one.state in (State.FAILED, State.REVIEW, State.UNKNOWN),
        "instead": may and not over and one.state == State.FAILED,
    }


def step_row(step: AttemptStep) -> dict[str, Any]:
    facts = ", ".join(f"{name}: {value}" for name, value in step.facts.items() if value not in ("", None, {}, []))
    first, _line, rest = step.what.partition("_")
    words = f"{STEPS[first]}: {rest.replace('_', ' ')}" if first in STEPS and rest else str(STEPS.get(first, step.what))
    return {"at": step.at, "words": words, "facts": facts[:300]}


@admin.register(Discrepancy)
class DiscrepancyAdmin(OfficeAdmin):
    group_title = gettext_lazy("Money")
    page_title = gettext_lazy("Payments to reconcile")
    one = gettext_lazy("difference")
    nouns = gettext_lazy("differences")
    list_display: ClassVar[Any] = ["what", "reference", "ours_text", "theirs_text", "state_text", "found"]
    list_display_links: ClassVar[Any] = ["what"]
    list_filter: ClassVar[Any] = ["state"]
    list_select_related: ClassVar[Any] = ["attempt__order"]
    search_fields: ClassVar[Any] = ["reference"]
    search_hint = gettext_lazy("The provider's reference")
    ordering: ClassVar[Any] = ["-found_at", "-id"]
    views: ClassVar[Any] = ((gettext_lazy("All"), {}), (gettext_lazy("To look at"), {"state__exact": "open"}))
    timed = True
    empty_icon = "check"
    empty_title = gettext_lazy("Both books agree")
    empty_text = gettext_lazy("Every night what we have is held beside what the provider has. What differs shows here.")
    detail_template = "backoffice/discrepancy.html"
    change_list_template = "backoffice/discrepancies.html"

    def get_urls(self) -> Any:
        wrap = self.admin_site.admin_view
        return [
            path("compare/", wrap(require_POST(self.compare)), name="orders_discrepancy_compare"),
            path("<int:discrepancy>/accept/", wrap(require_POST(self.accept)), name="orders_discrepancy_accept"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        may = allows(request.user, "payments.manage")
        return super().changelist_view(request, {**comparing.told(now=timezone.now()), "may_compare": may, **(extra_context or {})})

    def compare(self, request: HttpRequest) -> HttpResponse:
        """Both books since a day, for one provider; a worker does it, and the page tells how far it is."""
        if not allows(request.user, "payments.manage"):
            raise PermissionDenied
        now, actor, backend = timezone.now(), request.user.pk, request.POST.get("backend", "")
        since = comparing.beginning(request.POST.get("since", ""), now=now)
        if since is None:
            messages.error(request, _("Say since which day: one that has begun, and no more than a year ago."))
        else:
            done = _("Both books are compared now. Load this page again to see what came of it.")
            self.perform(request, lambda: reconciling.start(backend=backend, since=since, actor=actor, now=now), done)
        return redirect("admin:orders_discrepancy_changelist")

    @admin.display(description=gettext_lazy("What differs"))
    def what(self, row: Discrepancy) -> str:
        return str(KINDS.get(row.kind, row.kind))

    @admin.display(description=gettext_lazy("Ours"))
    def ours_text(self, row: Discrepancy) -> str:
        return side_text(row.ours)

    @admin.display(description=gettext_lazy("Theirs"))
    def theirs_text(self, row: Discrepancy) -> str:
        return side_text(row.theirs)

    @admin.display(description=gettext_lazy("Standing"))
    def state_text(self, row: Discrepancy) -> str:
        return drawn(DISCREPANCIES, row.state)

    @admin.display(description=gettext_lazy("Found"))
    def found(self, row: Discrepancy) -> str:
        return moment_text(row.found_at)

    def detail(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        may = allows(request.user, "payments.manage") and obj.state == Discrepancy.State.OPEN
        return {
            "title": self.what(obj),
            "breadcrumb": self.breadcrumb(obj.reference),
            "pill": drawn(DISCREPANCIES, obj.state, pill=True),
            "rows": beside(obj.ours, obj.theirs),
            "order": obj.attempt.order if obj.attempt else None,
            "may_open_order": allows(request.user, "orders.view"),
            "may_settle": may,
            "may_look": may and obj.attempt_id is not None,
        }

    def accept(self, request: HttpRequest, discrepancy: int) -> HttpResponse:
        if not allows(request.user, "payments.manage"):
            raise PermissionDenied
        now, actor = timezone.now(), request.user.pk
        done = _("It stays as it is and is not told again while both sides stay the same.")
        self.perform(request, lambda: reconciling.accept(id=discrepancy, actor=actor, now=now), done)
        return redirect("admin:orders_discrepancy_change", discrepancy)


def side_text(side: dict[str, Any]) -> str:
    """One side in a cell: what it was and how it stands."""
    amount, currency = side.get("amount"), str(side.get("currency") or "")
    parts = [money_text(amount, currency) + f" {currency}"] if isinstance(amount, int) and currency else []
    return ", ".join([*parts, *([str(side["state"])] if side.get("state") else [])])


def beside(ours: dict[str, Any], theirs: dict[str, Any]) -> Sequence[dict[str, Any]]:
    names = list(dict.fromkeys([*(name for name in FIELDS if name in ours or name in theirs), *ours, *theirs]))
    return [
        {
            "words": FIELDS.get(name, name),
            "ours": value_text(name, ours),
            "theirs": value_text(name, theirs),
            "differs": name in ours and name in theirs and ours[name] != theirs[name],
        }
        for name in names
    ]


def value_text(name: str, side: dict[str, Any]) -> str:
    value = side.get(name)
    currency = str(side.get("currency") or "")
    if isinstance(value, int) and not isinstance(value, bool) and currency and name in ("amount", "captured", "refunded"):
        return money_text(value, currency)
    return "" if value is None else str(value)
