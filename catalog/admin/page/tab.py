"""What every tab has in common: one form of one or more parts, saved as a whole or not at all.

A form carries the values it showed (`was`) and when the product last changed then (`read_at`). Only what somebody typed
over is written, so two people at different fields do not undo each other; a save over a newer product is held back once,
with what was typed kept and what the other person did told.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.db import transaction
from django.http import QueryDict
from django.utils import timezone
from django.utils.functional import cached_property

from catalog import services
from catalog.models import Product, Revision
from kernel.errors import Refused


class Part(forms.Form):
    """The form itself, or the part of it that is about one variant or one picture."""

    template_name = "backoffice/product_part.html"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "f-%s", "use_required_attribute": False, **kwargs})

    def shown(self) -> dict[str, Any]:
        """What the fields say before anybody types, by the names a browser sends."""
        return {self.add_prefix(name): plain(one.prepare_value(self.get_initial_for_field(one, name))) for name, one in self.fields.items()}

    def typed(self) -> dict[str, Any]:
        sent = {name: one.widget.value_from_datadict(self.data, self.files, self.add_prefix(name)) for name, one in self.fields.items()}
        return {self.add_prefix(name): plain(value) for name, value in sent.items()}

    def changed(self, was: Mapping[str, Any]) -> set[str]:
        """The names of the fields that were typed over."""
        typed = self.typed()
        return {name for name in self.fields if typed[self.add_prefix(name)] != was.get(self.add_prefix(name), "")}


def plain(value: Any) -> Any:
    """As a browser sends it back: text, a tick, or several texts in order."""
    if isinstance(value, bool):
        return value
    if isinstance(value, list | tuple):
        return sorted(str(one) for one in value)
    return "" if value is None else str(value).replace("\r\n", "\n")


@dataclass(frozen=True)
class Step:
    """One service call, the part it belongs to, and where that part shows what the service calls a field."""

    part: Part
    work: Callable[[], object]
    fields: Mapping[str, str] = field(default_factory=dict)
    otherwise: str = ""


class NotSaved(Exception):
    def __init__(self, step: Step, refused: Refused) -> None:
        super().__init__(refused.message)
        self.step, self.refused = step, refused


class Tab:
    key: ClassVar[str]
    title: ClassVar[Any]
    template: ClassVar[str]
    multipart: ClassVar[bool] = False

    def __init__(self, *, product: Product, user: Any, data: QueryDict | None = None, files: Any = None, query: Any = None) -> None:
        self.product, self.user, self.data, self.files, self.query = product, user, data, files, query or {}
        self.overtaken = False

    # What a tab says

    def parts(self) -> Sequence[Part]:
        """Built of self.product and self.data."""
        raise NotImplementedError

    def steps(self, now: datetime) -> Iterator[Step]:
        """The service calls that write what was typed over."""
        raise NotImplementedError

    def context(self) -> dict[str, Any]:
        return {}

    # How it saves

    @cached_property
    def bound(self) -> Sequence[Part]:
        return self.parts()

    @property
    def actor(self) -> UUID:
        return self.user.pk  # type: ignore[no-any-return]

    @cached_property
    def was(self) -> dict[str, Any]:
        """What the page showed to whoever typed; when the browser did not say, what it would show now."""
        try:
            told = json.loads(self.data.get("was", "")) if self.data is not None else None
        except (ValueError, RecursionError):
            told = None
        return told if isinstance(told, dict) else self.shown

    @property
    def shown(self) -> dict[str, Any]:
        return {name: value for part in self.bound for name, value in part.shown().items()}

    def changed(self, part: Part) -> set[str]:
        return part.changed(self.was)

    def save(self, *, now: datetime) -> bool:
        """False when something is to be put right; the parts then say what, and nothing is written."""
        assert self.data is not None
        try:
            with transaction.atomic():
                # Whoever saves second waits here, and then sees that the page they read is old.
                self.product = Product.objects.select_for_update(no_key=True).get(pk=self.product.pk)
                if self._is_old():
                    self._overtaken_by_others()
                    return False
                # Each is asked, so that every part shows what is wrong with it.
                if sum(not part.is_valid() for part in self.bound):
                    return False
                with services.one_change(product=self.product.pk, now=now, actor=self.actor):
                    for step in self.steps(now):
                        _take(step)
        except NotSaved as refusal:
            step, refused = refusal.step, refusal.refused
            name = step.fields.get(refused.field, refused.field)
            step.part.add_error(name if name in step.part.fields else step.otherwise or None, refused.message)
            return False
        except Refused as refused:
            # What is written last, all together: somebody was quicker.
            part = next((one for one in self.bound if refused.field in one.fields), self.bound[0])
            part.add_error(refused.field if refused.field in part.fields else None, refused.message)
            return False
        return True

    def _is_old(self) -> bool:
        """Somebody else saved since the page was read. A picture that got ready meanwhile also touches the product, and is nobody's edit."""
        assert self.data is not None
        said = self.data.get("read_at", "")
        if said == self.product.updated_at.isoformat():
            return False
        try:
            read = datetime.fromisoformat(said)
        except ValueError:
            return True
        edited = timezone.is_naive(read) or Revision.objects.filter(product=self.product, at__gt=read).exists()
        return edited or self.shown != self.was

    def _overtaken_by_others(self) -> None:
        """The same page with today's values, and what was typed typed again."""
        was, typed = self.was, {name: value for part in self.bound for name, value in part.typed().items()}
        del self.bound
        merged = QueryDict(mutable=True)
        for name, value in self.shown.items():
            kept = typed[name] if name in typed and typed[name] != was.get(name, "") else value
            if isinstance(kept, list):
                merged.setlist(name, kept)
            elif kept is not False:
                merged[name] = "on" if kept is True else kept
        del self.bound
        self.data, self.overtaken = merged, True
        self.was = self.shown


def _take(step: Step) -> None:
    try:
        step.work()
    except Refused as refused:
        raise NotSaved(step, refused) from refused
