from kernel.audit import acting_as
from kernel.models import AuditEntry
from org import services, settings
from org.tests.cast import NOW


def trail(table: str, after: int) -> list[tuple[str, str]]:
    return list(AuditEntry.objects.filter(table=table, id__gt=after).order_by("id").values_list("action", "actor"))


def test_who_changed_a_role_a_key_a_setting_or_a_store_is_remembered(cast):
    start = AuditEntry.objects.latest("id").id
    with acting_as(cast.olga.id):
        grant = services.grant_role(user=cast.carla, role="stock_clerk", store=cast.northside)
        services.revoke_role(grant=grant)
        services.create_api_key(name="Head", kind="secret", channel=cast.web, scopes=["orders:read"], now=NOW)
        settings.put("till.note_buttons", [1000])
        services.change_store(store=cast.northside, name="North")
    olga = str(cast.olga.id)
    assert trail("org_rolegrant", start) == [("insert", olga), ("delete", olga)]
    assert trail("org_apikey", start) == [("insert", olga)]
    assert trail("org_setting", start) == [("insert", olga)]
    assert trail("org_store", start) == [("update", olga)]


def test_neither_a_password_nor_a_keys_hash_stands_in_the_trail(cast):
    services.set_password(user=cast.mia, password="a long pass phrase")
    key, _ = services.create_api_key(name="Head", kind="secret", channel=cast.web, scopes=["orders:read"], now=NOW)
    told = str(list(AuditEntry.objects.values("before", "after")))
    cast.mia.refresh_from_db()
    assert cast.mia.password not in told
    assert bytes(key.digest).hex() not in told
    assert AuditEntry.objects.filter(table="org_user", action="update").exists()


def test_signing_in_is_no_change_of_a_person(cast):
    before = AuditEntry.objects.count()
    cast.mia.last_login = NOW
    cast.mia.save(update_fields=["last_login"])
    assert AuditEntry.objects.count() == before
