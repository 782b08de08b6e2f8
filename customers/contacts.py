"""E-mail addresses, phone numbers and names as they are compared: two ways to write the same become the same text."""

import re
import unicodedata
from typing import Any

from kernel.errors import Invalid

LONGEST_EMAIL = 254
# What is typed of a word is compared as far as this.
LONGEST_BEGINNING = 12
WORDS_INDEXED = 8


class EmailInvalid(Invalid):
    code = "email_invalid"
    title = "This is not an e-mail address"


class PhoneInvalid(Invalid):
    code = "phone_invalid"
    title = "This is not a phone number. Write it with its country: +49 30 1234567"


# Calling code and the digits that numbers begin with inside the country and lose abroad.
# fmt: off
CALLING = {
    "AE": ("971", "0"), "AR": ("54", "0"), "AT": ("43", "0"), "AU": ("61", "0"), "BA": ("387", "0"), "BE": ("32", "0"), "BG": ("359", "0"),
    "BR": ("55", "0"), "CA": ("1", "1"), "CH": ("41", "0"), "CL": ("56", ""), "CN": ("86", "0"), "CO": ("57", ""), "CY": ("357", ""),
    "CZ": ("420", ""), "DE": ("49", "0"), "DK": ("45", ""), "EE": ("372", ""), "EG": ("20", "0"), "ES": ("34", ""), "FI": ("358", "0"),
    "FR": ("33", "0"), "GB": ("44", "0"), "GR": ("30", ""), "HK": ("852", ""), "HR": ("385", "0"), "HU": ("36", "06"), "ID": ("62", "0"),
    "IE": ("353", "0"), "IL": ("972", "0"), "IN": ("91", "0"), "IS": ("354", ""), "IT": ("39", ""), "JP": ("81", "0"), "KR": ("82", "0"),
    "LI": ("423", ""), "LT": ("370", "0"), "LU": ("352", ""), "LV": ("371", ""), "MA": ("212", "0"), "MC": ("377", ""), "ME": ("382", "0"),
    "MK": ("389", "0"), "MT": ("356", ""), "MX": ("52", ""), "MY": ("60", "0"), "NG": ("234", "0"), "NL": ("31", "0"), "NO": ("47", ""),
    "NZ": ("64", "0"), "PE": ("51", "0"), "PH": ("63", "0"), "PL": ("48", ""), "PT": ("351", ""), "RO": ("40", "0"), "RS": ("381", "0"),
    "SA": ("966", "0"), "SE": ("46", "0"), "SG": ("65", ""), "SI": ("386", "0"), "SK": ("421", "0"), "SM": ("378", ""), "TH": ("66", "0"),
    "TR": ("90", "0"), "TW": ("886", "0"), "UA": ("380", "0"), "US": ("1", "1"), "VN": ("84", "0"), "ZA": ("27", "0"),
}
# fmt: on


def email(text: Any) -> str:
    """Lower case, the domain as ASCII. Who answers under one spelling answers under the other."""
    given = unicodedata.normalize("NFC", text).strip() if isinstance(text, str) else ""
    local, at, domain = given.rpartition("@")
    if not at or not local or re.search(r"[\s\x00-\x1f\x7f<>(),;:\"\\]", given) or "@" in local or len(given) > LONGEST_EMAIL:
        raise EmailInvalid(field="email")
    try:
        ascii_domain = domain.lower().encode("idna").decode("ascii")
    except UnicodeError as error:
        raise EmailInvalid(field="email") from error
    if not re.fullmatch(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}", ascii_domain):
        raise EmailInvalid(field="email")
    return f"{local.casefold()}@{ascii_domain}"


def phone(text: Any, *, country: str) -> str:
    """ "+" and 7 to 15 digits, as E.164 has them. Without a country's code it is a number of `country`."""
    given = unicodedata.normalize("NFKC", text) if isinstance(text, str) else ""
    bare = re.sub(r"[\s\-./()\u2010-\u2015]", "", re.sub(r"^(\s*(\+|00)[\s\d]*)\(0\)", r"\1", given))
    if not re.fullmatch(r"\+?[0-9]{3,20}", bare):
        raise PhoneInvalid(field="phone")
    full = _with_country(bare, country)
    if not re.fullmatch(r"\+[1-9][0-9]{6,14}", full):
        raise PhoneInvalid(field="phone")
    return full


def _with_country(bare: str, country: str) -> str:
    if bare.startswith("+"):
        return bare
    if bare.startswith("00"):
        return "+" + bare[2:]
    code, trunk = CALLING.get(country, ("", ""))
    if not code:
        raise PhoneInvalid(field="phone", country=country)
    return f"+{code}{bare.removeprefix(trunk)}"


# Letters that no decomposition takes apart.
PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})


def words(text: str) -> list[str]:
    """Of a name, as they are compared: small, without accents, each once."""
    bare = "".join(each for each in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(each)).translate(PLAIN)
    return list(dict.fromkeys(re.findall(r"[^\W_]+", bare)))[:WORDS_INDEXED]


def beginnings(word: str) -> list[str]:
    return [word[:length] for length in range(1, min(len(word), LONGEST_BEGINNING) + 1)]
