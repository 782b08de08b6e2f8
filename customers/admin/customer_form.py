"""What is typed of a customer. Everything that tells who somebody is goes to the service that seals it."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.admin.page.fields import minor_units
from catalog.admin.page.shop import shop_currency
from catalog.admin.structure_forms import StructureForm, text
from catalog.services import translations
from customers.admin import shown
from customers.models import Customer, Group
from kernel.money import format_amount


class CustomerForm(StructureForm):
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=Customer.Kind.choices)
    given_name = text(gettext_lazy("Given name"), 100)
    family_name = text(gettext_lazy("Family name"), 100)
    company = text(gettext_lazy("Company"), 100)
    email = text(gettext_lazy("E-mail"), 254)
    phone = text(gettext_lazy("Phone"), 40, hint=gettext_lazy("With its country: +49 30 1234567"))
    birthday = forms.DateField(label=gettext_lazy("Birthday"), required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"))
    language = forms.ChoiceField(label=gettext_lazy("Speaks"), required=False)
    groups = forms.MultipleChoiceField(label=gettext_lazy("Groups"), required=False, widget=forms.CheckboxSelectMultiple)
    tax_number = text(gettext_lazy("Tax number"), 40)
    exempt_until = forms.DateField(
        label=gettext_lazy("Pays no tax until"),
        required=False,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("When a proof was shown; left open, tax is paid."),
    )
    account_limit = text(gettext_lazy("May owe"), 16, hint=gettext_lazy("Of a business that buys on account. Empty: nothing."))
    sections = (
        (gettext_lazy("Customer"), ("kind", "given_name", "family_name", "company")),
        (gettext_lazy("Known by"), ("email", "phone", "birthday", "language")),
        (gettext_lazy("Prices and taxes"), ("groups", "tax_number", "exempt_until", "account_limit")),
    )
    renamed: ClassVar[Mapping[str, str]] = {"currency": "account_limit"}

    def _add_fields(self) -> None:
        self.fields["groups"].choices = list(Group.objects.order_by("name").values_list("code", "name"))  # type: ignore[attr-defined]
        languages: Sequence[tuple[str, Any]] = [("en", _("English")), *((code, _(name)) for code, name in translations.languages().items())]
        self.fields["language"].choices = [("", _("Not said")), *dict(languages).items()]  # type: ignore[attr-defined]

    def said(self, row: Customer) -> dict[str, Any]:
        limit = format_amount(row.account_limit, row.currency) if row.account_limit else ""
        own = {"kind": row.kind, "language": row.language, "exempt_until": row.exempt_until, "account_limit": limit}
        return own | shown.personal(row.pk) | {"groups": list(row.groups.values_list("code", flat=True))}

    def clean_account_limit(self) -> int:
        typed = str(self.cleaned_data["account_limit"]).strip()
        return minor_units(typed, shop_currency()) if typed else 0

    def given(self) -> dict[str, Any]:
        """As customers.services take it; the kind and the groups apart."""
        told = {name: self.cleaned_data[name] for name in ("given_name", "family_name", "company", "email", "phone", "tax_number", "language")}
        told |= {name: self.cleaned_data[name] or "" for name in ("birthday", "exempt_until")}
        limit = self.cleaned_data["account_limit"]
        return told | {"account_limit": limit, "currency": shop_currency() if limit else ""}
