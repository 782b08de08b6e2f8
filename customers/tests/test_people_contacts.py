"""Two ways to write the same become the same; an address has what its country needs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers import addresses, contacts
from customers.addresses import FORMATS, AddressInvalid
from customers.contacts import CALLING, EmailInvalid, PhoneInvalid
from customers.regions import REGIONS

BERLIN = {"name": "Ada", "line1": "Torstraße 1", "city": "Berlin", "postcode": "10119", "country": "DE"}


@pytest.mark.parametrize(
    ("text", "compared"),
    [(" Ada@Example.ORG ", "ada@example.org"), ("ada+shop@example.co.uk", "ada+shop@example.co.uk"), ("jörg@münchen.de", "jörg@xn--mnchen-3ya.de")],
)
def test_mail_is_compared_without_case_and_with_the_domain_as_it_is_asked_for(text, compared):
    assert contacts.email(text) == compared


@pytest.mark.parametrize(
    "text", ["", "ada", "@example.org", "ada@", "ada@localhost", "a@b@example.org", "ada@exa mple.org", "ada@-x.org", "a" * 255 + "@x.org", 7]
)
def test_what_is_no_mail_address_is_refused(text):
    with pytest.raises(EmailInvalid):
        contacts.email(text)


@pytest.mark.parametrize(
    ("text", "country", "compared"),
    [
        ("030 1234567", "DE", "+49301234567"),
        ("+49 (0) 30 / 123 45 67", "FR", "+49301234567"),
        ("0049-30-1234567", "US", "+49301234567"),
        ("(212) 555-0187", "US", "+12125550187"),
        ("1 212 555 0187", "US", "+12125550187"),
        ("06 12 34 56 78", "FR", "+33612345678"),
        ("06 698 12345", "IT", "+390669812345"),
        ("912 345 678", "ES", "+34912345678"),
        ("06 30 123 4567", "HU", "+36301234567"),
        ("０３０１２３４５６７", "DE", "+49301234567"),
    ],
)
def test_phones_are_compared_with_their_country(text, country, compared):
    assert contacts.phone(text, country=country) == compared


@pytest.mark.parametrize(
    ("text", "country"), [("", "DE"), ("12", "DE"), ("+0123456789", "DE"), ("030 CALL", "DE"), ("+49" + "1" * 14, "DE"), ("301234567", "ZZ")]
)
def test_what_is_no_phone_number_is_refused(text, country):
    with pytest.raises(PhoneInvalid):
        contacts.phone(text, country=country)


@given(st.sampled_from(sorted(CALLING)), st.integers(20_000_000, 999_999_999))
def test_a_compared_number_compares_to_itself_wherever_it_is_read(country, number):
    once = contacts.phone(f"{CALLING[country][1]}{number}", country=country)
    assert contacts.phone(once, country="US") == contacts.phone("00" + once[1:], country="FR") == once


def test_names_are_compared_without_case_and_accents():
    assert contacts.words("José-María ÅSTRÖM, Łódź Straße") == ["jose", "maria", "astrom", "lodz", "strasse"]
    assert contacts.words("李 小龍") == ["李", "小龍"]
    assert contacts.beginnings("ada") == ["a", "ad", "ada"]


def test_sixty_countries_have_a_shape_and_forty_have_regions():
    assert len(FORMATS) >= 60
    assert len(REGIONS) >= 40
    for country, form in FORMATS.items():
        if form.example:
            assert addresses._postcode(form.example, country) == form.example
            assert addresses._postcode(form.example.replace(" ", "").replace("-", "").lower(), country) == form.example
        assert not form.region_required or country in REGIONS or country == "JP"


@pytest.mark.parametrize(
    ("country", "given", "kept"),
    [
        ("GB", "sw1a1aa", "SW1A 1AA"),
        ("NL", "1012ab", "1012 AB"),
        ("CA", "m5v-3l9", "M5V 3L9"),
        ("DE", "D-10119", "10119"),
        ("AT", "A-1010", "1010"),
        ("PL", "00001", "00-001"),
        ("US", "100010001", "10001-0001"),
        ("LV", "1050", "LV-1050"),
        ("SE", "11120", "111 20"),
        ("IE", "d02af30", "D02 AF30"),
        ("HK", "999077", ""),
        ("BW", "00267", "00267"),
    ],
)
def test_postcodes_are_kept_as_their_country_writes_them(country, given, kept):
    assert addresses._postcode(given.upper(), country) == kept


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"postcode": "1011"}, "postcode"),
        ({"postcode": ""}, "postcode"),
        ({"city": " "}, "city"),
        ({"line1": None}, "line1"),
        ({"name": ""}, "name"),
        ({"country": "Germany"}, "country"),
        ({"region": "XX"}, "region"),
        ({"line2": "x" * 121}, "line2"),
        ({"line2": "\x00"}, "line2"),
        ({"line2": 7}, "line2"),
        ({"country": "US", "postcode": "10001"}, "region"),
        ({"country": "US", "postcode": "1000", "region": "NY"}, "postcode"),
        ({"country": "CA", "postcode": "D5V 3L9", "region": "ON"}, "postcode"),
    ],
)
def test_where_nothing_could_be_sent_is_refused(change, field):
    with pytest.raises(AddressInvalid) as refused:
        addresses.checked(BERLIN | change)
    assert refused.value.field == field
    assert refused.value.code == "address_invalid"


def test_a_part_that_no_address_has_is_refused():
    with pytest.raises(addresses.AddressFieldUnknown) as refused:
        addresses.checked(BERLIN | {"zip": "10119"})
    assert (refused.value.code, refused.value.field) == ("unknown_field", "zip")


@pytest.mark.parametrize(("given", "kept"), [("ny", "NY"), ("New York", "NY"), ("US-NY", "NY")])
def test_regions_are_kept_by_their_codes(given, kept):
    assert addresses.checked(BERLIN | {"country": "US", "postcode": "10001", "region": given})["region"] == kept


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ({"country": "DE", "postcode": "10119", "city": "Berlin"}, ["10119 Berlin", "DE"]),
        ({"country": "US", "postcode": "10001", "city": "New York", "region": "NY"}, ["New York, NY 10001", "US"]),
        ({"country": "GB", "postcode": "SW1A 1AA", "city": "London"}, ["London", "SW1A 1AA", "GB"]),
        ({"country": "BR", "postcode": "01310-100", "city": "São Paulo", "region": "SP"}, ["São Paulo - SP", "01310-100", "BR"]),
        ({"country": "MX", "postcode": "06000", "city": "México"}, ["06000 México", "MX"]),
    ],
)
def test_an_envelope_is_written_as_its_country_reads_it(address, place):
    assert addresses.printed({"name": "Ada", "line1": "One 1", **address}) == ["Ada", "One 1", *place]
