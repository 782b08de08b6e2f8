"""The inputs of a promotion's page: what stands in them, what is wrong with it, whether it may be changed."""

from typing import Any

from django import template

register = template.Library()


@register.simple_tag
def say(form: Any, name: str) -> Any:
    return form.say(name)


@register.simple_tag
def wrong(form: Any, name: str) -> str:
    return str(form.errors.get(name, ""))


@register.simple_tag
def is_locked(form: Any, name: str) -> bool:
    return bool(form.locked or (form.live and name not in ("ends_at", "receipt_text")))


@register.simple_tag
def row_name(start: str, number: int, part: str) -> str:
    """slot-1-name."""
    return f"{start}-{number}-{part}"


def _input(form: Any, name: str) -> dict[str, Any]:
    return {"name": name, "id": f"p-{name}", "value": form.say(name), "error": form.errors.get(name, ""), "locked": is_locked(form, name)}


@register.inclusion_tag("backoffice/promotion_input.html")
def promotion_input(form: Any, name: str, label: Any, size: str = "", hint: Any = "", kind: str = "text", inline: bool = False) -> dict[str, Any]:
    """`inline`: part of a sentence, whose label is there for those who do not see the sentence."""
    number = "number" if kind == "number" else ""
    mode = "numeric" if kind == "number" else "decimal" if kind == "money" else ""
    typed = {"moment": "datetime-local", "time": "time"}.get(kind, "text")
    return {**_input(form, name), "label": label, "size": f"{size} {number}".strip(), "hint": hint, "type": typed, "mode": mode, "inline": inline}


@register.inclusion_tag("backoffice/promotion_choice.html")
def promotion_choice(form: Any, name: str, label: Any) -> dict[str, Any]:
    return {**_input(form, name), "label": label}


@register.inclusion_tag("backoffice/promotion_select.html")
def promotion_select(form: Any, name: str, label: Any, choices: Any, size: str = "", inline: bool = False) -> dict[str, Any]:
    return {**_input(form, name), "label": label, "choices": choices, "size": size, "inline": inline}


@register.inclusion_tag("backoffice/promotion_selection.html")
def promotion_selection(form: Any, name: str, label: Any, empty: Any, looked: Any = None) -> dict[str, Any]:
    """What is in, and what is left out of it: one facet a line, shown as chips where the page can."""
    count = looked.counts.get(name, "") if looked else ""
    left_out = _input(form, f"{name}-except")
    return {**_input(form, name), "label": label, "empty": empty, "count": count, "left_out": left_out}
