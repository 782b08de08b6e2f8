"""Products that are wrong on purpose: a gate that lets them through is no gate. Loaded by environment, as the named points are."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import ModuleType
from typing import Any
from uuid import UUID, uuid4

Wrap = Callable[[ModuleType], None]


def begin_anew(module: ModuleType) -> None:
    """What is made under a key has another id each time: who was broken off and asks again is not gone on with. Flawless until somebody dies."""

    def attempt_of(*, scope: str, key: str) -> UUID:
        return uuid4()

    module.attempt_of = attempt_of  # type: ignore[attr-defined]


def charge_anew(module: ModuleType) -> None:
    """The provider is asked for money under another name each time: what it took and nobody wrote down is taken once more."""
    plain = module.ask_of

    def ask_of(row: Any, call: str) -> Any:
        asked = plain(row, call)
        return replace(asked, key=f"{row.key}-{row.tries}") if call == "authorise" else asked

    module.ask_of = ask_of  # type: ignore[attr-defined]


# By name: what is wrapped, and how.
WRONG: Mapping[str, Mapping[str, Wrap]] = {
    "begin-anew": {"kernel.idempotency": begin_anew},
    "charge-anew": {"orders.services.attempts": charge_anew},
}
