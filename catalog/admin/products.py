"""Products in the back office: the list and the page of one. What stands on the shelves is added above, in backoffice/admin."""

from django.contrib import admin
from django.utils.translation import gettext_lazy

from catalog.admin.grid import GridDoors
from catalog.admin.listing import ProductListing
from catalog.admin.page.shop import shop_currency
from catalog.admin.page.view import ProductPage, status_of
from catalog.models import Product
from org.office import OfficeAdmin

__all__ = ["ProductAdmin", "shop_currency", "status_of"]


@admin.register(Product)
class ProductAdmin(GridDoors, ProductListing, ProductPage, OfficeAdmin):  # type: ignore[misc]
    group_title = gettext_lazy("Catalogue")
    adds = True
    changes = True
