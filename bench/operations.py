"""What is measured: the doors as heads, tills and staff use them, each with parameters drawn anew for every call."""
# ruff: noqa: S311  # what is drawn here guards nothing

import json
import random
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from bench.measuring import Operation, Web

FIELDS = "id name handle brand variants { id sku name gtins prices { amount currency formatted } }"
STOCKED = "id name handle brand variants { id sku name gtins prices { amount currency formatted } availability { locationCode onHand } }"
LIST = f"query($after: String) {{ products(first: 50, after: $after) {{ nodes {{ {STOCKED} }} pageInfo {{ hasNextPage endCursor }} }} }}"
WARM = f"query($after: String) {{ products(first: 50, after: $after) {{ nodes {{ {FIELDS} }} pageInfo {{ hasNextPage endCursor }} }} }}"
ONE = f"query($id: ID) {{ product(id: $id) {{ {FIELDS} }} }}"
SEARCH = "query($text: String) { products(first: 20, search: $text) { nodes { id name variants { sku prices { amount currency } } } } }"
CODE = "query($gtin: String) { variant(gtin: $gtin) { id sku prices { amount currency } product { id name } } }"
PREVIEW = """query($input: BasketInput!) { basketPreview(input: $input) {
    lines { sku listTotal discount total tax discounts { promotion amount } } discounts { promotion name amount }
    totals { total tax taxes { code rate base amount } } trace(first: 100) { promotion line state code text } } }"""
TILL_BATCH = 20


class Shop:
    """The names of what is in it, drawn from once, so that drawing costs nothing while it is measured."""

    def __init__(self) -> None:
        from catalog.models import Gtin, Product, Variant

        self.products = list(Product.objects.order_by("id").values_list("id", "sort_key", "name")[:20_000])
        self.variants = [str(id) for id in Variant.objects.order_by("id").values_list("id", flat=True)[:60_000]]
        self.codes = list(Gtin.objects.order_by("gtin").values_list("gtin", flat=True)[:20_000])

    def product(self) -> Any:
        return random.choice(self.products)

    def code(self) -> str:
        return str(random.choice(self.codes))

    def some(self, count: int) -> str:
        return ",".join(random.sample(self.variants, count))

    def text(self) -> str:
        """Two words of a name; the last one as far as it is typed; one in five with two letters the wrong way round."""
        words = random.choice(self.products)[2].lower().split()[:-1]
        first, last = random.sample(words, 2) if len(words) > 1 else (words[0], words[0])
        if random.random() < 0.2 and len(first) > 4:
            at = random.randrange(1, len(first) - 2)
            first = first[:at] + first[at + 1] + first[at] + first[at + 2 :]
        return f"{first} {last[: max(3, len(last) - 2)]}"


def posted(web: Web, query: str, variables: dict[str, Any]) -> bytes:
    status, body, _ = web("POST", "/graphql/", json.dumps({"query": query, "variables": variables}).encode())
    assert status == 200, body[:500]
    assert b'"errors"' not in body, body[:500]
    return body


def reading(application: Any, bare: Any, forget: Any) -> list[Operation]:
    """`forget` empties the in-process cache of answers, so that nothing but the warm line is answered from it."""
    shop = Shop()
    head, secret, plain = Web(application, X_API_Key="pk_bench"), Web(application, X_API_Key="sk_bench"), Web(bare)
    etag: dict[str, str] = {}
    # Written once: what a program spends on its question is not what the answer costs.
    same = json.dumps({"query": WARM, "variables": {}}).encode()

    def after() -> str:
        return place(*shop.product()[:2])

    def floor_list() -> None:
        id, name, _ = shop.product()
        plain("GET", "/floor/products?" + urlencode({"name": name, "id": id}))

    def warm() -> None:
        status, _, headers = head("POST", "/graphql/", same, **({"IF_NONE_MATCH": etag["of"]} if etag else {}))
        assert status == (304 if etag else 200), status
        etag.setdefault("of", headers["ETag"])

    first: list[bytes] = []

    def kept() -> None:
        status, body, _ = head("POST", "/graphql/", same)
        # Compared with the first answer: to look for errors in each would cost a tenth of what is measured.
        if not first:
            first.append(posted(head, WARM, {}))
        assert status == 200, body[:500]
        assert body == first[0], body[:500]

    def promised() -> None:
        status, body, _ = head("GET", f"/api/v1/availability?near=52.5219,13.4132&variants={shop.some(50)}")
        assert status == 200, body[:500]
        assert body.count(b'"state"') >= 50, body[:500]

    return [
        Operation("product_list_50", lambda: posted(secret, LIST, {"after": after()}), floor_list, before=forget),
        Operation("product_list_50_kept", kept, lambda: plain("GET", "/floor/kept"), times=400),
        Operation("product_list_50_warm", warm, lambda: plain("GET", "/floor/kept"), times=400),
        Operation(
            "product",
            lambda: posted(head, ONE, {"id": str(shop.product()[0])}),
            lambda: plain("GET", f"/floor/product?id={shop.product()[0]}"),
            before=forget,
            times=300,
        ),
        Operation(
            "search_20",
            lambda: posted(head, SEARCH, {"text": shop.text()}),
            lambda: plain("GET", f"/floor/found?{urlencode({'word': shop.text().split()[0]})}"),
            before=forget,
        ),
        Operation(
            "gtin",
            lambda: posted(head, CODE, {"gtin": shop.code()}),
            lambda: plain("GET", f"/floor/code?gtin={shop.code()}"),
            before=forget,
            times=300,
        ),
        Operation("availability", promised, lambda: plain("GET", f"/floor/promised?variants={shop.some(50)}")),
    ]


def place(id: Any, sort_key: str) -> str:
    """A cursor somewhere in the list by name, as the door gives them out."""
    from org.paging import cursor

    return cursor("name", sort_key, id)


def office(application: Any, bare: Any) -> list[Operation]:
    """The product list as a merchandiser opens it: a page somewhere, a facet or a search now and then."""
    shop = Shop()
    staff, plain = Web(application, Cookie=f"sessionid={session()}"), Web(bare)

    def page() -> None:
        asked = random.choice(
            [
                {},
                {"p": str(random.randint(2, 40))},
                {"status": "active"},
                {"category": f"shelf-{random.randint(1, 180)}"},
                {"q": shop.text().split()[0]},
            ]
        )
        status, body, _ = staff("GET", "/admin/catalog/product/?" + urlencode(asked))
        assert status == 200, status
        assert b"result_list" in body or b"empty" in body

    return [Operation("admin_list", page, lambda: plain("GET", f"/floor/rows?offset={random.randint(0, 2000)}"), times=40)]


def desk(application: Any, bare: Any, *, orders: int) -> list[Operation]:
    """The list of orders as somebody at the service desk opens it: a page, a filter or a number."""
    staff, plain = Web(application, Cookie=f"sessionid={session('support')}"), Web(bare)

    def page() -> None:
        asked = random.choice(
            [
                {},
                {"p": str(random.randint(2, min(40, orders // 200)))},
                {"status__exact": "pending"},
                {"source__exact": "web"},
                {"q": f"P-{random.randint(1, orders)}"},
            ]
        )
        status, body, _ = staff("GET", "/admin/orders/order/?" + urlencode(asked))
        assert status == 200, status
        assert b"result_list" in body or b"empty" in body

    return [Operation("admin_orders", page, lambda: plain("GET", f"/floor/rows?offset={random.randint(0, 2000)}"), times=40)]


def session(role: str = "merchandiser") -> str:
    """Of somebody with the role, signed in."""
    from django.test import Client

    from org import services

    user = services.create_user(username=role, name="Bench", password="only-for-this-database")  # noqa: S106
    services.grant_role(user=user, role=role)
    client = Client()
    client.force_login(user)
    return str(client.cookies["sessionid"].value)


def selling(application: Any, bare: Any, *, batches: int) -> list[Operation]:
    """Entries of a till, three lines each, twenty in one delivery, measured until they are posted."""
    from bench.tills import stocked
    from org.models import Store
    from pos import services
    from pos.tests.paper_till import PaperTill

    web, plain, now = Web(application), Web(bare), datetime.now(UTC)

    def send(method: str, path: str, body: Any, headers: dict[str, str]) -> tuple[int, Any]:
        named = {name.upper().replace("-", "_"): value for name, value in headers.items()}
        status, content, _ = web(method, path, b"" if body is None else json.dumps(body).encode(), **named)
        return status, json.loads(content or b"null")

    made = services.create_till(store=Store.objects.get(code="northside"), number=9, name="Till 9")
    till = PaperTill(send, clock=now)
    till.enrol(services.create_enrolment_code(till=made, actor=None, now=now))
    status, feed = till.get("/api/v1/till/catalogue")
    assert status == 200, feed
    till.open()
    goods = feed["items"][:500]
    stocked([UUID(one["id"]) for one in goods])
    ready = [[till.ring(feed, random.sample(goods, 3)) for _ in range(TILL_BATCH)] for _ in range(batches)]
    till.deliver(till.entries[:1])
    told = json.dumps([{"lines": [{"sku": str(n)} for n in range(3)]} for _ in range(TILL_BATCH)]).encode()

    def ingest() -> None:
        assert {result["status"] for result in till.deliver(ready.pop(0))} == {"accepted"}

    return [Operation("till_sale", ingest, lambda: plain("POST", "/floor/sales", told), times=10, units=TILL_BATCH)]


def pricing(application: Any, bare: Any) -> list[Operation]:
    """Baskets of three lines and of two hundred under a thousand promotions: by the engine alone, and asked for at the door.

    The engine's floor is the sum of the base prices with their tax; the door's is that the database finds those prices.
    """
    from catalog.models import Variant

    secret, plain = Web(application, X_API_Key="sk_bench"), Web(bare)
    skus = list(Variant.objects.order_by("id").values_list("sku", flat=True)[:60_000])

    def basket(size: int) -> list[dict[str, Any]]:
        # The smallest shop has fewer products than the longest basket has lines.
        chosen = random.sample(skus, size) if size <= len(skus) else random.choices(skus, k=size)
        return [{"sku": sku, "quantity": random.choice([1, 1, 2, 3, 6]) * 1000} for sku in chosen]

    def asked(size: int) -> bytes:
        return posted(secret, PREVIEW, {"input": {"lines": basket(size)}})

    def floor(size: int) -> None:
        plain("POST", "/floor/basket", json.dumps([line["sku"] for line in basket(size)]).encode())

    engine = Engine([basket(3) for _ in range(40)] + [basket(200) for _ in range(10)])
    return [
        Operation("price_basket_3", lambda: engine.price(3), lambda: engine.sum(3), times=300),
        Operation("price_basket_200", lambda: engine.price(200), lambda: engine.sum(200), times=20),
        Operation("basket_preview_3", lambda: asked(3), lambda: floor(3), times=100),
        Operation("basket_preview_200", lambda: asked(200), lambda: floor(200), times=20),
    ]


class Engine:
    """catalog.pricing with what it is given ready."""

    def __init__(self, baskets: list[list[dict[str, Any]]]) -> None:
        from catalog import pricebook
        from org.models import Channel

        now = datetime.now(UTC)
        place = pricebook.Place(Channel.objects.get(code="web").id)
        book = pricebook.book(place=place, now=now)
        self.compiled, self.at = book.compiled, pricebook.milliseconds(now)
        self.facts = pricebook.facts(book=book, at=now, now=now)
        self.baskets: dict[int, list[Any]] = {}
        for basket in baskets:
            lines = pricebook.items(book=book, wanted=[pricebook.Wanted(**line) for line in basket], now=now)
            self.baskets.setdefault(len(basket), []).append({"lines": lines, "coupons": [], "charges": []})

    def price(self, size: int) -> None:
        from catalog.pricing import evaluate

        result = evaluate(random.choice(self.baskets[size]), self.compiled, self.facts, self.at)
        assert len(result["lines"]) == size

    def sum(self, size: int) -> int:
        from kernel.money import included_tax, line_total

        total = 0
        for line in random.choice(self.baskets[size])["lines"]:
            base = line["prices"][-1]
            amount = line_total(price=base["amount"], price_quantity=base["price_quantity"], quantity=line["quantity"])
            total += amount - included_tax(amount=amount, rate=70_000)
        return total
