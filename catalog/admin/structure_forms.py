"""What is typed on the pages of brands, categories, types, attributes, collections and tax classes, read as people write it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.db.models.functions import Upper
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog import gtin, services
from catalog.models import Attribute, Brand, Category, Collection, Gtin, LifeCycle, Product, ProductType, TypeAttribute, Variant
from catalog.services import collections, translations
from kernel.errors import Refused

MOST_WORDS = 1000
CODE_HINT = gettext_lazy("Made from the name when it is empty. It stays.")
HTML_HINT = gettext_lazy("Plain text or simple HTML: p, ul, li, b, i, a, h3. The rest is taken out.")
TEXTS = {"name": gettext_lazy("Name"), "description": gettext_lazy("Description")}
SEO = {"seo_title": gettext_lazy("Search engine title"), "seo_description": gettext_lazy("Search engine description")}


def text(label: Any, longest: int, *, required: bool = False, hint: Any = "", rows: int = 0) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows}) if rows else forms.TextInput()
    return forms.CharField(label=label, max_length=longest, required=required, help_text=hint, widget=widget)


class StructureForm(forms.Form):
    """`row` is what is there, None for something new. `sections`: title and the names of its fields."""

    sections: ClassVar[Sequence[tuple[Any, Sequence[str]]]] = ()
    translated: ClassVar[Sequence[str]] = ()
    renamed: ClassVar[Mapping[str, str]] = {}

    def __init__(self, data: QueryDict | None = None, *, row: Any = None, locked: bool = False) -> None:
        super().__init__(data, initial=self.said(row) if row is not None else None)
        self.row = row
        # Lists of values, which a plain mapping does not have.
        self.sent = data if data is not None else QueryDict()
        if row is not None:
            self.fields.pop("code", None)
        self._add_fields()
        for language in translations.languages():
            for name in self.translated:
                rows, longest = (6 if name == "description" else 2 if name == "seo_description" else 0), translations.DESCRIBED[name]
                self.fields[f"{name}-{language}"] = text({**TEXTS, **SEO}[name], longest, rows=rows)
                self.initial[f"{name}-{language}"] = row.translations.get(language, {}).get(name, "") if row is not None else ""
        for field in self.fields.values():
            field.disabled = locked
            if not isinstance(field.widget, (forms.CheckboxInput, forms.CheckboxSelectMultiple)):
                field.widget.attrs["class"] = "input"

    def _add_fields(self) -> None:
        """Those that depend on the row or on the tables."""

    def said(self, row: Any) -> dict[str, Any]:
        return {name: getattr(row, name) for name in self.base_fields if hasattr(row, name)}

    def given(self) -> dict[str, Any]:
        """What the service is called with; translations put together."""
        plain = {name: value for name, value in self.cleaned_data.items() if name in self.base_fields or name == "parent"}
        return {**plain, "translations": self.texts()} if self.translated else plain

    def texts(self) -> dict[str, dict[str, str]]:
        kept = {language: {name: self.cleaned_data[f"{name}-{language}"] for name in self.translated} for language in translations.languages()}
        return {language: {name: one for name, one in own.items() if one} for language, own in kept.items() if any(own.values())}

    def refuse(self, refused: Refused) -> None:
        """Says it at the field it is about."""
        name = self.renamed.get(refused.field, refused.field)
        if name.startswith("translations."):
            _translations, language, field = name.split(".")
            name = f"{field}-{language}"
        self.add_error(name if name in self.fields else None, refused.message)

    def first(self) -> list[dict[str, Any]]:
        return self._shown(self.sections[:1])

    def others(self) -> list[dict[str, Any]]:
        return self._shown(self.sections[1:])

    def _shown(self, sections: Sequence[tuple[Any, Sequence[str]]]) -> list[dict[str, Any]]:
        return [{"title": title, "fields": [self[name] for name in names if name in self.fields]} for title, names in sections]

    def languages(self) -> list[dict[str, Any]]:
        if not self.translated:
            return []
        return [
            {"code": code, "title": _(title), "fields": [self[f"{name}-{code}"] for name in self.translated]}
            for code, title in translations.languages().items()
        ]


class BrandForm(StructureForm):
    name = text(gettext_lazy("Name"), 100, required=True)
    code = text(gettext_lazy("Code"), 60, hint=CODE_HINT)
    sections = ((gettext_lazy("Brand"), ("name", "code")),)


class PercentField(forms.CharField):
    """ "19" or "7,7" to parts per million, and back."""

    def clean(self, value: Any) -> int:
        written = str(super().clean(value)).strip().removesuffix("%").strip()
        match = re.fullmatch(r"([0-9]{1,2})(?:[.,]([0-9]{1,4}))?", written, re.ASCII)
        if match is None:
            raise forms.ValidationError(_("A rate is from 0 to below 100 percent, with at most four decimal places. Write it like 19 or 7.7."))
        return int(match[1]) * 10_000 + int((match[2] or "").ljust(4, "0"))

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, int):
            return value
        whole, rest = divmod(value, 10_000)
        return f"{whole}.{rest:04}".rstrip("0").rstrip(".")


class TaxClassForm(StructureForm):
    name = text(gettext_lazy("Name"), 60, required=True)
    code = forms.SlugField(label=gettext_lazy("Code"), max_length=20, help_text=gettext_lazy("Short and lower-case: food. It stays."))
    rate = PercentField(
        label=gettext_lazy("Rate in percent"), help_text=gettext_lazy("Prices include it. What was sold keeps the rate it was sold with.")
    )
    sections = ((gettext_lazy("Tax class"), ("name", "code", "rate")),)


def tree() -> list[tuple[Category, int, tuple[str, ...]]]:
    """Every category in the order of the tree with how deep it stands and the names above it. One statement."""
    children: dict[int | None, list[Category]] = {}
    for row in Category.objects.order_by("position", "name", "id"):
        children.setdefault(row.parent_id, []).append(row)

    def below(parent: int | None, above: tuple[str, ...]) -> Iterator[tuple[Category, int, tuple[str, ...]]]:
        for row in children.get(parent, ()):
            yield row, len(above), above
            yield from below(row.pk, (*above, row.name))

    return list(below(None, ()))


class PageForm(StructureForm):
    """Of what has a page in a shop: its texts, what search engines are told, and both in the other languages."""

    translated = (*TEXTS, *SEO)


class CategoryForm(PageForm):
    name = text(gettext_lazy("Name"), 100, required=True)
    code = text(gettext_lazy("Code"), 60, hint=CODE_HINT)
    position = forms.IntegerField(label=gettext_lazy("Place among its siblings"), min_value=0, max_value=1_000_000, initial=0)
    description = text(gettext_lazy("Description"), 50_000, rows=6, hint=HTML_HINT)
    seo_title = text(SEO["seo_title"], 120)
    seo_description = text(SEO["seo_description"], 320, rows=2)
    sections = (
        (gettext_lazy("Category"), ("name", "code", "parent", "position")),
        (gettext_lazy("Its page"), ("description", "seo_title", "seo_description")),
    )

    def _add_fields(self) -> None:
        # Not below itself: the service refuses it too, for two people who move at once.
        rows = tree()
        barred = {self.row.pk} if self.row else set()
        for row, _depth, _above in rows:
            if row.parent_id in barred:
                barred.add(row.pk)
        self.known = {str(row.pk): row for row, _depth, _above in rows}
        choices = [(str(row.pk), "\u2003" * depth + row.name) for row, depth, _above in rows if row.pk not in barred]
        self.fields["parent"] = forms.ChoiceField(label=_("Stands below"), required=False, choices=[("", _("Nothing: at the top")), *choices])
        self.initial["parent"] = str(self.row.parent_id or "") if self.row else ""

    def clean_parent(self) -> Category | None:
        return self.known.get(self.cleaned_data["parent"])


class Rows:
    """A table of rows that are added, moved and taken out; the order of the page is the order that is kept."""

    def __init__(self, columns: Sequence[tuple[str, Any, Any]], said: Sequence[Mapping[str, str]], spare: int = 3) -> None:
        # (name, heading, choices or None for a text)
        self.columns, self.said, self.spare = columns, said, spare

    @property
    def headings(self) -> list[Any]:
        return [heading for _name, heading, _choices in self.columns if heading]

    def shown(self) -> list[list[dict[str, Any]]]:
        empty: list[Mapping[str, str]] = [{}] * self.spare
        return [self._cells(row) for row in (*self.said, *empty)]

    def blank(self) -> list[dict[str, Any]]:
        return self._cells({})

    def _cells(self, row: Mapping[str, str]) -> list[dict[str, Any]]:
        return [{"name": name, "heading": heading, "choices": choices, "value": row.get(name, "")} for name, heading, choices in self.columns]

    @classmethod
    def read(cls, data: QueryDict, names: Sequence[str]) -> list[dict[str, str]]:
        """Rows as they stand on the page; one whose parts do not fit together is cut off."""
        parts = [[value.strip() for value in data.getlist(name)] for name in names]
        return [dict(zip(names, row, strict=True)) for row in zip(*parts, strict=False)]


class ProductTypeForm(StructureForm):
    name = text(gettext_lazy("Name"), 100, required=True)
    code = text(gettext_lazy("Code"), 60, hint=CODE_HINT)
    sections = ((gettext_lazy("Product type"), ("name", "code")),)
    rows_title = gettext_lazy("Attributes")
    rows_hint = gettext_lazy("What is told about products of this type, in this order. A needed one is asked for before a product is published.")
    rows_add = gettext_lazy("Add an attribute")
    CELLS = ("row-attribute", "row-required")

    def rows(self) -> Rows:
        choices = [("", _("Choose an attribute")), *Attribute.objects.order_by("name").values_list("code", "name")]
        needed = [("", _("May be left open")), ("1", _("Needed to publish"))]
        if self.is_bound:
            said = [row for row in Rows.read(self.sent, self.CELLS) if row["row-attribute"]]
        else:
            held = TypeAttribute.objects.filter(type=self.row.pk if self.row else None).order_by("position", "id")
            said = [
                {"row-attribute": code, "row-required": "1" if required else ""} for code, required in held.values_list("attribute__code", "required")
            ]
        return Rows([("row-attribute", _("Attribute"), choices), ("row-required", _("Needed"), needed)], said)

    def given(self) -> dict[str, Any]:
        rows = [(row["row-attribute"], row["row-required"] == "1") for row in Rows.read(self.sent, self.CELLS) if row["row-attribute"]]
        return {**super().given(), "attributes": rows}


class AttributeForm(StructureForm):
    name = text(gettext_lazy("Name"), 100, required=True)
    code = forms.SlugField(label=gettext_lazy("Code"), max_length=60, required=False, help_text=CODE_HINT)
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"), choices=Attribute.Kind.choices, help_text=gettext_lazy("Stays once a product tells a value.")
    )
    unit = text(gettext_lazy("Unit"), 10, hint=gettext_lazy("Of a number or a measurement: g, W, cm."))
    filterable = forms.BooleanField(label=gettext_lazy("Lists can be narrowed by it"), required=False)
    sections = ((gettext_lazy("Attribute"), ("name", "code", "kind", "unit", "filterable")),)
    translated = ("name",)
    rows_title = gettext_lazy("Choices")
    rows_hint = gettext_lazy("In this order. One that products have cannot be taken out.")
    rows_add = gettext_lazy("Add a choice")
    rows_for = "choice multi_choice"

    def rows(self) -> Rows:
        languages = translations.languages()
        columns: list[tuple[str, Any, Any]] = [("row-code", "", None), ("row-name", _("Choice"), None)]
        columns += [(f"row-name-{code}", _(title), None) for code, title in languages.items()]
        if self.is_bound:
            return Rows(columns, [row for row in Rows.read(self.sent, self.cells()) if row["row-name"]])
        held = self.row.choices.order_by("position", "id") if self.row else ()
        said = [
            {"row-code": one.code, "row-name": one.name} | {f"row-name-{code}": one.translations.get(code, {}).get("name", "") for code in languages}
            for one in held
        ]
        return Rows(columns, said)

    def cells(self) -> list[str]:
        return ["row-code", "row-name", *(f"row-name-{code}" for code in translations.languages())]

    def given(self) -> dict[str, Any]:
        languages = translations.languages()
        choices = [
            services.NewChoice(
                code=row["row-code"], name=row["row-name"], translations={code: {"name": row[f"row-name-{code}"]} for code in languages}
            )
            for row in Rows.read(self.sent, self.cells())
            if row["row-name"]
        ]
        kinds = (Attribute.Kind.CHOICE, Attribute.Kind.MULTI_CHOICE)
        return {**super().given(), "choices": choices if self.cleaned_data["kind"] in kinds else []}


class CollectionForm(PageForm):
    name = text(gettext_lazy("Name"), 100, required=True)
    code = text(gettext_lazy("Code"), 60, hint=CODE_HINT)
    position = forms.IntegerField(label=gettext_lazy("Place among collections"), min_value=0, max_value=1_000_000, initial=0)
    description = text(gettext_lazy("Description"), 50_000, rows=6, hint=HTML_HINT)
    seo_title = text(SEO["seo_title"], 120)
    seo_description = text(SEO["seo_description"], 320, rows=2)
    renamed: ClassVar[Mapping[str, str]] = {"collections": "add", "products": "add"}
    sections = (
        (gettext_lazy("Collection"), ("name", "code", "kind", "position")),
        (gettext_lazy("Its page"), ("description", "seo_title", "seo_description")),
    )

    def _add_fields(self) -> None:
        self.kind = self.row.kind if self.row else str(self.data.get("kind", Collection.Kind.MANUAL))
        if self.row is None:
            hint = _("By rule, products come and go by themselves. It stays as it is made.")
            self.fields["kind"] = forms.ChoiceField(label=_("Products"), choices=Collection.Kind.choices, help_text=hint)
        if self.row is None or self.kind == Collection.Kind.MANUAL:
            hint = _("SKUs, barcodes or names, one a line or separated by commas; pasted from a spreadsheet works too.")
            self.fields["add"] = text(_("Add products"), 100_000, rows=4, hint=hint)
        if self.row is None or self.kind == Collection.Kind.RULE:
            self._add_facets()

    def _add_facets(self) -> None:
        rule = self.row.rule if self.row else {}
        for facet, label, choices in facets():
            name, chosen = f"rule-{facet}", rule.get(facet, [])
            # What is chosen stands first, except in the tree, whose order says what stands below what.
            ordered = choices if facet == "category" else sorted(choices, key=lambda choice: choice[0] not in chosen)
            self.fields[name] = forms.MultipleChoiceField(label=label, required=False, choices=ordered, widget=forms.CheckboxSelectMultiple)
            self.initial[name] = chosen
        self.fields["rule-tag"] = text(_("Tags"), 1000, hint=_("Separated by commas: vegan, organic"))
        self.initial["rule-tag"] = ", ".join(rule.get("tag", []))

    def rule_fields(self) -> list[Any]:
        return [self[name] for name in self.fields if name.startswith("rule-")]

    def rule(self) -> dict[str, list[str]]:
        found = {name.removeprefix("rule-"): value for name, value in self.cleaned_data.items() if name.startswith("rule-")}
        found["tag"] = [word.strip() for word in re.split(r"[,;\n]", found.get("tag", "")) if word.strip()]
        return {facet: values for facet, values in found.items() if values}

    def clean_add(self) -> list[UUID]:
        return found_products(self.cleaned_data["add"])

    def members(self) -> list[dict[str, Any]]:
        """The products it shows, those that were added by what was typed included."""
        if self.row is None or self.kind != Collection.Kind.MANUAL:
            return []
        ids = self.kept() if self.is_bound else list(self.row.members.order_by("position", "id").values_list("product_id", flat=True))
        known = {product.pk: product for product in Product.objects.filter(pk__in=ids).prefetch_related("variants")}
        return [{"id": id, "name": known[id].name, "sku": first_sku(known[id]), "status": known[id]} for id in ids if id in known]

    def kept(self) -> list[UUID]:
        return [id for id in (_uuid(value) for value in self.sent.getlist("member")) if id is not None]

    def wanted(self) -> list[UUID]:
        return list(dict.fromkeys([*self.kept(), *(self.cleaned_data.get("add") or [])]))

    def matching(self) -> int | None:
        """How many products its rule finds now; archived ones are not counted."""
        if self.row is None or self.kind != Collection.Kind.RULE:
            return None
        return collections.matching(self.row.rule).exclude(status=Product.Status.ARCHIVED).count()


def facets() -> list[tuple[str, Any, list[tuple[str, str]]]]:
    """What a rule can ask for, each with its values: three statements and one a table."""
    found = [
        ("category", _("Category, or below it"), [(row.code, "\u2003" * depth + row.name) for row, depth, _above in tree()]),
        ("brand", _("Brand"), list(Brand.objects.order_by("name").values_list("code", "name"))),
        ("type", _("Product type"), list(ProductType.objects.order_by("name").values_list("code", "name"))),
        ("life_cycle", _("Life cycle"), list(LifeCycle.choices)),
    ]
    asked = Attribute.objects.filter(filterable=True, kind__in=collections.FACET_KINDS).order_by("name").prefetch_related("choices")
    for row in asked:
        yes_no = [("true", _("Yes")), ("false", _("No"))]
        own = sorted(row.choices.all(), key=lambda one: (one.position, one.pk))
        choices = yes_no if row.kind == Attribute.Kind.BOOLEAN else [(one.code, one.name) for one in own]
        found.append((f"attribute.{row.code}", row.name, choices))
    return [(facet, label, choices) for facet, label, choices in found if choices]


def first_sku(product: Product) -> str:
    rows = sorted(product.variants.all(), key=lambda row: (row.archived_at is not None, row.position, row.pk))
    return rows[0].sku if rows else ""


def found_products(typed: str) -> list[UUID]:
    """Each line or word between commas is a SKU, a barcode, or a name that only one product has. In the order they were typed."""
    # A spreadsheet puts its other columns behind a tab.
    parts = [part.split("\t")[0].strip() for part in re.split(r"[\n;]|,(?!\d)", typed.replace("\0", ""))]
    words = [word for word in dict.fromkeys(parts) if word]
    if len(words) > MOST_WORDS:
        raise forms.ValidationError(_("At most %(n)s products are added at once.") % {"n": MOST_WORDS})
    coded = by_code(words)
    return [coded.get(word) or by_name(word) for word in words]


def by_code(words: Sequence[str]) -> dict[str, UUID]:
    """Those that are a SKU or a barcode, in two statements for any number."""
    gtins = {}
    for word in words:
        with suppress(Refused):
            gtins[word] = gtin.normalise(word)
    skus = Variant.objects.annotate(plain=Upper("sku")).filter(plain__in=[word.upper() for word in words])
    of_sku = dict(skus.values_list("plain", "product_id"))
    of_gtin = dict(Gtin.objects.filter(gtin__in=gtins.values()).values_list("gtin", "variant__product_id"))
    found = {word: of_sku.get(word.upper()) or of_gtin.get(gtins.get(word, "")) for word in words}
    return {word: product for word, product in found.items() if product is not None}


def by_name(word: str) -> UUID:
    found = list(Product.objects.filter(name__iexact=word).values_list("pk", flat=True)[:2])
    found = found or list(Product.objects.filter(name__icontains=word).values_list("pk", flat=True)[:2])
    if not found:
        raise forms.ValidationError(_("There is no product with the SKU, barcode or name “%(word)s”.") % {"word": word[:60]})
    if len(found) > 1:
        raise forms.ValidationError(_("“%(word)s” is in the name of several products. Write more of it, or the SKU.") % {"word": word[:60]})
    return found[0]


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
