"""Search engines: what a result there says, and the address a product is found at."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog import markup, services
from catalog.admin.page import fields
from catalog.admin.page.tab import Part, Step, Tab
from catalog.models import Product

SHORT = 155


class SearchEnginePart(Part):
    def __init__(self, *args: Any, product: Product, **kwargs: Any) -> None:
        held = {name: getattr(product, name) for name in ("seo_title", "seo_description", "handle")}
        super().__init__(*args, initial=held, **kwargs)
        self.fields["seo_title"] = fields.Text(label=_("Title"), hint=_("Empty: the product's name. About 60 letters are shown."), max_length=120)
        self.fields["seo_description"] = fields.LongText(
            label=_("Description"), rows=3, hint=_("Empty: the beginning of the description. About 155 letters are shown."), max_length=320
        )
        self.fields["handle"] = fields.Text(
            label=_("Handle"), hint=_("The end of its address. After a change the old address keeps leading here."), max_length=200, required=True
        )


class SearchEngines(Tab):
    key: ClassVar[str] = "search"
    title: ClassVar[Any] = gettext_lazy("Search engines")
    template: ClassVar[str] = "backoffice/product_search.html"

    def parts(self) -> Sequence[Part]:
        return [SearchEnginePart(self.data, product=self.product)]

    def context(self) -> dict[str, Any]:
        (part,) = self.bound
        said = markup.plain(self.product.description)
        return {
            "form": part,
            "name": self.product.name,
            "said": said[:SHORT] + ("…" if len(said) > SHORT else ""),
            "before": list(self.product.redirects.order_by("handle").values_list("handle", flat=True)[:20]),
        }

    def steps(self, now: datetime) -> Iterator[Step]:
        (part,) = self.bound
        wanted = {name: part.cleaned_data[name] for name in self.changed(part)}
        if wanted:
            yield Step(part, lambda: services.change_product(product=self.product.pk, fields=wanted, now=now, actor=self.actor))
