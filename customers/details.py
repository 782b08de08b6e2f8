"""What may be said of somebody, checked: names, how to reach them, and what a firm agreed on. Also what they are found by."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.conf import settings

from customers import contacts, sealing
from kernel.errors import Invalid
from org.paging import storable

Json = dict[str, Any]
SEALED = {"given_name": 100, "family_name": 100, "company": 100, "email": 254, "phone": 40, "birthday": 10, "tax_number": 40}
OPEN = ("language", "account_limit", "currency", "exempt_until")
KNOWN = (*SEALED, *OPEN, "card", "external", "country")
LARGEST_LIMIT = 10**12


class DetailUnknown(Invalid):
    code = "unknown_field"
    title = "A customer has nothing of this name"


class DetailInvalid(Invalid):
    code = "customer_invalid"
    title = "This cannot be said of a customer"


def country_of(data: Mapping[str, Any]) -> str:
    """Whose phone numbers these are when they do not say."""
    return str(data.get("country") or settings.SHOP_COUNTRY).upper()


def sealed_parts(data: Mapping[str, Any]) -> Json:
    """Of what was given: the parts that are kept sealed, checked; "" for what is to go."""
    return {name: _part(name, data[name], data) for name in SEALED if name in data}


def open_parts(data: Mapping[str, Any], *, kind: str) -> Json:
    found: Json = {}
    if "language" in data:
        found["language"] = _matching(data["language"], r"[a-z]{2,3}(-[A-Z]{2})?|", "language")
    if "currency" in data:
        found["currency"] = _matching(data["currency"], r"[A-Z]{3}|", "currency")
    if "account_limit" in data:
        found["account_limit"] = _limit(data["account_limit"], kind)
    if "exempt_until" in data:
        found["exempt_until"] = _day(data["exempt_until"], "exempt_until")
    return found


def must_be_known(data: Mapping[str, Any], *more: str) -> None:
    for name in data:
        if name not in KNOWN and name not in more:
            raise DetailUnknown(f"A customer has no {name}. Known: {', '.join((*KNOWN, *more))}.", field=str(name))


def _part(name: str, given: Any, data: Mapping[str, Any]) -> str:
    if given is None or given == "":
        return ""
    if isinstance(given, date) and name == "birthday":
        given = given.isoformat()
    if not isinstance(given, str) or len(given) > SEALED[name] or not storable(given):
        raise DetailInvalid(f"Send plain text of at most {SEALED[name]} characters.", field=name, maximum=SEALED[name])
    text = " ".join(given.split())
    if name == "email" and text:
        return contacts.email(text)
    if name == "phone" and text:
        return contacts.phone(text, country=country_of(data))
    if name == "birthday":
        day = _day(text, "birthday")
        return day.isoformat() if day else ""
    return text


def _day(given: Any, name: str) -> date | None:
    if given in (None, ""):
        return None
    try:
        day = given if isinstance(given, date) else date.fromisoformat(given)
    except (TypeError, ValueError) as error:
        raise DetailInvalid("Give a day: 1984-05-17.", field=name) from error
    if not 1900 <= day.year <= 2200:
        raise DetailInvalid("This day is not one of this time.", field=name)
    return day


def _matching(given: Any, form: str, name: str) -> str:
    text = given or ""
    if not isinstance(text, str) or not re.fullmatch(form, text):
        raise DetailInvalid("This is not a code of one.", field=name)
    return text


def _limit(given: Any, kind: str) -> int:
    if isinstance(given, bool) or not isinstance(given, int) or not 0 <= given <= LARGEST_LIMIT:
        raise DetailInvalid("Give whole minor units, 0 or more.", field="account_limit")
    if given and kind != "business":
        raise DetailInvalid("Only a business buys on account.", field="account_limit")
    return given


def card(text: Any) -> str:
    """A loyalty card's number as it is compared."""
    bare = re.sub(r"[\s\-]", "", text).upper() if isinstance(text, str) else ""
    if not re.fullmatch(r"[A-Z0-9]{4,40}", bare):
        raise DetailInvalid("A card's number has 4 to 40 letters and digits.", field="card")
    return bare


def external(system: Any, id: Any) -> tuple[str, str]:
    if not isinstance(system, str) or not re.fullmatch(r"[a-z0-9][a-z0-9_.\-]{0,39}", system):
        raise DetailInvalid("Name the other system in small letters and digits, at most 40.", field="external")
    if not isinstance(id, str | int) or isinstance(id, bool) or not 0 < len(text := str(id).strip()) <= 200 or not storable(text):
        raise DetailInvalid("Give the other system's id as text of at most 200 characters.", field="external")
    return system, text


def identity_digest(kind: str, value: str, system: str = "") -> bytes:
    """Of a value as it is compared."""
    return sealing.digest(f"{kind} {system}" if system else kind, value)


def contact_digest(kind: str, value: str) -> bytes:
    """What an e-mail address or a phone number is found by, whoever else has it too."""
    return sealing.short_digest(kind, value)


def name_of(data: Mapping[str, str]) -> str:
    return " ".join(filter(None, (data.get("given_name"), data.get("family_name"), data.get("company"))))


def beginning_digest(beginning: str) -> bytes:
    return sealing.short_digest("name", beginning[: contacts.LONGEST_BEGINNING])


def household_digest(data: Mapping[str, str], address: Mapping[str, str]) -> bytes | None:
    """The same name at the same postcode; None where one of them is missing."""
    name, postcode = contacts.words(name_of(data)), address.get("postcode")
    if not name or not postcode:
        return None
    return sealing.short_digest("household", f"{' '.join(sorted(name))}|{address['country']}|{postcode}")


def found_by(data: Mapping[str, str], *, contacts_of: Sequence[bytes] = (), addresses: Sequence[Mapping[str, str]] = ()) -> list[bytes]:
    """Everything somebody is found by: beginnings of the words of the name, e-mail and phone, name and postcode together."""
    found = [beginning_digest(beginning) for word in contacts.words(name_of(data)) for beginning in contacts.beginnings(word)]
    found += [contact_digest(kind, data[kind]) for kind in ("email", "phone") if data.get(kind)]
    found += contacts_of
    found += [digest for address in addresses if (digest := household_digest(data, address))]
    return sorted(set(found))
