"""What happened with a customer on one page, and the addresses in their book."""

from datetime import timedelta

import pytest
from django.test import Client

from customers import queries, services
from customers.models import Address
from customers.tests.persons import BERLIN, NOW, somebody
from org.tests.cast import hire, open_shop
from org.tests.doorstep import statements

pytestmark = pytest.mark.django_db
HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def at():
    cast = open_shop()
    made = {"sue": hire("sue", "support"), "vera": hire("vera", "viewer"), **{name: getattr(cast, name) for name in ("olga", "mia", "carla")}}

    def client(name):
        found = Client()
        found.force_login(made[name])
        return found

    return client


def path(id, *more):
    return "/".join(("/admin/customers/customer", str(id), *more, ""))


def notes(id, many, start=0):
    for number in range(start, start + many):
        services.add_note(customer=id, text=f"Note {number:03}", actor=None, now=NOW + timedelta(minutes=number))


def test_the_story_goes_on_from_page_to_page_and_is_narrowed(at):
    id, sue = somebody(), at("sue")
    notes(id, 60)
    services.record_consent(customer=id, channel="email", purpose="news", given=True, wording="3", source=HOSTILE[:40], actor=None, now=NOW)
    first = sue.get(path(id, "timeline")).content.decode()
    assert "Note 059" in first
    assert "Note 034" not in first
    older = first.split('class="push button button--small" href="')[1].split('"')[0].replace("&amp;", "&")
    second = sue.get(path(id, "timeline") + older).content.decode()
    assert "Note 034" in second
    assert "Note 035" not in second
    only = sue.get(path(id, "timeline"), {"only": "consent"}).content.decode()
    assert "Yes to news by email, text 3" in only
    assert HOSTILE[:40] not in only
    assert "Note" not in only.split("<tbody>")[1]
    assert "Nothing of that happened" in sue.get(path(id, "timeline"), {"only": "mail"}).content.decode()
    for odd in ({"only": "everything"}, {"after": "nonsense"}):
        assert sue.get(path(id, "timeline"), odd).status_code == 200


def test_nothing_is_lost_between_pages_however_many_share_a_moment():
    open_shop()
    id = somebody()
    for number in range(23):
        services.add_note(customer=id, text=f"Same {number}", actor=None, now=NOW)
    for only in ((), ("note",), ("note", "customer")):
        met, before = [], None
        while True:
            page = queries.timeline(id=id, first=4, before=before, only=only)
            met += [entry.place for entry in page.items]
            if not page.more:
                break
            before = page.items[-1].place
        assert len(met) == len(set(met)) == 23 + (only != ("note",))


def test_the_story_costs_the_same_however_long_it_is(at):
    id, sue, counts, had = somebody(), at("sue"), [], 0
    for more in (1, 9, 90):
        notes(id, more, had)
        had += more
        with statements() as seen:
            sue.get(path(id, "timeline"))
        counts.append(len(seen))
    assert len(set(counts)) == 1, counts


def test_an_address_is_added_replaced_and_taken_out(at):
    id, sue = somebody(), at("sue")
    wrong = sue.post(path(id, "addresses", "add"), {**BERLIN, "postcode": "1"})
    assert wrong.status_code == 422
    assert "Nothing is saved yet" in wrong.content.decode()
    assert BERLIN["city"] in wrong.content.decode()
    assert sue.post(path(id, "addresses", "add"), {**BERLIN, "country": "de", "default_billing": "on"}).status_code == 302
    old = Address.objects.get(listed=True)
    assert (old.default_billing, old.country) == (True, "DE")
    shown = sue.get(path(id, "addresses", str(old.pk))).content.decode()
    assert BERLIN["line1"] in shown
    sue.post(path(id, "addresses", str(old.pk)), {**BERLIN, "default_shipping": "on"})
    same = Address.objects.get(listed=True)
    assert (same.pk, same.default_shipping, same.default_billing) == (old.pk, True, False)
    sue.post(path(id, "addresses", str(old.pk)), {**BERLIN, "line1": "Torstraße 2"})
    new = Address.objects.get(listed=True)
    assert new.pk != old.pk
    assert "Torstraße 2" in sue.get(path(id, "change")).content.decode()
    assert sue.post(path(id, "addresses", str(new.pk), "remove")).status_code == 302
    assert not Address.objects.filter(listed=True).exists()


def test_who_may_not_change_customers_changes_no_address(at):
    id, other = somebody(), somebody(data={"given_name": "Other"})
    address = services.add_address(customer=id, address=BERLIN, now=NOW)
    for name in ("vera", "carla"):
        client = at(name)
        answers = [client.post(path(id, "addresses", *rest), BERLIN).status_code for rest in (("add",), (str(address),), (str(address), "remove"))]
        assert set(answers) <= {302, 403}
    assert at("carla").get(path(id, "timeline")).status_code in (302, 403)
    assert Client().get(path(id, "timeline")).status_code == 302
    assert at("sue").post(path(other, "addresses", str(address)), BERLIN).status_code == 403
    assert list(Address.objects.filter(listed=True).values_list("pk", flat=True)) == [address]
