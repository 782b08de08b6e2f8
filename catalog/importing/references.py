"""What rows name by a word and the catalogue has as a row: tax classes, categories, types, channels. Read once a run; brands
and categories that a source brings along are made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from catalog import services
from catalog.importing.incoming import Faulty, IncomingProduct, nearest
from catalog.models import Brand, Category, Collection, ProductType, TaxClass
from catalog.services.attributes import Rule, checked_by, rules
from kernel.errors import Refused
from org.queries import channels


@dataclass
class References:
    actor: UUID | None
    tax_classes: dict[str, TaxClass] = field(default_factory=dict)
    categories: dict[str, Category | None] = field(default_factory=dict)
    types: dict[str, ProductType] = field(default_factory=dict)
    channels: dict[str, Any] = field(default_factory=dict)
    collections: dict[str, Collection] = field(default_factory=dict)
    brands: dict[str, Brand | None] = field(default_factory=dict)
    rules: Mapping[int, Mapping[str, Rule]] = field(default_factory=dict)

    @classmethod
    def read(cls, actor: UUID | None) -> "References":
        types = {row.code: row for row in ProductType.objects.all()}
        made = cls(actor, {row.code: row for row in TaxClass.objects.all()}, {}, types, {row.code: row for row in channels()})
        made.collections = {row.code: row for row in Collection.objects.all()}
        made.rules = rules([row.pk for row in types.values()])
        return made

    def forget(self) -> None:
        """After a rollback: what was made with it is gone."""
        self.categories.clear()
        self.brands.clear()

    def checked(self, told: IncomingProduct) -> IncomingProduct:
        """With codes where the file had names. Raises Faulty for what there is not."""
        tax, kind = _known(told.tax_class, self.tax_classes, "tax_class", "tax class"), _known(told.type, self.types, "type", "product type")
        category, collections = self._category(told.category_code), self._collections(told)
        same = (tax, kind, category, collections) == (told.tax_class, told.type, told.category_code, told.collections)
        # Most are, and a copy takes as long as everything else here.
        found = told if same else replace(told, tax_class=tax, type=kind, category_code=category, collections=collections)
        for code in told.windows or ():
            _known(code, self.channels, f"publication.{code}", "channel")
        if told.attributes and kind:
            self.attributes(told, self.types[kind])
        return found

    def attributes(self, told: IncomingProduct, type: ProductType | None) -> dict[str, Any]:
        """Of the values it names, those that are not empty, as they are stored."""
        given = {code: text for code, text in (told.attributes or {}).items() if text}
        try:
            return checked_by(self.rules.get(type.pk, {}) if type else {}, given)
        except Refused as refused:
            raise Faulty(refused.field, refused.message) from refused

    def make(self, told: IncomingProduct) -> None:
        """The brand, and a category named by its name, when they are new. Inside the batch's transaction."""
        if told.category and told.category not in self.categories:
            self.categories[told.category] = services.ensure_category(name=told.category, actor=self.actor)
        if told.brand and told.brand not in self.brands:
            self.brands[told.brand] = services.ensure_brand(name=told.brand, actor=self.actor)

    def category(self, told: IncomingProduct) -> Category | None:
        return self.categories.get(f"code {told.category_code}") if told.category_code else self.categories.get(told.category or "")

    def _collections(self, told: IncomingProduct) -> tuple[str, ...] | None:
        """Only those that products are put into by hand."""
        if not told.collections:
            return told.collections
        by_hand = {code: row for code, row in self.collections.items() if row.kind == Collection.Kind.MANUAL}
        codes = [_one_of_several(text, told.collections, by_hand, "collections", "collection chosen by hand") for text in told.collections]
        return tuple(dict.fromkeys(codes))

    def _category(self, text: str | None) -> str | None:
        if not text:
            return text
        if f"code {text}" not in self.categories:
            rows = {row.code: row for row in Category.objects.all()}
            code = _known(text, rows, "category", "category") or ""
            self.categories[f"code {text}"] = self.categories[f"code {code}"] = rows[code]
        found = self.categories[f"code {text}"]
        return found.code if found else None


def _one_of_several(text: str, all: Sequence[str], rows: Mapping[str, Any], column: str, noun: str) -> str:
    """As _known; what is suggested is the whole cell."""
    try:
        return _known(text, rows, column, noun) or ""
    except Faulty as faulty:
        if faulty.suggestion:
            faulty.suggestion = "; ".join(faulty.suggestion if one == text else one for one in all)
        raise


def _known(text: str | None, rows: Mapping[str, Any], column: str, noun: str) -> str | None:
    """The code of the row that has this code or this name."""
    if not text or text in rows:
        return text
    named = {row.name.casefold(): code for code, row in rows.items()}
    if text.casefold() in named:
        return named[text.casefold()]
    close = nearest(text, [*rows, *(row.name for row in rows.values())])
    raise Faulty(column, f"there is no {noun} “{text[:60]}”", suggestion=close)
