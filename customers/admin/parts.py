"""What apps above customers show on a customer's page: each says it when it is loaded, and is never imported here."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

Part = Callable[[Any, UUID], dict[str, Any]]
"""(user, customer): what its template shows; bounded by what this user may see."""

_parts: dict[str, Part] = {}


def add(template: str, part: Part) -> None:
    """`template` is included with what `part` answers as `part`."""
    _parts[template] = part


def told(user: Any, customer: UUID) -> list[dict[str, Any]]:
    return [{"template": template, "part": part(user, customer)} for template, part in _parts.items()]
