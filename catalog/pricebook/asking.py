"""Who may ask what prices where: staff with pricing.view anywhere, a key in its own channel."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db import connection

from catalog.pricebook.standing import Place, UnknownPlace
from kernel.errors import Invalid, NotAllowed
from org.access import Principal, require

NOWHERE = "There is no such store or channel."
PLACE = """select c.id, y.id from org_channel c left join org_store y on y.channel_id = c.id and y.code = %(store)s
where (%(channel)s = '' or c.code = %(channel)s) and (y.id is not null or %(store)s = '')"""


@dataclass(frozen=True, slots=True)
class Reach:
    """A place, and how much of it may be told. `only_offered`: what the channel shows and no more; `open`: of the trace only
    what a shopper is meant to learn, and nothing of other people or other times."""

    place: Place
    only_offered: bool
    open: bool


def reach_of(*, principal: Principal, store: str = "", channel: str = "", closed: Collection[str] = ()) -> Reach:
    """Raises UnknownPlace for a place that is not theirs or does not exist, the same for both. `closed`: the names of what was
    given that a publishable key may not ask with; anybody can read such a key and pretend to be a customer."""
    if principal.channel is None:
        require(principal.user, "pricing.view")
        return Reach(_place(store, channel), only_offered=False, open=False)
    public = principal.key is None or principal.key.kind != principal.key.Kind.SECRET
    if public and closed:
        names = ", ".join(sorted(closed))
        raise NotAllowed(f"A publishable key cannot ask with: {names}. Use a secret key, from a server.", field=sorted(closed)[0])
    if channel not in ("", principal.channel.code):
        raise UnknownPlace(NOWHERE, field="store")
    place = _place(store, principal.channel.code) if store else Place(principal.channel.id)
    return Reach(place, only_offered=True, open=public)


def _place(store: str, channel: str) -> Place:
    if not store and not channel:
        raise Invalid("Say where: give a store or a channel.", field="store")
    with connection.cursor() as cursor:
        cursor.execute(PLACE, {"store": store, "channel": channel})
        row = cursor.fetchone()
    if row is None:
        raise UnknownPlace(NOWHERE, field="store")
    return Place(*row)
