"""What can be asked about tills, their journals and their shifts. Plain rows out; joins own and lower tables."""

import hashlib
import hmac
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from django.db import connection
from django.db.models import Q

from catalog import search
from catalog.documents import Sight
from catalog.models import Category
from org import settings
from org.access import ROLE_PERMISSIONS
from org.models import Store
from pos.models import JournalConflict, JournalEntry, Shift, Till, TillEpoch

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


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The feed for the tills of one currency: ready bytes, and the snapshot they are known by."""

    snapshot: str
    body: bytes


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
"""  # noqa: S608


def known_entries(*, till_id: UUID, epoch: int, ids: Collection[UUID], places: Collection[int]) -> list[Known]:
    """Entries with one of the ids, whoever made them, and those of this epoch at one of the places."""
    with connection.cursor() as cursor:
        cursor.execute(KNOWN_ENTRIES, [list(ids), till_id, epoch, list(places)])
        return [Known(*row) for row in cursor.fetchall()]


def till_facts(*, tills: Collection[UUID]) -> dict[UUID, TillFacts]:
    rows = Till.objects.filter(id__in=tills).values_list("id", "number", "store_id", "store__code", "store__channel_id", "store__currency")
    return {row[0]: TillFacts(*row) for row in rows}


def existing_variants(*, variants: Collection[UUID]) -> frozenset[UUID]:
    if not variants:
        return frozenset()
    with connection.cursor() as cursor:
        cursor.execute("select id from catalog_variant where id = any(%s)", [list(variants)])
        return frozenset(id for (id,) in cursor.fetchall())


CASH_OF_SHIFTS = """
    select o.shift, sum(p.amount)::bigint
    from pos_shift s
    join pos_till t on t.id = s.till_id
    join orders_order o on o.shift = s.id and o.store_id = t.store_id
    join orders_payment p on p.order_id = o.id and p.kind = 'cash'
    where s.id = any(%s)
    group by o.shift
"""


def cash_of_shifts(*, shifts: Collection[UUID]) -> dict[UUID, int]:
    """What the orders of each shift brought into its drawer, in minor units."""
    with connection.cursor() as cursor:
        cursor.execute(CASH_OF_SHIFTS, [list(shifts)])
        return dict(cursor.fetchall())


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


def attention(*, now: datetime, stores: Collection[UUID] | None = None) -> Attention:
    """`late` are entries that wait for their posting for more than five minutes. Bounded by `stores` unless that is None."""
    within = Q() if stores is None else Q(till__store_id__in=stores)
    entries = JournalEntry.objects.filter(within).order_by()
    return Attention(
        failed=entries.filter(posting=JournalEntry.Posting.FAILED).count(),
        quarantined=entries.filter(state=JournalEntry.State.QUARANTINED).count(),
        conflicts=JournalConflict.objects.filter(within, resolved_at=None).count(),
        late=entries.filter(posting=JournalEntry.Posting.PENDING, received_at__lt=now - timedelta(minutes=5)).count(),
    )


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
        "head": head(till_id=till.id, epoch=epoch.epoch),
        "server_time_ms": int(now.timestamp() * 1000),
    }


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


# One statement for the whole shelf; codes are gathered per variant beside it, so that nothing is multiplied.
SELLABLE = """
    select v.id::text, v.sku, p.name, v.name, v.net_content, v.net_unit, coalesce(g.gtins, '{}'),
           r.amount, r.price_quantity, t.code, t.rate, coalesce(c.code, ''), p.tile, v.sold_by
    from catalog_variant v
    join catalog_product p on p.id = v.product_id
    join catalog_price r on r.variant_id = v.id and r.currency = %s
    join catalog_taxclass t on t.id = p.tax_class_id
    left join catalog_category c on c.id = p.category_id
    left join (select variant_id, array_agg(gtin::text order by gtin) as gtins from catalog_gtin group by variant_id) g on g.variant_id = v.id
    where p.status = 'active' and p.archived_at is null and v.archived_at is null
"""
ITEMS = SELLABLE + " order by p.sort_key, v.position, v.id"


def catalogue(*, store: Store) -> Catalogue:
    """What the store's tills may sell: active, not archived, with a price in the store's currency."""
    favourites = {sku: place for place, sku in enumerate(settings.get("till.favourites", store=store), 1)}
    with connection.cursor() as cursor:
        cursor.execute(ITEMS, [store.currency])
        items = [_item(row, favourites) for row in cursor.fetchall()]
    used = {item["category"] for item in items}
    categories = [
        {"code": code, "name": name} for code, name in Category.objects.order_by("position", "name", "id").values_list("code", "name") if code in used
    ]
    content = orjson.dumps({"currency": store.currency, "categories": categories, "items": items})
    snapshot = hashlib.sha256(content).hexdigest()[:16]
    return Catalogue(snapshot=snapshot, body=b'{"snapshot":"%s",' % snapshot.encode() + content[1:])


def found(*, store: Store, words: str, now: datetime, first: int = 20) -> list[dict[str, Any]]:
    """What the search of the whole shop finds, best first, as the feed has it: for words the till's own catalogue does not know."""
    sight = Sight(channel=store.channel_id, currency=store.currency)
    chosen = search.selection(sight=sight, asked=search.Asked(words=words, first=first), now=now)
    favourites = {sku: place for place, sku in enumerate(settings.get("till.favourites", store=store), 1)}
    with connection.cursor() as cursor:
        cursor.execute(chosen.sql, chosen.params)
        places = {id: place for place, (id, *_) in enumerate(cursor.fetchall())}
        cursor.execute(f"{SELLABLE} and v.product_id = any(%s)", [store.currency, list(places)])
        rows = cursor.fetchall()
        cursor.execute("select id::text, product_id from catalog_variant where product_id = any(%s)", [list(places)])
        product_of = dict(cursor.fetchall())
    return [_item(row, favourites) for row in sorted(rows, key=lambda row: places[product_of[row[0]]])][:first]


def _item(row: tuple[Any, ...], favourites: Mapping[str, int]) -> dict[str, Any]:
    id, sku, product, variant, net_content, net_unit, gtins, price, price_quantity, tax_class, tax_rate, category, tile, sold_by = row
    return {
        "id": id,
        "sku": sku,
        "name": " ".join(part for part in (product, variant, net_text(net_content, net_unit)) if part)[:300],
        "gtins": gtins,
        "price": price,
        "price_quantity": price_quantity,
        "tax_class": tax_class,
        "tax_rate": tax_rate,
        "category": category,
        "tile": tile,
        "sold_by": sold_by,
        "favourite": favourites.get(sku, 0),
    }


def net_text(content: int | None, unit: str) -> str:
    """750 thousandths of "l" is "0.75 l"."""
    if content is None or not unit:
        return ""
    whole, part = divmod(content, 1000)
    return f"{whole}.{part:03d}".rstrip("0").rstrip(".") + f" {unit}"
