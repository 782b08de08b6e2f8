"""What the shop owes: gift cards, store credit and points. Issued, topped up, blocked; every movement stands on the account's page."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID, uuid4

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from catalog.admin.page.fields import minor_units
from catalog.admin.page.shop import shop_currency
from customers.admin import liability, shown
from customers.models import Account, Customer, Transaction
from customers.queries import value as asked
from customers.services import credit, gift_cards
from kernel.errors import Refused
from org.access import allows
from org.office import OfficeAdmin
from org.queries import names_of_users
from org.templatetags.office import moment_text, money_text, status

MOVEMENTS = 50
KINDS: dict[str, Any] = {
    Account.Kind.GIFT_CARD: gettext_lazy("Gift card"),
    Account.Kind.STORE_CREDIT: gettext_lazy("Store credit"),
    Account.Kind.POINTS: gettext_lazy("Points"),
}
CAUSES: dict[str, Any] = {
    Transaction.Cause.ISSUE: gettext_lazy("Issued"),
    Transaction.Cause.TOP_UP: gettext_lazy("Topped up"),
    Transaction.Cause.SPEND: gettext_lazy("Spent"),
    Transaction.Cause.GIVE_BACK: gettext_lazy("Given back"),
    Transaction.Cause.REFUND: gettext_lazy("Refunded to it"),
    Transaction.Cause.GOODWILL: gettext_lazy("Goodwill"),
    Transaction.Cause.EARN: gettext_lazy("Earned"),
    Transaction.Cause.REVERSE: gettext_lazy("Reversed"),
    Transaction.Cause.EXPIRE: gettext_lazy("Expired"),
    Transaction.Cause.ADJUST: gettext_lazy("Corrected"),
    Transaction.Cause.MERGE: gettext_lazy("Merged"),
}


def amount_text(amount: int, currency: str) -> str:
    """Points are whole and have no decimals."""
    return f"{amount:,}".replace("-", "−") if currency == "PTS" else money_text(amount, currency)


class StandingFilter(admin.SimpleListFilter):
    title = gettext_lazy("standing")
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        words = (gettext_lazy("With a balance"), gettext_lazy("Blocked"), gettext_lazy("Expired"), gettext_lazy("Empty"))
        return list(zip(("live", "blocked", "expired", "empty"), words, strict=True))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        asked_for = {
            "live": Q(balance__gt=0, blocked_at=None) & (Q(expires_at=None) | Q(expires_at__gt=timezone.now())),
            "blocked": Q(blocked_at__isnull=False),
            "expired": Q(expires_at__lte=timezone.now()),
            "empty": Q(balance=0),
        }
        return queryset.filter(asked_for[self.value()]) if self.value() in asked_for else queryset  # type: ignore[index]


class IssueForm(forms.Form):
    """`amount` comes out in minor units; `reference` makes the same form sent twice one card."""

    what = forms.ChoiceField(choices=[("gift_card", gettext_lazy("Gift card")), ("store_credit", gettext_lazy("Store credit"))])
    amount = forms.CharField(label=gettext_lazy("Amount"), max_length=16)
    currency = forms.RegexField(r"^[A-Z]{3}$", label=gettext_lazy("Currency"), max_length=3)
    customer = forms.CharField(
        label=gettext_lazy("Customer"), max_length=100, required=False, help_text=gettext_lazy("Number, e-mail or card. A gift card may have none.")
    )
    note = forms.CharField(label=gettext_lazy("Why"), max_length=200, required=False)
    reference = forms.UUIDField(widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if "amount" in given and "currency" in given:
            try:
                given["amount"] = minor_units(given["amount"], given["currency"])
            except forms.ValidationError as wrong:
                self.add_error("amount", wrong)
        self._find_customer(given)
        return given

    def _find_customer(self, given: dict[str, Any]) -> None:
        term = given.get("customer", "").strip()
        found = shown.meant(term) if term else []
        if term and len(found) != 1:
            self.add_error("customer", _("Nobody is known by this.") if not found else _("Several customers are meant. Give the number."))
        elif not term and given.get("what") == "store_credit":
            self.add_error("customer", _("Store credit is somebody's: say whose."))
        given["holder"] = found[0] if len(found) == 1 else None
        if given.get("what") == "store_credit" and not given.get("note"):
            self.add_error("note", _("Say why it is given."))


@admin.register(Account)
class AccountAdmin(OfficeAdmin):
    adds = True
    group_title = gettext_lazy("Selling")
    page_title = gettext_lazy("Gift cards and credit")
    one = gettext_lazy("gift card or credit")
    nouns = gettext_lazy("accounts")
    list_display: ClassVar[Any] = ["called", "holder", "standing", "expires", "opened", "balance_text"]
    list_display_links: ClassVar[Any] = ["called"]
    numeric: ClassVar[Any] = ("balance_text",)
    list_filter: ClassVar[Any] = ["kind", StandingFilter]
    search_fields: ClassVar[Any] = ["last4"]
    search_hint = gettext_lazy("Last four of a code, or a customer")
    ordering: ClassVar[Any] = ["-created_at", "-id"]
    words: ClassVar[Any] = {"kind": gettext_lazy("Kind"), "Gift card": gettext_lazy("Gift cards"), "Store credit": gettext_lazy("Store credit")}
    views: ClassVar[Any] = (
        (gettext_lazy("All"), {}),
        (gettext_lazy("Gift cards"), {"kind__exact": "gift_card"}),
        (gettext_lazy("Store credit"), {"kind__exact": "store_credit"}),
        (gettext_lazy("Points"), {"kind__exact": "points"}),
    )
    timed = True
    empty_icon = "tag"
    empty_title = gettext_lazy("No gift cards yet")
    empty_text = gettext_lazy("A gift card sold at a till or on the web shows here, and one that you issue.")
    detail_template = "backoffice/account.html"

    def get_urls(self) -> Any:
        wrap = self.admin_site.admin_view
        acts = {"top-up": self.top_up, "block": self.block, "new-code": self.new_code, "expiry": self.change_expiry}
        made = [
            path(f"<uuid:account>/{name}/", wrap(require_POST(act)), name=f"customers_account_{name.replace('-', '_')}") for name, act in acts.items()
        ]
        return [path("owed/", wrap(self.owed), name="customers_account_owed"), *made, *super().get_urls()]

    # The list

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).exclude(kind=Account.Kind.COUNTER)

    def heading_links(self, request: HttpRequest) -> list[dict[str, str]]:
        return [{"title": _("What we owe"), "icon": "chart", "link": reverse("admin:customers_account_owed")}]

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        return lookup == "customer__exact" or super().lookup_allowed(lookup, value, request)

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        meant = Q(last4=term.upper()) if len(term) == 4 else Q()
        if len(term) > 4 and (card := asked.find_gift_card(code=term)) is not None:
            meant |= Q(pk=card.id)
        known = (
            shown.meant(term)
            if allows(request.user, "customers.view")
            else list(Customer.objects.filter(number=term.upper()).values_list("id", flat=True))
        )
        meant |= Q(customer__in=known) if known else Q()
        return (queryset.filter(meant) if meant else queryset.none()), False

    def prepare(self, request: HttpRequest, rows: Sequence[Any]) -> None:
        names = shown.names({row.customer_id for row in rows if row.customer_id}, request.user)
        for row in rows:
            row.holder_name = names.get(row.customer_id, "")

    @admin.display(description=gettext_lazy("What"))
    def called(self, row: Account) -> str:
        return called(row)

    @admin.display(description=gettext_lazy("Customer"))
    def holder(self, row: Any) -> str:
        return str(row.holder_name)

    @admin.display(description=gettext_lazy("Standing"))
    def standing(self, row: Account) -> str:
        return standing(row, timezone.now())

    @admin.display(description=gettext_lazy("Valid until"))
    def expires(self, row: Account) -> str:
        return moment_text(row.expires_at) if row.expires_at else ""

    @admin.display(description=gettext_lazy("Opened"))
    def opened(self, row: Account) -> str:
        return moment_text(row.created_at)

    @admin.display(description=gettext_lazy("Balance"))
    def balance_text(self, row: Account) -> str:
        return format_html('{} <span class="muted small">{}</span>', amount_text(row.balance, row.currency), row.currency)

    # Issuing

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        asked_for = {"what": request.GET.get("what", "gift_card"), "customer": request.GET.get("customer", "")}
        form = IssueForm(request.POST if request.method == "POST" else None, initial={"currency": shop_currency(), "reference": uuid4(), **asked_for})
        if request.method == "POST" and form.is_valid():
            try:
                return self._issued(request, form.cleaned_data)
            except Refused as refused:
                form.add_error(refused.field if refused.field in form.fields else None, refused.message)
        return self._page(request, "backoffice/account_add.html", _("Issue a gift card or credit"), form=form, status=422 if form.errors else 200)

    def _issued(self, request: HttpRequest, given: dict[str, Any]) -> HttpResponse:
        plain = {"amount": given["amount"], "currency": given["currency"], "reference": given["reference"], "line": 0}
        plain |= {"actor": request.user.pk, "now": timezone.now(), "customer": given["holder"]}
        if given["what"] == "store_credit":
            made = credit.give_credit(**plain, note=given["note"])
            messages.success(request, _("The credit is given."))
            return redirect("admin:customers_account_change", made.account)
        issued = gift_cards.issue_gift_card(**plain)
        if not issued.code:
            messages.warning(request, _("This card was issued before. Its code was told once; give it a new one if it is lost."))
            return redirect("admin:customers_account_change", issued.id)
        return self._told_once(request, issued)

    def _told_once(self, request: HttpRequest, issued: gift_cards.Issued) -> HttpResponse:
        """The one page that ever shows a code."""
        response = self._page(request, "backoffice/account_code.html", _("Gift card issued"), code=issued.code, account=issued.id)
        response["Cache-Control"] = "no-store"
        return response

    def _page(self, request: HttpRequest, template: str, title: str, status: int = 200, **more: Any) -> HttpResponse:
        request.current_app = self.admin_site.name  # type: ignore[attr-defined]
        context = {**self.admin_site.each_context(request), "title": title, "opts": self.opts, "breadcrumb": self.breadcrumb(title)}
        return TemplateResponse(request, template, {**context, "back": self.list_path(), **more}, status=status)

    # The page of one

    def detail(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        page = asked.movements(account=obj.pk, first=MOVEMENTS, after=place_in(request.GET.get("before", "")))
        people = names_of_users(users={row.actor for row in page.items if row.actor})
        names = shown.names([obj.customer_id], request.user) if obj.customer_id else {}
        may = allows(request.user, "value.issue")
        last = page.items[-1] if page.items else None
        return {
            "title": called(obj),
            "pill": standing(obj, timezone.now(), pill=True),
            "balance": amount_text(obj.balance, obj.currency),
            "holder": names.get(obj.customer_id, ""),
            "rows": [
                {
                    "move": row,
                    "cause": CAUSES.get(row.cause, row.cause),
                    "amount": amount_text(row.amount, obj.currency) if row.amount else "–",
                    "who": people.get(row.actor, "") if row.actor else "",
                }
                for row in page.items
            ],
            "older": f"?before={last.at.isoformat().replace('+00:00', 'Z')},{last.id}" if page.more and last else "",
            "is_card": obj.kind == Account.Kind.GIFT_CARD,
            "may_issue": may,
            "reference": uuid4(),
        }

    # What its buttons do

    def top_up(self, request: HttpRequest, account: UUID) -> HttpResponse:
        card, now = self._card(request, account), timezone.now()
        try:
            amount, reference = minor_units(request.POST.get("amount", ""), card.currency), UUID(request.POST.get("reference", ""))
        except (forms.ValidationError, ValueError) as wrong:
            messages.error(
                request, wrong.messages[0] if isinstance(wrong, forms.ValidationError) else _("The page was not sent whole. Load it again.")
            )
            return redirect("admin:customers_account_change", account)
        told: dict[str, Any] = {
            "id": account,
            "amount": amount,
            "currency": card.currency,
            "reference": reference,
            "line": 0,
            "actor": request.user.pk,
            "now": now,
        }
        return self._done(request, account, lambda: gift_cards.top_up(**told), _("The card is topped up."))

    def block(self, request: HttpRequest, account: UUID) -> HttpResponse:
        self._card(request, account)
        blocked, note, now = "blocked" in request.POST, request.POST.get("note", "")[:180].replace("\0", ""), timezone.now()
        done = _("The card is blocked: nothing can be spent from it.") if blocked else _("The card can be spent from again.")
        return self._done(
            request, account, lambda: gift_cards.block(id=account, blocked=blocked, actor=request.user.pk, note=note, now=now), done
        )  # fmt: skip

    def change_expiry(self, request: HttpRequest, account: UUID) -> HttpResponse:
        self._card(request, account)
        text, now = request.POST.get("expires_on", ""), timezone.now()
        try:
            day = datetime.strptime(text, "%Y-%m-%d").replace(hour=23, minute=59, second=59, tzinfo=timezone.get_current_timezone()) if text else None
        except ValueError:
            messages.error(request, _("This is not a day. Write it like 2027-12-31."))
            return redirect("admin:customers_account_change", account)
        done = _("The card is valid until then.") if day else _("The card never expires.")
        return self._done(request, account, lambda: gift_cards.change_expiry(id=account, expires_at=day, actor=request.user.pk, now=now), done)

    def new_code(self, request: HttpRequest, account: UUID) -> HttpResponse:
        self._card(request, account)
        try:
            issued = gift_cards.replace_code(id=account, actor=request.user.pk, now=timezone.now())
        except Refused as refused:
            messages.error(request, refused.message)
            return redirect("admin:customers_account_change", account)
        return self._told_once(request, issued)

    def _done(self, request: HttpRequest, account: UUID, work: Callable[[], Any], done: str) -> HttpResponse:
        self.perform(request, work, done)
        return redirect("admin:customers_account_change", account)

    def _card(self, request: HttpRequest, account: UUID) -> Account:
        found = self.get_queryset(request).filter(pk=account, kind=Account.Kind.GIFT_CARD).first()
        if found is None or not allows(request.user, "value.issue"):
            raise PermissionDenied
        return found

    # What is owed

    def owed(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return self._page(request, "backoffice/owed.html", _("What we owe"), **liability.told(now=timezone.now()))


def called(row: Account) -> str:
    return f"{KINDS.get(row.kind, row.kind)} ••• {row.last4}" if row.last4 else str(KINDS.get(row.kind, row.kind))


def standing(row: Account, now: datetime, *, pill: bool = False) -> str:
    if row.blocked_at is not None:
        return status("bad", _("Blocked"), "lock", pill)
    if row.expires_at is not None and row.expires_at <= now:
        return status("", _("Expired"), "off", pill)
    return status("good", _("Can be spent"), "full", pill) if row.balance else status("", _("Empty"), "ring", pill)


def place_in(text: str) -> tuple[datetime, UUID] | None:
    """The cursor of an older page."""
    at, _comma, id = text.partition(",")
    try:
        moment = datetime.fromisoformat(at)
        return (moment, UUID(id)) if moment.tzinfo else None
    except ValueError:
        return None
