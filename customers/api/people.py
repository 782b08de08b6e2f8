"""Customers through REST: the same rows, rules and codes as customers.schema.

What a write answers is kept for when it is sent again, so it tells ids and versions and nothing personal.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from customers import queries, services
from customers.api import shapes
from org.doors import Door, principal_of
from org.paging import cursor, moment, position
from org.writing import KEY, WriteDoor

Json = dict[str, Any]


def actor_of(request: Request) -> UUID | None:
    user = principal_of(request).user
    return user.id if user else None


class Customers(WriteDoor):
    allowed = {"GET": "customers:read", "POST": "customers:write"}

    @extend_schema(operation_id="customers_list", parameters=[shapes.CustomerFilter], responses=shapes.CustomerPage)
    def get(self, request: Request) -> Response:
        """Newest first. Who was erased, or is part of another, is not among them."""
        asked = shapes.CustomerFilter.of(request)
        wanted = queries.Wanted(text=asked["q"], **{name: asked[name] for name in ("group", "kind", "guest", "archived")})
        page = queries.search(wanted=wanted, first=asked["first"], before=position(asked["after"], moment, UUID, field="after"))  # type: ignore[arg-type]
        last = page.items[-1] if page.more else None
        next = cursor(last["created_at"].isoformat(), last["id"]) if last else None
        return Response({"items": shapes.CustomerRow(page.items, many=True).data, "next": next})

    @extend_schema(operation_id="customers_create", parameters=[KEY], request=shapes.CustomerGiven, responses={201: shapes.CustomerWrittenOut})
    def post(self, request: Request) -> HttpResponse:
        """A new customer. An e-mail address, card or id elsewhere that another is known by is refused with identity_taken."""
        given = shapes.CustomerGiven.of(request.data)
        return self.once(request, lambda now: created(given, actor_of(request), now))


def created(given: Json, actor: UUID | None, now: datetime) -> Json:
    kind, guest, groups = given.pop("kind", "person"), given.pop("guest", False), given.pop("groups", ())
    id = services.create_customer(data=given, kind=kind, guest=guest, groups=groups, actor=actor, now=now)
    return {"id": id, "customer": id, "version": 1}


class CustomerDoor(WriteDoor):
    allowed = {"GET": "customers:read", "PATCH": "customers:write"}

    @extend_schema(operation_id="customers_read", responses=shapes.CustomerOut)
    def get(self, request: Request, customer: UUID) -> Response:
        """All of one customer but notes and what happened with them. Of an erased one number, dates and consents are left."""
        return Response(shapes.CustomerOut(queries.read(id=customer)).data)

    @extend_schema(operation_id="customers_change", parameters=[KEY], request=shapes.CustomerChangeGiven, responses=shapes.CustomerWrittenOut)
    def patch(self, request: Request, customer: UUID) -> HttpResponse:
        """What is named becomes so; empty or null takes it away. `guest: false` makes an account of a guest."""
        given = shapes.CustomerChangeGiven.of(request.data)
        return self.once(request, lambda now: changed(customer, given, actor_of(request), now), status=200)


def changed(customer: UUID, given: Json, actor: UUID | None, now: datetime) -> Json:
    version = services.change_customer(id=customer, data=given, version=given.pop("version"), actor=actor, now=now)
    return {"id": customer, "customer": customer, "version": version}


class Addresses(WriteDoor):
    allowed = {"POST": "customers:write"}

    @extend_schema(
        operation_id="customer_addresses_create", parameters=[KEY], request=shapes.AddressGiven, responses={201: shapes.CustomerWrittenOut}
    )
    def post(self, request: Request, customer: UUID) -> HttpResponse:
        """Another address in the book, or one in the place of another. What was sent to the old one still says so."""
        given = shapes.AddressGiven.of(request.data)
        return self.once(request, lambda now: address_added(customer, given, now))


def address_added(customer: UUID, given: Json, now: datetime) -> Json:
    shipping, billing, replaces = (given.pop(name) for name in ("default_shipping", "default_billing", "replaces"))
    if replaces:
        id = services.replace_address(customer=customer, id=replaces, address=given, now=now)
        if shipping or billing:
            services.set_default_address(customer=customer, id=id, shipping=shipping or None, billing=billing or None, now=now)
    else:
        id = services.add_address(customer=customer, address=given, default_shipping=shipping, default_billing=billing, now=now)
    return {"id": id, "customer": customer}


class AddressDoor(WriteDoor):
    allowed = {"DELETE": "customers:write"}

    @extend_schema(operation_id="customer_addresses_remove", parameters=[KEY], request=None, responses={204: None})
    def delete(self, request: Request, customer: UUID, address: UUID) -> HttpResponse:
        """Out of the address book."""
        return self.once(request, lambda now: services.remove_address(customer=customer, id=address, now=now), status=204)


class Identities(WriteDoor):
    allowed = {"POST": "customers:write"}

    @extend_schema(
        operation_id="customer_identities_create", parameters=[KEY], request=shapes.IdentityGiven, responses={201: shapes.CustomerWrittenOut}
    )
    def post(self, request: Request, customer: UUID) -> HttpResponse:
        """Something more they are known by; with `verified`, also of what is there already."""
        given = shapes.IdentityGiven.of(request.data)
        return self.once(request, lambda now: identity_added(customer, given, actor_of(request), now))


def identity_added(customer: UUID, given: Json, actor: UUID | None, now: datetime) -> Json:
    verified = given.pop("verified")
    asked = {**given, "country": given.get("country") or "", "customer": customer, "actor": actor, "now": now}
    services.add_identity(**asked)
    if verified:
        services.verify_identity(**asked)
    return {"id": customer, "customer": customer}


class IdentityDoor(WriteDoor):
    allowed = {"DELETE": "customers:write"}

    @extend_schema(operation_id="customer_identities_remove", parameters=[KEY], request=None, responses={204: None})
    def delete(self, request: Request, customer: UUID, identity: int) -> HttpResponse:
        """They are not known by it any more; another may be."""
        return self.once(request, lambda now: services.remove_identity(customer=customer, id=identity, actor=actor_of(request), now=now), status=204)


class Timeline(Door):
    allowed = {"GET": "customers:read"}

    @extend_schema(operation_id="customer_timeline_list", parameters=[shapes.PageFilter], responses=shapes.EntryPage)
    def get(self, request: Request, customer: UUID) -> Response:
        """What happened with somebody, newest first: what they bought, said and were given, and what staff wrote down."""
        asked = shapes.PageFilter.of(request)
        before = position(asked["after"], moment, str, str, field="after")
        page = queries.timeline(id=customer, first=asked["first"], before=before)  # type: ignore[arg-type]
        last = page.items[-1].place if page.more else None
        next = cursor(last[0].isoformat(), *last[1:]) if last else None
        return Response({"items": shapes.EntryOut(page.items, many=True).data, "next": next})


class Export(Door):
    allowed = {"GET": "customers:read"}

    @extend_schema(operation_id="customer_export_read", responses={(200, "application/json"): dict})
    def get(self, request: Request, customer: UUID) -> Response:
        """All that is known of somebody, as one object to hand to them."""
        return Response(services.export(id=customer), headers={"Cache-Control": "no-store"})
