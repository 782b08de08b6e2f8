"""Where a product is offered and when, and which store ranges it: the form on its overview."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from catalog import services
from catalog.admin.page import fields
from catalog.admin.page.missing import Checklist
from catalog.admin.page.tab import Part, Step, Tab
from catalog.models import LifeCycle, Product, Publication
from org.access import allows, stores_for
from org.models import Channel, Store
from org.templatetags.office import moment_text

MINUTES = "%Y-%m-%dT%H:%M"


class Moment(forms.CharField):
    """A time by the reader's clock."""

    def __init__(self, *, label: Any) -> None:
        super().__init__(required=False, label=label, widget=forms.DateTimeInput({"class": "input", "type": "datetime-local"}))

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return None
        try:
            return timezone.make_aware(datetime.fromisoformat(text).replace(tzinfo=None))
        except (ValueError, OverflowError) as error:
            raise forms.ValidationError(_("This is not a time. Write it like 2026-11-22T09:00.")) from error

    def prepare_value(self, value: Any) -> Any:
        return timezone.localtime(value).strftime(MINUTES) if isinstance(value, datetime) else value


class ChannelPart(Part):
    def __init__(self, *args: Any, channel: Channel, held: Publication | None, **kwargs: Any) -> None:
        self.channel, self.held = channel, held
        told = {name: getattr(held, name) for name in ("offered", "starts_at", "ends_at")} if held else {"offered": True}
        super().__init__(*args, prefix=f"channel-{channel.code}", initial=told, **kwargs)
        self.fields["offered"] = fields.Tick(label=_("Offered in %(channel)s") % {"channel": channel.name})
        zone = timezone.get_current_timezone_name().replace("_", " ")
        self.fields["starts_at"] = Moment(label=_("From (%(zone)s)") % {"zone": zone})
        self.fields["ends_at"] = Moment(label=_("Until (%(zone)s)") % {"zone": zone})


class RangePart(Part):
    def __init__(self, *args: Any, store: Store, held: str, shop: str, **kwargs: Any) -> None:
        self.store, self.held = store, held
        super().__init__(*args, prefix=f"range-{store.code}", initial={"life_cycle": held}, **kwargs)
        self.fields["life_cycle"] = fields.Choice(
            LifeCycle.choices, empty=_("As in the shop: %(stage)s") % {"stage": shop}, label=_("Range in %(store)s") % {"store": store.name}
        )

    @property
    def said(self) -> str:
        return str(dict(self.fields["life_cycle"].choices)[self.held])  # type: ignore[attr-defined]


class Offering(Tab):
    """The overview's own form. Channels are the merchandiser's; a store's range is also that store's manager's."""

    key: ClassVar[str] = "overview"
    title: ClassVar[Any] = gettext_lazy("Overview")
    template: ClassVar[str] = "backoffice/product_overview.html"

    @property
    def may_offer(self) -> bool:
        return allows(self.user, "catalog.edit")

    def channels(self) -> list[ChannelPart]:
        held = {row.channel_id: row for row in self.product.publications.all()}
        rows = Channel.objects.order_by("name", "code")
        return [ChannelPart(self.data if self.may_offer else None, channel=row, held=held.get(row.pk)) for row in rows]

    def ranges(self) -> list[RangePart]:
        """The stores whose stock somebody sees; which of them they may change is asked again for each."""
        held: dict[UUID, str] = dict(self.product.ranges.values_list("store_id", "life_cycle"))
        seen = stores_for(self.user, "inventory.view")
        stores = [store for store in Store.objects.filter(archived_at=None).order_by("name") if seen is None or store.pk in seen]
        shop = self.product.get_life_cycle_display()
        return [RangePart(self.data if self.may_range(row) else None, store=row, held=held.get(row.pk, ""), shop=shop) for row in stores]

    def may_range(self, store: Store) -> bool:
        mine: Collection[UUID] | None = stores_for(self.user, "catalog.range")
        return mine is None or store.pk in mine

    def parts(self) -> Sequence[Part]:
        self.all_channels, self.all_ranges = self.channels(), self.ranges()
        offered: list[Part] = [*self.all_channels] if self.may_offer else []
        return [*offered, *(part for part in self.all_ranges if self.may_range(part.store))]

    def context(self) -> dict[str, Any]:
        mine = {part.store.pk for part in self.bound if isinstance(part, RangePart)}
        return {"channels": self.all_channels, "ranges": [{"part": part, "mine": part.store.pk in mine} for part in self.all_ranges]}

    def steps(self, now: datetime) -> Iterator[Step]:
        who: dict[str, Any] = {"product": self.product.pk, "now": now, "actor": self.actor}
        for part in self.bound:
            if not self.changed(part):
                continue
            if isinstance(part, ChannelPart):
                yield Step(part, lambda part=part: self.offer(part, who), otherwise="offered")  # type: ignore[misc]
            elif isinstance(part, RangePart):
                stage = part.cleaned_data["life_cycle"] or None
                yield Step(part, lambda part=part, stage=stage: services.set_range(store=part.store, life_cycle=stage, **who))  # type: ignore[misc]

    def offer(self, part: ChannelPart, who: dict[str, Any]) -> None:
        given = {name: part.cleaned_data[name] for name in ("offered", "starts_at", "ends_at")}
        services.set_publication(channel=part.channel, **given, **who)


def standing(product: Product, part: ChannelPart, missing: Checklist, now: datetime) -> tuple[str, str, str]:
    """How it stands in a channel: kind, shape and words of its status."""
    held, active = part.held, product.status == Product.Status.ACTIVE
    if held and not held.offered:
        return "", "off", _("Switched off")
    if product.status == Product.Status.ARCHIVED:
        return "", "off", _("Archived with the product")
    if held and held.ends_at and held.ends_at <= now:
        return "", "off", _("Ended %(at)s") % {"at": moment_text(held.ends_at)}
    waits = waiting_for(part.channel, missing, active=active)
    if waits:
        return "warning", "late", waits
    if held and held.starts_at and held.starts_at > now:
        return "", "clock", _("From %(at)s") % {"at": moment_text(held.starts_at)}
    until = " " + _("until %(at)s") % {"at": moment_text(held.ends_at)} if held and held.ends_at else ""
    return ("good", "full", _("Live") + until) if active else ("", "ring", _("Ready, goes live with publish") + until)


def waiting_for(channel: Channel, missing: Checklist, *, active: bool) -> str:
    """What keeps it back here: what blocks publishing anywhere, and pictures where only a picture is seen."""
    if active:
        return ""
    for entry in missing.entries:
        pictures = entry.item.key == "pictures"
        if entry.is_open and (entry.item.blocking or (pictures and channel.kind == Channel.Kind.WEB)):
            what = ngettext("%(n)s picture", "%(n)s pictures", entry.missing) if pictures else "%(n)s × " + entry.item.title.lower()
            return _("Waits for %(what)s") % {"what": what % {"n": entry.missing}}
    return ""
