"""The same search for lists of staff: ids out, for a list to narrow itself by in its own order."""
# ruff: noqa: S608, S611  # statements are put together of this package's own parts; every value that comes from outside is a parameter

import re
from collections.abc import Mapping
from typing import Any

from django.db import connection
from django.db.models.expressions import RawSQL

from catalog.documents import Sight
from catalog.models import Product
from catalog.search.asking import Asked, Question, question
from catalog.search.choosing import chosen, matching, terms

EVERYTHING = Sight()
_PARAMETER = re.compile(r"%\((\w+)\)s")
_NOTHING = "select null::uuid where false"
_CODED = """select v.id from catalog_variant v where upper(v.sku) = upper(%(code)s)
    union select g.variant_id from catalog_gtin g where g.gtin = %(gtin)s"""
_NAMED = "select v.id from catalog_variant v join catalog_searchentry e on e.product_id = v.product_id where {matching}"


def products(term: str) -> RawSQL:
    """Ids of products of every status, as a part of the list's own statement."""
    wanted = question(sight=EVERYTHING, text=_plain(term))
    if wanted is None:
        return RawSQL(_NOTHING, ())
    return _raw(f"select e.product_id from catalog_searchentry e where {matching(wanted)}", terms(wanted))


def variants(term: str) -> RawSQL:
    """Those of the products found; by a whole code only the one that bears it."""
    wanted = question(sight=EVERYTHING, text=_plain(term))
    if wanted is None:
        return RawSQL(_NOTHING, ())
    code = _plain(term).strip()
    coded = {"code": code, "gtin": "".join(code.split()).zfill(14)}
    if wanted.code and _any(_CODED, coded):
        return _raw(_CODED, coded)
    return _raw(*_of_products(wanted))


def best_products(term: str, *, first: int) -> list[Product]:
    """The best first, but those still sold before those archived."""
    if not _plain(term).strip():
        return []
    best = chosen(EVERYTHING, Asked(words=_plain(term), first=first, sort="relevance"))
    with connection.cursor() as cursor:
        cursor.execute(best.sql, best.params)
        ids = [id for id, _ in cursor][:first]
    found = Product.objects.select_related("brand").in_bulk(ids)
    return sorted((found[id] for id in ids if id in found), key=lambda product: product.archived_at is not None)


def _of_products(wanted: Question) -> tuple[str, dict[str, Any]]:
    """A part of a code is one of the variant itself, not of its siblings."""
    by_words = Question(query=wanted.query, code=wanted.code, pins=wanted.pins)
    statement, values = _NAMED.format(matching=matching(by_words)), terms(by_words)
    if wanted.part:
        statement += " union select v.id from catalog_variant v where upper(v.sku) like upper(%(part)s)"
        values["part"] = terms(wanted)["part"]
    return statement, values


def _plain(term: str) -> str:
    return term.replace("\0", "")


def _any(statement: str, values: Mapping[str, Any]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"select exists ({statement})", values)
        return bool(cursor.fetchone()[0])


def _raw(statement: str, values: Mapping[str, Any]) -> RawSQL:
    """With its parameters by place, as Django's own statements have them."""
    return RawSQL(_PARAMETER.sub("%s", statement), tuple(values[name] for name in _PARAMETER.findall(statement)))
