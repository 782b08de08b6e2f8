"""Every address of the catalogue in the back office, found by asking for them, so that a new one cannot be forgotten: who may not write there
writes nothing, whatever is sent."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from backoffice.tests import shop as house
from catalog import services
from catalog.models import ImportRun, Product, RefusedRow, StoreRange, Variant


def addresses(patterns: Any = None, before: str = "") -> Iterator[str]:
    for entry in get_resolver().url_patterns if patterns is None else patterns:
        path = before + str(entry.pattern).replace("^", "").replace("$", "").replace("\\Z", "")
        if isinstance(entry, URLResolver):
            yield from addresses(entry.url_patterns, path)
        elif isinstance(entry, URLPattern) and path.startswith("admin/catalog/"):
            yield "/" + path


def everything() -> list[Any]:
    """A number for each table that says whether any row of it is different."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select tablename from pg_tables where schemaname = 'public' and (tablename ~ '^catalog_' or tablename = 'kernel_job') order by 1"
        )
        tables = [name for (name,) in cursor]
        told = []
        for name in tables:
            cursor.execute(f'select coalesce(sum(hashtext(t::text)), 0), count(*) from "{name}" t')  # noqa: S608  # names of our own tables
            told.append((name, *cursor.fetchone()))
    return told


@pytest.fixture
def full(shop: house.Shop, moment: Any) -> house.Shop:
    """A row behind every sort of address."""
    house.add_products(shop, 2, now=moment)
    who: dict[str, Any] = {"now": moment, "actor": None}
    services.create_brand(name="Heron & Sons", **who)
    services.create_product_type(name="Tea", **who)
    services.create_attribute(name="Origin", kind="text", **who)
    services.create_category(code="spare", name="Spare", **who)
    services.create_collection(name="Gifts", kind="manual", **who)
    run = ImportRun.objects.create(name="x.csv", format="table", currency="EUR", state="review", created_at=moment)
    RefusedRow.objects.create(run=run.pk, line=2, column="price", reason="no", row=["a"])
    return shop


def filled(path: str) -> list[str]:
    """With what there is, by the name of the model in the address; else with what there is not."""
    _, _, app, name, *_ = path.split("/")
    product, variant = Product.objects.order_by("id")[0], Variant.objects.order_by("id")[0]
    known = {"product": product.pk, "variant": variant.pk, "revision": product.revisions.order_by("-id")[0].pk}
    run = ImportRun.objects.filter(name="x.csv").latest("created_at")
    own = next((one for one in model_rows(name)), None)
    parts = []
    for part in path.split("/"):
        if not part.startswith("<") and "(" not in part:
            parts.append(part)
            continue
        kind, _, key = part.strip("<>").rpartition(":")
        fits = {"object_id": own, "run": run.pk, **known}.get(key, own)
        parts.append(str(fits if fits is not None else (1 if kind == "int" else uuid4())))
    return ["/".join(parts)]


def model_rows(name: str) -> Any:
    from django.apps import apps

    try:
        return apps.get_model("catalog", name).objects.values_list("pk", flat=True)[:1]
    except LookupError:
        return []


def body(product: Product, kind: str) -> dict[str, Any]:
    return {
        "name": "Stolen", "code": "stolen", "rate": "0", "kind": "text", "words": "a, b", "remove": "1",
        "tag": "stolen", "channel": "web", "line": "2",
        "column": "price", "cell": "1", "restore": "1", "path": "name", "revision": "1", "picture": "remove:1", "was": "{}",
        "read_at": product.updated_at.isoformat(), "range-riverside-life_cycle": "delisted", "channel-web-offered": "", "title": "Stolen",
        "action": kind, "_selected_action": [str(product.pk)], "post": "yes", "format": "onecounter", "currency": "EUR", "handle": "stolen",
    }  # fmt: skip


# Whoever sees the catalogue may take it along: that starts a job and changes nothing.
READS = {"/admin/catalog/importrun/export/"}
ACTIONS = ["delete_selected", "archive", "publish", "tag"]


@pytest.mark.parametrize("who", ["stranger", "carla", "mia", "viewer"])
def test_who_may_not_write_writes_nothing_at_any_address(who: str, full: house.Shop, signed_in: Any) -> None:
    client = Client() if who == "stranger" else signed_in(getattr(full, who))
    product, before = Product.objects.order_by("id")[0], everything()
    paths = sorted({one for path in addresses() for one in filled(path)} - (READS if who in ("mia", "viewer") else set()))
    assert len(paths) > 60
    for path in paths:
        for kind in ACTIONS if path == "/admin/catalog/product/" else ACTIONS[:1]:
            answer = client.post(path, body(product, kind))
            assert answer.status_code < 500, path
            if who in ("stranger", "carla"):
                assert answer.status_code != 302 or "/login" in answer["Location"], path
        answer = client.post(path, '{"rows": [{"sku": "SKU-1", "fields": {"name": "Stolen"}}]}', content_type="application/json")
        assert answer.status_code < 500, path
        assert [old for old, new in zip(before, everything(), strict=True) if old != new] == [], path


def test_the_manager_of_a_store_changes_the_range_of_that_store_and_nothing_else(full: house.Shop, signed_in: Any) -> None:
    product = Product.objects.order_by("id")[0]
    sent = {**body(product, ""), "range-northside-life_cycle": "run_down"}
    assert signed_in(full.mia).post(f"/admin/catalog/product/{product.pk}/change/", sent).status_code == 302
    assert list(StoreRange.objects.values_list("store__code", "life_cycle")) == [("northside", "run_down")]
    assert not product.publications.exists()
    product.refresh_from_db()
    assert product.name != "Stolen"
