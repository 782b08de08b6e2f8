"""The books through REST: what finance and the ERP read, and the closing of periods."""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.errors import Invalid, NotFound
from orders.api import shapes
from orders.asked_life import actor_of
from orders.queries import books as queries
from orders.queries import reconciliation
from orders.services import close_period
from org.doors import Door, Filter, principal_of
from org.writing import KEY, WriteDoor

MINOR = "Minor units."
LONGEST_DAYS = 400
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


def _place(asked: dict[str, Any]) -> dict[str, UUID | None]:
    found = {name: queries.place_id(kind=name, code=asked[name]) if asked[name] else None for name in ("store", "channel")}
    for name, id in found.items():
        if asked[name] and id is None:
            raise NotFound(f"There is no such {name}.", field=name)
    return found


def _span(asked: dict[str, Any]) -> tuple[date, date]:
    since, until = asked["since"], asked["until"]
    if not 0 <= (until - since).days <= LONGEST_DAYS:
        raise Invalid(f"Ask for a period of at most {LONGEST_DAYS} days.", field="until")
    return since, until


class Days(Door):
    allowed = {"GET": "books:read"}

    @extend_schema(operation_id="books_day", parameters=[DayFilter], responses=DayOut)
    def get(self, request: Request) -> Response:
        """The journal of a day, and whether it is what the orders and the drawers say."""
        asked = DayFilter.of(request)
        place = _place(asked)
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
        since, until = _span(asked)
        report = queries.tax_report(since=since, until=until, **_place(asked))
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
        given, actor = shapes.PeriodGiven.of(request.data), actor_of(principal_of(request))

        def effect(now: datetime) -> dict[str, Any]:
            company = queries.place_id(kind="company", code=given["company"])
            if company is None:
                raise NotFound("There is no such company.", field="company")
            close_period(company=company, through=given["through"], actor=actor, now=now)
            return {"company": given["company"], "through": given["through"].isoformat()}

        return self.once(request, effect)


class Export(Door):
    allowed = {"GET": "books:read"}

    @extend_schema(operation_id="books_export", parameters=[PeriodFilter], responses={(200, "text/csv"): OpenApiTypes.STR})
    def get(self, request: Request) -> StreamingHttpResponse:
        """Every line of a period as CSV."""
        asked = PeriodFilter.of(request)
        since, until = _span(asked)
        name = f"journal-{since}-{until}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
        lines = written(queries.export(since=since, until=until, **_place(asked)))
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
