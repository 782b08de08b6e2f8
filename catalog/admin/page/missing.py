"""The publish checklist as the page shows it: every open field as a link to where it is filled."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy, ngettext_lazy

from catalog.admin.page.matrix import Missing, variant_link

# The fields of a variant that have another name on its form; a price stands there with its currency.
VARIANT_FIELDS = {"gtins": "gtins", "net_content": "net_content", "reference_cost": "reference_cost", "sku": "sku"}
WORDS = {
    "net_content": gettext_lazy("Net content"),
    "gtins": gettext_lazy("Barcode"),
    "price": gettext_lazy("Price"),
    "reference_cost": gettext_lazy("Cost"),
    "pictures": gettext_lazy("Picture"),
}
COUNTED = {
    "texts": ngettext_lazy("%d text", "%d texts"),
    "price": ngettext_lazy("%d price", "%d prices"),
    "reference_cost": ngettext_lazy("%d price not above cost", "%d prices not above cost"),
    "tax_class": ngettext_lazy("%d tax class", "%d tax classes"),
    "attributes": ngettext_lazy("%d required attribute", "%d required attributes"),
    "net_content": ngettext_lazy("%d net content", "%d net contents"),
    "pictures": ngettext_lazy("%d picture", "%d pictures"),
    "gtins": ngettext_lazy("%d barcode missing or wrong", "%d barcodes missing or wrong"),
}
TABS = {"pictures": "?tab=pictures#f-upload-files", "seo_title": "?tab=search#f-seo_title", "seo_description": "?tab=search#f-seo_description"}


@dataclass(frozen=True)
class Entry:
    """One item of the list. `links`: what is open, each with the address of its field."""

    item: Any
    links: list[Missing]

    @property
    def is_open(self) -> bool:
        return bool(self.item.done < self.item.total)

    @property
    def missing(self) -> int:
        return int(self.item.total - self.item.done)

    @property
    def heading(self) -> str:
        """What is open, counted: 4 net contents, 1 picture."""
        counted = COUNTED.get(self.item.key)
        return (counted % self.missing) if counted else f"{self.missing} × {self.item.title.lower()}"


@dataclass(frozen=True)
class Checklist:
    entries: list[Entry]

    @property
    def total(self) -> int:
        return sum(entry.item.total for entry in self.entries)

    @property
    def done(self) -> int:
        return sum(entry.item.done for entry in self.entries)

    @property
    def missing(self) -> int:
        return self.total - self.done

    @property
    def blocking(self) -> int:
        return sum(entry.missing for entry in self.entries if entry.item.blocking)

    def by_tab(self) -> Counter[str]:
        """How many open fields each tab has."""
        return Counter(link.link.removeprefix("?tab=").partition("&")[0].partition("#")[0] for entry in self.entries for link in entry.links)

    def by_variant(self) -> dict[UUID, list[Missing]]:
        found: dict[UUID, list[Missing]] = {}
        for entry in self.entries:
            for (_label, anchor), link in zip(entry.item.links, entry.links, strict=True):
                variant = variant_of(anchor)
                if variant:
                    found.setdefault(variant, []).append(Missing(field_word(anchor), link.link))
        return found


def field_word(anchor: str) -> str:
    """What a cell has room for."""
    name = anchor.split(".")[2]
    return str(WORDS.get(name, name.replace("_", " ").capitalize()))


def variant_of(anchor: str) -> UUID | None:
    head, _dot, rest = anchor.partition(".")
    try:
        return UUID(rest.partition(".")[0]) if head == "variant" else None
    except ValueError:
        return None


def address(anchor: str, places: Mapping[UUID, int], currency: str) -> str:
    """Where the field of this name of catalog.checklist stands."""
    variant = variant_of(anchor)
    if variant is None:
        name = anchor.replace("attributes.", "attribute-")
        return TABS.get(anchor, f"?tab=details#f-{name}")
    name = anchor.split(".")[2]
    if name == "pictures":
        return f"?tab=pictures&variant={variant}#f-upload-files"
    shown = f"price-{currency}" if name == "price" else VARIANT_FIELDS.get(name, name)
    return variant_link(variant, places.get(variant, 0), shown)


def listed(items: Sequence[Any], places: Mapping[UUID, int], currency: str) -> Checklist:
    """Open things first, as the checklist orders them."""
    entries = [Entry(item, [Missing(label, address(anchor, places, currency)) for label, anchor in item.links]) for item in items]
    return Checklist(sorted(entries, key=lambda entry: not entry.is_open))
