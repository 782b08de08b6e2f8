"""Payments as staff see them: what was asked of providers, what came of it, and what a person has to decide."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from orders import asked_payments
from orders.asked_life import actor_of
from orders.queries import attempts as queries
from orders.services import reconciling
from org.doors import Door, PageFilter, principal_of
from org.paging import cursor, moment, position
from org.writing import KEY, WriteDoor

MINOR = "Minor units of the attempt's currency."
LARGEST_ID = 2**63 - 1


class AttemptOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    order = serializers.UUIDField()
    order_number = serializers.CharField()
    backend = serializers.CharField()
    state = serializers.CharField(help_text="created, action, authorised, captured, declined, voided, unknown or review.")
    wants = serializers.CharField(help_text="capture, hold or void: what shall become of it.")
    amount = serializers.IntegerField(help_text=MINOR)
    captured = serializers.IntegerField(help_text=MINOR)
    refunded = serializers.IntegerField(help_text=f"{MINOR} Asked back, whether it has gone already or not.")
    currency = serializers.CharField()
    reference = serializers.CharField(help_text="The provider's name for it.")
    label = serializers.CharField()  # type: ignore[assignment]  # also the name of an argument of every field
    code = serializers.CharField(help_text="Why it was declined or is not known.")
    tries = serializers.IntegerField()
    due_at = serializers.DateTimeField(allow_null=True, help_text="When it is looked at again; null: nothing is open.")
    created_at = serializers.DateTimeField()
    changed_at = serializers.DateTimeField()


class AttemptStepOut(serializers.Serializer[Any]):
    what = serializers.CharField()
    facts = serializers.DictField()
    at = serializers.DateTimeField()


class ProviderRefundOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    amount = serializers.IntegerField(help_text=MINOR)
    state = serializers.CharField(help_text="created, done, failed, unknown or review.")
    reference = serializers.CharField()
    code = serializers.CharField()
    created_at = serializers.DateTimeField()
    changed_at = serializers.DateTimeField()


class AttemptInFull(AttemptOut):
    steps = AttemptStepOut(many=True)
    refunds = ProviderRefundOut(many=True)


class AttemptPage(serializers.Serializer[Any]):
    items = AttemptOut(many=True)
    next = serializers.CharField(allow_null=True)


class AttemptFilter(PageFilter):
    state = serializers.ChoiceField(choices=[*queries.STATES, "to_look_at"], required=False, default="", help_text="to_look_at: a person has to.")
    order = serializers.UUIDField(required=False, default=None, help_text="Of this order.")


class DiscrepancyOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    backend = serializers.CharField()
    kind = serializers.CharField(help_text=", ".join(reconciling.KINDS))
    reference = serializers.CharField()
    attempt = serializers.UUIDField(allow_null=True)
    ours = serializers.DictField()
    theirs = serializers.DictField()
    state = serializers.CharField(help_text="open, repaired or accepted.")
    found_at = serializers.DateTimeField()
    settled_at = serializers.DateTimeField(allow_null=True)
    settled_by = serializers.UUIDField(allow_null=True)


class DiscrepancyPage(serializers.Serializer[Any]):
    items = DiscrepancyOut(many=True)
    next = serializers.CharField(allow_null=True)


class DiscrepancyFilter(PageFilter):
    state = serializers.ChoiceField(choices=queries.DISCREPANCY_STATES, required=False, default="")


class CaptureIn(serializers.Serializer[Any]):
    amount = serializers.IntegerField(min_value=1, max_value=LARGEST_ID, help_text=f"{MINOR} Once; the rest is let go.")


class DecisionIn(serializers.Serializer[Any]):
    outcome = serializers.ChoiceField(choices=["captured", "failed"], help_text="What the provider's own page says.")
    amount = serializers.IntegerField(
        required=False, default=None, min_value=1, max_value=LARGEST_ID, help_text=f"{MINOR} Of captured; left out, all of it."
    )
    reference = serializers.CharField(required=False, default="", max_length=255)
    note = serializers.CharField(max_length=200, help_text="Why.")


class ReconciliationIn(serializers.Serializer[Any]):
    backend = serializers.CharField(max_length=40)
    since = serializers.DateTimeField()


class ReconciliationOut(serializers.Serializer[Any]):
    job = serializers.UUIDField()


def told(found: queries.AttemptDetail) -> dict[str, Any]:
    parts = {"steps": AttemptStepOut(found.steps, many=True).data, "refunds": ProviderRefundOut(found.refunds, many=True).data}
    return {**AttemptOut(found.attempt).data, **parts}


class Attempts(Door):
    allowed = {"GET": "payments:read"}

    @extend_schema(operation_id="payment_attempts_list", parameters=[AttemptFilter], responses=AttemptPage)
    def get(self, request: Request) -> Response:
        """Newest first."""
        asked = AttemptFilter.of(request)
        after = position(asked["after"], moment, UUID, field="after")
        only = {"state": asked["state"], "order": asked["order"], "channel": asked_payments.reach(principal_of(request))}
        page = queries.attempts(first=asked["first"], after=(after[0], after[1]) if after else None, **only)
        last = page.items[-1] if page.more else None
        return Response({"items": AttemptOut(page.items, many=True).data, "next": cursor(last.created_at.isoformat(), last.id) if last else None})


class AttemptById(Door):
    allowed = {"GET": "payments:read"}

    @extend_schema(operation_id="payment_attempts_retrieve", responses=AttemptInFull)
    def get(self, request: Request, id: UUID) -> Response:
        return Response(told(asked_payments.own(principal=principal_of(request), id=id)))


class AttemptDoor(WriteDoor):
    """Nothing is called from here: what is wanted is written down, and a worker asks the provider within seconds."""

    allowed = {"POST": "payments:write"}

    def done(self, request: Request, id: UUID, what: str, **given: Any) -> HttpResponse:
        principal = principal_of(request)
        return self.once(request, lambda now: told(asked_payments.act(what=what, principal=principal, id=id, given=given, now=now)), status=202)


class Looks(AttemptDoor):
    @extend_schema(operation_id="payment_looks_create", parameters=[KEY], request=None, responses={202: AttemptInFull})
    def post(self, request: Request, id: UUID) -> HttpResponse:
        """Ask the provider now what became of it. What is certain settles it, also one that was declined or needs review."""
        return self.done(request, id, "look")


class Voids(AttemptDoor):
    @extend_schema(operation_id="payment_voids_create", parameters=[KEY], request=None, responses={202: AttemptInFull})
    def post(self, request: Request, id: UUID) -> HttpResponse:
        """Let go of money that is asked for or held."""
        return self.done(request, id, "void")


class Captures(AttemptDoor):
    @extend_schema(operation_id="payment_captures_create", parameters=[KEY], request=CaptureIn, responses={202: AttemptInFull})
    def post(self, request: Request, id: UUID) -> HttpResponse:
        """Take money that is held, all or a part."""
        given = CaptureIn(data=request.data)
        given.is_valid(raise_exception=True)
        return self.done(request, id, "capture", **given.validated_data)


class Decisions(AttemptDoor):
    @extend_schema(operation_id="payment_decisions_create", parameters=[KEY], request=DecisionIn, responses={202: AttemptInFull})
    def post(self, request: Request, id: UUID) -> HttpResponse:
        """Settle one that needs review, by what a person has read at the provider."""
        given = DecisionIn(data=request.data)
        given.is_valid(raise_exception=True)
        return self.done(request, id, "decide", **given.validated_data)


class RefundRetries(WriteDoor):
    allowed = {"POST": "payments:write"}

    @extend_schema(operation_id="payment_refund_retries_create", parameters=[KEY], request=None, responses={202: AttemptInFull})
    def post(self, request: Request, id: UUID) -> HttpResponse:
        """Ask once more for money to go back. Under its own key: it never goes back twice."""
        principal = principal_of(request)
        return self.once(request, lambda now: told(asked_payments.try_refund_again(principal=principal, refund=id, now=now)), status=202)


class RefundCredits(WriteDoor):
    allowed = {"POST": "payments:write"}

    @extend_schema(operation_id="payment_refund_credits_create", parameters=[KEY], request=None, responses={202: AttemptInFull})
    def post(self, request: Request, id: UUID) -> HttpResponse:
        """Give as store credit what the provider has refused to give back: all of it, once."""
        principal = principal_of(request)
        return self.once(request, lambda now: told(asked_payments.give_credit_instead(principal=principal, refund=id, now=now)), status=202)


class Discrepancies(Door):
    allowed = {"GET": "payments:read"}

    @extend_schema(operation_id="payment_discrepancies_list", parameters=[DiscrepancyFilter], responses=DiscrepancyPage)
    def get(self, request: Request) -> Response:
        """What differs between our book and the provider's, newest first."""
        asked = DiscrepancyFilter.of(request)
        after = position(asked["after"], moment, int, field="after")
        place = (after[0], min(after[1], LARGEST_ID)) if after else None
        page = queries.discrepancies(first=asked["first"], after=place, state=asked["state"])
        last = page.items[-1] if page.more else None
        return Response({"items": DiscrepancyOut(page.items, many=True).data, "next": cursor(last.found_at.isoformat(), last.id) if last else None})


class Acceptances(WriteDoor):
    allowed = {"POST": "payments:write"}

    @extend_schema(operation_id="payment_acceptances_create", parameters=[KEY], request=None, responses={204: None})
    def post(self, request: Request, id: int) -> HttpResponse:
        """A difference stays as it is, and is not told again while both sides stay the same."""
        actor = actor_of(principal_of(request))
        return self.once(request, lambda now: reconciling.accept(id=min(id, LARGEST_ID), actor=actor, now=now))


class Reconciliations(WriteDoor):
    allowed = {"POST": "payments:write"}

    @extend_schema(operation_id="payment_reconciliations_create", parameters=[KEY], request=ReconciliationIn, responses={202: ReconciliationOut})
    def post(self, request: Request) -> HttpResponse:
        """Compare our book with a provider's. Work that goes on behind: each night it is done anyway."""
        given = ReconciliationIn(data=request.data)
        given.is_valid(raise_exception=True)
        actor, wanted = actor_of(principal_of(request)), given.validated_data
        return self.once(request, lambda now: {"job": str(reconciling.start(actor=actor, now=now, **wanted))}, status=202)
