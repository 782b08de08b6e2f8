"""Many at once: an identity goes to one, a version is changed once, and a merge loses nothing that comes meanwhile."""

import pytest

from customers import queries, services
from customers.models import Address, Customer, Identity, Note
from customers.tests.persons import ADA, BERLIN, GRACE, NOW, somebody
from kernel.errors import Refused
from kernel.models import Message
from org.tests.threads import in_threads

pytestmark = pytest.mark.django_db(transaction=True)
MANY = 8


def outcome(call):
    try:
        call()
    except Refused as refused:
        return refused.code
    return ""


def test_of_many_who_sign_up_with_one_address_one_has_it():
    found = in_threads(MANY, lambda n: outcome(lambda: somebody(data={"given_name": f"N{n}", "email": "one@example.org"})))
    assert sorted(found) == ["", *["identity_taken"] * (MANY - 1)]
    assert Customer.objects.count() == Identity.objects.count() == Message.objects.count() == 1


def test_of_many_changes_of_one_version_one_happens():
    id = somebody()
    found = in_threads(MANY, lambda n: outcome(lambda: services.change_customer(id=id, data={"given_name": f"N{n}"}, version=1, actor=None, now=NOW)))
    assert sorted(found) == ["", *["customer_changed"] * (MANY - 1)]
    assert Customer.objects.get().version == 2


def test_two_merged_both_ways_at_once_are_one():
    one, two = somebody(), somebody(data=GRACE)
    pairs = [(one, two), (two, one)]
    found = in_threads(MANY, lambda n: outcome(lambda: services.merge(keep=pairs[n % 2][0], gone=pairs[n % 2][1], actor=None, now=NOW)))
    assert sorted(found) == [*[""] * (MANY // 2), *["customer_merged"] * (MANY // 2)]
    kept = queries.kept(id=one)
    assert {row.customer_id for row in Identity.objects.all()} == {kept}
    assert Note.objects.filter(customer=kept).count() == 1


@pytest.mark.parametrize("turn", range(3))
def test_what_comes_while_two_are_merged_is_moved_or_refused_and_can_be_read(turn):
    keep, gone = somebody(), somebody(data=GRACE)

    def work(n):
        if n == turn:
            return outcome(lambda: services.merge(keep=keep, gone=gone, actor=None, now=NOW))
        if n % 2:
            return outcome(lambda: services.add_note(customer=gone, text=f"Note {n}", actor=None, now=NOW))
        return outcome(lambda: services.add_address(customer=gone, address={**BERLIN, "line1": f"Street {n}"}, listed=False, now=NOW))

    found = in_threads(MANY, work)
    assert set(found) <= {"", "customer_merged"}
    assert not Address.objects.filter(customer=gone).exists()
    assert not Note.objects.filter(customer=gone).exists()
    assert found.count("") == 1 + Address.objects.count() + Note.objects.count() - 1  # the merge, what came before it, and its own note
    assert all(one["line1"].startswith("Street") for one in queries.read_addresses(ids=list(Address.objects.values_list("id", flat=True))).values())
    queries.notes_of(customer=keep, first=50)


def test_what_comes_while_somebody_is_forgotten_is_forgotten_or_refused():
    id = somebody()

    def work(n):
        if n == 2:
            return outcome(lambda: services.erase(id=id, actor=None, now=NOW))
        return outcome(lambda: services.add_note(customer=id, text="Remember", actor=None, now=NOW))

    assert set(in_threads(MANY, work)) <= {"", "customer_erased"}
    assert not Note.objects.exists()
    assert somebody(data=ADA)
