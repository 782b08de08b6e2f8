"""What can be asked about tills, their journals and their shifts. Plain rows out; joins own and lower tables."""

import hashlib
import hmac
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from django.db import connection
from django.db.models import Count

from org import settings
from org.access import ROLE_PERMISSIONS
from pos.models import JournalEntry, NoteQuestion, Shift, SyncNote, Till, TillEpoch

PIN_ROUNDS = 100_000
MAY_USE_A_TILL = frozenset({"pos.sell", "pos.manage"})


@dataclass(frozen=True, slots=True)
class Known:
    """What is stored of an entry, as far as a newcomer is compared with it."""

    id: UUID
    till_id: UUID
    epoch: int
    seq: int
    prev: bytes
    hash: bytes
    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class TillFacts:
    """What posting needs to know of a till."""

    id: UUID
    number: int
    store: UUID
    store_code: str
    channel: UUID
    currency: str


def token_digest(token: str) -> bytes:
    """Tokens are 32 random bytes, so one SHA-256 is enough: there is nothing to guess slowly."""
    return hashlib.sha256(token.encode("utf-8", "backslashreplace")).digest()


def pin_digest(*, store_id: UUID, pin: str) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", pin.encode(), store_id.bytes, PIN_ROUNDS, dklen=32)


def till_of_token(token: str) -> TillEpoch | None:
    """The enrolment a token belongs to, revoked or not, with its till and store; None for a token nobody was given."""
    digest = token_digest(token)
    found = TillEpoch.objects.select_related("till__store").filter(token_digest=digest).first()
    return found if found and hmac.compare_digest(bytes(found.token_digest), digest) else None


def public_keys(*, till_id: UUID, epochs: Iterable[int]) -> dict[int, dict[str, str]]:
    return dict(TillEpoch.objects.filter(till_id=till_id, epoch__in=list(epochs)).values_list("epoch", "public_key"))


KNOWN = "id, till_id, epoch, seq, prev, hash, state, reason"
KNOWN_ENTRIES = f"""
    select {KNOWN} from pos_journalentry where id = any(%s)
    union
    select {KNOWN} from pos_journalentry where till_id = %s and epoch = %s and seq = any(%s) and state = 'accepted'
    union
    select entry, till_id, epoch, seq, ''::bytea, hash, 'conflict', reason from pos_journalconflict
    where till_id = %s and epoch = %s and seq = any(%s) and reason in ('place_taken', 'forked')
"""  # noqa: S608


def known_entries(*, till_id: UUID, epoch: int, ids: Collection[UUID], places: Collection[int]) -> list[Known]:
    """Entries with one of the ids, whoever made them, those of this epoch at one of the places, and those (`state` "conflict")
    that found one of the places taken."""
    with connection.cursor() as cursor:
        cursor.execute(KNOWN_ENTRIES, [list(ids), till_id, epoch, list(places), till_id, epoch, list(places)])
        return [Known(*row) for row in cursor.fetchall()]


TILL_FACTS = """select till.id, till.number, store.id, store.code, store.channel_id, store.currency
from pos_till till join org_store store on store.id = till.store_id where till.id = any(%s)"""


def till_facts(*, tills: Collection[UUID]) -> dict[UUID, TillFacts]:
    with connection.cursor() as cursor:
        cursor.execute(TILL_FACTS, [list(tills)])
        return {row[0]: TillFacts(*row) for row in cursor.fetchall()}


def tills(*, stores: Collection[UUID] | None = None) -> list[Till]:
    """By store and number; bounded by `stores` unless that is None."""
    every = Till.objects.select_related("store").order_by("store__name", "number")
    return list(every if stores is None else every.filter(store_id__in=stores))


def open_shifts(*, stores: Collection[UUID] | None = None) -> list[Shift]:
    every = Shift.objects.select_related("till__store").filter(closed_at=None).order_by("-opened_at", "-id")
    return list(every if stores is None else every.filter(till__store_id__in=stores))


@dataclass(frozen=True, slots=True)
class Attention:
    """How much of the journal waits for a person, or for long."""

    failed: int
    quarantined: int
    conflicts: int
    late: int
    # Open notes of the sync inbox.
    notes: int = 0


# Each part is found by an index of just those rows; every page of the back office asks.
ATTENTION = """
    with mine as materialized (select id from pos_till where %(stores)s::uuid[] is null or store_id = any(%(stores)s))
    select
        (select count(*) from pos_journalentry where posting = 'failed' and till_id in (select id from mine)),
        (select count(*) from pos_journalentry where state = 'quarantined' and till_id in (select id from mine)),
        (select count(*) from pos_journalconflict where resolved_at is null and till_id in (select id from mine)),
        (select count(*) from pos_journalentry where posting = 'pending' and received_at < %(since)s and till_id in (select id from mine)),
        (select count(*) from pos_syncnote where closed_at is null and till_id in (select id from mine))
"""


def attention(*, now: datetime, stores: Collection[UUID] | None = None) -> Attention:
    """`late` are entries that wait for their posting for more than five minutes. Bounded by `stores` unless that is None."""
    with connection.cursor() as cursor:
        cursor.execute(ATTENTION, {"stores": None if stores is None else list(stores), "since": now - timedelta(minutes=5)})
        return Attention(*cursor.fetchone())


def bootstrap(*, epoch: TillEpoch, now: datetime) -> dict[str, Any]:
    """All a till needs besides the catalogue, so that it can open offline. `epoch` with its till and store loaded."""
    till, store = epoch.till, epoch.till.store
    return {
        "epoch": epoch.epoch,
        "till": {"id": str(till.id), "number": till.number, "name": till.name},
        "store": {
            "id": str(store.id),
            "code": store.code,
            "name": store.name,
            "currency": store.currency,
            "timezone": store.timezone,
            "day_cutoff": store.day_cutoff.strftime("%H:%M"),
        },
        "pin": {"salt": store.id.bytes.hex(), "iterations": PIN_ROUNDS},
        "cashiers": cashiers(store_id=store.id, channel_id=store.channel_id),
        "try_this": settings.get("till.try_this", store=store),
        "note_buttons": settings.get("till.note_buttons", store=store),
        "rules": {name: settings.get(f"till.{name}", store=store) for name in ("open_item", "variance_limit", "cash_limit", "embedded_codes")},
        "asked": questions_waiting(store_id=store.id),
        "inbox": SyncNote.objects.filter(store=store, closed_at=None).count(),
        "head": head(till_id=till.id, epoch=epoch.epoch),
        "server_time_ms": int(now.timestamp() * 1000),
    }


def questions_waiting(*, store_id: UUID) -> dict[str, int]:
    """How many questions about notes wait for each person's answer."""
    waiting = NoteQuestion.objects.filter(answered_at=None, note__store=store_id, note__fix="asked")
    return {str(person): n for person, n in waiting.order_by().values_list("asked").annotate(n=Count("note"))}


CASHIERS = """
    select u.id, u.name, p.digest, array_agg(distinct g.role order by g.role)
    from pos_pincredential p
    join org_user u on u.id = p.user_id and u.is_active
    join org_rolegrant g on g.user_id = u.id
    where p.store_id = %s and g.role = any(%s)
      and (g.store_id = %s or g.channel_id = %s or (g.store_id is null and g.channel_id is null))
    group by u.id, u.name, p.digest
    order by u.name, u.id
"""


def cashiers(*, store_id: UUID, channel_id: UUID) -> list[dict[str, Any]]:
    """Who may work at this store's tills, with the digest of the PIN that the till checks by itself."""
    roles = [role for role, permissions in ROLE_PERMISSIONS.items() if permissions & MAY_USE_A_TILL]
    with connection.cursor() as cursor:
        cursor.execute(CASHIERS, [store_id, roles, store_id, channel_id])
        return [{"id": str(id), "name": name, "roles": held, "digest": bytes(digest).hex()} for id, name, digest, held in cursor.fetchall()]


def head(*, till_id: UUID, epoch: int) -> dict[str, Any]:
    """The last entry of an epoch that came, and its last receipt number."""
    proven = JournalEntry.objects.filter(till_id=till_id, epoch=epoch, seq__gt=0).order_by("-seq")
    last = proven.values_list("seq", "hash").first()
    sale = proven.filter(kind="sale", state=JournalEntry.State.ACCEPTED).values_list("text", flat=True).first()
    return {
        "seq": last[0] if last else 0,
        "hash": bytes(last[1]).hex() if last else "0" * 64,
        "receipt": orjson.loads(sale)["body"]["receipt_no"] if sale else 0,
    }


def price_snapshots(*, ids: Collection[str]) -> list[tuple[str, UUID, str, datetime]]:
    """Id, store, text, and when a till first fetched it."""
    with connection.cursor() as cursor:
        cursor.execute("select id, store_id, rules, made_at from pos_pricesnapshot where id = any(%s)", [list(ids)])
        return cursor.fetchall()


@dataclass(frozen=True, slots=True)
class Goods:
    """What pricing asks of a variant that was sold. `prices`: its base price now, (amount, price_quantity) by currency."""

    sold_by: str
    facets: list[str]
    prices: dict[str, tuple[int, int]]


GOODS = """
    select v.id, v.sold_by, {facets}, r.currency, r.amount, r.price_quantity
    from catalog_variant v {joined} left join catalog_price r on r.variant_id = v.id and r.currency = any(%(currencies)s::varchar[])
    where v.id = any(%(variants)s::uuid[])
"""
# Told as one text: sixty arrays cost more to read than all the rest of the answer.
BETWEEN = "\x1f"
WITH_FACETS = {
    "facets": f"concat_ws('{BETWEEN}', 'product:' || p.handle, 'sku:' || v.sku, array_to_string(e.facets, '{BETWEEN}'))",
    "joined": "join catalog_product p on p.id = v.product_id left join catalog_searchentry e on e.product_id = p.id",
}
GOODS_WITH_FACETS = GOODS.format(**WITH_FACETS)
GOODS_ALONE = GOODS.format(facets="''", joined="")


def goods(*, variants: Collection[UUID], facets: bool, currencies: Collection[str]) -> dict[UUID, Goods]:
    """Of those that exist; their facets where they are asked for."""
    found: dict[UUID, Goods] = {}
    if not variants:
        return found
    with connection.cursor() as cursor:
        cursor.execute(GOODS_WITH_FACETS if facets else GOODS_ALONE, {"variants": list(variants), "currencies": list(currencies)})
        for id, sold_by, held, currency, amount, price_quantity in cursor.fetchall():
            one = found.setdefault(id, Goods(sold_by, held.split(BETWEEN) if held else [], {}))
            if currency:
                one.prices[currency] = (amount, price_quantity)
    return found


def coupon_promotions(*, codes: Collection[str]) -> dict[str, str]:
    """The promotion's code of each coupon there is."""
    if not codes:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "select c.code, p.code from catalog_coupon c join catalog_promotion p on p.id = c.promotion_id where c.code = any(%s)", [list(codes)]
        )
        return dict(cursor.fetchall())


class PriceAsked(NamedTuple):
    """`source`: the code of a price list, or "base"."""

    variant: UUID | None
    store: UUID
    currency: str
    source: str
    at: datetime


class PriceKnown(NamedTuple):
    """`since`: from when on it held; None for a list's price without a beginning."""

    amount: int
    price_quantity: int
    since: datetime | None


# A list's entries hold by each store's own clock (docs/pricing.md); what a base price was its points tell.
PRICES = """
    select asked.place, found.amount, found.price_quantity, found.since
    from jsonb_to_recordset(%s::jsonb) as asked (place int, variant uuid, store uuid, currency text, source text, at timestamptz)
    cross join lateral (
        select r.amount, r.price_quantity, r.at as since from (
            select o.amount, o.price_quantity, o.at from catalog_pricepoint o
            where asked.source = 'base' and o.variant_id = asked.variant and o.currency = asked.currency and o.at <= asked.at
            order by o.at desc limit 1
        ) r where r.amount is not null
        union all
        select e.amount, e.price_quantity, (e.starts_at at time zone %s) at time zone y.timezone
        from catalog_pricelist l
        join catalog_priceentry e on e.price_list_id = l.id and e.variant_id = asked.variant and e.live
        join org_store y on y.id = asked.store
        where asked.source <> 'base' and l.code = asked.source and l.currency = asked.currency
            and (e.starts_at is null or (e.starts_at at time zone %s) at time zone y.timezone <= asked.at)
            and (e.ends_at is null or (e.ends_at at time zone %s) at time zone y.timezone > asked.at)
    ) found
"""


def prices_at(*, asked: Collection[PriceAsked]) -> dict[PriceAsked, list[PriceKnown]]:
    """What the catalogue said at that moment: of a list one for each step in quantity. Nothing: nobody knows."""
    rows = list(dict.fromkeys(asked))
    found: dict[PriceAsked, list[PriceKnown]] = {}
    if not rows:
        return found
    shop = settings.get("shop.timezone")
    with connection.cursor() as cursor:
        cursor.execute(PRICES, [orjson.dumps([{"place": place, **row._asdict()} for place, row in enumerate(rows)]).decode(), shop, shop, shop])
        for place, *known in cursor.fetchall():
            found.setdefault(rows[place], []).append(PriceKnown(*known))
    return found
