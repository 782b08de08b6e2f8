"""Payments through GraphQL, as staff and their programs see them: what was asked of providers, what came of it, and what a person has to decide.

A mutation's answer is kept for when it is sent again, so it keeps an id alone; the attempt is read afresh for every answer.
"""

from datetime import UTC
from uuid import UUID

import graphene
from graphql_relay import to_global_id

from catalog.schema import PageInfo, local_id
from kernel.errors import Invalid, NotFound
from orders import asked_payments
from orders.asked_life import actor_of
from orders.queries import attempts as queries
from orders.services import reconciling
from org.doors import allowed
from org.paging import cursor, moment, page_size, plain_text, position
from org.writing import errors_field, key_field, mutated

MINOR = "Minor units of the attempt's currency."
LARGEST_ID = 2**63 - 1
OUTCOMES = ("captured", "failed")


class PaymentStep(graphene.ObjectType):
    what = graphene.String(required=True)
    facts = graphene.JSONString(required=True)
    at = graphene.DateTime(required=True)


class PaymentRefund(graphene.ObjectType):
    id = graphene.ID(required=True)
    amount = graphene.BigInt(required=True, description=MINOR)
    state = graphene.String(required=True, description="created, done, failed, unknown or review.")
    reference = graphene.String(required=True)
    code = graphene.String(required=True)
    created_at = graphene.DateTime(required=True)
    changed_at = graphene.DateTime(required=True)

    def resolve_id(refund, info):
        return to_global_id("PaymentRefund", refund.id)


class PaymentAttempt(graphene.ObjectType):
    id = graphene.ID(required=True)
    order = graphene.ID(required=True, description="An Order's id.")
    order_number = graphene.String(required=True)
    backend = graphene.String(required=True)
    state = graphene.String(required=True, description="created, action, authorised, captured, declined, voided, unknown or review.")
    wants = graphene.String(required=True, description="capture, hold or void: what shall become of it.")
    amount = graphene.BigInt(required=True, description=MINOR)
    captured = graphene.BigInt(required=True, description=MINOR)
    refunded = graphene.BigInt(required=True, description=f"{MINOR} Asked back, whether it has gone already or not.")
    currency = graphene.String(required=True)
    reference = graphene.String(required=True, description="The provider's name for it.")
    label = graphene.String(required=True)
    code = graphene.String(required=True, description="Why it was declined or is not known.")
    tries = graphene.Int(required=True)
    due_at = graphene.DateTime(description="When it is looked at again; null: nothing is open.")
    created_at = graphene.DateTime(required=True)
    changed_at = graphene.DateTime(required=True)
    steps = graphene.List(graphene.NonNull(PaymentStep), required=True, description="Oldest first.")
    refunds = graphene.List(graphene.NonNull(PaymentRefund), required=True, description="Oldest first.")

    def resolve_id(attempt, info):
        return to_global_id("PaymentAttempt", attempt.id)

    def resolve_order(attempt, info):
        return to_global_id("Order", attempt.order)

    def resolve_steps(attempt, info):
        return of_all(info, attempt, "payments.steps", queries.steps)

    def resolve_refunds(attempt, info):
        return of_all(info, attempt, "payments.refunds", queries.refunds)


def remember(info, attempts):
    info.context.memo.setdefault("payments.read", {}).update((attempt.id, None) for attempt in attempts)


def of_all(info, attempt, name, read):
    """This attempt's rows, read for every attempt of the answer when the first asks."""
    known = info.context.memo.setdefault(name, {})
    if attempt.id not in known:
        wanted = [id for id in info.context.memo["payments.read"] if id not in known]
        found = read(attempts=wanted)
        known.update({id: found.get(id, []) for id in wanted})
    return known[attempt.id]


class PaymentAttemptConnection(graphene.ObjectType):
    nodes = graphene.List(graphene.NonNull(PaymentAttempt), required=True)
    page_info = graphene.Field(PageInfo, required=True)


class PaymentDiscrepancy(graphene.ObjectType):
    """What differs between our book and the provider's."""

    id = graphene.ID(required=True)
    backend = graphene.String(required=True)
    kind = graphene.String(required=True, description=", ".join(reconciling.KINDS))
    reference = graphene.String(required=True)
    attempt = graphene.ID(description="A PaymentAttempt's id.")
    ours = graphene.JSONString(required=True)
    theirs = graphene.JSONString(required=True)
    state = graphene.String(required=True, description="open, repaired or accepted.")
    found_at = graphene.DateTime(required=True)
    settled_at = graphene.DateTime()
    settled_by = graphene.ID()

    def resolve_attempt(row, info):
        return row.attempt and to_global_id("PaymentAttempt", row.attempt)


class PaymentDiscrepancyConnection(graphene.ObjectType):
    nodes = graphene.List(graphene.NonNull(PaymentDiscrepancy), required=True)
    page_info = graphene.Field(PageInfo, required=True)


PAGE = {"first": graphene.Int(default_value=50, description="1 to 100"), "after": graphene.String()}


class Query:
    payment_attempts = graphene.Field(
        PaymentAttemptConnection,
        required=True,
        description="Newest first. A key sees those of its channel.",
        state=graphene.String(description="A state, or to_look_at: a person has to."),
        order=graphene.ID(description="Of this order."),
        **PAGE,
    )
    payment_attempt = graphene.Field(PaymentAttempt, id=graphene.ID(required=True))
    payment_discrepancies = graphene.Field(
        PaymentDiscrepancyConnection,
        required=True,
        description="Newest first.",
        state=graphene.String(description="open, repaired or accepted"),
        **PAGE,
    )

    @allowed("payments:read")
    def resolve_payment_attempts(root, info, state=None, order=None, first=None, after=None):
        only = {"state": one_of_states(state, (*queries.STATES, "to_look_at")), "order": local_id("Order", order)}
        only["channel"] = asked_payments.reach(info.context.principal)
        place = position(after, moment, UUID, field="after")
        page = queries.attempts(first=page_size(first, field="first"), after=place, **only)
        remember(info, page.items)
        return connection(page, after, [cursor(one.created_at.isoformat(), one.id) for one in ends_of(page)])

    @allowed("payments:read")
    def resolve_payment_attempt(root, info, id):
        found = queries.attempt(id=known("PaymentAttempt", id, "payment"), channel=asked_payments.reach(info.context.principal))
        return found and shown(info, found)

    @allowed("payments:read")
    def resolve_payment_discrepancies(root, info, state=None, first=None, after=None):
        place = position(after, moment, int, field="after")
        before = (place[0], min(max(place[1], 0), LARGEST_ID)) if place else None
        page = queries.discrepancies(first=page_size(first, field="first"), after=before, state=one_of_states(state, queries.DISCREPANCY_STATES))
        return connection(page, after, [cursor(one.found_at.isoformat(), one.id) for one in ends_of(page)])


def one_of_states(state, known):
    if state and state not in known:
        raise Invalid(f"There is no such state. Known: {', '.join(known)}.", field="state")
    return state or ""


def ends_of(page):
    return (*page.items[:1], *page.items[-1:])


def connection(page, after, ends):
    start, end = (ends[0], ends[-1]) if ends else (None, None)
    place = PageInfo(has_next_page=page.more, has_previous_page=bool(after), start_cursor=start, end_cursor=end)
    return {"nodes": page.items, "page_info": place}


def shown(info, found):
    """One that was read in full."""
    remember(info, [found.attempt])
    info.context.memo.setdefault("payments.steps", {})[found.attempt.id] = found.steps
    info.context.memo.setdefault("payments.refunds", {})[found.attempt.id] = found.refunds
    return found.attempt


class PaymentPayload(graphene.ObjectType):
    attempt = graphene.Field(PaymentAttempt, description="As it is now; null when it was refused.")
    errors = errors_field()

    def resolve_attempt(payload, info):
        # Who may write alone learns nothing of what is there.
        info.context.require("payments:read")
        told = payload["attempt"]
        return told and shown(info, asked_payments.own(principal=info.context.principal, id=UUID(told["id"])))


class PaymentAcceptancePayload(graphene.ObjectType):
    accepted = graphene.ID(description="The difference's id; null when it was refused.")
    errors = errors_field()

    def resolve_accepted(payload, info):
        return payload["accepted"] and payload["accepted"]["id"]


class PaymentReconciliation(graphene.ObjectType):
    job = graphene.ID(required=True, description="Work that goes on behind.")


class PaymentReconciliationPayload(graphene.ObjectType):
    reconciliation = graphene.Field(PaymentReconciliation, description="Null when it was refused.")
    errors = errors_field()


class PaymentActInput(graphene.InputObjectType):
    id = graphene.ID(required=True, description="A PaymentAttempt's.")
    idempotency_key = key_field()


class PaymentCaptureInput(PaymentActInput):
    amount = graphene.BigInt(required=True, description=f"{MINOR} Once; the rest is let go.")


class PaymentDecideInput(PaymentActInput):
    outcome = graphene.String(required=True, description="captured or failed: what the provider's own page says.")
    amount = graphene.BigInt(description=f"{MINOR} Of captured; left out, all of it.")
    reference = graphene.String()
    note = graphene.String(required=True, description="Why.")


class PaymentRefundRetryInput(graphene.InputObjectType):
    id = graphene.ID(required=True, description="A PaymentRefund's.")
    idempotency_key = key_field()


class PaymentDiscrepancyAcceptInput(graphene.InputObjectType):
    id = graphene.ID(required=True, description="A PaymentDiscrepancy's.")
    idempotency_key = key_field()


class PaymentReconcileInput(graphene.InputObjectType):
    backend = graphene.String(required=True)
    since = graphene.DateTime(required=True)
    idempotency_key = key_field()


def taking(payload, input, description):
    return graphene.Field(payload, required=True, description=description, input=graphene.Argument(input, required=True))


class Mutation:
    payment_look = taking(PaymentPayload, PaymentActInput, "Ask the provider now what became of it. What is certain settles it.")
    payment_void = taking(PaymentPayload, PaymentActInput, "Let go of money that is asked for or held.")
    payment_capture = taking(PaymentPayload, PaymentCaptureInput, "Take money that is held, all or a part.")
    payment_decide = taking(PaymentPayload, PaymentDecideInput, "Settle one that needs review, by what a person has read at the provider.")
    payment_refund_retry = taking(PaymentPayload, PaymentRefundRetryInput, "Ask once more for money to go back. It never goes back twice.")
    payment_refund_credit = taking(
        PaymentPayload, PaymentRefundRetryInput, "Give as store credit what the provider has refused to give back: all of it, once."
    )
    payment_discrepancy_accept = taking(
        PaymentAcceptancePayload, PaymentDiscrepancyAcceptInput, "A difference stays as it is, and is not told again."
    )
    payment_reconcile = taking(
        PaymentReconciliationPayload, PaymentReconcileInput, "Compare our book with a provider's. Each night it is done anyway."
    )

    @allowed("payments:write")
    def resolve_payment_look(root, info, input):
        return acted(info, "look", input)

    @allowed("payments:write")
    def resolve_payment_void(root, info, input):
        return acted(info, "void", input)

    @allowed("payments:write")
    def resolve_payment_capture(root, info, input):
        return acted(info, "capture", input, amount=input["amount"])

    @allowed("payments:write")
    def resolve_payment_decide(root, info, input):
        return acted(info, "decide", input, read=lambda: decision(input))

    @allowed("payments:write")
    def resolve_payment_refund_retry(root, info, input):
        return of_refund(info, asked_payments.try_refund_again, "paymentRefundRetry", input)

    @allowed("payments:write")
    def resolve_payment_refund_credit(root, info, input):
        return of_refund(info, asked_payments.give_credit_instead, "paymentRefundCredit", input)

    @allowed("payments:write")
    def resolve_payment_discrepancy_accept(root, info, input):
        def effect():
            reconciling.accept(id=number(input["id"]), actor=actor_of(info.context.principal), now=info.context.now)
            return {"id": input["id"]}

        return mutated(info.context, operation="paymentDiscrepancyAccept", given=input, told="accepted", effect=effect)

    @allowed("payments:write")
    def resolve_payment_reconcile(root, info, input):
        def effect():
            backend, since = plain_text(input["backend"], field="backend", longest=40), input["since"]
            since = since if since.tzinfo else since.replace(tzinfo=UTC)
            return {"job": str(reconciling.start(backend=backend, since=since, actor=actor_of(info.context.principal), now=info.context.now))}

        return mutated(info.context, operation="paymentReconcile", given=input, told="reconciliation", effect=effect)


def acted(info, what, input, *, read=dict, **given):
    """`read()`: what else the act takes, checked; refused as everything else is."""
    asking = info.context

    def effect():
        id = known("PaymentAttempt", input["id"], "payment")
        done = asked_payments.act(what=what, principal=asking.principal, id=id, given={**given, **read()}, now=asking.now)
        return {"id": str(done.attempt.id)}

    return mutated(asking, operation=f"payment:{what}", given=input, told="attempt", effect=effect)


def of_refund(info, act, operation, input):
    def effect():
        done = act(principal=info.context.principal, refund=known("PaymentRefund", input["id"], "refund"), now=info.context.now)
        return {"id": str(done.attempt.id)}

    return mutated(info.context, operation=operation, given=input, told="attempt", effect=effect)


def decision(input):
    outcome, amount = input["outcome"], input.get("amount")
    if outcome not in OUTCOMES:
        raise Invalid("It was captured, or it failed.", field="outcome")
    if amount is not None and amount < 1:
        raise Invalid("What was captured is at least 1.", field="amount")
    note = plain_text(input["note"], field="note", longest=200)
    if not note.strip():
        raise Invalid("Say why.", field="note")
    return {"outcome": outcome, "amount": amount, "note": note, "reference": plain_text(input.get("reference"), field="reference", longest=255)}


def known(kind, text, name):
    found = local_id(kind, text)
    if found is None:
        raise NotFound(f"There is no such {name}.", field="id")
    return found


def number(text):
    """A difference's id; one that cannot be is not found."""
    return min(int(text), LARGEST_ID) if text.isascii() and text.isdigit() and len(text) < 20 else 0
