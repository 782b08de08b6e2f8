"""Through REST: what customers agree to, what staff write down, who is one and who is two, and who is forgotten."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from customers import queries, services
from customers.api import shapes
from customers.api.people import actor_of
from org.paging import cursor, position
from org.writing import KEY, WriteDoor

Json = dict[str, Any]


class Consents(WriteDoor):
    allowed = {"POST": "customers:write"}

    @extend_schema(operation_id="customer_consents_create", parameters=[KEY], request=shapes.ConsentGiven, responses={201: shapes.CustomerWrittenOut})
    def post(self, request: Request, customer: UUID) -> HttpResponse:
        """What was asked, in which wording, and what was answered. Nothing is ever changed: the newest answer counts."""
        given = shapes.ConsentGiven.of(request.data)
        return self.once(request, lambda now: consented(customer, given, actor_of(request), now))


def consented(customer: UUID, given: Json, actor: UUID | None, now: datetime) -> Json:
    services.record_consent(customer=customer, **given, actor=actor, now=now)
    return {"id": customer, "customer": customer}


class Notes(WriteDoor):
    allowed = {"GET": "customers:read", "POST": "customers:write"}

    @extend_schema(operation_id="customer_notes_list", parameters=[shapes.PageFilter], responses=shapes.NotePage)
    def get(self, request: Request, customer: UUID) -> Response:
        asked = shapes.PageFilter.of(request)
        page = queries.notes_of(customer=customer, first=asked["first"], before=before(asked))
        next = cursor(page.items[-1]["id"]) if page.more else None
        return Response({"items": shapes.NoteOut(page.items, many=True).data, "next": next})

    @extend_schema(
        operation_id="customer_notes_create", parameters=[KEY], request=shapes.CustomerNoteGiven, responses={201: shapes.CustomerWrittenOut}
    )
    def post(self, request: Request, customer: UUID) -> HttpResponse:
        given = shapes.CustomerNoteGiven.of(request.data)
        return self.once(request, lambda now: noted(customer, given["text"], actor_of(request), now))


def noted(customer: UUID, text: str, actor: UUID | None, now: datetime) -> Json:
    return {"id": services.add_note(customer=customer, text=text, actor=actor, now=now), "customer": customer}


def before(asked: Json) -> int | None:
    """A row's number; beyond what the database counts there is nothing to tell apart."""
    place = position(asked["after"], int, field="after")
    return None if place is None else min(max(place[0], 1), 2**63 - 1)


class Merges(WriteDoor):
    allowed = {"POST": "customers:write"}

    @extend_schema(operation_id="customer_merges_create", parameters=[KEY], request=shapes.MergeGiven, responses={201: shapes.CustomerWrittenOut})
    def post(self, request: Request, customer: UUID) -> HttpResponse:
        """Everything the other one had is this one's from now on. Done again it does nothing."""
        given = shapes.MergeGiven.of(request.data)
        return self.once(request, lambda now: merged(customer, given["gone"], actor_of(request), now))


def merged(keep: UUID, gone: UUID, actor: UUID | None, now: datetime) -> Json:
    services.merge(keep=keep, gone=gone, actor=actor, now=now)
    return {"id": gone, "customer": keep}


class Erasures(WriteDoor):
    allowed = {"POST": "customers:erase"}

    @extend_schema(operation_id="customer_erasures_create", parameters=[KEY], request=shapes.ErasureGiven, responses={201: shapes.CustomerWrittenOut})
    def post(self, request: Request, customer: UUID) -> HttpResponse:
        """Their key and everything sealed under it are gone for ever; orders and ledgers stay. Refused with customer_unsettled while
        something is open, unless forced."""
        given = shapes.ErasureGiven.of(request.data)
        return self.once(request, lambda now: erased(customer, given["force"], actor_of(request), now))


def erased(customer: UUID, force: bool, actor: UUID | None, now: datetime) -> Json:
    services.erase(id=customer, force=force, actor=actor, now=now)
    return {"id": customer, "customer": customer}


class Suggestions(WriteDoor):
    allowed = {"GET": "customers:read"}

    @extend_schema(operation_id="customer_suggestions_list", parameters=[shapes.SuggestionFilter], responses=shapes.SuggestionPage)
    def get(self, request: Request) -> Response:
        """Two who may be one, not decided yet; newest first."""
        asked = shapes.SuggestionFilter.of(request)
        page = queries.suggestions(first=asked["first"], before=before(asked), customer=asked["customer"])
        next = cursor(page.items[-1]["id"]) if page.more else None
        return Response({"items": shapes.SuggestionOut(page.items, many=True).data, "next": next})


class Separations(WriteDoor):
    allowed = {"POST": "customers:write"}

    @extend_schema(operation_id="customer_suggestions_separate", parameters=[KEY], request=None, responses={201: shapes.CustomerWrittenOut})
    def post(self, request: Request, suggestion: int) -> HttpResponse:
        """They are two, and will not be suggested again. To make them one, merge them."""
        return self.once(request, lambda now: kept_apart(suggestion, actor_of(request), now))


def kept_apart(suggestion: int, actor: UUID | None, now: datetime) -> Json:
    services.keep_apart(id=suggestion, actor=actor, now=now)
    return {"id": suggestion}


class Groups(WriteDoor):
    allowed = {"GET": "customers:read", "POST": "customers:write"}

    @extend_schema(operation_id="customer_groups_list", responses=shapes.GroupPage)
    def get(self, request: Request) -> Response:
        """What prices and promotions know customers by."""
        return Response({"items": shapes.GroupOut(queries.groups(), many=True).data, "next": None})

    @extend_schema(operation_id="customer_groups_create", parameters=[KEY], request=shapes.GroupGiven, responses={201: shapes.GroupOut})
    def post(self, request: Request) -> HttpResponse:
        given = shapes.GroupGiven.of(request.data)
        return self.once(request, lambda now: group_made(given, actor_of(request), now))


def group_made(given: Json, actor: UUID | None, now: datetime) -> Json:
    return {"id": services.create_group(**given, actor=actor, now=now), **given}
