"""Who buys at Harrow Lane: a dozen invented customers, the groups they are in, what they agreed to, and the gift cards in their pockets.

Nobody of them exists: their mail goes to example.org, and their numbers are kept by the German regulator for films.
"""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid5

from customers import services as customers
from demo import queries

NAMESPACE: Final = UUID("6f6e6563-6f75-5e74-8572-64656d6f0002")
CURRENCY: Final = "EUR"
GROUPS: Final = {"regulars": "Regulars", "neighbours": "Neighbours", "trade": "Trade"}
# given name, family name, mail, the last three figures of the phone, street, postcode, groups
PEOPLE: Final = (
    ("Wilma", "Quillfeather", "wilma", "101", "Harrow Lane 3", "10115", ("regulars",)),
    ("Nils", "Barrowby", "nils", "102", "Quay Street 18", "10243", ("regulars", "neighbours")),
    ("Oda", "Thistlewick", "oda", "103", "Mill Walk 7", "10117", ()),
    ("Ferro", "Lanternby", "ferro", "104", "Canal Road 22", "12057", ("neighbours",)),
    ("Ingrid", "Mossgrove", "ingrid", "105", "Orchard Rise 1", "10119", ("regulars",)),
    ("Basil", "Crumbworthy", "basil", "106", "Harrow Lane 40", "10115", ()),
    ("Tilda", "Hopscotch", "tilda", "107", "Quay Street 5", "10243", ()),
    ("Piet", "Saltmarsh", "piet", "108", "Ferry Steps 9", "10245", ("neighbours",)),
    ("Juno", "Applegarth", "juno", "109", "Orchard Rise 12", "10119", ("regulars",)),
    ("Emil", "Brackenfold", "emil", "110", "Mill Walk 31", "10117", ()),
    # The same phone as Wilma's: somebody has to look whether she stands here twice.
    ("W.", "Quillfeather", "w.quill", "101", "Harrow Lane 3", "10115", ()),
)
FIRM: Final = ("Lanternby Tea Room", "kitchen", "Canal Road 20", "12057")
# Whose card it is, what was on it, and how many days ago it was sold.
CARDS: Final = (("wilma", 5_000, 200), ("nils", 2_500, 95), ("oda", 3_000, 40), ("", 1_000, 12), ("", 2_000, 3))
CREDIT: Final = (("ingrid", 1_500, "A parcel came too late"), ("tilda", 4_000, "Moved from the old shop"), ("juno", 2_500, "Moved from the old shop"))


def move_in(*, now: datetime) -> None:
    """Once: what people change later stays as they left it."""
    if queries.has_customers():
        return
    sue = queries.person("sue")
    for code, name in GROUPS.items():
        customers.create_group(code=code, name=name, actor=sue, now=now)
    made = customers.create_customers(people=[_person(*row) for row in PEOPLE] + [_firm()], actor=sue, now=now - timedelta(days=30))
    assert len(made) == len(PEOPLE) + 1
    _addresses(now)
    _said(sue, now)
    _value(sue, now)


def customer(name: str) -> UUID:
    return uuid5(NAMESPACE, name)


def address(name: str) -> UUID:
    found = queries.address_of(customer(name))
    assert found is not None
    return found


def _person(given: str, family: str, mail: str, phone: str, street: str, postcode: str, groups: tuple[str, ...]) -> customers.NewCustomer:
    data = {"given_name": given, "family_name": family, "email": f"{mail}@example.org", "phone": f"+49 30 23125{phone}", "language": "en"}
    return customers.NewCustomer(data=data, groups=groups, id=customer(mail), guest=mail in ("basil", "w.quill"))


def _firm() -> customers.NewCustomer:
    name, mail, _street, _postcode = FIRM
    data = {"company": name, "email": f"{mail}@example.org", "phone": "+49 30 23125120", "account_limit": 30_000, "currency": CURRENCY}
    return customers.NewCustomer(data=data, kind="business", groups=("trade",), id=customer(mail))


def _addresses(now: datetime) -> None:
    rows = [(mail, f"{given} {family}", street, postcode) for given, family, mail, _phone, street, postcode, _groups in PEOPLE]
    for mail, name, street, postcode in [*rows, (FIRM[1], FIRM[0], FIRM[2], FIRM[3])]:
        told: dict[str, Any] = {"name": name, "line1": street, "city": "Berlin", "postcode": postcode, "country": "DE"}
        customers.add_address(customer=customer(mail), address=told, default_shipping=True, default_billing=True, now=now)


def _said(sue: UUID, now: datetime) -> None:
    for mail, given in (("wilma", True), ("nils", True), ("oda", False), ("juno", True)):
        told: dict[str, Any] = {"channel": "email", "purpose": "marketing", "wording": "2026-1", "source": "web", "actor": None}
        customers.record_consent(customer=customer(mail), given=given, now=now - timedelta(days=20), **told)
    customers.record_consent(
        customer=customer("nils"), channel="email", purpose="marketing", given=False, wording="2026-1", source="staff", actor=sue, now=now
    )  # fmt: skip
    customers.add_note(customer=customer("wilma"), text="Rings the bell at number 5: her own does not work.", actor=sue, now=now - timedelta(days=6))


def _value(sue: UUID, now: datetime) -> None:
    for place, (mail, amount, days) in enumerate(CARDS):
        holder = customer(mail) if mail else None
        reference, at = uuid5(NAMESPACE, f"card {place}"), now - timedelta(days=days)
        customers.issue_gift_card(amount=amount, currency=CURRENCY, reference=reference, line=0, customer=holder, actor=sue, now=at)
    for place, (mail, amount, note) in enumerate(CREDIT):
        reference = uuid5(NAMESPACE, f"credit {place}")
        customers.give_credit(
            customer=customer(mail), amount=amount, currency=CURRENCY, reference=reference, line=0, actor=sue, note=note, now=now - timedelta(days=10)
        )  # fmt: skip
