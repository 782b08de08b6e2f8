"""Lists by name and nothing else, in the shape of catalog.search."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from catalog import facets as facet
from catalog.documents import Sight
from org.paging import position


@dataclass(frozen=True, kw_only=True)
class Asked:
    words: str = ""
    filters: Mapping[str, Sequence[str]] = field(default_factory=dict)
    price_from: int | None = None
    price_to: int | None = None
    sort: str = ""
    first: int = 50
    after: str | None = None


@dataclass(frozen=True)
class Selection:
    sql: str
    params: dict[str, Any]
    corrected: str | None = None


def selection(*, sight: Sight, asked: Asked, now: datetime) -> Selection:
    from uuid import UUID

    after = position(asked.after, str, UUID, field="after")
    params: dict[str, Any] = {"limit": asked.first + 1}
    text = ""
    if after:
        text = " and (c.sort_key, c.product_id) > (%(after_key)s, %(after_id)s)"
        params |= {"after_key": after[0], "after_id": after[1]}
    for number, values in enumerate(facet.overlaps(asked.filters)):
        text += f" and c.facets && %(f{number})s::varchar[]"
        params[f"f{number}"] = values
    if sight.channel:
        params["channel"] = sight.channel
    source = (
        "catalog_card c where c.channel_id = %(channel)s"
        if sight.channel
        else "(select id as product_id, sort_key, array[]::varchar[] as facets from catalog_product) c where true"
    )
    place = "json_build_array(c.sort_key, c.product_id::text)::text"
    return Selection(f"select c.product_id, {place} as place from {source}{text} order by c.sort_key, c.product_id limit %(limit)s", params)
