"""Sales, money and what comes back as a person would keep it on paper, and a shop that is kept both ways and compared after every step.

On paper there is no allocation, no trigger and no ledger: what n units of a line are worth is counted out unit by unit, and money lies in
piles named after what it came by.
"""

from collections import Counter
from dataclasses import dataclass, field, replace
from uuid import UUID

from django.db import transaction

from customers import queries as value
from customers import services as customers
from inventory import services as inventory
from inventory.models import Level
from inventory.services import Move
from kernel.errors import Refused
from kernel.ids import uuid7
from orders import services
from orders.models import Attempt, Order, OrderLine, Payment
from orders.payments import Outcome
from orders.services import ReturnLine, attempts, settling
from orders.services.tenders import take_tenders
from orders.tenders import Tender
from orders.tests.sold import broken, goods
from orders.tests.till_sales import sale
from org.tests.cast import NOW

GOODS, CARDS, EACH = 3, 2, (100, 333, 7)
START, BALANCE = 12, 1_500


@dataclass
class Line:
    item: int
    units: int
    total: int
    back: int = 0

    def worth(self, first: int, last: int) -> int:
        """Of units `first` to `last`: the first ones carry the odd cents."""
        each, odd = divmod(self.total, self.units)
        return sum(each + (1 if unit < odd else 0) for unit in range(first, last))


@dataclass
class Tendered:
    pile: str
    amount: int
    back: int = 0


@dataclass
class Sold:
    """`piles`: what paid for it, in order. `held`: its goods are in the shop still. `asked`: what a provider was asked for and has not answered."""

    id: UUID
    lines: list[Line]
    status: str
    piles: list[Tendered] = field(default_factory=list)
    held: bool = False
    stopped: bool = False
    web: bool = False
    asked: list[tuple[UUID, int]] = field(default_factory=list)

    @property
    def total(self) -> int:
        return sum(line.total for line in self.lines)

    @property
    def paid(self) -> int:
        return sum(tender.amount - tender.back for tender in self.piles)


# With which orders something can be done, mostly.
FITS = {
    "pay": lambda sold: sold.status == "pending",
    "ask": lambda sold: sold.status == "pending" and not sold.asked,
    "answer": lambda sold: bool(sold.asked),
    "cancel": lambda sold: sold.held and sold.paid > 0,
    "stop": lambda sold: sold.held and sold.status == "paid",
    "hand_over": lambda sold: sold.held and sold.status == "paid",
    "bring_back": lambda sold: sold.status == "paid" and not sold.held and any(line.back < line.units for line in sold.lines),
}


@dataclass
class Paper:
    on_hand: list[int] = field(default_factory=lambda: [START] * GOODS)
    cards: list[int] = field(default_factory=lambda: [BALANCE] * CARDS)
    orders: list[Sold] = field(default_factory=list)
    money: Counter = field(default_factory=Counter)

    def reserved(self, item: int) -> int:
        return sum(line.units for sold in self.orders if sold.held for line in sold.lines if line.item == item)


class Shop:
    def __init__(self, room):
        self.room, self.paper, self.replays = room, Paper(), []
        where = {"location": room.northside, "cause": "receipt", "occurred_at": NOW}
        inventory.move(
            movements=[Move(variant=room.variants[n], quantity=START * 1_000, reference=uuid7(), line=1, **where) for n in range(GOODS)], now=NOW
        )
        self.cards = [customers.issue_gift_card(amount=BALANCE, currency="EUR", reference=uuid7(), line=1, actor=None, now=NOW) for _ in range(CARDS)]

    def order(self, place: int, act: str) -> Sold | None:
        """Mostly one with which it can be done: else programs would hardly ever get far. Sometimes any."""
        fitting = [sold for sold in self.paper.orders if FITS[act](sold)]
        among = fitting if fitting and place else self.paper.orders
        return among[place % len(among)] if among else None

    def some(self, act: str) -> bool:
        return any(FITS[act](sold) for sold in self.paper.orders)

    # What somebody does. Each says on paper whether it can be done, does it in the shop, and they must agree.

    def buy(self, wanted, card: int | None, offered: int) -> None:
        """At the counter: goods leave at once, also those that are not there; a gift card pays first, cash the rest."""
        lines = self.lines(wanted)
        total = sum(line.total for line in lines)
        from_card = min(offered, total) if card is not None else 0
        new = Sold(id=uuid7(), lines=lines, status="paid")
        tenders = self.tenders(card, from_card, total)
        possible = card is None or self.paper.cards[card] >= from_card
        if self.agreed(possible, lambda: self.place(new, tenders, status="paid", hold=False)):
            for line in lines:
                self.paper.on_hand[line.item] -= line.units
            self.stands(new, tenders, card)

    def order_online(self, wanted, card: int | None, offered: int) -> None:
        """Goods are held, a gift card pays a part at once, the rest is awaited. What is not there is not promised."""
        lines = self.lines(wanted)
        total = sum(line.total for line in lines)
        from_card = min(offered, total - 1) if card is not None else 0
        new = Sold(id=uuid7(), lines=lines, status="pending", held=True, web=True)
        tenders = self.tenders(card, from_card, total)[: 1 if from_card else 0]
        free = all(
            self.paper.on_hand[item] - self.paper.reserved(item) >= sum(line.units for line in lines if line.item == item)
            for item in {line.item for line in lines}
        )
        possible = free and (not from_card or self.paper.cards[card] >= from_card)
        if self.agreed(possible, lambda: self.place(new, tenders, status="pending", hold=True)):
            self.stands(new, tenders, card)

    def pay(self, place: int, kind: str, part: int) -> None:
        sold = self.order(place, "pay")
        if sold is None:
            return
        amount = max(1, (sold.total - sold.paid) * part // 2)
        possible = sold.status == "pending" and amount <= sold.total - sold.paid
        tender = Tender(kind=kind, amount=amount)
        if self.agreed(possible, lambda: services.take_payment(order=sold.id, version=self.version(sold), tender=tender, actor=None, now=NOW)):
            self.came(sold, kind, amount)

    def ask(self, place: int) -> None:
        """A provider is asked for all that is owed; its answer comes later, or never."""
        sold = self.order(place, "ask")
        if sold is None or sold.status != "pending" or sold.asked:
            return
        with transaction.atomic():
            asked = {"backend": "somebody", "amount": sold.total - sold.paid, "currency": "EUR", "token": "tok_ok"}
            attempt = attempts.prepare(order=sold.id, now=NOW, **asked)
        sold.asked.append((attempt, sold.total - sold.paid))

    def answer(self, place: int, state: str) -> None:
        """The same answer may come any number of times. Money that comes for an order that is off, or beyond what is owed, goes back."""
        sold = self.order(place, "answer")
        if sold is None or not sold.asked:
            return
        attempt, amount = sold.asked[-1]
        known = Attempt.objects.get(pk=attempt).state
        outcome = Outcome(state=state, reference=f"pay_{attempt.hex}", amount=amount, currency="EUR", captured=amount if state == "captured" else 0)
        for _ in range(2):
            settling.settle(attempt=attempt, outcome=outcome, now=NOW)
        if known not in ("created", "unknown", "action", "authorised"):
            return
        if state == "captured" and sold.status == "pending" and amount <= sold.total - sold.paid:
            self.came(sold, "card", amount)
        elif state == "declined" and sold.status == "pending" and sold.web and not self.keeps(sold):
            self.off(sold)

    def cancel(self, place: int) -> None:
        sold = self.order(place, "cancel")
        if sold is None:
            return
        possible = sold.status == "pending" or (sold.status == "paid" and sold.held)
        if self.agreed(possible, lambda: services.cancel(order=sold.id, version=self.version(sold), reason="changed mind", actor=None, now=NOW)):
            self.off(sold)

    def stop(self, place: int) -> None:
        sold = self.order(place, "stop")
        if sold is None:
            return
        act = services.let_go if sold.stopped else lambda **more: services.hold(reason="look at it", **more)
        possible = sold.stopped or sold.status in ("pending", "paid") and sold.held
        if self.agreed(possible, lambda: act(order=sold.id, version=self.version(sold), actor=None, now=NOW)):
            sold.stopped = not sold.stopped

    def hand_over(self, place: int) -> None:
        sold = self.order(place, "hand_over")
        if sold is None:
            return
        possible = sold.status == "paid" and sold.held and not sold.stopped
        if self.agreed(possible, lambda: services.hand_over(order=sold.id, actor=None, now=NOW)):
            sold.held = False
            for line in sold.lines:
                self.paper.on_hand[line.item] -= line.units

    def bring_back(self, place: int, line: int, units: int, instead: int | None, damaged: bool) -> None:
        """Some units of one line; with `instead`, one of those goods is taken for it and the difference paid or given in cash."""
        sold = self.order(place, "bring_back")
        if sold is None:
            return
        kept = sold.lines[line % len(sold.lines)]
        possible = sold.status == "paid" and not sold.held and units <= kept.units - kept.back
        worth = kept.worth(kept.back, kept.back + units) if possible else 0
        new = [goods(self.room, instead, 1_000, EACH[instead])] if instead is not None else []
        owed = worth - sum(one.total for one in new)
        tenders = [Tender(kind="cash", amount=-owed)] if owed < 0 else []
        row = OrderLine.objects.get(order=sold.id, position=line % len(sold.lines) + 1)
        asked = {
            "id": uuid7(),
            "lines": [ReturnLine(order_line=row.pk, quantity=units * 1_000, reason="", condition="damaged" if damaged else "restock")],
            "new_lines": new,
            "tenders": tenders,
            "store": self.room.cast.northside.pk,
            "actor": None,
            "now": NOW,
        }
        if not self.agreed(possible, lambda: services.return_goods(**asked)):
            return
        self.replays.append(lambda: services.return_goods(**asked))
        kept.back += units
        if not damaged:
            self.paper.on_hand[kept.item] += units
        if instead is not None:
            self.paper.on_hand[instead] -= 1
        self.given_back(sold, owed)

    def again(self) -> None:
        """Everything that was ever sent is sent again: nothing may change."""
        for replay in self.replays:
            replay()

    # What follows on paper.

    def came(self, sold: Sold, pile: str, amount: int) -> None:
        sold.piles.append(Tendered(pile, amount))
        self.paper.money[pile] += amount
        if sold.paid == sold.total:
            sold.status = "paid"

    def keeps(self, sold: Sold) -> bool:
        """Whether money but the shop's own has come for it: then a refused card does not undo it."""
        return any(tender.pile in ("cash", "transfer", "card") and tender.amount > tender.back for tender in sold.piles)

    def off(self, sold: Sold) -> None:
        sold.status, sold.held, sold.stopped = "cancelled", False, False
        for tender in sold.piles:
            self.returned(tender, tender.amount - tender.back)

    def given_back(self, sold: Sold, owed: int) -> None:
        for tender in sold.piles:
            part = max(0, min(owed, tender.amount - tender.back))
            self.returned(tender, part)
            owed -= part
        if owed < 0:
            self.paper.money["cash"] -= owed

    def returned(self, tender: Tendered, amount: int) -> None:
        tender.back += amount
        self.paper.money[tender.pile] -= amount
        if tender.pile.startswith("card "):
            self.paper.cards[int(tender.pile[5:])] += amount

    def stands(self, new: Sold, tenders, card: int | None) -> None:
        self.paper.orders.append(new)
        for tender in tenders:
            pile = f"card {card}" if tender.kind == "gift_card" else tender.kind
            new.piles.append(Tendered(pile, tender.amount))
            self.paper.money[pile] += tender.amount
            if tender.kind == "gift_card":
                self.paper.cards[card] -= tender.amount

    # How it is done in the shop.

    def lines(self, wanted) -> list[Line]:
        return [Line(item=item, units=units, total=EACH[item] * units - min(off, EACH[item] * units - 1)) for item, units, off in wanted]

    def tenders(self, card: int | None, from_card: int, total: int) -> list[Tender]:
        own = [Tender(kind="gift_card", amount=from_card, account=self.cards[card].id, label=f"card {card}")] if from_card else []
        return own + ([Tender(kind="cash", amount=total - from_card)] if total > from_card else [])

    def place(self, new: Sold, tenders, *, status: str, hold: bool) -> None:
        room = self.room
        rows = [
            replace(goods(room, line.item, line.units * 1_000, EACH[line.item], discount=EACH[line.item] * line.units - line.total), position=n)
            for n, line in enumerate(new.lines, start=1)
        ]
        cash = [
            services.SalePayment(position=n, kind="cash", amount=one.amount, tendered=one.amount)
            for n, one in enumerate(tenders, start=1)
            if one.kind == "cash"
        ]
        own = [one for one in tenders if one.kind == "gift_card"]
        taken = take_tenders(order=new.id, wanted=own, currency="EUR", customer=None, now=NOW) if own else []
        made = replace(
            sale(room, rows, id=new.id),
            payments=(*taken, *cash),
            status=status,
            hold=hold,
            source="web" if hold else "till",
            number="" if hold else f"N-{new.id.hex[-12:]}",
        )
        services.place(sales=[made], now=NOW)
        self.replays.append(lambda: services.place(sales=[made], now=NOW))

    def version(self, sold: Sold) -> int:
        return Order.objects.values_list("version", flat=True).get(pk=sold.id)

    def agreed(self, possible: bool, act) -> bool:
        """Does it, all or nothing. Paper and shop must say the same about whether it can be done."""
        try:
            with transaction.atomic():
                act()
                done = True
        except Refused as refused:
            done, why = False, refused
        assert done == possible, f"on paper it is {'' if possible else 'not '}possible; the shop says {'yes' if done else why!r}"
        return done

    # Both are looked at.

    def compare(self) -> None:
        assert broken() == []
        assert self.stock() == [(self.paper.on_hand[n], self.paper.reserved(n)) for n in range(GOODS)]
        assert [value.account(id=card.id).balance for card in self.cards] == self.paper.cards
        for sold in self.paper.orders:
            self.compare_order(sold)
        assert self.money() == +self.paper.money

    def compare_order(self, sold: Sold) -> None:
        order = Order.objects.get(pk=sold.id)
        assert (order.status, order.total, bool(order.held_reason)) == (sold.status, sold.total, sold.stopped), order.number
        assert list(order.lines.order_by("position").values_list("returned", flat=True)) == [line.back * 1_000 for line in sold.lines]
        assert sum(payment.amount for payment in order.payments.all()) == (0 if sold.status == "cancelled" else sum(t.amount for t in sold.piles))

    def stock(self) -> list[tuple[int, int]]:
        rows = {
            row.variant_id: (row.on_hand // 1_000, row.reserved // 1_000)
            for row in Level.objects.filter(location=self.room.northside, variant__in=self.room.variants[:GOODS])
        }
        return [rows[self.room.variants[n]] for n in range(GOODS)]

    def money(self) -> Counter:
        piles: Counter = Counter()
        for payment in Payment.objects.all():
            piles[payment.label if payment.kind == "gift_card" else payment.kind] += payment.amount
        return +piles
