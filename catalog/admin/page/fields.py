"""What is typed on the product page, read as people write it and shown the same way again. No floats anywhere."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from kernel.money import exponent, format_amount

UNITS = ("g", "kg", "ml", "l", "piece")
HIGHEST = 10**12


def minor_units(text: str, currency: str) -> int:
    """ "2.80" or "2,80" in EUR -> 280. Raises ValidationError for what is no amount of that currency."""
    whole, _point, rest = text.strip().replace(",", ".").partition(".")
    places = exponent(currency)
    if not _digits(whole) or (rest and not _digits(rest)) or len(rest) > places or len(whole) > 10:
        example = "2.80" if places == 2 else "280" if places == 0 else "2.800"
        raise forms.ValidationError(_("This is not an amount. Write it like %(example)s.") % {"example": example})
    return int(whole + rest.ljust(places, "0"))


def thousandths(text: str) -> int:
    """ "0.75" or "0,75" -> 750. Raises ValidationError for what is no number of at most three decimals."""
    found = re.fullmatch(r"([0-9]{1,9})(?:[.,]([0-9]{1,3}))?", text.strip())
    if not found:
        raise forms.ValidationError(_("This is not a number with at most three decimals. Write it like 0.75."))
    return int(found[1]) * 1000 + int((found[2] or "").ljust(3, "0"))


def decimal(value: int) -> str:
    """750 thousandths -> "0.75"."""
    whole, rest = divmod(abs(value), 1000)
    return ("-" if value < 0 else "") + str(whole) + (f".{rest:03d}".rstrip("0") if rest else "")


def _digits(text: str) -> bool:
    return text.isascii() and text.isdecimal()


class Text(forms.CharField):
    """One line. `longest` is for what is read into something else than text, which has no length to check."""

    def __init__(self, *, wide: str = "", hint: Any = "", mode: str = "", longest: int = 0, **kwargs: Any) -> None:
        attributes = {"class": f"input {wide}".strip(), "autocomplete": "off", **({"inputmode": mode} if mode else {})}
        attributes |= {"maxlength": str(longest)} if longest else {}
        super().__init__(required=kwargs.pop("required", False), help_text=hint, widget=forms.TextInput(attributes), **kwargs)


class LongText(forms.CharField):
    def __init__(self, *, rows: int = 4, hint: Any = "", label: Any = None, max_length: int | None = None) -> None:
        widget = forms.Textarea({"class": "input input--area", "rows": rows})
        super().__init__(required=False, help_text=hint, label=label, widget=widget, max_length=max_length)


class Choice(forms.ChoiceField):
    """One of a list; what is not needed may stay open."""

    def __init__(self, choices: Sequence[tuple[str, Any]], *, empty: Any = None, wide: str = "", hint: Any = "", label: Any = None) -> None:
        offered = [*([("", empty)] if empty is not None else []), *choices]
        widget = forms.Select({"class": f"input {wide}".strip()})
        super().__init__(choices=offered, required=empty is None, help_text=hint, label=label, widget=widget)


class Choices(forms.MultipleChoiceField):
    def __init__(self, choices: Sequence[tuple[str, Any]], *, label: Any = None) -> None:
        super().__init__(choices=choices, required=False, label=label, widget=forms.CheckboxSelectMultiple())


class Tick(forms.BooleanField):
    def __init__(self, *, label: Any = None, hint: Any = "") -> None:
        super().__init__(required=False, label=label, help_text=hint)


class Amount(Text):
    """Minor units of a currency."""

    def __init__(self, *, currency: str, **kwargs: Any) -> None:
        super().__init__(wide="number", mode="decimal", longest=16, **kwargs)
        self.currency = currency

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        return minor_units(text, self.currency) if text else None

    def prepare_value(self, value: Any) -> Any:
        return format_amount(value, self.currency) if isinstance(value, int) else value


class Number(Text):
    """Thousandths of something."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(wide="number", mode="decimal", longest=16, **kwargs)

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        return thousandths(text) if text else None

    def prepare_value(self, value: Any) -> Any:
        return decimal(value) if isinstance(value, int) else value


class Whole(Text):
    """A count of years, or of anything else that has no halves."""

    def __init__(self, *, lowest: int, highest: int, **kwargs: Any) -> None:
        super().__init__(wide="number width-s", mode="numeric", longest=6, **kwargs)
        self.lowest, self.highest = lowest, highest

    def to_python(self, value: Any) -> Any:
        text = (super().to_python(value) or "").strip()
        if not text:
            return None
        if not _digits(text) or not self.lowest <= int(text) <= self.highest:
            told = {"lowest": self.lowest, "highest": self.highest}
            raise forms.ValidationError(_("Write a whole number from %(lowest)s to %(highest)s.") % told)
        return int(text)

    def prepare_value(self, value: Any) -> Any:
        return str(value) if isinstance(value, int) else value


class Measure(Text):
    """A number with its unit, "500 g": a pair of thousandths and the unit, or None."""

    def __init__(self, *, units: Sequence[str] = UNITS, free: bool = False, **kwargs: Any) -> None:
        super().__init__(longest=30, **kwargs)
        self.units, self.free = units, free

    def to_python(self, value: Any) -> Any:
        text = (super().to_python(value) or "").strip()
        if not text:
            return None
        found = re.fullmatch(r"([0-9.,]+)\s*(\S*)", text)
        if not found:
            raise forms.ValidationError(_("Write a number and its unit, for example 500 %(unit)s.") % {"unit": self.units[0]})
        unit = next((known for known in self.units if known.casefold() == found[2].casefold()), found[2] if self.free else "")
        if not unit:
            raise forms.ValidationError(_("Needs a unit, for example %(number)s %(unit)s.") % {"number": found[1], "unit": self.units[0]})
        return thousandths(found[1]), unit

    def prepare_value(self, value: Any) -> Any:
        return f"{decimal(value[0])} {value[1]}" if isinstance(value, tuple) else value


class Day(forms.CharField):
    """A date, kept as 2026-11-22."""

    def __init__(self, *, label: Any = None) -> None:
        super().__init__(required=False, label=label, widget=forms.DateInput({"class": "input width-date", "type": "date"}))

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        try:
            return date.fromisoformat(text).isoformat() if text else None
        except ValueError as error:
            raise forms.ValidationError(_("This is not a date. Write it like 2026-11-22.")) from error


def words(text: str) -> list[str]:
    """ "Vegan, organic" -> ["vegan", "organic"], each once."""
    return list(dict.fromkeys(word.strip().casefold() for word in re.split(r"[,;\n]", text) if word.strip()))
