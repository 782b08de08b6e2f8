"""A catalogue of as many things as are wanted, told to a till in pieces beside what its server tells."""

import hashlib
import random
import re
from typing import Any
from uuid import UUID

import orjson

from pos import chunks

VOCABULARY = """
amber apple barley basil berry bitter black blue bramble bright brown butter cacao candle caramel cedar cherry chilli cinnamon
citrus clear clover coarse copper cotton cream crisp dark dried elder fennel fine forest fresh garden ginger glass golden grain
green harvest hazel heather herb honey ivory juniper large lemon light linen malt maple meadow mellow mild mint mountain nettle
nutmeg oat ocean olive orange orchard organic paper peach pepper pine plain plum quince raw red roast rose rye saffron sage salt
sea silver small smoked soft spiced spring stone sugar summer sweet thick thin thyme toasted vanilla velvet violet walnut warm
wheat white wild winter wood wool yellow zest
"""
WORDS = VOCABULARY.split()
CATEGORIES = 40
CATALOGUE = re.compile(r"/api/v1/till/catalogue\?form=chunks$")
CHUNK = re.compile(r"/api/v1/till/catalogue/chunks/")
STOCK = re.compile(r"/api/v1/till/stock$")
# Thousandths: as many as nobody sells.
PLENTY = 1_000_000_000


def ean(number: int) -> str:
    """14 digits with a check digit."""
    digits = f"0{4_000_000_000_00 + number:012d}"
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(digits))
    return f"{digits}{-total % 10}"


def things(many: int, tax: dict[str, Any], seed: int = 1) -> list[dict[str, Any]]:
    chance = random.Random(seed)  # noqa: S311
    return [
        {
            "id": str(UUID(int=chance.getrandbits(128), version=4)),
            "sku": f"W-{number:06d}",
            "name": " ".join(chance.choices(WORDS, k=5)).capitalize() + f" {chance.randint(1, 20) * 50} g",
            "gtins": [ean(number)],
            "price": chance.randint(20, 4000),
            "price_quantity": 1000,
            **tax,
            "category": f"wide-{number % CATEGORIES}",
            "tile": "",
            "sold_by": "each",
            "favourite": 0,
            "facets": [],
            "deposit": None,
        }
        for number in range(many)
    ]


class WideFeed:
    """`items` may be changed at any time: `told` counts the pieces that were fetched."""

    def __init__(self, many: int) -> None:
        self.many = many
        self.items: list[dict[str, Any]] = []
        self.down = False
        # Pieces that may still be fetched before the line breaks.
        self.left: int | None = None
        self.told: list[str] = []
        self.manifest: dict[str, Any] = {}

    def install(self, context: Any) -> "WideFeed":
        context.route(CATALOGUE, self._catalogue)
        context.route(CHUNK, self._chunk)
        context.route(STOCK, self._stock)
        return self

    def change(self) -> None:
        """What is in `items` is told from now on."""
        cut = chunks.cut(self.items, chunks.pieces(self.many))
        self.pieces = {chunk.id: chunk.text for chunk in cut}
        own = [{"code": f"wide-{number}", "name": f"Wide {number}"} for number in range(CATEGORIES)]
        told = {
            **self.manifest,
            "categories": [*self.manifest["categories"], *own],
            "chunks": [*self.manifest["chunks"], *({"id": chunk.id, "items": chunk.items} for chunk in cut)],
        }
        self.snapshot = hashlib.sha256(orjson.dumps(told)).hexdigest()[:16]
        self.body = orjson.dumps({**told, "snapshot": self.snapshot})

    def _catalogue(self, route: Any) -> None:
        if self.down:
            return route.abort()
        if not self.items:
            answer = route.fetch()
            if answer.status != 200:
                return route.fulfill(response=answer)
            self.manifest = answer.json()
            self.items = things(self.many, {"tax_class": "reduced", "tax_rate": 70_000})
            self.change()
        if self.snapshot in route.request.headers.get("if-none-match", ""):
            return route.fulfill(status=304)
        return route.fulfill(body=self.body, content_type="application/json")

    def _chunk(self, route: Any) -> None:
        id = route.request.url.rpartition("/")[2]
        if self.down or self.left == 0:
            return route.abort()
        if self.left is not None:
            self.left -= 1
        self.told.append(id)
        return route.fulfill(body=self.pieces[id], content_type="application/x-ndjson") if id in self.pieces else route.continue_()

    def _stock(self, route: Any) -> None:
        """There is enough of the things that only the till has heard of."""
        if self.down:
            return route.abort()
        answer = route.fetch()
        if answer.status != 200:
            return route.fulfill(response=answer)
        told = answer.json()
        own = {item["id"] for item in self.items}
        told["goods"] = [{**one, "left": PLENTY} if one["variant"] in own else one for one in told["goods"]]
        return route.fulfill(json=told)
