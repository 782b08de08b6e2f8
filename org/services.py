"""Open companies, stores and channels; let people in and out; give and revoke keys."""

import secrets
from collections.abc import Iterable
from datetime import datetime, time
from typing import TypeVar
from uuid import UUID

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models, transaction

from kernel.errors import Conflict, Invalid
from org.access import PUBLISHABLE_SCOPES, SCOPES, digest_of_key, forget_grants
from org.models import ApiKey, Channel, Company, RoleGrant, Store, User
from org.queries import business_date as business_date

Row = TypeVar("Row", bound=models.Model)


class LastOwner(Conflict):
    """Without an owner nobody could let anybody in again."""

    code = "last_owner"
    title = "This is the last owner. Make somebody else owner first."


class ScopeNotAllowed(Invalid):
    code = "scope_not_allowed"
    title = "This key may not have that scope"


class KeyRevoked(Conflict):
    code = "key_revoked"
    title = "This key is revoked already"


def create_company(*, code: str, name: str, currency: str, **seller: str) -> Company:
    """`seller`: what invoices show of it, as change_company takes it."""
    return _saved(Company(code=code, name=name, currency=currency, **seller))


def change_company(*, company: Company, **seller: str) -> Company:
    """`seller`: name, legal_name, line1, line2, postcode, city, country, tax_number, registration. What was issued stays as it was."""
    for field, value in seller.items():
        setattr(company, field, " ".join(value.split()))
    return _saved(company)


def create_channel(*, company: Company, code: str, name: str, kind: str, currency: str | None = None) -> Channel:
    return _saved(Channel(company=company, code=code, name=name, kind=kind, currency=currency or company.currency))


def create_store(
    *,
    company: Company,
    channel: Channel,
    code: str,
    name: str,
    timezone: str,
    currency: str | None = None,
    address: str = "",
    day_cutoff: time = time(4, 0),
) -> Store:
    return _saved(
        Store(
            company=company,
            channel=channel,
            code=code,
            name=name,
            timezone=timezone,
            currency=currency or company.currency,
            address=address,
            day_cutoff=day_cutoff,
        )
    )


def change_store(*, store: Store, **fields: object) -> Store:
    """Name, address, timezone, day_cutoff, channel, archived_at. Currency and code stand on receipts and stay."""
    return _changed(store, fields, allowed={"name", "address", "timezone", "day_cutoff", "channel", "archived_at"})


def create_user(*, username: str, name: str, password: str | None = None, email: str = "") -> User:
    """Without a password the person cannot sign in to the back office; a cashier needs none."""
    user = User(username=User.objects.model.normalize_username(username), name=name, email=email)
    user.set_password(password)
    return _saved(user)


@transaction.atomic
def change_user(*, user: User, **fields: object) -> User:
    """Name, e-mail, is_active."""
    if fields.get("is_active") is False:
        _keep_an_owner(without_user=user.id)
    return _changed(user, fields, allowed={"name", "email", "is_active"})


def set_password(*, user: User, password: str) -> None:
    user.set_password(password)
    user.save(update_fields=["password"])


def grant_role(*, user: User, role: str, store: Store | None = None, channel: Channel | None = None) -> RoleGrant:
    """A role everywhere, in one store, or in one channel's stores. Granting it again changes nothing."""
    wanted = {"user": user, "role": role, "store": store, "channel": channel}
    grant = RoleGrant.objects.filter(**wanted).first() or _saved(RoleGrant(**wanted))
    forget_grants(user)
    return grant


@transaction.atomic
def revoke_role(*, grant: RoleGrant) -> None:
    _keep_an_owner(without_grant=grant.id)
    grant.delete()
    forget_grants(grant.user)


def create_api_key(*, name: str, kind: str, channel: Channel, scopes: Iterable[str], now: datetime, plain: str | None = None) -> tuple[ApiKey, str]:
    """The key and its plain text, which is nowhere kept: whoever loses it makes another."""
    wanted = sorted(set(scopes))
    allowed = PUBLISHABLE_SCOPES if kind == ApiKey.Kind.PUBLISHABLE else frozenset(SCOPES)
    for scope in wanted:
        if scope not in allowed:
            raise ScopeNotAllowed(f"A {kind} key may not have the scope {scope}. It may have: {', '.join(sorted(allowed))}.", field="scopes")
    prefix = "pk" if kind == ApiKey.Kind.PUBLISHABLE else "sk"
    plain = plain or f"{prefix}_{secrets.token_urlsafe(32)}"
    key = ApiKey(name=name, kind=kind, channel=channel, scopes=wanted, hint=plain[:7], digest=digest_of_key(plain), created_at=now)
    return _saved(key), plain


def revoke_api_key(*, key: ApiKey, now: datetime) -> None:
    """From now on the key opens nothing. For good: a leaked key never comes back."""
    if not ApiKey.objects.filter(id=key.id, revoked_at=None).update(revoked_at=now):
        raise KeyRevoked
    key.revoked_at = now


def _keep_an_owner(*, without_user: UUID | None = None, without_grant: int | None = None) -> None:
    # Locked, so that two owners who remove each other at once cannot both succeed.
    owners = RoleGrant.objects.filter(role=RoleGrant.Role.OWNER, store=None, channel=None, user__is_active=True)
    held = list(owners.select_for_update(of=("self",)).order_by("id").values_list("id", "user_id"))
    left = [grant for grant, user in held if grant != without_grant and user != without_user]
    if held and not left:
        raise LastOwner


def _saved(row: Row) -> Row:
    """Save what is whole; tell the first thing that is wrong, with its field."""
    try:
        row.full_clean()
    except ValidationError as error:
        field, problems = next(iter(error.message_dict.items()))
        raise Invalid(problems[0], field="" if field == NON_FIELD_ERRORS else field) from error
    row.save()
    return row


def _changed(row: Row, fields: dict[str, object], *, allowed: set[str]) -> Row:
    for name, value in fields.items():
        if name not in allowed:
            raise Invalid(f"{name} cannot be changed.", field=name)
        setattr(row, name, value)
    return _saved(row)
