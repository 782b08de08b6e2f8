"""Any table, once somebody has said which of its columns is which field: names are guessed in three languages, and a header
that was matched before is known again."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from django.utils.translation import gettext_lazy

from catalog import amounts
from catalog.importing import cleaning, describing
from catalog.importing.incoming import Fault, Faulty, Group, IncomingProduct, Row, Terms, by_product

FIELDS: Final = {
    "name": gettext_lazy("Name"),
    "sku": gettext_lazy("SKU"),
    "gtin": gettext_lazy("Barcode (GTIN)"),
    "price": gettext_lazy("Price, tax included"),
    "cost": gettext_lazy("Cost"),
    "brand": gettext_lazy("Brand"),
    "category": gettext_lazy("Category (name or code)"),
    "tax_class": gettext_lazy("Tax class (name or code)"),
    "type": gettext_lazy("Product type"),
    "description": gettext_lazy("Description"),
    "net_content": gettext_lazy("Net content, such as 500 g"),
    "status": gettext_lazy("Status: active, draft or archived"),
    "life_cycle": gettext_lazy("Life cycle"),
    "tags": gettext_lazy("Tags, separated by commas"),
    "collections": gettext_lazy("Collections, separated by semicolons"),
    "variant": gettext_lazy("Name of the variant"),
    "options": gettext_lazy("Options, such as Size=500 g"),
    "handle": gettext_lazy("Handle: rows with the same one are one product"),
    "sold_by": gettext_lazy("Sold by: each or weight"),
    "age_limit": gettext_lazy("Age limit in years"),
    "deposit": gettext_lazy("SKU of the deposit"),
    "seo_title": gettext_lazy("Search engine title"),
    "seo_description": gettext_lazy("Search engine description"),
    "image_url": gettext_lazy("Address of a picture"),
    "name:de": gettext_lazy("Name in German"),
    "name:fr": gettext_lazy("Name in French"),
    "description:de": gettext_lazy("Description in German"),
    "description:fr": gettext_lazy("Description in French"),
}
GUESSES: Final = {
    "name": "name title product productname article artikel bezeichnung artikelbezeichnung produkt produktname titel nom titre produit libelle",
    "sku": "sku itemno itemnumber articleno articlenumber artikelnummer artikelnr artnr bestellnummer ref reference code productcode codearticle",
    "gtin": "gtin ean ean13 barcode upc strichcode codebarre codebarres gencod",
    "price": "price retailprice sellingprice rrp preis verkaufspreis vk vkpreis bruttopreis uvp prix prixdevente prixttc pvc",
    "cost": "cost costprice purchaseprice einkaufspreis ek ekpreis cout prixdachat achat",
    "brand": "brand vendor manufacturer marke hersteller marque fabricant",
    "category": "category categories department group kategorie warengruppe rayon categorie famille",
    "tax_class": "taxclass tax vat vatclass steuer steuerklasse mwst steuersatz tva taxe",
    "type": "type producttype produkttyp produktart",
    "description": "description text details beschreibung langtext descriptif",
    "net_content": "netcontent content size weight volume nettoinhalt fullmenge inhalt menge contenance poidsnet contenu",
    "status": "status state statut zustand",
    "tags": "tags keywords schlagworte stichworte motscles",
    "collections": "collections collection kollektion kollektionen sammlung",
    "variant": "variant variantname variante",
    "handle": "handle slug urlkey",
}
REQUIRED: Final = ("name",)
# What a row is known by: the first of these it has.
KEYS: Final = ("handle", "sku", "gtin", "name")


def proposed(column: str) -> str:
    """The field a column of this name probably is; empty when nobody can tell."""
    plain = "".join(letter for letter in cleaning.folded(column) if letter.isalnum())
    exact = next((name for name in FIELDS if plain and plain == "".join(letter for letter in name if letter.isalnum())), "")
    return exact or next((name for name, words in GUESSES.items() if plain in words.split()), "")


def header_hash(columns: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(columns).encode()).hexdigest()


class Table:
    """A format for one mapping: column of the file to field."""

    source = "table"
    finds_by = "code"

    def __init__(self, mapping: Mapping[str, str]) -> None:
        self.mapping = {column: field for column, field in mapping.items() if field}
        self.said = {field: column for column, field in self.mapping.items()}
        self.required = tuple(self.mapping)

    def groups(self, rows: Iterable[Row | Fault]) -> Iterator[Group]:
        for group in by_product(self._named(rows), self._key_of, self._key_column()):
            yield replace(group, column=self.said.get(self._key_field(group.rows[0]), "") if group.rows else "")

    def product(self, group: Group, terms: Terms) -> IncomingProduct:
        return describing.product(group, terms, said=self.said, amount=lenient_amount, partial=True)

    def _named(self, rows: Iterable[Row | Fault]) -> Iterator[Row | Fault]:
        """Rows under our names. An attribute column is called attributes.<code> in our names too."""
        for row in rows:
            if isinstance(row, Row):
                named = {self.mapping[column]: cell for column, cell in row.cells.items() if column in self.mapping}
                row = Row(row.line, named, tuple(row.cells.values()))
            yield row

    def _key_of(self, row: Row | Fault) -> str:
        if not isinstance(row, Row):
            # Rows are their own products here unless they name a handle: a broken one spoils no neighbour.
            return f"line {row.line}"
        return row.cells.get(self._key_field(row), "").strip()

    def _key_field(self, row: Row) -> str:
        return next((name for name in KEYS if row.cells.get(name, "").strip()), "")

    def _key_column(self) -> str:
        return next((self.said[name] for name in KEYS if name in self.said), "name")


def lenient_amount(cell: str, column: str, currency: str) -> int | None:
    """As people write them: 2,95 or € 2.95."""
    if not cell.strip():
        return None
    try:
        return amounts.minor_units(cell, currency)
    except amounts.NotAnAmount as error:
        raise Faulty(column, f"“{cell.strip()[:40]}”: {error}", suggestion=cleaning.likely_amount(cell, currency)) from error
