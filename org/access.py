"""Who may do what. Default deny: a permission that no grant gives is refused, and so is one nobody has heard of.

A permission is a string such as "orders.view". Three sorts differ in how far a grant carries them:

- per store (`PER_STORE`): held in the grant's store, in the stores of the grant's channel, or everywhere;
- shared (`SHARED`): about things all stores have in common and harmless to see; any grant gives it;
- the rest concern the whole shop: only a grant without store and channel gives them.
"""

import hashlib
import hmac
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Literal, TypeVar
from uuid import UUID

import orjson
from django.db import connection
from django.db.models import BinaryField

from kernel.errors import NotAllowed, NotSignedIn

if TYPE_CHECKING:
    from django.db.models import Field, Model

    from org.models import ApiKey, Channel, RoleGrant, Store, User

    Made = TypeVar("Made", bound=Model)

PER_STORE = frozenset(
    {
        "catalog.range",
        "inventory.view",
        "inventory.adjust",
        "orders.view",
        "orders.manage",
        "pos.sell",
        "pos.manage",
        "pricing.markdown",
        "reports.view",
    }
)
SHARED = frozenset({"catalog.view", "customers.view", "customers.edit", "pricing.view"})
WHOLE_SHOP = frozenset(
    {
        "books.view",
        "books.close",
        "catalog.edit",
        "customers.erase",
        "deliveries.view",
        "deliveries.retry",
        "inventory.edit",
        "inventory.recall",
        "org.view",
        "org.manage",
        "payments.view",
        "payments.manage",
        "pricing.edit",
        "pricing.approve",
        "value.view",
        "value.issue",
    }
)
PERMISSIONS = PER_STORE | SHARED | WHOLE_SHOP

ROLE_PERMISSIONS: dict[str, frozenset[str]] = {
    "owner": PERMISSIONS,
    "merchandiser": frozenset(
        {
            "catalog.view",
            "catalog.edit",
            "catalog.range",
            "inventory.view",
            "inventory.edit",
            "inventory.recall",
            "pricing.view",
            "pricing.edit",
            "reports.view",
        }
    ),
    "pricing_manager": frozenset({"catalog.view", "inventory.view", "pricing.view", "pricing.edit", "pricing.approve", "reports.view"}),
    "store_manager": frozenset(
        {
            "catalog.view",
            "catalog.range",
            "customers.view",
            "customers.edit",
            "inventory.view",
            "inventory.adjust",
            "orders.view",
            "orders.manage",
            "pos.sell",
            "pos.manage",
            "pricing.view",
            "pricing.markdown",
            "reports.view",
        }
    ),
    "cashier": frozenset({"pos.sell"}),
    "support": frozenset(
        {
            "catalog.view",
            "customers.view",
            "customers.edit",
            "inventory.view",
            "orders.view",
            "orders.manage",
            "payments.view",
            "value.view",
            "value.issue",
        }
    ),
    "accountant": frozenset({"books.view", "books.close", "orders.view", "payments.view", "payments.manage", "reports.view", "value.view"}),
    "stock_clerk": frozenset({"catalog.view", "inventory.view", "inventory.adjust"}),
    "engineer": frozenset({"catalog.view", "deliveries.view", "deliveries.retry", "org.view"}),
    "viewer": frozenset({"catalog.view", "inventory.view", "orders.view", "pricing.view", "reports.view"}),
}

# What an API key may be given, and what staff need for the same thing.
SCOPES: dict[str, str] = {
    "catalog:read": "catalog.view",
    "orders:read": "orders.view",
    "orders:write": "orders.manage",
    # A shopper's: a cart is known by its random id alone.
    "checkout:write": "orders.manage",
    "customers:read": "customers.view",
    "customers:write": "customers.edit",
    "customers:erase": "customers.erase",
    "value:read": "value.view",
    "value:write": "value.issue",
    "payments:read": "payments.view",
    "payments:write": "payments.manage",
    "books:read": "books.view",
    "books:write": "books.close",
    "availability:read": "catalog.view",
    "stock:read": "inventory.view",
    "stock:write": "inventory.adjust",
    "deliveries:read": "deliveries.view",
    "deliveries:write": "deliveries.retry",
}
# A publishable key stands in a browser for everyone to read.
PUBLISHABLE_SCOPES = frozenset({"catalog:read", "availability:read", "checkout:write"})


def _model(view: str | None, *, edit: str | None = None, delete: str | None = None) -> dict[str, str | None]:
    return {"view": view, "add": edit, "change": edit, "delete": delete}


# What Django's admin asks for, model by model. A model that is missing here is closed; ledgers, journal and audit are never edited.
MODEL_PERMISSIONS: dict[str, dict[str, str | None]] = {
    "org.company": _model("org.view", edit="org.manage"),
    "org.channel": _model("org.view", edit="org.manage"),
    "org.store": _model("org.view", edit="org.manage"),
    "org.storegroup": _model("org.view", edit="org.manage"),
    "org.user": _model("org.view", edit="org.manage"),
    "org.rolegrant": _model("org.view", edit="org.manage", delete="org.manage"),
    "org.apikey": _model("org.view", edit="org.manage"),
    "org.setting": _model("org.view", edit="org.manage", delete="org.manage"),
    "catalog.taxclass": _model("catalog.view", edit="catalog.edit"),
    "catalog.category": _model("catalog.view", edit="catalog.edit"),
    "catalog.product": _model("catalog.view", edit="catalog.edit"),
    "catalog.variant": _model("catalog.view", edit="catalog.edit"),
    "catalog.gtin": _model("catalog.view", edit="catalog.edit", delete="catalog.edit"),
    "catalog.price": _model("catalog.view", edit="catalog.edit", delete="catalog.edit"),
    "catalog.brand": _model("catalog.view", edit="catalog.edit", delete="catalog.edit"),
    "catalog.producttype": _model("catalog.view", edit="catalog.edit", delete="catalog.edit"),
    "catalog.attribute": _model("catalog.view", edit="catalog.edit", delete="catalog.edit"),
    "catalog.attributechoice": _model("catalog.view", edit="catalog.edit", delete="catalog.edit"),
    "catalog.typeattribute": _model("catalog.view", edit="catalog.edit", delete="catalog.edit"),
    "catalog.collection": _model("catalog.view", edit="catalog.edit", delete="catalog.edit"),
    "catalog.collectionproduct": _model("catalog.view", edit="catalog.edit", delete="catalog.edit"),
    "catalog.publication": _model("catalog.view", edit="catalog.edit", delete="catalog.edit"),
    "catalog.storerange": _model("catalog.view", edit="catalog.range", delete="catalog.range"),
    "catalog.media": _model("catalog.view", edit="catalog.edit", delete="catalog.edit"),
    "catalog.productmedia": _model("catalog.view", edit="catalog.edit", delete="catalog.edit"),
    "catalog.importrun": _model("catalog.edit", edit="catalog.edit"),
    "catalog.plannedchange": _model("catalog.edit"),
    "catalog.refusedrow": _model("catalog.edit"),
    "catalog.revision": _model("catalog.view"),
    "catalog.synonym": _model("catalog.view", edit="catalog.edit", delete="catalog.edit"),
    "catalog.searchpin": _model("catalog.view", edit="catalog.edit", delete="catalog.edit"),
    "catalog.searchmiss": _model("catalog.view"),
    "catalog.pricelist": _model("pricing.view", edit="pricing.edit"),
    "catalog.pricechange": _model("pricing.view", edit="pricing.edit"),
    "catalog.priceentry": _model("pricing.view", edit="pricing.edit"),
    "catalog.pricepoint": _model("pricing.view"),
    "catalog.sticker": _model("pricing.view", edit="pricing.markdown"),
    "catalog.taxzone": _model("pricing.view", edit="pricing.edit"),
    "catalog.taxrate": _model("pricing.view", edit="pricing.edit"),
    "catalog.channeltax": _model("pricing.view", edit="pricing.edit"),
    "catalog.storetax": _model("pricing.view", edit="pricing.edit"),
    "catalog.taxexemption": _model("pricing.edit", edit="pricing.edit"),
    "catalog.promotion": _model("pricing.view", edit="pricing.edit"),
    "catalog.coupon": _model("pricing.edit", edit="pricing.edit"),
    "catalog.redemption": _model("pricing.view"),
    "catalog.simulation": _model("pricing.view", edit="pricing.edit", delete="pricing.edit"),
    "inventory.location": _model("inventory.view", edit="inventory.edit"),
    "inventory.source": _model("inventory.view", edit="inventory.edit", delete="inventory.edit"),
    "inventory.level": _model("inventory.view"),
    "inventory.movement": _model("inventory.view"),
    "inventory.reservation": _model("inventory.view"),
    "inventory.policy": _model("inventory.view", edit="inventory.edit", delete="inventory.edit"),
    "inventory.component": _model("inventory.view", edit="inventory.edit", delete="inventory.edit"),
    "inventory.pack": _model("inventory.view", edit="inventory.edit", delete="inventory.edit"),
    "inventory.lot": _model("inventory.view"),
    "inventory.serial": _model("inventory.view"),
    "inventory.recall": _model("inventory.view", edit="inventory.recall"),
    "inventory.task": _model("inventory.view"),
    "inventory.document": _model("inventory.view", edit="inventory.adjust"),
    "customers.customer": _model("customers.view", edit="customers.edit"),
    "customers.group": _model("customers.view", edit="customers.edit"),
    "customers.suggestion": _model("customers.view", edit="customers.edit"),
    "customers.account": _model("value.view", edit="value.issue"),
    "customers.transaction": _model("value.view"),
    "orders.order": _model("orders.view"),
    "orders.orderline": _model("orders.view"),
    "orders.payment": _model("orders.view"),
    "orders.deliveryoption": _model("orders.view", edit="catalog.edit"),
    "orders.attempt": _model("payments.view"),
    "orders.providerrefund": _model("payments.view"),
    "orders.discrepancy": _model("payments.view", edit="payments.manage"),
    "orders.bookline": _model("books.view"),
    "orders.periodlock": _model("books.view", edit="books.close"),
    "orders.invoice": _model("orders.view"),
    "pos.till": _model("pos.manage", edit="pos.manage"),
    "pos.tillepoch": _model("pos.manage"),
    "pos.pincredential": _model("pos.manage", edit="pos.manage", delete="pos.manage"),
    "pos.shift": _model("pos.manage"),
    "pos.journalentry": _model("pos.manage"),
    "pos.journalconflict": _model("pos.manage"),
    "pos.drawerevent": _model("pos.manage"),
    "pos.lateentry": _model("pos.manage"),
    "pos.syncnote": _model("pos.manage"),
    "pos.notequestion": _model("pos.manage"),
    "pos.sealedhead": _model("pos.manage"),
    "kernel.message": _model("deliveries.view"),
    "kernel.delivery": _model("deliveries.view"),
    "kernel.job": _model("catalog.edit"),
    "kernel.auditentry": _model("org.view"),
}


def allows(user: Any, permission: str, *, store: "Store | UUID | None" = None) -> bool:
    """May this user do it: in that store, or (no store given) in at least one place. Rows are then bounded by `stores_for`."""
    if permission not in PERMISSIONS:
        return False
    holding = [grant for grant in _grants(user) if permission in ROLE_PERMISSIONS.get(grant.role, ())]
    if permission in SHARED:
        return bool(holding)
    if any(_everywhere(grant) for grant in holding):
        return True
    if permission in WHOLE_SHOP or not holding:
        return False
    reached = _stores(holding)
    return bool(reached) if store is None else _id(store) in reached


def stores_for(user: Any, permission: str) -> frozenset[UUID] | None:
    """The stores in which the user may do it; None means all of them, those that open tomorrow included."""
    if permission not in PERMISSIONS:
        return frozenset()
    holding = [grant for grant in _grants(user) if permission in ROLE_PERMISSIONS.get(grant.role, ())]
    if any(_everywhere(grant) for grant in holding) or (holding and permission in SHARED):
        return None
    return frozenset() if permission in WHOLE_SHOP else _stores(holding)


def require(user: Any, permission: str, *, store: "Store | UUID | None" = None) -> None:
    """Raises NotSignedIn for a stranger and NotAllowed for somebody known."""
    if allows(user, permission, store=store):
        return
    if not getattr(user, "is_authenticated", False):
        raise NotSignedIn
    raise NotAllowed("Your role does not include this. Ask the owner for it.", permission=permission)


def may_enter_back_office(user: Any) -> bool:
    """Somebody who only sells works at the till and nowhere else."""
    return any(ROLE_PERMISSIONS.get(grant.role, frozenset()) - {"pos.sell"} for grant in _grants(user))


def has_model_permission(user: Any, permission: str) -> bool:
    """Answers Django's "app.view_model" from the table above; an unknown form or model is refused."""
    app, _, rest = permission.partition(".")
    action, _, model = rest.partition("_")
    needed = MODEL_PERMISSIONS.get(f"{app}.{model}", {}).get(action)
    return needed is not None and may_enter_back_office(user) and allows(user, needed)


def has_app_permission(user: Any, app_label: str) -> bool:
    models = [name for name in MODEL_PERMISSIONS if name.startswith(f"{app_label}.")]
    return any(has_model_permission(user, name.replace(".", ".view_", 1)) for name in models)


def roles_of(user: Any) -> "list[str]":
    """The names of the roles somebody holds, each once."""
    return list(dict.fromkeys(str(grant.get_role_display()) for grant in _grants(user)))


def forget_grants(user: Any) -> None:
    """After a change of grants in the same request."""
    vars(user).pop("_held_grants", None)


def _grants(user: Any) -> "list[RoleGrant]":
    """Read once per user object, so once per request: the admin asks for dozens of permissions a page."""
    if user is None or not getattr(user, "is_active", False) or not hasattr(user, "grants"):
        return []
    held = vars(user).get("_held_grants")
    if held is None:
        held = user.__dict__["_held_grants"] = list(user.grants.all())
    return held


def _everywhere(grant: "RoleGrant") -> bool:
    return grant.store_id is None and grant.channel_id is None


def _stores(grants: "list[RoleGrant]") -> frozenset[UUID]:
    # Inside, because the user model asks this module.
    from org.models import Store

    direct = {grant.store_id for grant in grants if grant.store_id}
    channels = {grant.channel_id for grant in grants if grant.channel_id}
    return frozenset(direct.union(Store.objects.filter(channel_id__in=channels).values_list("id", flat=True) if channels else ()))


def _id(store: "Store | UUID") -> UUID:
    return store if isinstance(store, UUID) else store.id


@dataclass(frozen=True, kw_only=True)
class Principal:
    """Who stands at a door: a stranger, somebody of the staff, a program with a key, or a till."""

    kind: Literal["anonymous", "staff", "key", "till"] = "anonymous"
    user: "User | None" = None
    key: "ApiKey | None" = None
    channel: "Channel | None" = None
    scopes: frozenset[str] = frozenset()

    def can(self, scope: str) -> bool:
        """`scope` as in SCOPES; "catalog.read" and "catalog:read" are the same question."""
        scope = scope.replace(".", ":")
        if scope not in SCOPES:
            return False
        if self.kind == "staff":
            return allows(self.user, SCOPES[scope])
        return self.kind in ("key", "till") and scope in self.scopes

    def require(self, scope: str) -> None:
        if self.can(scope):
            return
        if self.kind == "anonymous":
            raise NotSignedIn
        raise NotAllowed("This key or role does not reach that far.", scope=scope)

    def stores(self, scope: str) -> frozenset[UUID] | None:
        """The stores whose rows may be seen; None means no bound by store. A key is bound by its channel instead."""
        scope = scope.replace(".", ":")
        if not self.can(scope):
            return frozenset()
        return stores_for(self.user, SCOPES[scope]) if self.kind == "staff" else None

    @property
    def name(self) -> str:
        """Stable and without secrets: "staff:<id>", "key:<id>"; the first part of an idempotency key's scope."""
        who = self.user or self.key
        return f"{self.kind}:{who.pk}" if who else self.kind


ANONYMOUS = Principal()


def principal_of_user(user: Any) -> Principal:
    """Staff who may enter the back office; a cashier's session opens nothing here."""
    return Principal(kind="staff", user=user) if may_enter_back_office(user) else ANONYMOUS


def digest_of_key(plain: str) -> bytes:
    """Keys are 32 random bytes, so one SHA-256 is enough: there is nothing to guess slowly."""
    return hashlib.sha256(plain.encode("utf-8", "backslashreplace")).digest()


@dataclass(frozen=True)
class Beside:
    """What is read along with a key: columns of a table joined to its channel `c`, so that it costs no statement of its own."""

    columns: tuple[str, ...] = ()
    join: str = ""


ALONE = Beside()


@cache
def _key_statement(beside: Beside) -> str:
    """Key and channel as one text: what the driver makes of fifteen columns costs more than all the rest of the statement."""
    from org.models import ApiKey, Channel

    row = ", ".join([*_told(ApiKey, "k"), *_told(Channel, "c")])
    columns = ", ".join([f"json_build_array({row})::text", *beside.columns])
    return f"select {columns} from org_apikey k join org_channel c on c.id = k.channel_id {beside.join} where k.digest = %b"  # noqa: S608  # names of columns


@lru_cache(maxsize=512)
def _principal_of(row: str) -> Principal:
    """The row is read for every request; what it says is worked out once."""
    from org.models import ApiKey, Channel

    told = orjson.loads(row)
    of_key = len(_columns(ApiKey))
    key, channel = _made(ApiKey, told[:of_key]), _made(Channel, told[of_key:])
    key.channel = channel
    scopes = frozenset(key.scopes) & frozenset(SCOPES)
    if key.kind != key.Kind.SECRET:
        scopes &= PUBLISHABLE_SCOPES
    return Principal(kind="key", key=key, channel=channel, scopes=scopes)


def _told(model: "type[Model]", table: str) -> list[str]:
    """Its columns for JSON: bytes have no form of their own there."""
    named = [(field, f"{table}.{field.attname}") for field in model._meta.concrete_fields]
    return [f"encode({name}, 'hex')" if isinstance(field, BinaryField) else name for field, name in named]


def _made(model: "type[Made]", told: list[Any]) -> "Made":
    """A row of what `_told` asks for, each value as its field reads it."""
    values = [_read(field, value) for field, value in zip(model._meta.concrete_fields, told, strict=True)]
    return model.from_db(connection.alias, _columns(model), values)


def _read(field: "Field[Any, Any]", value: Any) -> Any:
    return bytes.fromhex(value) if isinstance(field, BinaryField) else field.to_python(value)


@cache
def _columns(model: "type[Model]") -> list[str]:
    return [field.attname for field in model._meta.concrete_fields]


def principal_of_key(plain: str) -> Principal | None:
    """None for an unknown or revoked key. Every key, good or bad, costs one hash and one look-up by that hash."""
    return known_by_key(plain)[0]


def known_by_key(plain: str, *, beside: Beside = ALONE) -> tuple[Principal | None, tuple[Any, ...]]:
    """Also what was read beside it, in one plain statement: every request of a program begins here."""
    digest = digest_of_key(plain)
    with connection.cursor() as cursor:
        cursor.execute(_key_statement(beside), [digest])
        row = cursor.fetchone()
    if row is None:
        return None, ()
    found = _principal_of(row[0])
    key = found.key
    known = key is not None and hmac.compare_digest(key.digest, digest) and key.revoked_at is None
    return (found, row[1:]) if known else (None, ())
