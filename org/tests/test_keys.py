import hashlib

import pytest
from django.db import IntegrityError, connection, transaction

from kernel.errors import NotAllowed, NotSignedIn
from org import access, services
from org.models import ApiKey
from org.tests.cast import NOW


def secret(cast, *scopes):
    return services.create_api_key(name="Head", kind="secret", channel=cast.web, scopes=scopes, now=NOW)


def test_a_key_opens_its_scopes_and_no_more(cast):
    key, plain = secret(cast, "orders:read", "stock:read")
    principal = access.principal_of_key(plain)
    assert principal.kind == "key"
    assert principal.key == key
    assert principal.channel == cast.web
    assert principal.can("orders.read")
    assert principal.can("stock:read")
    assert not principal.can("catalog.read")
    assert not principal.can("orders.write")
    with pytest.raises(NotAllowed):
        principal.require("deliveries.write")


def test_only_the_hash_of_a_key_is_kept(cast):
    key, plain = secret(cast, "orders:read")
    kept = ApiKey.objects.filter(id=key.id).values().get()
    assert bytes(kept["digest"]) == hashlib.sha256(plain.encode()).digest()
    assert plain not in str(kept)
    assert plain.startswith("sk_")
    assert len(plain) >= 46


@pytest.mark.parametrize("plain", ["", "sk_", "nothing", "pk_\x00", "\udcff", "ä" * 5000])
def test_an_unknown_key_opens_nothing(db, plain, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert access.principal_of_key(plain) is None


def test_a_revoked_key_opens_nothing_and_stays_revoked(cast, django_assert_num_queries):
    key, plain = secret(cast, "orders:read")
    services.revoke_api_key(key=key, now=NOW)
    with django_assert_num_queries(1):
        assert access.principal_of_key(plain) is None
    with pytest.raises(services.KeyRevoked):
        services.revoke_api_key(key=key, now=NOW)


def test_a_publishable_key_is_never_given_more_than_the_catalogue(cast):
    with pytest.raises(services.ScopeNotAllowed) as refusal:
        services.create_api_key(name="Shop", kind="publishable", channel=cast.web, scopes=["catalog:read", "orders:read"], now=NOW)
    assert refusal.value.code == "scope_not_allowed"


def test_a_publishable_key_that_was_tampered_with_still_reads_only_the_catalogue(cast):
    """Even where the constraint that refuses it is gone."""
    key, plain = services.create_api_key(name="Shop", kind="publishable", channel=cast.web, scopes=["catalog:read"], now=NOW)
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")
        cursor.execute("alter table org_apikey drop constraint apikey_publishable_reads_catalogue")
    ApiKey.objects.filter(id=key.id).update(scopes=["catalog:read", "orders:read"])
    assert access.principal_of_key(plain).scopes == {"catalog:read"}


def test_the_database_refuses_a_publishable_key_that_reads_orders(cast):
    key, _ = services.create_api_key(name="Shop", kind="publishable", channel=cast.web, scopes=["catalog:read"], now=NOW)
    with pytest.raises(IntegrityError, match="apikey_publishable_reads_catalogue"), transaction.atomic():
        ApiKey.objects.filter(id=key.id).update(scopes=["catalog:read", "orders:read"])


def test_a_key_may_be_given_its_plain_text_for_the_demo(cast):
    services.create_api_key(name="Storefront", kind="publishable", channel=cast.web, scopes=["catalog:read"], now=NOW, plain="pk_demo_storefront")
    assert access.principal_of_key("pk_demo_storefront").can("catalog.read")


def test_an_unknown_scope_is_not_granted(cast):
    with pytest.raises(services.ScopeNotAllowed):
        secret(cast, "everything")


def test_staff_are_asked_for_the_same_scopes_by_their_roles(cast):
    mia = access.principal_of_user(cast.mia)
    assert mia.can("orders.read")
    assert not mia.can("deliveries.read")
    assert mia.stores("orders.read") == {cast.northside.id}
    assert access.principal_of_user(cast.olga).stores("orders.read") is None
    assert mia.name == f"staff:{cast.mia.id}"


def test_a_stranger_is_asked_to_sign_in():
    with pytest.raises(NotSignedIn):
        access.ANONYMOUS.require("catalog.read")
    assert access.ANONYMOUS.stores("orders.read") == frozenset()
