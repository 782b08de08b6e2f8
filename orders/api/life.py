"""What is done with an order, through REST: a verb is a resource of the order. Each says which version it read, and happens once."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from orders import asked_life
from orders.api import shapes
from orders.queries import life as queries
from orders.services import UnknownInvoice
from org.doors import Door, principal_of
from org.writing import KEY, WriteDoor


class Act(WriteDoor):
    """One move of an order; `what` names it in orders.asked_life."""

    allowed = {"POST": "orders:write"}
    what: ClassVar[str]

    def acted(self, request: Request, id: UUID, shape: type[shapes.Given]) -> HttpResponse:
        principal = principal_of(request)
        given = asked_life.looked_up(what=self.what, principal=principal, given=shape.of(request.data))

        def effect(now: datetime) -> dict[str, Any]:
            return asked_life.act(what=self.what, principal=principal, id=id, given=given, now=now)

        return self.once(request, effect)


class Cancellations(Act):
    what = "cancel"

    @extend_schema(operation_id="order_cancellations_create", parameters=[KEY], request=shapes.ReasonGiven, responses={201: shapes.MovedOut})
    def post(self, request: Request, id: UUID) -> HttpResponse:
        """The order comes to nothing: goods, offers and value at once, money at providers within seconds."""
        return self.acted(request, id, shapes.ReasonGiven)


class Holds(Act):
    what = "hold"

    @extend_schema(operation_id="order_holds_create", parameters=[KEY], request=shapes.ReasonGiven, responses={201: shapes.MovedOut})
    def post(self, request: Request, id: UUID) -> HttpResponse:
        """Nothing is handed over until it is let go of."""
        return self.acted(request, id, shapes.ReasonGiven)


class HoldReleases(Act):
    what = "let_go"

    @extend_schema(operation_id="order_hold_releases_create", parameters=[KEY], request=shapes.VersionGiven, responses={201: shapes.MovedOut})
    def post(self, request: Request, id: UUID) -> HttpResponse:
        """A held order goes on."""
        return self.acted(request, id, shapes.VersionGiven)


class HandOvers(Act):
    what = "hand_over"

    @extend_schema(operation_id="order_hand_overs_create", parameters=[KEY], request=shapes.VersionGiven, responses={201: shapes.MovedOut})
    def post(self, request: Request, id: UUID) -> HttpResponse:
        """The goods have left, all of them."""
        return self.acted(request, id, shapes.VersionGiven)


class Edits(Act):
    what = "edit"

    @extend_schema(operation_id="order_edits_create", parameters=[KEY], request=shapes.EditGiven, responses={201: shapes.MovedOut})
    def post(self, request: Request, id: UUID) -> HttpResponse:
        """Lines are added, changed or taken out; what is then missing is awaited, what is too much goes back."""
        return self.acted(request, id, shapes.EditGiven)


class Payments(Act):
    what = "pay"

    @extend_schema(operation_id="order_payments_create", parameters=[KEY], request=shapes.PaymentGiven, responses={201: shapes.MovedOut})
    def post(self, request: Request, id: UUID) -> HttpResponse:
        """What is owed, or a part of it. A card is asked for within seconds: read the order's attempts for what became of it."""
        return self.acted(request, id, shapes.PaymentGiven)


class Schedules(Act):
    what = "schedule"

    @extend_schema(operation_id="order_schedules_create", parameters=[KEY], request=shapes.ScheduleGiven, responses={201: shapes.MovedOut})
    def post(self, request: Request, id: UUID) -> HttpResponse:
        """In which parts it is paid: a deposit and the rest."""
        return self.acted(request, id, shapes.ScheduleGiven)


class Quotes(WriteDoor):
    allowed = {"POST": "orders:write"}

    @extend_schema(operation_id="quotes_create", parameters=[KEY], request=shapes.QuoteGiven, responses={201: shapes.MovedOut})
    def post(self, request: Request) -> HttpResponse:
        """An offer at today's prices: an order of which nothing is promised yet."""
        given, principal = shapes.QuoteGiven.of(request.data), principal_of(request)
        return self.once(request, lambda now: asked_life.quote(principal=principal, given=given, now=now))


class Conversions(Act):
    what = "convert"

    @extend_schema(operation_id="order_conversions_create", parameters=[KEY], request=shapes.VersionGiven, responses={201: shapes.MovedOut})
    def post(self, request: Request, id: UUID) -> HttpResponse:
        """A quote becomes an order at its prices."""
        return self.acted(request, id, shapes.VersionGiven)


class Reviews(Act):
    what = "review"

    @extend_schema(operation_id="order_reviews_create", parameters=[KEY], request=shapes.NoteGiven, responses={201: shapes.MovedOut})
    def post(self, request: Request, id: UUID) -> HttpResponse:
        """A person has looked: the order stands as its money says."""
        return self.acted(request, id, shapes.NoteGiven)


class Invoices(Act):
    allowed = {"GET": "orders:read", "POST": "orders:write"}
    what = "invoice"

    @extend_schema(operation_id="order_invoices_list", responses=shapes.InvoicePage)
    def get(self, request: Request, id: UUID) -> Response:
        """Its invoice, its credit note."""
        asked_life.reached(principal=principal_of(request), id=id, scope="orders:read")
        return Response({"items": [asked_life.told_invoice(one) for one in queries.invoices(order=id)], "next": None})

    @extend_schema(operation_id="order_invoices_create", parameters=[KEY], request=shapes.InvoiceGiven, responses={201: shapes.InvoiceOut})
    def post(self, request: Request, id: UUID) -> HttpResponse:
        """The invoice of a sale, the credit note of a return or of a sale that came to nothing; the same one every time."""
        return self.acted(request, id, shapes.InvoiceGiven)


class Mails(Act):
    what = "mail"

    @extend_schema(operation_id="order_mails_create", parameters=[KEY], request=shapes.MailGiven, responses={201: shapes.MovedOut})
    def post(self, request: Request, id: UUID) -> HttpResponse:
        """Its confirmation or its invoice is sent to the customer again, within seconds."""
        return self.acted(request, id, shapes.MailGiven)


class InvoicePaper(Door):
    allowed = {"GET": "orders:read"}

    @extend_schema(operation_id="order_invoice_pdf", responses={(200, "application/pdf"): OpenApiTypes.BINARY})
    def get(self, request: Request, id: UUID, invoice: UUID) -> HttpResponse:
        """As a page of PDF, with the address of whom it is for as far as it is still known."""
        asked_life.reached(principal=principal_of(request), id=id, scope="orders:read")
        found = queries.printed_invoice(order=id, id=invoice)
        if found is None:
            raise UnknownInvoice
        headers = {"Content-Disposition": f'inline; filename="{found[0]}.pdf"', "Cache-Control": "private, no-store"}
        return HttpResponse(found[1], content_type="application/pdf", headers=headers)
