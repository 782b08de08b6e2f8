"""A catalogue cut into pieces that are known by their content: what did not change is the same bytes, and is not fetched again.

A piece is lines of JSON: the first tells what is asked of all its items, the others are the items, so that a till can find one
without reading the rest:

    {"turns": [1767222000000], "codes": [["tea", 0, "<id>", "<sku>", "<gtin>", …], …]}
    {"id": "<id>", "sku": …}

`turns`: when a price of one of them begins or ends. `codes`, in the items' order: category, place among the favourites, id, SKU
and GTINs; of what is there only as a deposit the id alone, without a category.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

Json = Mapping[str, Any]
# Pieces are of about a thousand: a change is sent quickly, and fifty thousand items are fifty requests.
WANTED = 1000
# A catalogue that grows over a border by one item and back must not be sent anew each time.
FEWEST, MOST = 350, 1500


@dataclass(frozen=True, slots=True)
class Chunk:
    id: str
    text: bytes
    items: int


def pieces(many: int, now: int = 0) -> int:
    """Into how many, a power of two. `now`: in how many they are, which stays as long as it will do."""
    if now and (FEWEST <= many / now <= MOST or (now == 1 and many <= MOST)):
        return now
    wanted = 1
    while many / wanted > WANTED:
        wanted *= 2
    return wanted


def cut(items: Iterable[Json], into: int) -> list[Chunk]:
    """Each item stands where its id puts it, whatever else there is: a change of one changes one piece."""
    parts: list[list[Json]] = [[] for _ in range(into)]
    for item in items:
        # The end of an id is drawn at random; its beginning is the time it was made.
        parts[int(item["id"][-8:], 16) % into].append(item)
    return [_chunk(sorted(part, key=lambda item: str(item["id"]))) for part in parts]


def _chunk(items: Sequence[Json]) -> Chunk:
    turns = {at for item in items for offer in item.get("offers", ()) for at in (offer["starts_at"], offer["ends_at"]) if at is not None}
    head = {"turns": sorted(turns), "codes": [_codes(item) for item in items]}
    text = b"\n".join([orjson.dumps(head), *(orjson.dumps(item) for item in items)])
    return Chunk(id=hashlib.sha256(text).hexdigest()[:32], text=text, items=len(items))


def _codes(item: Json) -> list[Any]:
    if item.get("only_deposit"):
        return [None, 0, item["id"]]
    return [item["category"], item["favourite"], item["id"], item["sku"], *item["gtins"]]
