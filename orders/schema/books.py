"""The books through GraphQL: the same figures and the same rules as REST. A period's lines come in pages; REST has them as one file."""

from datetime import date

import graphene

from catalog.schema import PageInfo
from orders import asked_books
from orders.queries import books as queries
from orders.queries import reconciliation
from org.doors import allowed
from org.paging import cursor, page_size, plain_text, position
from org.writing import errors_field, key_field, mutated

MINOR = "Minor units of the currency."
LARGEST_ID = 2**63 - 1


class BookBalance(graphene.ObjectType):
    account = graphene.String(required=True, description="docs/books.md names them.")
    rate = graphene.Int(description="Parts per million, of sales and taxes.")
    tax_class = graphene.String(required=True)
    currency = graphene.String(required=True)
    debit = graphene.BigInt(required=True, description=MINOR)
    credit = graphene.BigInt(required=True, description=MINOR)


class BookDifference(graphene.ObjectType):
    kind = graphene.String(required=True, description="order: booked otherwise than it stands; shift: than its Z; value: than the ledger.")
    id = graphene.String(required=True)
    name = graphene.String(required=True)
    account = graphene.String(required=True)
    expected = graphene.BigInt(required=True, description=MINOR)
    booked = graphene.BigInt(required=True, description=MINOR)


class BooksDay(graphene.ObjectType):
    on = graphene.Date(required=True)
    balances = graphene.List(graphene.NonNull(BookBalance), required=True)
    differences = graphene.List(
        graphene.NonNull(BookDifference),
        required=True,
        description="Between the journal, the orders and the Z of that day's shifts: none in sound books. Worked out when it is asked for.",
    )

    def resolve_balances(day, info):
        return queries.day(on=day["on"], **day["place"])

    def resolve_differences(day, info):
        return reconciliation.differences(on=day["on"], **day["place"])


class BooksTaxes(graphene.ObjectType):
    sales = graphene.List(graphene.NonNull(BookBalance), required=True, description="Turnover without tax by class and rate.")
    taxes = graphene.List(graphene.NonNull(BookBalance), required=True, description="Each tax by its rate.")


class BooksPeriod(graphene.ObjectType):
    company = graphene.String(required=True, description="Its code.")
    through = graphene.Date(required=True, description="The last day that is closed.")


class BookLine(graphene.ObjectType):
    booked_on = graphene.Date(required=True)
    business_date = graphene.Date(required=True)
    store = graphene.String(required=True, description="Its code; empty: of none.")
    channel = graphene.String(required=True)
    account = graphene.String(required=True)
    rate = graphene.Int(description="Parts per million, of sales and taxes.")
    tax_class = graphene.String(required=True)
    currency = graphene.String(required=True)
    debit = graphene.BigInt(required=True, description=MINOR)
    credit = graphene.BigInt(required=True, description=MINOR)
    reference = graphene.String(required=True, description="The order, shift or movement of value it was booked for.")
    cause = graphene.String(required=True)
    line = graphene.Int(required=True)


class BookLineConnection(graphene.ObjectType):
    nodes = graphene.List(graphene.NonNull(BookLine), required=True)
    page_info = graphene.Field(PageInfo, required=True)


PLACE = {"store": graphene.String(description="A store's code."), "channel": graphene.String(description="A channel's code.")}
PERIOD = {"since": graphene.Date(required=True), "until": graphene.Date(required=True, description="That day too.")}


class Query:
    books_day = graphene.Field(
        BooksDay, required=True, description="The journal of a day: of a store, of a channel, or of all.", on=graphene.Date(required=True), **PLACE
    )
    books_taxes = graphene.Field(BooksTaxes, required=True, description="VAT or sales tax of a period, by rate.", **PERIOD, **PLACE)
    books_periods = graphene.List(graphene.NonNull(BooksPeriod), required=True, description="The last closed day of each company.")
    book_lines = graphene.Field(
        BookLineConnection,
        required=True,
        description="Every line of a period, in the order of its days.",
        first=graphene.Int(default_value=50, description="1 to 100"),
        after=graphene.String(),
        **PERIOD,
        **PLACE,
    )

    @allowed("books:read")
    def resolve_books_day(root, info, on, store=None, channel=None):
        return {"on": on, "place": place_of(store, channel)}

    @allowed("books:read")
    def resolve_books_taxes(root, info, since, until, store=None, channel=None):
        since, until = asked_books.span(since=since, until=until)
        return queries.tax_report(since=since, until=until, **place_of(store, channel))

    @allowed("books:read")
    def resolve_books_periods(root, info):
        return [{"company": code, "through": through} for code, through in queries.locks()]

    @allowed("books:read")
    def resolve_book_lines(root, info, since, until, store=None, channel=None, first=None, after=None):
        since, until = asked_books.span(since=since, until=until)
        place = position(after, date.fromisoformat, int, field="after")
        before = (place[0], min(max(place[1], 0), LARGEST_ID)) if place else None
        page = queries.lines(since=since, until=until, first=page_size(first, field="first"), after=before, **place_of(store, channel))
        told = [cursor(line.booked_on.isoformat(), line.id) for line in (*page.items[:1], *page.items[-1:])]
        ends = (told[0], told[-1]) if told else (None, None)
        return {
            "nodes": page.items,
            "page_info": PageInfo(has_next_page=page.more, has_previous_page=bool(after), start_cursor=ends[0], end_cursor=ends[-1]),
        }


def place_of(store, channel):
    return asked_books.place(store=plain_text(store, field="store", longest=20), channel=plain_text(channel, field="channel", longest=20))


class BooksPeriodClosePayload(graphene.ObjectType):
    period = graphene.Field(BooksPeriod, description="Null when it was refused.")
    errors = errors_field()

    def resolve_period(payload, info):
        period = payload["period"]
        return period and {**period, "through": date.fromisoformat(period["through"])}


class BooksPeriodCloseInput(graphene.InputObjectType):
    company = graphene.String(required=True, description="Its code.")
    through = graphene.Date(required=True, description="The last day that is closed.")
    idempotency_key = key_field()


class Mutation:
    books_period_close = graphene.Field(
        BooksPeriodClosePayload,
        required=True,
        description="Close up to and with a day. Refused while something of it is not booked; what comes later is booked on the first open day.",
        input=graphene.Argument(BooksPeriodCloseInput, required=True),
    )

    @allowed("books:write")
    def resolve_books_period_close(root, info, input):
        def effect():
            given = {"company": plain_text(input["company"], field="company", longest=20), "through": input["through"]}
            return asked_books.close(principal=info.context.principal, given=given, now=info.context.now)

        return mutated(info.context, operation="booksPeriodClose", given=input, told="period", effect=effect)
