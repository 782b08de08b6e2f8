"""The books through REST: what finance and the ERP read, and the closing of periods."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from orders import asked_books
from orders.api import shapes
from orders.queries import books as queries
from orders.queries import reconciliation
from org.doors import Door, Filter, principal_of
from org.writing import KEY, WriteDoor

MINOR = "Minor units."
# What a spreadsheet would work out instead of showing.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


class PlaceFilter(Filter):
    store = serializers.SlugField(required=False, default="", max_length=20, help_text="A store's code.")
    channel = serializers.SlugField(required=False, default="", max_length=20, help_text="A channel's code.")


class DayFilter(PlaceFilter):
    on = serializers.DateField()


class PeriodFilter(PlaceFilter):
    since = serializers.DateField()
    until = serializers.DateField(help_text="That day too.")


class BalanceOut(serializers.Serializer[Any]):
    account = serializers.CharField(help_text="docs/books.md names them.")
    rate = serializers.IntegerField(allow_null=True, help_text="Parts per million, of sales and taxes.")
    tax_class = serializers.CharField()
    currency = serializers.CharField()
    debit = serializers.IntegerField(help_text=MINOR)
    credit = serializers.IntegerField(help_text=MINOR)


class DifferenceOut(serializers.Serializer[Any]):
    kind = serializers.CharField(help_text="order: booked otherwise than it stands; shift: otherwise than its Z; value: otherwise than the ledger.")
    id = serializers.CharField()
    name = serializers.CharField()
    account = serializers.CharField()
    expected = serializers.IntegerField(help_text=MINOR)
    booked = serializers.IntegerField(help_text=MINOR)


class DayOut(serializers.Serializer[Any]):
    on = serializers.DateField()
    balances = BalanceOut(many=True)
    differences = DifferenceOut(many=True, help_text="Between the journal, the orders and the Z of that day's shifts: none in sound books.")


class TaxOut(serializers.Serializer[Any]):
    sales = BalanceOut(many=True, help_text="Turnover without tax by class and rate.")
    taxes = BalanceOut(many=True, help_text="Each tax by its rate.")


class LockOut(serializers.Serializer[Any]):
    company = serializers.CharField()
    through = serializers.DateField()


class LockPage(serializers.Serializer[Any]):
    items = LockOut(many=True)
    next = serializers.CharField(allow_null=True, help_text="Always null.")


class Days(Door):
    allowed = {"GET": "books:read"}

    @extend_schema(operation_id="books_day", parameters=[DayFilter], responses=DayOut)
    def get(self, request: Request) -> Response:
        """The journal of a day, and whether it is what the orders and the drawers say."""
        asked = DayFilter.of(request)
        place = asked_books.place(store=asked["store"], channel=asked["channel"])
        balances = queries.day(on=asked["on"], **place)
        differences = reconciliation.differences(on=asked["on"], **place)
        told = {"balances": BalanceOut(balances, many=True).data, "differences": DifferenceOut(differences, many=True).data}
        return Response({"on": asked["on"].isoformat(), **told})


class Taxes(Door):
    allowed = {"GET": "books:read"}

    @extend_schema(operation_id="books_taxes", parameters=[PeriodFilter], responses=TaxOut)
    def get(self, request: Request) -> Response:
        """VAT or sales tax of a period, by rate."""
        asked = PeriodFilter.of(request)
        since, until = asked_books.span(since=asked["since"], until=asked["until"])
        report = queries.tax_report(since=since, until=until, **asked_books.place(store=asked["store"], channel=asked["channel"]))
        return Response({"sales": BalanceOut(report.sales, many=True).data, "taxes": BalanceOut(report.taxes, many=True).data})


class Periods(WriteDoor):
    allowed = {"GET": "books:read", "POST": "books:write"}

    @extend_schema(operation_id="books_periods_list", responses=LockPage)
    def get(self, request: Request) -> Response:
        """The last closed day of each company."""
        rows = [{"company": code, "through": through.isoformat()} for code, through in queries.locks()]
        return Response({"items": rows, "next": None})

    @extend_schema(operation_id="books_periods_create", parameters=[KEY], request=shapes.PeriodGiven, responses={201: LockOut})
    def post(self, request: Request) -> HttpResponse:
        """Close up to and with a day. Refused while something of it is not booked; what comes later is booked on the first open day."""
        given, principal = shapes.PeriodGiven.of(request.data), principal_of(request)
        return self.once(request, lambda now: asked_books.close(principal=principal, given=given, now=now))


class Export(Door):
    allowed = {"GET": "books:read"}

    @extend_schema(operation_id="books_export", parameters=[PeriodFilter], responses={(200, "text/csv"): OpenApiTypes.STR})
    def get(self, request: Request) -> StreamingHttpResponse:
        """Every line of a period as CSV."""
        asked = PeriodFilter.of(request)
        since, until = asked_books.span(since=asked["since"], until=asked["until"])
        name = f"journal-{since}-{until}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
        lines = written(queries.export(since=since, until=until, **asked_books.place(store=asked["store"], channel=asked["channel"])))
        return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers)


def written(rows: Iterable[list[Any]]) -> Iterator[str]:
    """Lines of CSV, the names first."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(queries.EXPORTED)
    for row in rows:
        writer.writerow([shown(cell) for cell in row])
        if buffer.tell() > 65_536:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def shown(cell: Any) -> Any:
    """A text that a spreadsheet would take for a formula is shown as a text."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell
