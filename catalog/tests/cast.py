"""What every catalogue test starts from."""

from datetime import UTC, datetime

from catalog import search, services, shelf
from org.models import Channel

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
LATER = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def standard_tax():
    return services.create_tax_class(code="standard", name="Standard", rate=190_000, actor=None)


def oats(**fields):
    variant = services.NewVariant(sku="OATS-500", net_content=500_000, net_unit="g", gtins=["4006381333931"], prices={"EUR": 149})
    values = {"name": "Rolled oats", "variants": [variant], "status": "active", "now": NOW, "actor": None, **fields}
    values.setdefault("tax_class", None)
    values["tax_class"] = values["tax_class"] or standard_tax()
    return services.create_product(**values)


def shelved(*, now=NOW):
    """What the relay does in the background: everything that doors read is made from the tables."""
    for channel in Channel.objects.all():
        shelf.rebuild(channel=channel.id, now=now)
    search.rebuild()
