"""What may be promised, as programs ask for it: both doors send what they were given here and tell what comes back.

A publishable key can be read by anybody: it learns whether something is to be had and where, and never how many there are.
"""

import re
from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from inventory import queries
from inventory.promise import Pickup, Place, Point, Promise
from kernel.errors import Invalid, NotFound
from org.access import Principal
from org.queries import channels

Json = dict[str, Any]
NOBODYS: Final[frozenset[UUID]] = frozenset()
POINT = re.compile(r"\s*([+-]?\d{1,3}(?:\.\d{1,15})?)\s*,\s*([+-]?\d{1,3}(?:\.\d{1,15})?)\s*", re.ASCII)
LIMITS = (90_000_000, 180_000_000)
MILLION = 1_000_000


class UnknownChannel(NotFound):
    """Not theirs, or not there: the answer is the same."""

    code = "channel_unknown"
    title = "There is no such channel"


def point_of(text: str | None, *, field: str = "near") -> Point | None:
    """Latitude and longitude in millionths of a degree, of "52.5219,13.4132"."""
    if not text:
        return None
    found = POINT.fullmatch(text)
    latitude, longitude = (round(Decimal(part) * MILLION) for part in found.groups()) if found else (LIMITS[0] + 1, 0)
    if abs(latitude) > LIMITS[0] or abs(longitude) > LIMITS[1]:
        raise Invalid("Give a point as latitude and longitude: 52.5219,13.4132.", field=field)
    return latitude, longitude


def promises(*, principal: Principal, variants: Sequence[UUID], channel: str = "", near: str = "", now: datetime) -> list[Json]:
    """In the order asked for, each once; of what a key's channel does not show nothing is said."""
    wanted = list(dict.fromkeys(variants))
    point, bound = point_of(near), principal.channel is not None
    found = queries.promise(variants=wanted, channel=_channel(principal, channel), near=point, now=now, only_shown=bound)
    # Of whose goods the quantity may be told; None: of all. Nobody's, without the scope.
    stores = principal.stores("stock:read")
    return [_told(found[variant], stores) for variant in wanted if variant in found]


def _channel(principal: Principal, code: str) -> UUID:
    """A key asks in its own channel; staff name one, unless there is only one."""
    own = principal.channel
    if own is not None:
        if code not in ("", own.code):
            raise UnknownChannel(field="channel")
        return own.id
    known = channels()
    found = [channel for channel in known if code in ("", channel.code)]
    if not code and len(known) > 1:
        raise Invalid("Say for which channel.", field="channel")
    if not found:
        raise UnknownChannel(field="channel")
    return found[0].id


def _told(promise: Promise, stores: Collection[UUID] | None) -> Json:
    whole = stores != NOBODYS and (stores is None or all(_seen(one.place, stores) for one in promise.holdings))
    return {
        "variant": promise.variant,
        "state": promise.state,
        "quantity": promise.available if whole else None,
        "there": promise.there if whole else None,
        "ships": promise.ships,
        "comes_on": promise.comes_on,
        "pickup": [_pickup(one, stores) for one in promise.pickup],
    }


def _pickup(one: Pickup, stores: Collection[UUID] | None) -> Json:
    return {
        "location_code": one.place.code,
        "location_name": one.place.name,
        "distance": one.place.distance,
        "state": one.state,
        "quantity": one.available if _seen(one.place, stores) else None,
        "ready_at": one.ready_at,
    }


def _seen(place: Place, stores: Collection[UUID] | None) -> bool:
    return stores is None or place.store in stores
