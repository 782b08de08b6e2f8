"""Promotions in the back office: the list, the page of one, and what its buttons do."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_POST

from catalog import services
from catalog.admin.promotions import checks, choices
from catalog.admin.promotions.form import PromotionForm
from catalog.admin.promotions.listing import PromotionListing, history
from catalog.admin.promotions.words import Names, standing, what
from catalog.models import Promotion, Simulation
from catalog.services.promotion_rules import completed
from catalog.services.promotion_times import Clocks, is_live, is_over
from kernel.errors import Refused
from kernel.models import AuditEntry
from org.access import allows
from org.models import RoleGrant, User
from org.office import OfficeAdmin
from org.queries import names_of_users, shop_currency
from org.templatetags.office import money_text, status

MOST_PAST = 8
MOST_CHANGES_TOLD = 3


@admin.register(Promotion)
class PromotionAdmin(PromotionListing, OfficeAdmin):
    group_title = gettext_lazy("Catalogue")
    adds = True
    changes = True

    def get_urls(self) -> Any:
        guarded = self.admin_site.admin_view
        own = [
            path("check/", guarded(require_POST(self.check_view)), name="catalog_promotion_check_new"),
            path("choices/", guarded(require_GET(self.choices_view)), name="catalog_promotion_choices"),
            path("<uuid:id>/check/", guarded(require_POST(self.check_view)), name="catalog_promotion_check"),
            path("<uuid:id>/do/", guarded(require_POST(self.act)), name="catalog_promotion_do"),
        ]
        return [*own, *super().get_urls()]

    # The page

    def changeform_view(self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None) -> Any:
        row = self._known(request, object_id)
        if object_id is not None and row is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        now = timezone.now()
        form = self._form(request, row)
        if request.method == "POST":
            if form.locked:
                raise PermissionDenied
            done = self._saved(request, form, row)
            if done is not None:
                return done
        elif row is None and not self.has_add_permission(request):
            raise PermissionDenied
        return self._page(request, form, row, now)

    change_view = changeform_view  # type: ignore[assignment]  # one page for both, its own template

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> Any:
        return self.changeform_view(request)

    def _known(self, request: HttpRequest, object_id: str | None) -> Promotion | None:
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            return Promotion.objects.filter(pk=UUID(object_id)).first() if object_id is not None else None
        except ValueError:
            return None

    def _form(self, request: HttpRequest, row: Promotion | None) -> PromotionForm:
        clocks, now = Clocks(), timezone.now()
        may = allows(request.user, "pricing.edit")
        return PromotionForm(
            request.POST if request.method == "POST" else None,
            row=row,
            currency=shop_currency(),
            zone=clocks.shop,
            locked=not may or (row is not None and is_over(row, now, clocks)),
            live=row is not None and is_live(row, now, clocks),
        )

    def _saved(self, request: HttpRequest, form: PromotionForm, row: Promotion | None) -> HttpResponse | None:
        if form.errors:
            return None
        submit = request.POST.get("then") == "submit"
        try:
            made = services.save_promotion(
                promotion=row.pk if row is not None else None,
                values=form.given,
                submit=submit,
                compete_with=() if form.live else form.compete_with,
                seen=_seen(request),
                now=timezone.now(),
                actor=self._actor(request),
            )
        except Refused as refused:
            form.refuse(refused)
            return None
        self._say(request, made, submit)
        return redirect(self.address(made))

    def _say(self, request: HttpRequest, made: Promotion, submitted: bool) -> None:
        if made.state == Promotion.State.WAITING:
            messages.success(request, _("Saved, and sent for approval. %(reason)s") % {"reason": made.reason})
        elif submitted and made.state == Promotion.State.APPROVED:
            messages.success(request, _("Saved and let in: tills get it with their next prices."))
        else:
            messages.success(request, _("%(name)s is saved.") % {"name": made.name})
        if submitted:
            self._tell_differences(request, made)

    def _tell_differences(self, request: HttpRequest, made: Promotion) -> None:
        different = services.rerun_simulations(promotion=made.pk, now=timezone.now())
        if different:
            told = "; ".join(self._difference(one) for one in different[:MOST_CHANGES_TOLD])
            more = len(different) - MOST_CHANGES_TOLD
            said = ngettext("%(n)s kept basket comes out otherwise", "%(n)s kept baskets come out otherwise", len(different)) % {"n": len(different)}
            rest = " " + _("And %(n)s more.") % {"n": more} if more > 0 else ""
            messages.warning(request, f"{said}: {told}.{rest}")

    @staticmethod
    def _difference(one: services.Difference) -> str:
        if one.total is None:
            return f"{one.name}: {one.words}"
        given = {"name": one.name, "was": money_text(one.expected, one.currency), "now": money_text(one.total, one.currency)}
        return _("%(name)s: %(now)s instead of %(was)s") % given

    def _page(self, request: HttpRequest, form: PromotionForm, row: Promotion | None, now: Any) -> HttpResponse:
        request.current_app = self.admin_site.name  # type: ignore[attr-defined]
        title = row.name if row is not None else _("New promotion")
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "original": row,
            "form": form,
            "breadcrumb": self.breadcrumb(title),
            "back": self.list_path(),
            "choices_path": reverse("admin:catalog_promotion_choices"),
            "check_path": reverse("admin:catalog_promotion_check", args=[row.pk]) if row else reverse("admin:catalog_promotion_check_new"),
            "approvers": _(" or ").join(self._approvers(request)[:2]),
            "may_change": not form.locked,
            "combinations": Promotion.Combination.choices,
            "texts": {name: str(text) for name, text in TEXTS.items()},
            **(self._told(request, row, form, now) if row is not None else {}),
        }
        return TemplateResponse(request, "backoffice/promotion.html", context, status=422 if form.errors or form.trouble else 200)

    def _told(self, request: HttpRequest, row: Promotion, form: PromotionForm, now: Any) -> dict[str, Any]:
        """What there is to say of one that exists."""
        clocks = Clocks()
        kind, word, shape = standing(row, clocks, now)
        live = is_live(row, now, clocks)
        may_edit, mine = allows(request.user, "pricing.edit"), row.changed_by == request.user.pk
        waiting = row.state == Promotion.State.WAITING
        may_approve = allows(request.user, "pricing.approve")
        entries = list(AuditEntry.objects.filter(table="catalog_promotion", row=str(row.pk)).order_by("-id")[:MOST_PAST])
        named = names_of_users(users=[each for each in (row.changed_by, row.decided_by, *_ids(entries)) if each is not None])
        people = {str(id): name for id, name in named.items()}
        looked = checks.looked_at(form, row, now=now) if form.sent is None and not is_over(row, now, clocks) else None
        return {
            "pill": status(kind, word, shape, pill=True),
            "live": live,
            "remedies": self._remedies(request, row),
            "waiting": waiting,
            "sent_back": row.state == Promotion.State.DRAFT and row.decided_by is not None,
            "who_changed": people.get(str(row.changed_by), ""),
            "who_decided": people.get(str(row.decided_by), ""),
            "may_submit": may_edit and row.state == Promotion.State.DRAFT,
            "may_approve": waiting and may_approve and not mine,
            "own_waits": waiting and may_approve and mine,
            "may_refuse": waiting and (may_approve or (may_edit and mine)),
            "may_end": may_edit and row.state == Promotion.State.APPROVED and not is_over(row, now, clocks),
            "may_put_away": may_edit and row.state in (Promotion.State.DRAFT, Promotion.State.WAITING),
            "may_duplicate": may_edit,
            "what": what(row, Names([completed(row.rule)]), form.currency),
            "given_text": money_text(row.given, form.currency),
            "left_text": money_text(row.budget - row.given, form.currency) if row.budget is not None else "",
            "conflicts": looked.conflicts if looked else [],
            "looked": looked,
            "seen": row.changed_at.isoformat(),
            "differences": [self._difference(one) for one in services.rerun_simulations(promotion=row.pk, now=now)] if waiting else [],
            "simulations": list(Simulation.objects.filter(promotion=row).order_by("-made_at", "-id")[:5]),
            "simulator": f"{reverse('simulator')}?promotion={row.pk}",
            "may_coupons": may_edit,
            "coupon_count": row.coupons.count() if may_edit else None,
            "coupons_path": f"{reverse('admin:catalog_coupon_changelist')}?promotion__id__exact={row.pk}",
            "history": list(history(entries, people)),
        }

    @staticmethod
    def _approvers(request: HttpRequest) -> list[str]:
        """Who could look at it besides whoever is asking."""
        roles = (RoleGrant.Role.PRICING_MANAGER, RoleGrant.Role.OWNER)
        grants = RoleGrant.objects.filter(role__in=roles, store=None, channel=None, user__is_active=True).exclude(user=request.user.pk)
        people = User.objects.filter(pk__in=grants.values("user")).order_by("name")
        return [person.get_short_name() for person in people[:3]]

    @staticmethod
    def _remedies(request: HttpRequest, row: Promotion | None) -> bool:
        """Whoever is asked to approve somebody's offer looks at it as it is: who changes it cannot approve it."""
        asked = row is not None and row.state == Promotion.State.WAITING and row.changed_by != request.user.pk
        return not (asked and allows(request.user, "pricing.approve"))

    def address(self, row: Promotion) -> str:
        return reverse("admin:catalog_promotion_change", args=[row.pk])

    @staticmethod
    def _actor(request: HttpRequest) -> UUID:
        actor: Any = request.user.pk
        return UUID(str(actor))

    # What its buttons do

    def act(self, request: HttpRequest, id: UUID) -> HttpResponse:
        doing = request.POST.get("do", "")
        needed = "pricing.approve" if doing == "approve" else "pricing.edit"
        # Whoever may approve may also send it back.
        if doing not in ACTIONS or not (allows(request.user, needed) or (doing == "refuse" and allows(request.user, "pricing.approve"))):
            raise PermissionDenied
        given: dict[str, Any] = {"promotion": id, "now": timezone.now(), "actor": self._actor(request)}
        if doing == "refuse":
            given["remark"] = request.POST.get("remark", "")
        if doing == "approve":
            given["seen"] = _seen(request)
        try:
            row = ACTIONS[doing][0](**given)
        except Refused as refused:
            messages.error(request, refused.message)
            return redirect(self.list_path() if isinstance(refused, services.UnknownPromotion) else f"{self.list_path()}{id}/change/")
        if doing == "submit":
            self._say(request, row, True)
        else:
            messages.success(request, ACTIONS[doing][1] % {"name": row.name})
        if doing == "approve":
            self._tell_differences(request, row)
        return redirect(self.list_path() if doing == "archive" else self.address(row))

    # What the page asks while somebody writes

    def check_view(self, request: HttpRequest, id: UUID | None = None) -> HttpResponse:
        if not allows(request.user, "pricing.edit"):
            raise PermissionDenied
        row = Promotion.objects.filter(pk=id).first() if id is not None else None
        form = self._form(request, row)
        looked = checks.looked_at(form, row, now=timezone.now())
        banner = render_to_string(
            "backoffice/promotion_conflicts.html", {"conflicts": looked.conflicts, "may_change": self._remedies(request, row)}, request
        )
        return JsonResponse({**looked.told(), "banner": banner})

    def choices_view(self, request: HttpRequest) -> HttpResponse:
        if not allows(request.user, "pricing.edit"):
            raise PermissionDenied
        return JsonResponse({"choices": choices.found(request.GET.get("q", ""))})


def _seen(request: HttpRequest) -> datetime | None:
    """When what the page shows was last changed."""
    try:
        return datetime.fromisoformat(request.POST.get("seen", ""))
    except ValueError:
        return None


def _ids(entries: list[AuditEntry]) -> list[UUID]:
    found = []
    for entry in entries:
        try:
            found.append(UUID(str(entry.actor)))
        except ValueError:
            continue
    return found


# What the page's script says.
TEXTS = {
    "add": gettext_lazy("Add"),
    "find": gettext_lazy("Category, brand, collection, tag, product or SKU"),
    "leave_out": gettext_lazy("Leave out"),
    "left_out": gettext_lazy("without"),
    "nothing": gettext_lazy("Nothing is called like this"),
    "remove": gettext_lazy("Take NAME out"),
    "leave": gettext_lazy("What you typed is not saved yet."),
    "failed": gettext_lazy("Overlaps could not be looked up just now. Saving works."),
}
ACTIONS: Mapping[str, tuple[Callable[..., Promotion], Any]] = {
    "submit": (services.submit_promotion, ""),
    "approve": (services.approve_promotion, gettext_lazy("%(name)s is let in: tills get it with their next prices.")),
    "refuse": (services.refuse_promotion, gettext_lazy("%(name)s is a draft again.")),
    "end": (services.end_promotion, gettext_lazy("%(name)s has ended. Tills drop it with their next prices.")),
    "archive": (services.archive_promotion, gettext_lazy("%(name)s is put away. It stands under Ended.")),
    "duplicate": (services.duplicate_promotion, gettext_lazy("A draft like it: change what is different, then send it on.")),
}
