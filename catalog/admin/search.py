"""What staff do for search: synonyms, pinned results, and the report of what nobody found."""

from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminTextInputWidget

from catalog import search
from catalog.models import Product, SearchMiss, SearchPin, Synonym, Variant
from catalog.search.words import normalised
from catalog.services import searching
from org.office import OfficeAdmin, RefusableForm
from org.templatetags.office import moment_text

SHOWN = 5


class SynonymForm(RefusableForm):
    words = forms.CharField(
        max_length=600,
        label=gettext_lazy("Words that mean the same"),
        help_text=gettext_lazy("Separated by commas: soda, pop, fizzy drink"),
        widget=UnfoldAdminTextInputWidget(),
    )

    class Meta:
        model = Synonym
        fields: ClassVar[list[str]] = ["words"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["words"] = ", ".join(self.instance.words)

    def clean_words(self) -> list[str]:
        return [word.strip() for word in self.cleaned_data["words"].split(",") if word.strip()]


class PinForm(RefusableForm):
    """The product is named as one would look for it; when that could be several, the form tells which."""

    wanted = forms.CharField(
        max_length=100, label=gettext_lazy("Product"), help_text=gettext_lazy("Name, SKU or barcode"), widget=UnfoldAdminTextInputWidget()
    )

    class Meta:
        model = SearchPin
        fields: ClassVar[list[str]] = ["words", "position"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["words"].help_text = _("As somebody types them; capitals and accents do not matter.")
        if self.instance.pk:
            self.initial["wanted"] = self.instance.product.variants.order_by("position", "id").values_list("sku", flat=True).first()

    def clean_wanted(self) -> Product:
        text = self.cleaned_data["wanted"]
        found = search.best_products(text, first=SHOWN + 1)
        named = [product for product in found if product.name.casefold() == text.strip().casefold()]
        coded = Product.objects.filter(variants__sku__iexact=text.strip()).first()
        if coded is not None or len(named) == 1 or len(found) == 1:
            return coded or (named or found)[0]
        if not found:
            raise forms.ValidationError(_("No product is found by this."))
        skus = dict(Variant.objects.filter(product__in=found).order_by("-position", "-id").values_list("product", "sku"))
        told = ", ".join(f"{product.name} ({skus.get(product.pk, '')})" for product in found[:SHOWN])
        raise forms.ValidationError(_("Several products are found. Write the SKU of one: %(products)s") % {"products": told})


class Kept(OfficeAdmin):
    """Made, changed and removed by services."""

    group_title = gettext_lazy("Catalogue")
    empty_icon = "search"
    adds = True
    changes = True

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(super(OfficeAdmin, self).has_delete_permission(request, obj))

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        messages.success(request, _("Saved. Searches follow at once."))
        return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        return self.response_add(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for row in queryset:
            self.delete_model(request, row)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> None:
        """The audit trail has it."""


@admin.register(Synonym)
class SynonymAdmin(Kept):
    form = SynonymForm
    list_display: ClassVar[Any] = ["all_words"]
    page_title = gettext_lazy("Synonyms")
    one = gettext_lazy("synonym")
    list_note = gettext_lazy("Whoever looks for one of the words finds the others too.")
    empty_title = gettext_lazy("No synonyms yet")
    empty_text = gettext_lazy("Say which words mean the same here: soda, pop, fizzy drink.")
    ordering: ClassVar[Any] = ["words", "id"]
    search_fields: ClassVar[Any] = ["words"]
    search_hint = gettext_lazy("Word")
    fields: ClassVar[Any] = ["words"]

    @admin.display(description=gettext_lazy("Words"))
    def all_words(self, synonym: Synonym) -> str:
        return ", ".join(synonym.words)

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        word = normalised(search_term)
        return (queryset.filter(words__contains=[word]) if word else queryset), False

    def save(self, *, request: HttpRequest, obj: Any, form: Any, now: datetime) -> None:
        words = form.cleaned_data["words"]
        if obj.pk:
            searching.change_synonym(synonym=obj.pk, words=words, actor=request.user.pk)
        else:
            obj.pk = searching.create_synonym(words=words, actor=request.user.pk).pk

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        searching.remove_synonym(synonym=obj.pk, actor=request.user.pk)


@admin.register(SearchPin)
class SearchPinAdmin(Kept):
    list_display: ClassVar[Any] = ["words", "product", "position"]
    list_select_related: ClassVar[Any] = ["product"]
    numeric: ClassVar[Any] = ("position",)
    page_title = gettext_lazy("Pinned results")
    one = gettext_lazy("pinned result")
    list_note = gettext_lazy("For these words these products stand first.")
    empty_title = gettext_lazy("Nothing is pinned yet")
    empty_text = gettext_lazy("Put a product first for the words people look for.")
    ordering: ClassVar[Any] = ["words", "position", "id"]
    search_fields: ClassVar[Any] = ["words"]
    search_hint = gettext_lazy("Words")
    form = PinForm
    fields: ClassVar[Any] = ["words", "wanted", "position"]

    def save(self, *, request: HttpRequest, obj: Any, form: Any, now: datetime) -> None:
        given = {"words": form.cleaned_data["words"], "product": form.cleaned_data["wanted"].pk, "position": form.cleaned_data["position"]}
        if obj.pk:
            searching.change_pin(pin=obj.pk, actor=request.user.pk, **given)
        else:
            obj.pk = searching.create_pin(actor=request.user.pk, **given).pk

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        searching.remove_pin(pin=obj.pk, actor=request.user.pk)


@admin.register(SearchMiss)
class SearchMissAdmin(OfficeAdmin):
    group_title = gettext_lazy("Catalogue")
    list_display: ClassVar[Any] = ["words", "place", "times", "last", "deeds"]
    list_display_links: ClassVar[Any] = None
    list_select_related: ClassVar[Any] = ["channel"]
    list_filter: ClassVar[Any] = ["channel"]
    numeric: ClassVar[Any] = ("times",)
    page_title = gettext_lazy("Searches without result")
    list_note = gettext_lazy("What people looked for and nobody found, most often first.")
    empty_icon = "search"
    empty_title = gettext_lazy("Everything was found")
    empty_text = gettext_lazy("What people look for in vain stands here, so that you can give it a synonym or a product.")
    ordering: ClassVar[Any] = ["-times", "words", "id"]
    search_fields: ClassVar[Any] = ["words"]
    search_hint = gettext_lazy("Words")
    timed = True

    @admin.display(description=gettext_lazy("Where"))
    def place(self, miss: SearchMiss) -> str:
        return miss.channel.name if miss.channel else _("Back office")

    @admin.display(description=gettext_lazy("Last"))
    def last(self, miss: SearchMiss) -> str:
        return moment_text(miss.last_at)

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """Without the deeds for those who may not do them."""
        return [name for name in self.list_display if name != "deeds" or request.user.has_perm("catalog.add_synonym")]

    @admin.display(description="")
    def deeds(self, miss: SearchMiss) -> str:
        given = urlencode({"words": miss.words})
        links: list[tuple[Any, str]] = [(_("Make a synonym"), "catalog_synonym_add"), (_("Pin a product"), "catalog_searchpin_add")]
        [first, second] = [format_html('<a href="{}?{}">{}</a>', reverse(f"admin:{name}"), given, title) for title, name in links]
        return format_html("{} · {}", first, second)
