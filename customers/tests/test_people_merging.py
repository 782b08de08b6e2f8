"""Two become one with everything they had; somebody is forgotten and the books stay whole."""

import json
from datetime import timedelta

import pytest
from django.core.serializers.json import DjangoJSONEncoder
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customers import above, queries, services
from customers.above import Above, Entry, Held
from customers.models import Account, Address, Consent, Customer, Identity, Note, PersonalData, Suggestion
from customers.tests.persons import ADA, BERLIN, GRACE, NOW, somebody
from kernel.ids import uuid7
from kernel.models import Message

pytestmark = pytest.mark.django_db


@pytest.fixture
def beside():
    """What an app above says, taken away again."""
    yield above.add
    above.forget("test")


def merge(keep, gone, **more):
    services.merge(keep=keep, gone=gone, actor=None, now=NOW, **more)


def credit(customer, amount, currency="EUR"):
    services.give_credit(
        customer=customer, amount=amount, currency=currency, cause="goodwill", reference=uuid7(), line=0, actor=None, note="", now=NOW
    )


def test_everything_the_gone_one_had_is_the_kept_ones():
    services.create_group(code="vip", name="VIP", actor=None, now=NOW)
    keep, gone = somebody(data={"given_name": "Ada", "family_name": "King"}), somebody(data={**ADA, "card": "4711"}, groups=["vip"])
    address = services.add_address(customer=gone, address=BERLIN, default_shipping=True, now=NOW)
    services.add_note(customer=gone, text="Prefers blue", actor=None, now=NOW)
    services.record_consent(customer=gone, channel="email", purpose="news", given=True, wording="1", source="web", actor=None, now=NOW)
    merge(keep, gone)
    told = queries.read(id=keep)
    assert (told["name"], told["email"], told["birthday"], told["groups"]) == ("Ada King", "ada@example.org", "1985-12-10", ["vip"])
    assert queries.find(email="ada@example.org") == queries.find(card="4711") == keep
    assert [one["id"] for one in told["addresses"]] == [address]
    assert told["addresses"][0]["line1"] == "Torstraße 1"
    assert [one["given"] for one in told["consents"]] == [True]
    texts = [note["text"] for note in queries.notes_of(customer=keep, first=10).items]
    assert "Prefers blue" in texts
    assert any("family_name: Lovelace" in text for text in texts)
    assert queries.kept(id=gone) == keep
    assert not PersonalData.objects.filter(customer=gone).exists()
    assert [row["id"] for row in queries.search(wanted=queries.Wanted(text="ada"), first=9).items] == [keep]
    assert queries.read_address(id=address)["city"] == "Berlin"


def test_merged_twice_nothing_happens():
    keep, gone = somebody(), somebody(data=GRACE)
    merge(keep, gone)
    before = (json.dumps(services.export(id=keep), cls=DjangoJSONEncoder), Message.objects.count(), Note.objects.count())
    merge(keep, gone)
    assert before == (json.dumps(services.export(id=keep), cls=DjangoJSONEncoder), Message.objects.count(), Note.objects.count())


def test_what_is_part_of_another_is_not_merged_again():
    a, b, c = somebody(), somebody(data=GRACE), somebody(data={"family_name": "Third"})
    merge(a, b)
    for keep, gone in ((c, b), (b, c)):
        with pytest.raises(services.MergedAway) as refused:
            merge(keep, gone)
        assert refused.value.details == {"into": str(a)}
    with pytest.raises(services.MergeInvalid):
        merge(a, a)
    with pytest.raises(services.UnknownCustomer):
        merge(a, uuid7())
    with pytest.raises(services.MergedAway):
        services.change_customer(id=b, data={"given_name": "x"}, version=2, actor=None, now=NOW)
    merge(c, a)
    # One step, however often who was kept was merged on.
    assert queries.kept(id=b) == queries.kept(id=a) == c


def test_the_newest_answer_counts_whoever_gave_it():
    keep, gone = somebody(), somebody(data=GRACE)
    services.record_consent(
        customer=keep, channel="email", purpose="news", given=False, wording="2", source="web", actor=None, now=NOW + timedelta(days=2)
    )
    services.record_consent(customer=gone, channel="email", purpose="news", given=True, wording="1", source="web", actor=None, now=NOW)
    merge(keep, gone)
    assert [one["given"] for one in queries.consents_of(keep)] == [False]
    assert Consent.objects.filter(customer=keep).count() == 2


def test_the_kept_ones_defaults_stay():
    keep, gone = somebody(), somebody(data=GRACE)
    for one in (keep, gone):
        services.add_address(customer=one, address=BERLIN, default_shipping=True, now=NOW)
    services.add_address(customer=gone, address=BERLIN, default_billing=True, now=NOW)
    before = Address.objects.get(customer=keep).id
    merge(keep, gone)
    assert Address.objects.get(default_shipping=True).id == before
    assert Address.objects.get(default_billing=True).customer_id == keep
    assert Address.objects.filter(customer=keep).count() == 3


def test_a_suggestion_is_settled_and_a_thirds_follows_the_kept_one():
    keep = somebody()
    gone = somebody(data={"family_name": "L", "phone": ADA["phone"]})
    third = somebody(data={"family_name": "T", "phone": ADA["phone"]})
    Suggestion.objects.filter(low__in=[keep, third], high__in=[keep, third]).delete()
    merge(keep, gone)
    (one,) = queries.suggestions(first=9).items
    assert {row["id"] for row in one["customers"]} == {keep, third}
    assert Suggestion.objects.get(state="merged").settled_at == NOW


VALUE = st.lists(st.tuples(st.booleans(), st.sampled_from(["EUR", "USD", "JPY"]), st.integers(1, 10**9)), max_size=6)
KNOWN = st.lists(
    st.tuples(st.booleans(), st.sampled_from(["card", "email", "external"]), st.integers(0, 10**6)), max_size=6, unique_by=lambda one: one[1:]
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=VALUE, known=KNOWN, swap=st.booleans())
def test_no_value_and_no_identity_is_lost_or_doubled(value, known, swap):
    one, two = somebody(data={"family_name": "One"}), somebody(data={"family_name": "Two"})
    people = {True: one, False: two}
    mark = uuid7().hex
    for whose, currency, amount in value:
        credit(people[whose], amount, currency)
    for whose, kind, number in known:
        text = f"{mark}{number}@example.org" if kind == "email" else f"{mark}{number}"
        services.add_identity(customer=people[whose], kind=kind, value=text, system="erp", actor=None, now=NOW)
    keep, gone = (two, one) if swap else (one, two)
    for _ in range(2):
        merge(keep, gone)
    held = {account.currency: account.balance for account in Account.objects.filter(customer=keep, kind="store_credit")}
    wanted = {}
    for _whose, currency, amount in value:
        wanted[currency] = wanted.get(currency, 0) + amount
    assert {currency: balance for currency, balance in held.items() if balance} == wanted
    assert not Account.objects.filter(customer=gone, balance__gt=0).exists()
    assert {row.customer_id for row in Identity.objects.filter(customer__in=[one, two])} <= {keep}
    assert len(queries.read(id=keep)["identities"]) == len(known)


def test_apps_above_bring_what_is_theirs_along(beside):
    moved = []
    beside("test", Above(merge=lambda **said: moved.append(said)))
    keep, gone = somebody(), somebody(data=GRACE)
    merge(keep, gone)
    merge(keep, gone)
    assert moved == [{"keep": keep, "gone": gone, "actor": None, "now": NOW}]


def test_a_timeline_is_newest_first_whoever_told_it_page_by_page(beside):
    keep, gone = somebody(), somebody(data=GRACE)
    entries = [Entry(at=NOW + timedelta(minutes=n // 5), kind="order", id=f"{n:04}", facts={"n": n}) for n in range(40)]

    def orders(*, customers, until, first):
        assert customers == [keep, gone]
        known = [entry for entry in entries if until is None or entry.at <= until]
        return sorted(known, key=lambda entry: entry.place, reverse=True)[:first]

    merge(keep, gone)
    beside("test", Above(timeline=orders))
    services.add_note(customer=keep, text="Called", actor=None, now=NOW + timedelta(minutes=3))
    credit(keep, 500)
    told, before = [], None
    while True:
        page = queries.timeline(id=keep, first=3, before=before)
        told += page.items
        if not page.more:
            break
        before = page.items[-1].place
    assert [entry.place for entry in told] == sorted({entry.place for entry in told}, reverse=True)
    assert [entry.kind for entry in told].count("order") == 40
    assert {entry.kind for entry in told} == {"order", "note", "value", "customer"}


def test_an_export_has_all_there_is_as_json(beside):
    beside("test", Above(export=lambda customers: [{"orders_of": len(customers)}]))
    keep, gone = somebody(), somebody(data=GRACE)
    services.add_address(customer=keep, address=BERLIN, listed=False, now=NOW)
    credit(keep, 1234)
    services.add_note(customer=keep, text="Prefers blue", actor=None, now=NOW)
    merge(keep, gone)
    text = json.dumps(services.export(id=keep), cls=DjangoJSONEncoder)
    for part in ("Lovelace", "Torstra", "Prefers blue", "1234", "grace@example.com", "orders_of", Customer.objects.get(id=gone).number):
        assert part in text


def test_somebody_erased_is_nobody_and_their_rows_stay():
    id, gone = somebody(), somebody(data=GRACE)
    merge(id, gone)
    address = services.add_address(customer=id, address=BERLIN, now=NOW)
    services.record_consent(customer=id, channel="email", purpose="news", given=True, wording="1", source="web", actor=None, now=NOW)
    services.erase(id=id, actor=None, now=NOW)
    messages = Message.objects.count()
    services.erase(id=id, actor=None, now=NOW)
    assert Message.objects.count() == messages
    assert queries.find(email="ada@example.org") is queries.find(email=GRACE["email"]) is None
    for text in ("ada", "ada@example.org", Customer.objects.get(id=id).number, ""):
        assert queries.search(wanted=queries.Wanted(text=text, archived=True), first=9).items == ()
    told = queries.read(id=id)
    assert (told["name"], told["email"], told["identities"], told["addresses"]) == ("", "", [], [])
    assert queries.read_address(id=address)["country"] == "DE"
    assert queries.read_address(id=address)["line1"] == ""
    assert bytes(Address.objects.get(id=address).sealed) == b""
    assert not PersonalData.objects.exists()
    assert not Identity.objects.exists()
    assert Consent.objects.filter(customer=id).count() == 1
    assert queries.pricing_facts(customer=id).erased
    assert sorted(Message.objects.filter(type="customers.customer.erased").values_list("aggregate_id", flat=True)) == sorted([id, gone])
    queries.timeline(id=id, first=9)
    services.export(id=id)
    somebody()
    with pytest.raises(services.AlreadyErased):
        services.change_customer(id=id, data={"given_name": "Ada"}, version=5, actor=None, now=NOW)
    with pytest.raises(services.AlreadyErased):
        services.add_note(customer=id, text="x", actor=None, now=NOW)


def test_somebody_with_value_or_an_open_order_is_erased_only_on_purpose(beside):
    id = somebody()
    credit(id, 500)
    erased = []
    beside("test", Above(holds=lambda customers: [Held(code="order_unsettled", message="Order W-1.")], erase=lambda ids, now: erased.append(ids)))
    with pytest.raises(services.Unsettled) as refused:
        services.erase(id=id, actor=None, now=NOW)
    assert refused.value.code == "customer_unsettled"
    assert [one["code"] for one in refused.value.details["reasons"]] == ["order_unsettled", "customer_has_value"]
    assert queries.find(email="ada@example.org") == id
    assert erased == []
    services.erase(id=id, actor=None, now=NOW, force=True)
    assert queries.find(email="ada@example.org") is None
    assert erased == [[id]]
    assert Account.objects.get(customer=id).balance == 500
