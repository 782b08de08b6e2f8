"""The rows of a list, as finished cells: a page has hundreds, and a template would spend most of its time on them."""

import re
from collections.abc import Iterator
from html import escape
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst

from backoffice.templatetags.tiles import product_tile
from org.templatetags.office import cell_text, office_headers

register = template.Library()

# A cell as long as this may be cut: it says the whole when pointed at.
LONG_CELL = 16
# Of what the cells themselves have drawn; everything else is escaped before.
TAGS = re.compile("<[^>]*>")


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
    shown = text if isinstance(text, SafeString) else escape(str(text or "–"))
    plain = TAGS.sub("", shown) if "<" in shown else shown
    hint = ' title="{}"'.format(plain.replace('"', "&quot;")) if len(plain) > LONG_CELL else ""
    if column["link"]:
        shown = f'<a href="{escape(cl.url_for_result(result))}">{shown}</a>'
    if column["head"]:
        return f'<th scope="row" role="rowheader"{hint}>{_named(cl, result, text, shown)}</th>'
    empty = " is-empty" if text in ("", "–", None) else ""
    return f'{column["start"]}{empty}"{hint}>{shown}</td>'


def _named(cl: Any, result: Any, text: Any, shown: str) -> str:
    """With the picture or the tile before it, where the list has them."""
    if not cl.model_admin.tiles:
        return shown
    picture = cl.model_admin.picture(result)
    if picture:
        drawn = format_html('<img class="tile" src="{}" alt="" loading="lazy" width="28" height="28">', picture)
    else:
        drawn = product_tile(text, cl.model_admin.drawing(result))
    return f'<span class="named">{drawn}<span>{shown}</span></span>'
