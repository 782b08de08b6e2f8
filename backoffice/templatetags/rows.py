"""The rows of a list, as finished cells: a page has hundreds, and a template would spend most of its time on them."""

from collections.abc import Iterator
from typing import Any

from django import template
from django.utils.html import conditional_escape, format_html, strip_tags
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst

from backoffice.templatetags.tiles import product_tile
from org.templatetags.office import cell_text, office_headers

register = template.Library()

# A cell as long as this may be cut: it says the whole when pointed at.
LONG_CELL = 16


@register.simple_tag
def office_rows(cl: Any) -> Iterator[dict[str, Any]]:
    """Rows as finished cells: a page has hundreds, and a template spends most of its time on them."""
    columns = [_column(cl, header) for header in office_headers(cl) if not header["is_check"]]
    for result in cl.result_list:
        yield {"cells": mark_safe("".join(_cell(cl, result, column) for column in columns)), "key": result.pk, "name": str(result)}  # noqa: S308


def _column(cl: Any, header: dict[str, Any]) -> dict[str, Any]:
    """What is the same in every row."""
    name = header["name"]
    numeric, hidden = (" number" if header["numeric"] else ""), (SafeString(" hidden") if header["spare"] else "")
    start = format_html(
        '<td role="cell" data-column="{}"{} data-label="{}" class="column-{}{}', name, hidden, capfirst(header["text"]), name, numeric
    )
    return {"name": name, "start": start, "link": name in (cl.list_display_links or ()), "head": header["first"]}


def _cell(cl: Any, result: Any, column: dict[str, Any]) -> str:
    text = cell_text(cl, result, column["name"])
    shown = conditional_escape(text or "–")
    plain = strip_tags(shown) if "<" in shown else shown
    hint = format_html(' title="{}"', SafeString(plain.replace('"', "&quot;"))) if len(plain) > LONG_CELL else ""
    if column["link"]:
        shown = format_html('<a href="{}">{}</a>', cl.url_for_result(result), shown)
    if column["head"]:
        return format_html('<th scope="row" role="rowheader"{}>{}</th>', hint, _named(cl, result, text, shown))
    empty = " is-empty" if text in ("", "–", None) else ""
    return format_html('{}{}"{}>{}</td>', column["start"], empty, hint, shown)


def _named(cl: Any, result: Any, text: Any, shown: str) -> str:
    """With the picture or the tile before it, where the list has them."""
    if not cl.model_admin.tiles:
        return shown
    picture = cl.model_admin.picture(result)
    if picture:
        drawn = format_html('<img class="tile" src="{}" alt="" loading="lazy" width="28" height="28">', picture)
    else:
        drawn = product_tile(text, cl.model_admin.drawing(result))
    return format_html('<span class="named">{}<span>{}</span></span>', drawn, shown)
