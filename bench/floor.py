"""The floor: the same answers by one statement a request, without permissions, channels, tax, drafts or rules. Not a
product: it says what this machine, this database and Django cost at least."""

from typing import Any

import orjson
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt

VARIANTS = """(select json_agg(json_build_object('id', v.id, 'sku', v.sku, 'gtins',
    (select json_agg(g.gtin) from catalog_gtin g where g.variant_id = v.id),
    'prices', (select json_agg(json_build_object('amount', o.amount, 'currency', o.currency)) from catalog_price o where o.variant_id = v.id)))
    from catalog_variant v where v.product_id = p.id)"""
ROW = f"json_build_object('id', p.id, 'name', p.name, 'handle', p.handle, 'variants', {VARIANTS})"
STOCKED = VARIANTS.replace(
    "'prices',",
    """'availability', (select json_agg(json_build_object('locationCode', n.code, 'onHand', l.on_hand))
        from inventory_level l join inventory_location n on n.id = l.location_id where l.variant_id = v.id), 'prices',""",
)
ROW_STOCKED = f"json_build_object('id', p.id, 'name', p.name, 'handle', p.handle, 'variants', {STOCKED})"
PAGE = "from catalog_product p where (sort_key, id) > (%s, %s) order by sort_key, id limit 50"
LIST = f"select json_agg(r)::text from (select {ROW_STOCKED} as r {PAGE}) s"  # noqa: S608
ONE = f"select {ROW}::text from catalog_product p where id = %s"  # noqa: S608
FOUND = f"select json_agg(r)::text from (select {ROW} as r from catalog_product p where upper(name) like upper(%s) limit 20) s"  # noqa: S608
CODE = f"select {ROW}::text from catalog_product p where id = (select product_id from catalog_variant v join catalog_gtin g on g.variant_id = v.id where gtin = %s)"  # noqa: S608, E501
ROWS = """select p.name, (select sku from catalog_variant v where v.product_id = p.id order by position limit 1),
    (select min(amount) from catalog_price o join catalog_variant v on v.id = o.variant_id where v.product_id = p.id),
    (select sum(on_hand) from inventory_level l join catalog_variant v on v.id = l.variant_id where v.product_id = p.id)
    from catalog_product p order by sort_key, id offset %s limit 50"""
SALE = """with o as (insert into bench_order (body) values (%s::jsonb) returning id),
    l as (insert into bench_line (order_id, position) select o.id, n from o, generate_series(1, 3) n),
    p as (insert into bench_payment (order_id) select id from o)
    insert into bench_outbox (order_id) select id from o"""
BASKET = """select json_agg(json_build_object('sku', v.sku, 'amount', o.amount))::text
    from catalog_variant v join catalog_price o on o.variant_id = v.id where v.sku = any(%s)"""
PROMISED = """select json_agg(r)::text from (select json_build_object('variant', l.variant_id, 'quantity', sum(l.on_hand),
    'places', json_agg(json_build_object('code', n.code, 'name', n.name, 'onHand', l.on_hand))) as r
    from inventory_level l join inventory_location n on n.id = l.location_id where l.variant_id = any(%s::uuid[]) group by l.variant_id) s"""
TABLES = """create table bench_order (id bigserial primary key, body jsonb); create table bench_payment (order_id bigint);
    create table bench_line (order_id bigint, position int, primary key (order_id, position)); create table bench_outbox (order_id bigint)"""
BYTES = b'{"data":' + b'"' + b"x" * 27_000 + b'"}'


def asked(statement: str, *values: Any) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return HttpResponse(cursor.fetchone()[0] or "[]", content_type="application/json")


def products(request: HttpRequest) -> HttpResponse:
    return asked(LIST, request.GET["name"], request.GET["id"])


def kept(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("select version from catalog_shelfstate limit 1")
        cursor.fetchone()
    return HttpResponse(BYTES, content_type="application/json")


def product(request: HttpRequest) -> HttpResponse:
    return asked(ONE, request.GET["id"])


def found(request: HttpRequest) -> HttpResponse:
    return asked(FOUND, f"%{request.GET['word']}%")


def code(request: HttpRequest) -> HttpResponse:
    return asked(CODE, request.GET["gtin"])


def promised(request: HttpRequest) -> HttpResponse:
    return asked(PROMISED, f"{{{request.GET['variants']}}}")


def rows(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute(ROWS, [int(request.GET["offset"])])
        lines = "".join(f"<tr><td>{name}</td><td>{sku}</td><td>{price}</td><td>{held}</td></tr>" for name, sku, price, held in cursor)
    return HttpResponse(f"<table>{lines}</table>")


@csrf_exempt
def sales(request: HttpRequest) -> HttpResponse:
    with transaction.atomic(), connection.cursor() as cursor:
        for sale in orjson.loads(request.body):
            cursor.execute(SALE, [orjson.dumps(sale).decode()])
    return HttpResponse(b"[]", content_type="application/json")


@csrf_exempt
def basket(request: HttpRequest) -> HttpResponse:
    return asked(BASKET, orjson.loads(request.body))


urlpatterns = [
    path("floor/products", products),
    path("floor/kept", kept),
    path("floor/product", product),
    path("floor/found", found),
    path("floor/code", code),
    path("floor/promised", promised),
    path("floor/rows", rows),
    path("floor/sales", sales),
    path("floor/basket", basket),
    path("", include("commerce.urls")),
]
