"""Product tiles as the till draws them, from the one sprite both use."""

import re
from functools import cache
from typing import Any

from django import template
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString

from org.templatetags.office import tile, tile_colour

register = template.Library()


@cache
def sprite() -> str:
    """Under names of their own: the back office has other icons of some of these names."""
    return render_to_string("pos/icons.html").replace('id="icon-', 'id="tile-')


@cache
def drawings() -> frozenset[str]:
    return frozenset(re.findall(r'id="tile-([a-z0-9-]+)"', sprite()))


@register.simple_tag
def tile_sprite() -> SafeString:
    return SafeString(sprite())


@register.simple_tag
def product_tile(name: Any, drawing: str = "", size: str = "") -> SafeString:
    """The drawing the product names; else the initials."""
    if drawing not in drawings():
        return tile(name, size)
    return format_html(
        '<span class="{} tile--drawn" aria-hidden="true"><svg class="icon"><use href="#tile-{}"/></svg></span>', tile_colour(str(name), size), drawing
    )
