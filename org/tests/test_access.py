import pytest
from django.apps import apps
from django.contrib.auth.models import AnonymousUser

from kernel.errors import NotAllowed, NotSignedIn
from org import access, services
from org.models import RoleGrant, User
from org.tests.cast import hire

ROLES = [role.value for role in RoleGrant.Role]
WHOLE = ("books", "catalog", "deliveries", "org", "payments", "pricing", "value")
WHERE = ["everywhere", "northside", "riverside", "stores channel", "web channel", "nowhere"]


def expected(role: str, permission: str, where: str) -> set[str]:
    """The rule, told a second time and plainly: in which of the two stores the grant lets somebody do it."""
    if where == "nowhere" or permission not in access.ROLE_PERMISSIONS[role]:
        return set()
    if where == "everywhere" or permission in ("catalog.view", "customers.view", "customers.edit", "pricing.view"):
        return {"northside", "riverside"}
    whole = permission.split(".")[0] in WHOLE or permission in ("inventory.edit", "inventory.recall", "customers.erase")
    if whole and permission not in ("catalog.range", "pricing.markdown"):
        return set()
    return {"northside": {"northside"}, "riverside": {"riverside"}, "stores channel": {"northside", "riverside"}, "web channel": set()}[where]


def somebody(cast, role, where):
    user = services.create_user(username=f"{role}-{where.replace(' ', '-')}", name="Somebody")
    places = {"northside": {"store": cast.northside}, "riverside": {"store": cast.riverside}}
    places |= {"stores channel": {"channel": cast.stores}, "web channel": {"channel": cast.web}, "everywhere": {}}
    if where != "nowhere":
        services.grant_role(user=user, role=role, **places[where])
    return user


def test_every_role_is_known():
    assert set(access.ROLE_PERMISSIONS) == set(ROLES)
    assert frozenset().union(*access.ROLE_PERMISSIONS.values()) == access.PERMISSIONS
    assert not access.PER_STORE & access.WHOLE_SHOP


@pytest.mark.parametrize("role", ROLES)
def test_the_whole_matrix_of_permissions_and_places(cast, role):
    for where in WHERE:
        user = somebody(cast, role, where)
        for permission in access.PERMISSIONS:
            wanted = expected(role, permission, where)
            found = {store.code for store in (cast.northside, cast.riverside) if access.allows(user, permission, store=store)}
            assert found == wanted, (role, permission, where)
            assert access.allows(user, permission) == bool(wanted), (role, permission, where)
            bound = access.stores_for(user, permission)
            seen = {store.code for store in (cast.northside, cast.riverside) if bound is None or store.id in bound}
            assert seen == wanted, (role, permission, where)


def test_the_owner_is_allowed_everything_everywhere(cast):
    for permission in access.PERMISSIONS:
        assert access.allows(cast.olga, permission, store=cast.riverside)
        assert access.stores_for(cast.olga, permission) is None


def test_stan_from_another_store_sees_nothing_of_northside(cast):
    for permission in access.PER_STORE:
        assert not access.allows(cast.stan, permission, store=cast.northside)
        assert access.stores_for(cast.stan, permission) <= {cast.riverside.id}


@pytest.mark.parametrize("user", [None, AnonymousUser(), object()])
def test_a_stranger_is_allowed_nothing(user):
    assert not any(access.allows(user, permission) for permission in access.PERMISSIONS)
    assert not access.may_enter_back_office(user)
    assert not any(access.has_model_permission(user, f"{model}".replace(".", ".view_")) for model in access.MODEL_PERMISSIONS)
    with pytest.raises(NotSignedIn):
        access.require(user, "catalog.view")


def test_an_unknown_permission_is_refused_even_to_the_owner(cast):
    assert not access.allows(cast.olga, "catalog.burn")
    assert access.stores_for(cast.olga, "catalog.burn") == frozenset()
    for permission in ("catalog.burn_product", "catalog.view_unicorn", "view_product", "", "sessions.view_session", "kernel.change_auditentry"):
        assert not access.has_model_permission(cast.olga, permission), permission


def test_somebody_who_left_is_allowed_nothing(cast):
    services.change_user(user=cast.mia, is_active=False)
    mia = User.objects.get(id=cast.mia.id)
    assert not any(access.allows(mia, permission) for permission in access.PERMISSIONS)
    assert not mia.is_staff


def test_require_tells_somebody_known_that_the_role_does_not_reach(cast):
    access.require(cast.mia, "orders.view", store=cast.northside)
    with pytest.raises(NotAllowed) as refusal:
        access.require(cast.mia, "orders.view", store=cast.riverside)
    assert refusal.value.code == "not_allowed"


def test_a_cashier_never_enters_the_back_office(cast):
    assert not cast.carla.is_staff
    assert access.principal_of_user(cast.carla).kind == "anonymous"
    for model in access.MODEL_PERMISSIONS:
        for action in ("view", "add", "change", "delete"):
            assert not cast.carla.has_perm(model.replace(".", f".{action}_"))
    assert cast.mia.is_staff


def test_a_cashier_everywhere_is_still_only_a_cashier(cast):
    assert not hire("ken", "cashier").is_staff


def test_what_the_admin_shows_follows_the_role(cast):
    assert cast.mia.has_perms(["catalog.view_product", "inventory.view_level", "orders.view_order"])
    assert not cast.mia.has_perm("catalog.change_product")
    assert not cast.mia.has_module_perms("org")
    assert not cast.mia.has_module_perms("kernel")
    assert cast.olga.has_perms(["catalog.change_product", "org.delete_rolegrant", "kernel.view_delivery"])
    assert not cast.olga.has_perm("catalog.delete_product")


def test_what_is_sold_or_recorded_is_never_edited_in_the_admin(cast):
    ledgers = ("inventory.level", "inventory.movement", "orders.order", "orders.payment", "pos.journalentry", "kernel.auditentry", "kernel.message")
    for model in ledgers:
        assert cast.olga.has_perm(model.replace(".", ".view_"))
        assert not any(cast.olga.has_perm(model.replace(".", f".{action}_")) for action in ("add", "change", "delete"))


def test_every_model_named_in_the_table_exists():
    for name in access.MODEL_PERMISSIONS:
        apps.get_model(name)


def test_asking_again_reads_nothing_again(cast, django_assert_num_queries):
    mia = User.objects.get(id=cast.mia.id)
    with django_assert_num_queries(1):
        for permission in access.PERMISSIONS:
            access.allows(mia, permission, store=cast.northside)


def test_a_new_grant_counts_at_once(cast):
    assert not access.allows(cast.carla, "inventory.adjust")
    services.grant_role(user=cast.carla, role="stock_clerk", store=cast.northside)
    assert access.allows(cast.carla, "inventory.adjust", store=cast.northside)
    assert cast.carla.is_staff
