"""What the product page's templates need: a field with its label and error, words of the history, addresses of pictures."""

import json
from typing import Any

from django import template
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, ChoiceField
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from catalog import markup, pictures

register = template.Library()
LINES = 3
SQUARE = pictures.SQUARE


@register.inclusion_tag("backoffice/product_field.html")
def product_field(field: BoundField, editable: bool = True, required: bool = False, wide: bool = False, hint: bool = True) -> dict[str, Any]:
    """Typed into by whoever may; for others what it says."""
    kind = field.field.widget
    is_group, is_tick = isinstance(kind, CheckboxSelectMultiple), isinstance(kind, CheckboxInput)
    known: dict[str, Any] = {"field": field, "editable": editable, "required": required, "wide": wide, "hint": hint}
    known |= {"is_group": is_group, "is_tick": is_tick}
    return {**known, "control": control(field, hint=hint)} if editable and not is_group else {**known, "said": "" if editable else said(field)}


@register.simple_tag
def control(field: BoundField, label: str = "", hint: bool = True) -> SafeString:
    """The input by itself, tied to its error or hint; `label` where no label stands beside it."""
    attributes: dict[str, str | bool] = {"aria-label": label} if label else {}
    if field.errors:
        attributes |= {"aria-invalid": "true", "aria-describedby": f"{field.auto_id}-error"}
        attributes["class"] = f"{field.field.widget.attrs.get('class', '')} input--invalid".strip()
    elif field.help_text and hint and not label:
        attributes["aria-describedby"] = f"{field.auto_id}-hint"
    return field.as_widget(attrs=attributes)


def said(field: BoundField) -> str:
    value = field.value()
    if isinstance(field.field.widget, CheckboxInput):
        return _("Yes") if value else _("No")
    if isinstance(field.field, ChoiceField):
        names = {str(key): str(name) for key, name in field.field.choices}  # type: ignore[union-attr, misc]
        chosen = value if isinstance(value, list | tuple) else [value]
        return ", ".join(names.get(str(one), "") for one in chosen if one not in (None, ""))
    return "" if value is None else str(value)


@register.filter
def as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@register.filter
def as_markup(text: str) -> SafeString:
    """Shown as it is, after it went through the cleaner: also what an older version stored."""
    return SafeString(markup.cleaned(text))


@register.simple_tag
def history_words(row: Any) -> SafeString:
    """What a change did: the field, what it said before, struck through, and what it says since."""
    if row.kind == "created":
        return SafeString(_("added the product"))
    shown = [format_html('<b>{}</b> <span class="was">{}</span> {}', line.label, line.before, line.after) for line in row.lines[:LINES]]
    more = len(row.lines) - LINES
    if more > 0:
        shown.append(format_html("{}", _("and %(n)s more") % {"n": more}))
    return format_html_join(", ", "{}", ((one,) for one in shown))


@register.simple_tag
def picture_address(media: Any, width: int) -> str:
    """The smallest copy that is wide enough, else the widest; empty while there is none. The square is for places as small as it is."""
    copies = sorted(media.renditions, key=lambda copy: copy["width"])
    fitting = [copy for copy in copies if copy["width"] >= width and (width <= SQUARE or copy["width"] > SQUARE)]
    chosen = fitting[0] if fitting else copies[-1] if copies else None
    return pictures.address(chosen["file"]) if chosen else ""
