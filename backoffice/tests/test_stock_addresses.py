"""Every address of stock in the back office, found by asking for them: who may not write there writes nothing. And what lists cost."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver

from backoffice.tests import shop as house
from backoffice.tests.stockroom import level_of, place, recalled, receipt
from inventory import services
from inventory.models import Component, Document, Movement, Pack, Policy, Recall, Task


@pytest.fixture
def full(shop: house.Shop, moment: Any) -> house.Shop:
    house.add_products(shop, 4, now=moment)
    return shop


def test_statements_of_lists_do_not_grow_with_rows(full: house.Shop, signed_in: Any, moment: Any) -> None:
    client = signed_in(full.owner)
    paths = ("document", "recall", "location", "policy", "component", "pack")
    seen: dict[str, list[int]] = {path: [] for path in paths}
    for many in (1, 4, 12):
        grow(full, many, moment)
        for path in paths:
            with CaptureQueriesContext(connection) as captured:
                assert client.get(f"/admin/inventory/{path}/").status_code == 200
            seen[path].append(len(captured))
    assert all(len(set(counts)) == 1 for counts in seen.values()), seen


def grow(shop: house.Shop, many: int, moment: Any) -> None:
    start = len(shop.variants)
    house.add_products(shop, 2 * many, now=moment)
    fresh = shop.variants[start:]
    northside = place(shop)
    for number, variant in enumerate(fresh[:many]):
        serial = start + number
        line = services.ReceiptLine(variant=variant.pk, quantity=1000)
        services.receive(location=northside.pk, lines=[line], occurred_at=moment, reference=uuid4(), actor=shop.owner.pk, now=moment)
        services.recall(variant=variant.pk, code="L", reason="Sour", actor=shop.owner.pk, now=moment)
        services.create_location(code=f"w{serial}", name=f"Warehouse {serial}", kind="warehouse")
        services.set_policy(location=northside.pk, variant=variant.pk, reorder_point=1000)
        services.set_pack(variant=variant.pk, gtin=house.gtin(500_000 + serial), quantity=6000)
        other = fresh[many + number]
        on_hand = {code: level_of(shop, start + many + number, code).on_hand for code in ("northside", "riverside")}
        for code, held in on_hand.items():
            services.adjust(location=place(shop, code).pk, variant=other.pk, quantity=-held, note="", reference=uuid4(), actor=None, now=moment)
        services.bundle_of(bundle=other.pk, components=[(variant.pk, 2000)])


# Strangers at every address


def addresses(patterns: Any = None, before: str = "") -> Iterator[str]:
    for entry in get_resolver().url_patterns if patterns is None else patterns:
        path = before + str(entry.pattern).replace("^", "").replace("$", "").replace("\\Z", "")
        if isinstance(entry, URLResolver):
            yield from addresses(entry.url_patterns, path)
        elif isinstance(entry, URLPattern) and path.startswith("admin/inventory/"):
            yield "/" + path


def filled(path: str, shop: house.Shop) -> str:
    """With what there is of that model, in the store of somebody else; else with what there is not."""
    level = level_of(shop, 0, "riverside")
    known = {
        "level": level.pk, "document": Document.objects.get(location__code="riverside", kind="adjustment").pk, "recall": Recall.objects.get().pk,
        "task": Task.objects.get(kind="recall", location__code="riverside").pk, "location": place(shop, "riverside").pk,
        "policy": Policy.objects.get().pk, "pack": Pack.objects.get().pk, "component": Component.objects.get(position=1).pk,
        "movement": Movement.objects.filter(location__code="riverside").order_by("id")[0].pk,
    }  # fmt: skip
    model = path.split("/")[3]
    parts = []
    for part in path.split("/"):
        kind, _, key = part.strip("<>").rpartition(":")
        if part.startswith("<"):
            found = known.get(model if key == "object_id" else key)
            parts.append(str(found if found is not None else 1 if kind == "int" else uuid4()))
        else:
            parts.append(part if "(" not in part else str(known.get(model, 1)))
    return "/".join(parts)


def everything() -> list[Any]:
    """A number for each table of stock that says whether any row of it is different."""
    with connection.cursor() as cursor:
        cursor.execute("select tablename from pg_tables where schemaname = 'public' and tablename ~ '^inventory_' order by 1")
        told = [f"select '{name}', coalesce(sum(hashtext(t::text)), 0), count(*) from \"{name}\" t" for (name,) in cursor]  # noqa: S608
        cursor.execute(" union all ".join(told) + " order by 1")
        return list(cursor)


@pytest.mark.parametrize("who", ["stranger", "carla", "mia", "viewer"])
def test_who_may_not_write_elsewhere_writes_nothing_at_any_address(who: str, full: house.Shop, signed_in: Any, moment: Any) -> None:
    recalled(full, moment)
    riverside = place(full, "riverside")
    for number in (2, 3):
        for code in ("northside", "riverside"):
            held = level_of(full, number, code)
            line = services.AdjustmentLine(variant=held.variant_id, quantity=-held.on_hand)
            services.adjust_stock(location=held.location_id, lines=[line], reason="lost", reference=uuid4(), actor=None, now=moment)
    Document.objects.filter(location=riverside, kind="adjustment").exclude(
        pk=Document.objects.filter(location=riverside, kind="adjustment").order_by("id")[0].pk
    ).update(kind="receipt", reason="")
    services.bundle_of(bundle=full.variants[3].pk, components=[(full.variants[1].pk, 1000)])
    services.set_pack(variant=full.variants[1].pk, gtin="4012345678901", quantity=6000)
    services.set_policy(location=riverside.pk, variant=full.variants[1].pk, reorder_point=1000)
    client = Client() if who == "stranger" else signed_in(getattr(full, who))
    sent = {
        **receipt(full, "12205", code="riverside", quantity=["3"]), "reason": "found", "counted": "1", "note": "Stolen", "found": "1",
        "item": "12205", "lot": "L9", "recall": "1", "name": "Stolen", "code": "stolen", "kind": "warehouse", "quantity": "5",
        "gtin": "4012345678918",
        "reorder_point": "5", "remove": "1", "pickup_minutes": "1", "short_sales": "block", "priority": "1",
        "action": "delete_selected", "post": "yes", "moved": "1",
    }  # fmt: skip
    before = everything()
    paths = sorted({filled(path, full) for path in addresses()})
    assert len(paths) > 50
    for path in paths:
        answer = client.post(path, sent)
        assert answer.status_code < 500, path
        assert [old for old, new in zip(before, everything(), strict=True) if old != new] == [], path
        if who == "viewer":
            assert client.get(path).status_code < 500, path
