"""What an address has to have, country by country, and how it is printed there.

Facts: which parts a country's addresses have and in which order they stand are taken from OpenCage's address-formatting data
(conf/countries/worldwide.yaml, MIT licence, commit 28c47f9dae); shapes of postcodes from the postal operators' own addressing guides as
the Universal Postal Union collects them. A country that is not in the table is taken with any postcode or none.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from customers import contacts
from customers.regions import REGIONS
from kernel.errors import Invalid
from org.paging import storable

LONGEST = {"name": 100, "company": 100, "line1": 120, "line2": 120, "city": 80, "region": 80, "postcode": 16, "phone": 40}
FIELDS = (*LONGEST, "country")


class AddressInvalid(Invalid):
    """`field` says which part; `details.country`, and `details.example` of a postcode."""

    code = "address_invalid"
    title = "Nothing could be sent to this address"


class AddressFieldUnknown(Invalid):
    code = "unknown_field"
    title = "An address has no such part"


@dataclass(frozen=True)
class Format:
    """`postcode`: what it matches, "" when the country has none; `city_line`: how place, region and postcode are printed."""

    postcode: str
    example: str
    city_line: str
    region_required: bool = False


BEFORE, AFTER, BELOW = "{postcode} {city}", "{city} {postcode}", "{city}|{postcode}"
_5, _4, _6 = r"\d{5}", r"\d{4}", r"\d{6}"
_32 = r"\d{3} \d{2}"

# Country: its postcodes, one of them, how the line of the place is printed, whether it needs a region.
FORMATS: dict[str, Format] = {
    country: Format(*told)  # type: ignore[arg-type]
    for country, told in {
        "AE": ("", "", "{city}|{region}"),
        "AR": (r"[A-Z]?\d{4}([A-Z]{3})?", "C1425", BEFORE),
        "AT": (_4, "1010", BEFORE),
        "AU": (_4, "2000", "{city} {region} {postcode}", True),
        "BE": (_4, "1000", BEFORE),
        "BG": (_4, "1000", AFTER),
        "BR": (r"\d{5}-\d{3}", "01310-100", "{city} - {region}|{postcode}", True),
        "CA": (r"[ABCEGHJ-NPRSTVXY]\d[ABCEGHJ-NPRSTV-Z] \d[ABCEGHJ-NPRSTV-Z]\d", "M5V 3L9", "{city}, {region} {postcode}", True),
        "CH": (_4, "8001", BEFORE),
        "CL": (r"\d{7}", "8320000", BEFORE),
        "CN": (_6, "100006", "{postcode}|{region}|{city}"),
        "CO": (_6, "110111", "{postcode} {city}, {region}"),
        "CY": (_4, "1010", BEFORE),
        "CZ": (_32, "110 00", BEFORE),
        "DE": (_5, "10115", BEFORE),
        "DK": (_4, "1050", BEFORE),
        "EE": (_5, "10111", BEFORE),
        "EG": (_5, "11511", "{city}|{region}|{postcode}"),
        "ES": (_5, "28013", BEFORE),
        "FI": (_5, "00100", BEFORE),
        "FR": (_5, "75001", BEFORE),
        "GB": (r"(GIR 0AA|[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2})", "SW1A 1AA", BELOW),
        "GR": (_32, "105 57", BEFORE),
        "HK": ("", "", "{city}|{region}"),
        "HR": (_5, "10000", BEFORE),
        "HU": (_4, "1051", BEFORE),
        "ID": (_5, "10110", "{city} {postcode}|{region}"),
        "IE": (r"([AC-FHKNPRTV-Y]\d{2}|D6W) [0-9AC-FHKNPRTV-Y]{4}", "D02 AF30", BELOW),
        "IL": (r"\d{7}", "6100000", BEFORE),
        "IN": (_6, "110001", "{city} - {postcode}|{region}", True),
        "IS": (r"\d{3}", "101", BEFORE),
        "IT": (_5, "00184", "{postcode} {city} {region}", True),
        "JP": (r"\d{3}-\d{4}", "100-0001", "{city}, {region} {postcode}", True),
        "KR": (_5, "03051", "{region} {city}|{postcode}"),
        "LI": (_4, "9490", BEFORE),
        "LT": (r"LT-\d{5}", "LT-01100", BEFORE),
        "LU": (_4, "1111", BEFORE),
        "LV": (r"LV-\d{4}", "LV-1050", "{city}, {postcode}"),
        "MC": (r"980\d{2}", "98000", BEFORE),
        "MT": (r"[A-Z]{3} \d{4}", "VLT 1117", BELOW),
        "MX": (_5, "06000", "{postcode} {city}, {region}", True),
        "MY": (_5, "50088", "{postcode} {city}|{region}", True),
        "NL": (r"[1-9]\d{3} [A-Z]{2}", "1012 AB", BEFORE),
        "NO": (_4, "0150", BEFORE),
        "NZ": (_4, "6011", AFTER),
        "PE": (_5, "15001", AFTER),
        "PH": (_4, "1000", "{postcode} {city}|{region}"),
        "PL": (r"\d{2}-\d{3}", "00-001", BEFORE),
        "PT": (r"\d{4}-\d{3}", "1100-148", BEFORE),
        "QA": ("", "", "{city}"),
        "RO": (_6, "010011", BEFORE),
        "RS": (_5, "11000", BEFORE),
        "SA": (r"\d{5}(-\d{4})?", "11564", AFTER),
        "SE": (_32, "111 20", BEFORE),
        "SG": (_6, "018956", AFTER),
        "SI": (_4, "1000", BEFORE),
        "SK": (_32, "811 01", BEFORE),
        "TH": (_5, "10200", "{city}|{region} {postcode}"),
        "TR": (_5, "34110", BEFORE),
        "TW": (r"\d{3}(\d{2,3})?", "100", "{postcode}|{city}"),
        "UA": (_5, "01001", "{city}|{region}|{postcode}"),
        "US": (r"\d{5}(-\d{4})?", "10001", "{city}, {region} {postcode}", True),
        "VN": (r"\d{5,6}", "10000", "{city}|{region} {postcode}"),
        "ZA": (_4, "8001", BELOW),
    }.items()
}
# Who leaves the postcode out can still be delivered to.
POSTCODE_OPTIONAL = frozenset({"CL", "CO", "EG", "HK", "IE", "PE", "SA", "VN"})
ANYWHERE = Format(r"[A-Z0-9][A-Z0-9 \-]{1,10}", "", "{postcode} {city}|{region}")


def format_of(country: str) -> Format:
    return FORMATS.get(country, ANYWHERE)


def checked(address: Mapping[str, Any]) -> dict[str, str]:
    """As it is kept: every part there, tidy; the region as its code, the postcode as the country writes it.

    Parts: name, company, line1, line2, city, region, postcode, country (two letters), phone. Raises AddressInvalid.
    """
    for part in address:
        if part not in FIELDS:
            raise AddressFieldUnknown(f"An address has no {part}. Known: {', '.join(FIELDS)}.", field=str(part))
    country = _country(address.get("country"))
    kept = {part: _text(address.get(part), part) for part in LONGEST}
    for part in ("line1", "city"):
        if not kept[part]:
            raise AddressInvalid("This part is needed.", field=part, country=country)
    if not kept["name"] and not kept["company"]:
        raise AddressInvalid("Say whose door it is: a name or a company.", field="name", country=country)
    kept["region"] = _region(kept["region"], country)
    kept["postcode"] = _postcode(kept["postcode"], country)
    kept["phone"] = contacts.phone(kept["phone"], country=country) if kept["phone"] else ""
    return {**kept, "country": country}


def _country(given: Any) -> str:
    country = str(given or "").strip().upper()
    if not re.fullmatch(r"[A-Z]{2}", country):
        raise AddressInvalid("Name the country by its two letters: DE.", field="country")
    return country


def _text(given: Any, part: str) -> str:
    if given is None:
        return ""
    if not isinstance(given, str) or len(given) > LONGEST[part] or not storable(given):
        raise AddressInvalid(f"Send plain text of at most {LONGEST[part]} characters.", field=part, maximum=LONGEST[part])
    return " ".join(given.split())


def _region(given: str, country: str) -> str:
    known = REGIONS.get(country, {})
    if not given:
        if format_of(country).region_required:
            raise AddressInvalid("Addresses of this country have a region.", field="region", country=country)
        return ""
    by_name = {name.casefold(): code for code, name in known.items()}
    code = given.upper().removeprefix(f"{country}-")
    found = code if code in known else by_name.get(given.casefold())
    if known and found is None:
        raise AddressInvalid("This country has no such region.", field="region", country=country)
    return found or given


def _postcode(given: str, country: str) -> str:
    form = format_of(country)
    if not form.postcode:
        # A place without postcodes: what was typed is put in by habit and helps nobody.
        return ""
    if not given:
        if country in FORMATS and country not in POSTCODE_OPTIONAL:
            raise AddressInvalid("Addresses of this country have a postcode.", field="postcode", country=country, example=form.example)
        return ""
    written = _as_written(given.upper(), country)
    if not re.fullmatch(form.postcode, written, re.ASCII):
        message = f"This is not one of its postcodes. They look like {form.example}." if form.example else "This is not a postcode."
        raise AddressInvalid(message, field="postcode", country=country, example=form.example)
    return written


# Where the country writes a space or a hyphen: before this many last characters.
PARTED = {"BR": (3, "-"), "CA": (3, " "), "CZ": (2, " "), "GB": (3, " "), "GR": (2, " "), "IE": (4, " "), "JP": (4, "-"), "MT": (4, " ")} | {
    "NL": (2, " "),
    "PL": (3, "-"),
    "PT": (3, "-"),
    "SE": (2, " "),
    "SK": (2, " "),
}
PREFIXED = {"LT": "LT-", "LV": "LV-"}


def _as_written(given: str, country: str) -> str:
    """SW1A1AA and sw1a 1aa are one: every country has one way to write it. "D-10115" loses the country's letters."""
    bare = re.sub(r"[\s\-\u2010-\u2015]", "", given)
    if country in PREFIXED:
        return PREFIXED[country] + bare.removeprefix(country)
    if country in ("US", "SA") and len(bare) == 9:
        return f"{bare[:5]}-{bare[5:]}"
    if country in PARTED:
        last, sign = PARTED[country]
        return f"{bare[:-last]}{sign}{bare[-last:]}" if len(bare) > last else bare
    if country not in FORMATS:
        return given
    return re.sub(rf"^({country}|{LETTERS.get(country, country)})(?=\d)", "", bare)


# What once stood before the postcode of letters from abroad.
LETTERS = {"AT": "A", "BE": "B", "DE": "D", "ES": "E", "FI": "FIN", "FR": "F", "HR": "HR", "IT": "I", "LU": "L", "NO": "N", "SI": "SI"}


def printed(address: Mapping[str, str]) -> list[str]:
    """Lines of an envelope, the country's code last."""
    parts = {part: address.get(part, "") for part in FIELDS}
    place = [_tidy(line.format(**parts)) for line in format_of(parts["country"]).city_line.split("|")]
    lines = [parts["name"], parts["company"], parts["line1"], parts["line2"], *place, parts["country"]]
    return [line for line in lines if line]


def _tidy(line: str) -> str:
    """Without what stood between parts that are not there."""
    return re.sub(r"\s+", " ", line).strip(" ,-")
