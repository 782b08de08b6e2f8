"""People for tests: Ada and Grace, and a firm."""

from datetime import UTC, datetime

from customers import services

NOW = datetime(2026, 3, 14, 10, 30, tzinfo=UTC)
ADA = {"given_name": "Ada", "family_name": "Lovelace", "email": "Ada@Example.org", "phone": "030 1234567", "birthday": "1985-12-10"}
GRACE = {"given_name": "Grace", "family_name": "Hopper", "email": "grace@example.com", "phone": "+1 212 555 0187"}
FIRM = {"company": "Zuse Apparatebau", "email": "einkauf@zuse.example", "tax_number": "DE129273398", "account_limit": 500_000, "currency": "EUR"}
BERLIN = {"name": "Ada Lovelace", "line1": "Torstraße 1", "city": "Berlin", "postcode": "10119", "country": "DE"}


def somebody(data=None, *, now=NOW, **more):
    return services.create_customer(data=ADA if data is None else data, actor=None, now=now, **more)
