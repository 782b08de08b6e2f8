"""Stock put right by a program: both doors send what they were given here."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from inventory import queries, services
from inventory.models import Document, DocumentLine
from inventory.queries import SeenPlace
from kernel.errors import NotAllowed
from kernel.ids import uuid7
from org.access import Principal

Json = dict[str, Any]


def adjust(*, principal: Principal, asked: Mapping[str, Any], now: datetime) -> Json:
    """`asked`: location (its id or code), reason, note, lines [{variant, gtin, quantity, lot, serials}]. What comes back is the document."""
    place = queries.seen_place(named=asked["location"], stores=principal.stores("stock:write"))
    if place is None:
        raise services.UnknownLocation(field="location")
    _must_be_theirs(principal, place)
    document = services.adjust_stock(
        location=place.id,
        lines=[services.AdjustmentLine(**_line(line)) for line in asked["lines"]],
        reason=asked["reason"],
        note=asked.get("note") or "",
        reference=uuid7(),
        actor=principal.user.id if principal.user else None,
        now=now,
    )
    return _told(document, place.code)


def _must_be_theirs(principal: Principal, place: SeenPlace) -> None:
    """A key puts right what its channel sells or promises from, and nobody else's stock."""
    if principal.channel is not None and principal.channel.id not in place.channels:
        raise NotAllowed("This place is not one of the key's channel.", field="location")


def _line(line: Mapping[str, Any]) -> Json:
    variant = line.get("variant")
    return {
        "variant": variant if variant is None or isinstance(variant, UUID) else UUID(str(variant)),
        "gtin": line.get("gtin") or "",
        "quantity": line["quantity"],
        "lot": line.get("lot") or "",
        "serials": tuple(line.get("serials") or ()),
    }


def _told(document: Document, code: str) -> Json:
    lines = DocumentLine.objects.filter(document=document).select_related("lot").order_by("position")
    return {
        "id": str(document.id),
        "number": document.number,
        "location": str(document.location_id),
        "location_code": code,
        "reason": document.reason,
        "note": document.note,
        "occurred_at": document.occurred_at,
        "lines": [
            {"position": line.position, "variant": str(line.variant_id), "quantity": line.quantity, "lot": line.lot.code if line.lot else None}
            for line in lines
        ],
    }
