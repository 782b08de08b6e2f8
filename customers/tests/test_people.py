"""Customers come, change and are found; what tells who they are stands nowhere in the open."""

import re
from datetime import date, timedelta

import pytest
from django.db import connection, transaction

from catalog.models import TaxExemption
from customers import queries, services
from customers.models import Address, Customer, Group, Identity, PersonalData, Suggestion
from customers.services import NewCustomer
from customers.tests.persons import ADA, BERLIN, FIRM, GRACE, NOW, somebody
from kernel.errors import NotFound, Refused
from kernel.ids import uuid7
from kernel.models import Message
from org.tests.doorstep import statements

pytestmark = pytest.mark.django_db


def found(text, **more):
    return [row["number"] for row in queries.search(wanted=queries.Wanted(text=text, **more), first=50).items]


def number_of(id):
    return Customer.objects.get(id=id).number


def test_what_was_said_is_read_again():
    id = somebody(data={**ADA, "card": "4-711", "external": {"erp": "K77"}, "language": "de"})
    told = queries.read(id=id)
    assert told["name"] == "Ada Lovelace"
    assert (told["email"], told["phone"], told["birthday"]) == ("ada@example.org", "+49301234567", "1985-12-10")
    known = [(one["kind"], one["system"], one["value"]) for one in told["identities"]]
    assert sorted(known) == [("card", "", "4711"), ("email", "", "ada@example.org"), ("external", "erp", "K77"), ("phone", "", "+49301234567")]
    assert told["version"] == 1
    assert told["number"].startswith("C-1")


def test_somebody_is_known_by_each_of_their_identities_however_it_is_written():
    id = somebody(data={**ADA, "card": "4-711", "external": {"erp": "K77"}})
    assert queries.find(email=" ADA@example.ORG") == id
    assert queries.find(phone="+49 (0)30 123-4567") == queries.find(phone="0049 30 1234567") == queries.find(phone="030/1234567") == id
    assert queries.find(card="47 11") == queries.find(system="erp", external="K77") == id
    assert queries.find(email="nobody@example.org") is queries.find(phone="??") is queries.find(system="crm", external="K77") is None
    assert queries.find_external(system="erp", ids=["K77", "K78"]) == {"K77": id}


def test_an_address_of_mail_belongs_to_one_customer():
    id = somebody()
    with pytest.raises(services.IdentityTaken) as refused:
        somebody(data={**GRACE, "email": "ada@example.org"})
    assert refused.value.details == {"customer": str(id), "number": number_of(id)}
    assert Customer.objects.count() == 1


def test_a_phone_may_be_a_households_and_both_are_suggested_as_perhaps_one():
    ada, grace = somebody(), somebody(data={**GRACE, "phone": ADA["phone"]})
    assert queries.find(phone=ADA["phone"]) == ada
    (one,) = queries.suggestions(first=10).items
    assert one["reasons"] == ["phone"]
    assert {row["id"] for row in one["customers"]} == {ada, grace}
    services.keep_apart(id=one["id"], actor=None, now=NOW)
    services.keep_apart(id=one["id"], actor=None, now=NOW)
    assert queries.suggestions(first=10).items == ()
    services.compare(customers=[ada, grace], now=NOW)
    assert queries.suggestions(first=10).items == ()


def test_who_was_imported_is_compared_at_night_and_a_night_that_was_missed_is_made_up_for():
    ada = somebody()
    new = [NewCustomer(data={**GRACE, "email": "", "phone": ADA["phone"]}) for _ in range(3)]
    services.create_customers(people=new, actor=None, now=NOW, compare=False)
    assert queries.suggestions(first=10).items == ()
    assert services.compare_recent(now=NOW + timedelta(days=3)) == 0
    assert services.compare_recent(now=NOW + timedelta(days=1), batch=2) == 6
    assert services.compare_recent(now=NOW + timedelta(days=1)) == 0
    assert {row["id"] for one in queries.suggestions(first=10).items for row in one["customers"]} == {ada, *(one.id for one in new)}


def test_a_guest_with_the_mail_of_an_account_is_somebody_else_until_a_person_says_so():
    account = somebody()
    guest = somebody(data={"email": "ada@example.org"}, guest=True)
    assert queries.find(email="ada@example.org") == account
    assert queries.read(id=guest)["email"] == "ada@example.org"
    assert Suggestion.objects.get().reasons == ["email"]


def test_a_guest_becomes_an_account_and_is_known_by_what_they_gave():
    id = somebody(guest=True)
    services.change_customer(id=id, data={"guest": False}, version=1, actor=None, now=NOW)
    assert queries.read(id=id)["guest"] is False
    assert queries.find(email="ada@example.org") == id
    account = somebody(data=GRACE)
    guest = somebody(data={"email": GRACE["email"]}, guest=True)
    with pytest.raises(services.IdentityTaken):
        services.change_customer(id=guest, data={"guest": False}, version=1, actor=None, now=NOW)
    assert queries.find(email=GRACE["email"]) == account


def test_the_same_name_at_the_same_postcode_is_suggested():
    ada, other = somebody(), somebody(data={"given_name": "ADA", "family_name": "Lovelace"})
    services.add_address(customer=ada, address=BERLIN, now=NOW)
    assert not Suggestion.objects.exists()
    services.add_address(customer=other, address={**BERLIN, "line1": "Torstr. 1"}, now=NOW)
    assert Suggestion.objects.get().reasons == ["household"]


def test_a_change_names_the_version_it_was_made_of():
    id = somebody()
    assert services.change_customer(id=id, data={"given_name": "Augusta"}, version=1, actor=None, now=NOW) == 2
    with pytest.raises(services.ChangedMeanwhile) as refused:
        services.change_customer(id=id, data={"given_name": "Ada"}, version=1, actor=None, now=NOW)
    assert refused.value.code == "customer_changed"
    assert refused.value.details == {"version": 2}
    assert services.change_customer(id=id, data={"given_name": "Augusta"}, version=2, actor=None, now=NOW) == 2
    assert found("augu") == [number_of(id)]
    assert found("ada") == []


def test_another_mail_takes_the_place_of_the_old_one():
    id = somebody()
    services.change_customer(id=id, data={"email": "countess@example.org", "phone": None}, version=1, actor=None, now=NOW)
    assert queries.find(email="countess@example.org") == id
    assert queries.find(email="ada@example.org") is queries.find(phone=ADA["phone"]) is None
    assert somebody(data={"email": "ada@example.org"}) != id


@pytest.mark.parametrize(
    ("data", "code", "field"),
    [
        ({"nickname": "A"}, "unknown_field", "nickname"),
        ({"email": "ada@"}, "email_invalid", "email"),
        ({"email": "a b@example.org"}, "email_invalid", "email"),
        ({"phone": "12"}, "phone_invalid", "phone"),
        ({"given_name": "x" * 101}, "customer_invalid", "given_name"),
        ({"given_name": "a\x00"}, "customer_invalid", "given_name"),
        ({"birthday": "10.12."}, "customer_invalid", "birthday"),
        ({"given_name": "A", "account_limit": 1, "currency": "EUR"}, "customer_invalid", "account_limit"),
        ({"card": "!"}, "customer_invalid", "card"),
        ({"external": {"ERP": "1"}}, "customer_invalid", "external"),
        ({}, "customer_nameless", ""),
    ],
)
def test_what_cannot_be_is_refused(data, code, field):
    with pytest.raises(Refused) as refused:
        somebody(data=data)
    assert (refused.value.code, refused.value.field) == (code, field)
    assert not Customer.objects.exists()


def test_a_firm_has_a_limit_in_a_currency_and_may_pay_no_tax():
    id = services.create_customer(data={**FIRM, "exempt_until": "2026-12-31"}, kind="business", actor=None, now=NOW)
    told = queries.read(id=id)
    assert (told["name"], told["account_limit"], told["currency"]) == ("Zuse Apparatebau", 500_000, "EUR")
    proof = TaxExemption.objects.get(customer=id)
    assert (proof.starts_on, proof.expires_on, proof.certificate) == (NOW.date(), date(2027, 1, 1), told["number"])
    later = NOW + timedelta(days=10)
    services.change_customer(id=id, data={"exempt_until": None}, version=1, actor=None, now=later)
    assert TaxExemption.objects.get(customer=id).expires_on == later.date()
    assert queries.pricing_facts(customer=id).exempt_until is None


def test_what_prices_have_to_know_is_one_statement():
    for code in ("vip", "staff"):
        services.create_group(code=code, name=code.title(), actor=None, now=NOW)
    id = somebody(groups=["vip", "staff"])
    gone = somebody(data=GRACE)
    services.merge(keep=id, gone=gone, actor=None, now=NOW)
    for asked in (id, gone):
        with statements() as seen:
            facts = queries.pricing_facts(customer=asked)
        assert len(seen) == 1
        assert (facts.customer, facts.groups) == (id, ("staff", "vip"))
    assert queries.pricing_facts(customer=None).groups == ()


def test_an_unknown_group_is_refused_and_known_ones_are_changed():
    services.create_group(code="vip", name="VIP", actor=None, now=NOW)
    with pytest.raises(services.GroupTaken):
        services.create_group(code="vip", name="Again", actor=None, now=NOW)
    with pytest.raises(services.GroupUnknown):
        somebody(groups=["vip", "gold"])
    id = somebody(groups=["vip"])
    assert services.change_customer(id=id, data={"groups": []}, version=1, actor=None, now=NOW) == 2
    assert queries.read(id=id)["groups"] == []
    assert Group.objects.count() == 1


def test_people_are_found_by_the_beginnings_of_their_names_and_by_numbers():
    ada, grace, zuse = somebody(data={**ADA, "given_name": "Adéla"}), somebody(data=GRACE), somebody(data={"company": "Zuse Apparatebau"})
    assert found("ade") == found("ADEL lov") == found("lovelace adela") == [number_of(ada)]
    assert found("hop gra") == [number_of(grace)]
    assert found("appara") == [number_of(zuse)]
    assert found("ada hopper") == found("velace") == []
    assert found(number_of(grace).lower()) == found(number_of(grace)[2:]) == [number_of(grace)]
    assert found("GRACE@example.com") == found("+1 (212) 555-0187") == [number_of(grace)]
    assert found("") == [number_of(zuse), number_of(grace), number_of(ada)]
    assert found("%") == found("@") == found("'") == []


def test_lists_are_narrowed_and_come_page_by_page():
    services.create_group(code="vip", name="VIP", actor=None, now=NOW)
    people = [NewCustomer(data={"family_name": f"Person{n}"}, guest=n % 2 == 0, groups=["vip"] if n < 3 else []) for n in range(9)]
    made = services.create_customers(people=people, actor=None, now=NOW)
    seen, before = [], None
    while True:
        page = queries.search(wanted=queries.Wanted(), first=4, before=before)
        seen += [row["number"] for row in page.items]
        if not page.more:
            break
        before = (page.items[-1]["created_at"], page.items[-1]["id"])
    assert sorted(seen) == sorted(one.number for one in made)
    assert len(seen) == 9
    assert len(found("", guest=True)) == 5
    assert len(found("", group="vip")) == 3
    assert found("", kind="business") == []


@pytest.mark.parametrize("many", [1, 10, 100])
def test_a_page_of_people_is_one_statement_and_so_is_their_making_four(many):
    people = [NewCustomer(data={"family_name": f"Person{n}", "email": f"p{n}@example.org"}) for n in range(many)]
    with statements() as seen:
        services.create_customers(people=people, actor=None, now=NOW)
    assert len(seen) == 3
    with statements() as seen:
        assert len(queries.search(wanted=queries.Wanted(text="person"), first=100).items) == many
    assert len(seen) == 1
    with statements() as seen:
        assert len(queries.names(ids=list(Customer.objects.values_list("id", flat=True)))) == many
    assert len(seen) == 2


def test_reading_somebody_costs_the_same_however_much_there_is():
    id = somebody()
    counts = set()
    for n in range(3):
        with statements() as seen:
            queries.read(id=id)
        counts.add(len(seen))
        services.add_address(customer=id, address={**BERLIN, "line1": f"Straße {n}"}, now=NOW)
        services.record_consent(customer=id, channel="email", purpose=f"news{n}", given=True, wording="1", source="web", actor=None, now=NOW)
    assert counts == {4}


def test_an_address_is_never_changed_but_replaced():
    id = somebody()
    old = services.add_address(customer=id, address=BERLIN, default_shipping=True, now=NOW)
    new = services.replace_address(customer=id, id=old, address={**BERLIN, "line1": "Torstraße 2"}, now=NOW)
    assert queries.read_address(id=old)["line1"] == "Torstraße 1"
    (listed,) = queries.read(id=id)["addresses"]
    assert (listed["id"], listed["default_shipping"], listed["line1"]) == (new, True, "Torstraße 2")
    with pytest.raises(services.UnknownAddress):
        services.replace_address(customer=id, id=old, address=BERLIN, now=NOW)
    services.remove_address(customer=id, id=new, now=NOW)
    services.remove_address(customer=id, id=new, now=NOW)
    assert queries.read(id=id)["addresses"] == []


def test_an_address_of_one_order_costs_two_statements_and_changes_nobody():
    id = somebody()
    with statements() as seen:
        address = services.add_address(customer=id, address=BERLIN, listed=False, now=NOW)
    assert len(seen) == 2
    assert queries.read(id=id)["addresses"] == []
    assert Customer.objects.get(id=id).version == 1
    with statements() as seen:
        assert queries.read_address(id=address)["city"] == "Berlin"
    assert len(seen) == 1


def test_one_address_is_the_default_of_each_kind():
    id = somebody()
    one, two = (services.add_address(customer=id, address={**BERLIN, "line1": line}, default_shipping=True, now=NOW) for line in ("A 1", "B 2"))
    assert Address.objects.get(default_shipping=True).id == two
    services.set_default_address(customer=id, id=one, shipping=True, billing=True, now=NOW)
    assert Address.objects.get(default_shipping=True).id == Address.objects.get(default_billing=True).id == one


def test_the_newest_answer_of_a_channel_and_purpose_counts():
    id = somebody()
    for minute, given in enumerate((True, False, True)):
        services.record_consent(
            customer=id,
            channel="email",
            purpose="news",
            given=given,
            wording="2026-1",
            source="till",
            actor=None,
            now=NOW + timedelta(minutes=minute),
        )
    services.record_consent(customer=id, channel="sms", purpose="news", given=False, wording="2026-1", source="till", actor=None, now=NOW)
    assert [(one["channel"], one["given"]) for one in queries.consents_of(id)] == [("email", True), ("sms", False)]
    assert queries.may_contact(customers=[id], channel="email", purpose="news") == {id}
    assert queries.may_contact(customers=[id], channel="sms", purpose="news") == set()
    with pytest.raises(services.ConsentInvalid):
        services.record_consent(customer=id, channel="fax", purpose="news", given=True, wording="1", source="till", actor=None, now=NOW)


def test_an_identity_is_proven_once_and_given_up():
    id = somebody()
    services.verify_identity(customer=id, kind="email", value="ADA@example.org", actor=None, now=NOW)
    services.verify_identity(customer=id, kind="email", value="ada@example.org", actor=None, now=NOW + timedelta(days=1))
    assert Identity.objects.get(kind="email").verified_at == NOW
    services.add_identity(customer=id, kind="email", value="second@example.org", actor=None, now=NOW)
    assert found("second@example.org") == [number_of(id)]
    services.remove_identity(customer=id, id=queries.read(id=id)["identities"][-1]["id"], actor=None, now=NOW)
    assert found("second@example.org") == []
    with pytest.raises(services.UnknownIdentity):
        services.verify_identity(customer=id, kind="card", value="4711", actor=None, now=NOW)


def test_every_change_is_told_in_its_order_and_tells_nothing_personal():
    id = somebody()
    services.change_customer(id=id, data={"family_name": "King"}, version=1, actor=None, now=NOW)
    services.add_address(customer=id, address=BERLIN, now=NOW)
    told = Message.objects.filter(aggregate_id=id).order_by("sequence")
    assert [message.sequence for message in told] == [1, 2, 3]
    assert [message.data["changed"] for message in told] == [["created"], ["family_name"], ["addresses"]]


SECRETS = ["lovelace", "example.org", "301234567", "030 1234567", "1985-12-10", "torstra", "prefers", "47114712", "k77-external", "de129273"]


def test_nothing_personal_stands_in_any_column_of_the_database():
    data = {**ADA, "company": "Lovelace Ltd", "tax_number": "DE129273398", "card": "47114712", "external": {"erp": "K77-external"}}
    id = somebody(data=data)
    services.add_address(customer=id, address=BERLIN, now=NOW)
    services.add_note(customer=id, text="Prefers blue", actor=None, now=NOW)
    services.change_customer(id=id, data={"family_name": "Lovelace-King"}, version=2, actor=None, now=NOW)
    services.merge(keep=somebody(data=GRACE), gone=id, actor=None, now=NOW)
    with connection.cursor() as cursor:
        cursor.execute("select tablename from pg_tables where schemaname = 'public'")
        tables = [name for (name,) in cursor.fetchall()]
        assert {"customers_customer", "customers_personaldata", "kernel_message", "kernel_auditentry", "kernel_idempotencykey"} <= set(tables)
        scanned = 0
        for table in tables:
            cursor.execute(f'select to_jsonb(t)::text, t::text from "{table}" t limit 10000')
            for row in cursor.fetchall():
                # Bytes are told as hex: read back, so that what is packed in them plainly shows too.
                text = " ".join(row).lower()
                raw = [bytes.fromhex(part) for part in _hex(text)]
                scanned += table.startswith("customers_")
                for secret in SECRETS:
                    plain = secret in _without_hex(text) or any(secret.encode() in part.lower() for part in raw)
                    assert not plain, (table, secret)
    assert scanned > 8


def _hex(text):
    return [part if len(part) % 2 == 0 else part[:-1] for part in re.findall(r"\\\\x([0-9a-f]{16,})", text)]


def _without_hex(text):
    return re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "", re.sub(r"x[0-9a-f]{16,}", "", text))


def test_thousands_come_at_once_and_who_is_twice_in_them_is_refused():
    twice = [NewCustomer(data={"email": "same@example.org"}), NewCustomer(data={"email": "same@example.org"})]
    with pytest.raises(services.IdentityTaken), transaction.atomic():
        services.create_customers(people=twice, actor=None, now=NOW)
    assert not Customer.objects.exists()
    many = services.create_customers(people=[NewCustomer(data={"family_name": f"P{n}"}) for n in range(500)], actor=None, now=NOW, compare=False)
    assert len({one.number for one in many}) == 500
    assert PersonalData.objects.count() == 500


def test_whoever_is_not_there_is_not_found():
    for call in (
        lambda: services.change_customer(id=uuid7(), data={}, version=1, actor=None, now=NOW),
        lambda: services.add_note(customer=uuid7(), text="x", actor=None, now=NOW),
        lambda: services.add_address(customer=uuid7(), address=BERLIN, listed=False, now=NOW),
        lambda: services.erase(id=uuid7(), actor=None, now=NOW),
        lambda: queries.read(id=uuid7()),
        lambda: queries.pricing_facts(customer=uuid7()),
        lambda: queries.read_address(id=uuid7()),
        lambda: queries.timeline(id=uuid7(), first=1),
    ):
        with pytest.raises(NotFound) as refused:
            call()
        assert refused.value.code == "not_found"
