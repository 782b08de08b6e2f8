"""Whatever happens comes to nothing in all, and to what the document says on each side."""

from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.money import included_tax
from orders.accounts import (
    BORNE_BY,
    COST_UNIT,
    DRAWER,
    TENDERS,
    Document,
    Key,
    Line,
    cost_at,
    difference,
    of_cost,
    of_count,
    of_document,
    of_drawer,
    of_value,
)

# Machines are shared: only what comes out counts here.
unhurried = settings(deadline=None)
money = st.integers(-(10**7), 10**7)


@st.composite
def lines(draw):
    total, rate = draw(money), draw(st.sampled_from([0, 70_000, 190_000, 82_500]))
    tax = included_tax(amount=total, rate=rate)
    told = [{"code": "vat", "rate": rate, "amount": tax}] if draw(st.booleans()) and rate else []
    if told and draw(st.booleans()):
        told = [{"code": "state", "rate": 50_000, "amount": tax // 2}, {"code": "county", "rate": 32_500, "amount": tax - tax // 2}]
    kind = draw(st.sampled_from(["goods", "open", "deposit", "delivery", "fee", "gift_card"]))
    return Line(kind=kind, total=total, tax=tax, tax_class=draw(st.sampled_from(["food", "standard"])), tax_rate=rate, taxes=told)


EITHER = st.booleans()


@st.composite
def documents(draw, sold=EITHER):
    bought, included, rounding = draw(st.lists(lines(), max_size=6)), draw(st.booleans()), draw(st.integers(-4, 4))
    total = sum(line.total + (0 if included else line.tax) for line in bought) + rounding
    payments = draw(st.lists(st.tuples(st.sampled_from(sorted(TENDERS)), money), max_size=4))
    return Document(
        total=total, tax_included=included, rounding=rounding, sold=draw(sold), drawer=draw(st.booleans()), lines=bought, payments=payments
    )


@unhurried
@given(documents())
def test_any_document_comes_to_nothing(document):
    assert sum(of_document(document).values()) == 0


@unhurried
@given(documents(sold=st.just(True)))
def test_turnover_and_tax_are_the_lines_and_tenders_are_the_payments(document):
    found = of_document(document)
    taxes = -sum(amount for key, amount in found.items() if key.account.startswith("tax"))
    assert taxes == sum(line.tax for line in document.lines)
    turnover = -sum(amount for key, amount in found.items() if key.account == "sales")
    sold = [line for line in document.lines if line.kind not in ("gift_card", "deposit")]
    assert turnover == sum(line.total - (line.tax if document.tax_included else 0) for line in sold)
    cards = sum(amount for kind, amount in document.payments if kind == "card")
    assert found.get(Key(account="card_clearing"), 0) == cards


@unhurried
@given(documents(sold=st.just(False)))
def test_what_is_not_sold_is_owed_to_the_customer(document):
    found = of_document(document)
    assert found.get(Key(account="customer_deposits"), 0) == -sum(amount for _, amount in document.payments)
    assert not [key for key in found if key.account == "sales"]


@unhurried
@given(documents(), documents())
def test_differences_add_up_to_how_it_stands(first, second):
    before, after = of_document(first), of_document(second)
    assert sum(amount for _, amount in difference(after, before)) == 0
    told = dict(difference(after, before))
    assert {key: before.get(key, 0) + told.get(key, 0) for key in {*before, *told} if before.get(key, 0) + told.get(key, 0)} == after
    assert difference(after, after) == []


@unhurried
@given(money, money)
def test_a_count_empties_the_drawer(counted, expected):
    found = of_count(counted=counted, expected=expected)
    assert sum(found.values()) == 0
    assert (found.get(Key(account="cash"), 0), found.get(Key(account="over_short"), 0)) == (-expected, expected - counted)


@unhurried
@given(st.sampled_from([*DRAWER, "no_sale"]), money, st.sampled_from(sorted(BORNE_BY)), st.sampled_from(["gift_card", "store_credit", "points"]))
def test_drawers_and_value_come_to_nothing(kind, amount, cause, value):
    assert sum(of_drawer(kind, amount).values()) == 0
    assert sum(of_value(kind=value, cause=cause, amount=amount).values()) == 0


@unhurried
@given(st.integers(1, 10**6), st.integers(0, 10**9), st.sampled_from(["restock", "quarantine", "damaged", "none"]))
def test_goods_that_come_back_turn_their_cost(quantity, cost, condition):
    gone, back = of_cost(quantity=quantity, cost=cost), of_cost(quantity=-quantity, cost=cost, condition=condition)
    assert sum(gone.values()) == sum(back.values()) == 0
    both = gone.get(Key(account="cost_of_goods"), 0) + back.get(Key(account="cost_of_goods"), 0)
    assert both == (gone.get(Key(account="cost_of_goods"), 0) if condition == "none" else 0)


def test_a_piece_costs_its_average():
    assert cost_at(quantity=3_000, average=1_234_567) == cost_at(quantity=-3_000, average=1_234_567) == round(3 * 1234.567)
    assert COST_UNIT == 1_000_000
