"""How Unfold draws the back office: colours, navigation with its permissions and counts, search, home.

What is not built yet is left out of the navigation, never shown dead.
"""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _


def may(permission: str) -> Callable[[HttpRequest], bool]:
    def allowed(request: HttpRequest) -> bool:
        from org.access import allows

        return allows(request.user, permission)

    return allowed


def styles(path: str) -> Callable[[HttpRequest], str]:
    return lambda request: static(path)


def environment(request: HttpRequest) -> list[str] | None:
    from django.conf import settings

    return [str(_("Demo shop")), "info"] if settings.DEMO else None


def item(title: Any, icon: str, link: str, permission: str = "", badge: str = "") -> dict[str, Any]:
    entry: dict[str, Any] = {"title": title, "icon": icon, "link": reverse_lazy(f"admin:{link}")}
    if permission:
        entry["permission"] = may(permission)
    if badge:
        entry["badge"] = f"backoffice.attention.{badge}"
    return entry


def below(path: str, other: str) -> Callable[[HttpRequest], bool]:
    """Where one page of the navigation stands below another."""
    return lambda request: path in request.path and other not in request.path


NAVIGATION = [
    {"items": [item(_("Home"), "home", "index")]},
    {
        "title": _("Catalogue"),
        "items": [
            item(_("Products"), "sell", "catalog_product_changelist", "catalog.view"),
            item(_("Promotions"), "percent_discount", "catalog_promotion_changelist", "pricing.view"),
            {"title": _("Simulator"), "icon": "calculate", "link": reverse_lazy("simulator"), "permission": may("pricing.view")},
            item(_("Categories"), "category", "catalog_category_changelist", "catalog.view"),
            item(_("Brands"), "verified", "catalog_brand_changelist", "catalog.view"),
            item(_("Product types"), "shapes", "catalog_producttype_changelist", "catalog.view"),
            item(_("Attributes"), "list_alt", "catalog_attribute_changelist", "catalog.view"),
            item(_("Collections"), "collections_bookmark", "catalog_collection_changelist", "catalog.view"),
            item(_("Synonyms"), "compare_arrows", "catalog_synonym_changelist", "catalog.view"),
            item(_("Pinned results"), "keep", "catalog_searchpin_changelist", "catalog.view"),
            item(_("Searches without result"), "search_off", "catalog_searchmiss_changelist", "catalog.view"),
            item(_("Imports"), "download", "catalog_importrun_changelist", "catalog.edit"),
        ],
    },
    {
        "title": _("Prices"),
        "items": [
            item(_("Price lists"), "payments", "catalog_pricelist_changelist", "pricing.view") | {"active": below("/pricelist/", "/calendar/")},
            item(_("Changes of prices"), "price_change", "catalog_pricechange_changelist", "pricing.view", badge="waiting_prices_badge"),
            item(_("Calendar"), "calendar_month", "catalog_price_calendar", "pricing.view"),
            item(_("Markdowns"), "label", "catalog_sticker_changelist", "pricing.view"),
        ],
    },
    {
        "title": _("Taxes"),
        "items": [
            item(_("Tax classes"), "percent", "catalog_taxclass_changelist", "catalog.view"),
            item(_("Tax rates"), "calendar_month", "catalog_taxrate_changelist", "pricing.view"),
            item(_("Tax zones"), "public", "catalog_taxzone_changelist", "pricing.view"),
            item(_("Channels"), "storefront", "catalog_channeltax_changelist", "pricing.view"),
            item(_("Stores elsewhere"), "store", "catalog_storetax_changelist", "pricing.view"),
            item(_("Exemptions"), "verified_user", "catalog_taxexemption_changelist", "pricing.edit"),
        ],
    },
    {
        "title": _("Stock"),
        "items": [
            item(_("Stock"), "inventory_2", "inventory_level_changelist", "inventory.view"),
            item(_("To look after"), "checklist", "inventory_task_changelist", "inventory.view", badge="stock_tasks_badge"),
            item(_("Documents"), "assignment", "inventory_document_changelist", "inventory.view"),
            item(_("Movements"), "swap_vert", "inventory_movement_changelist", "inventory.view"),
            item(_("Recalls"), "report", "inventory_recall_changelist", "inventory.view"),
            item(_("Order points"), "production_quantity_limits", "inventory_policy_changelist", "inventory.view"),
            item(_("Bundles"), "shopping_basket", "inventory_component_changelist", "inventory.view"),
            item(_("Cases"), "package_2", "inventory_pack_changelist", "inventory.view"),
            item(_("Places"), "warehouse", "inventory_location_changelist", "inventory.view"),
        ],
    },
    {
        "title": _("Selling"),
        "items": [
            item(_("Orders"), "receipt_long", "orders_order_changelist", "orders.view", badge="review_badge"),
            item(_("Customers"), "group", "customers_customer_changelist", "customers.view"),
            item(_("Perhaps the same"), "join_inner", "customers_suggestion_changelist", "customers.edit", badge="duplicates_badge"),
            item(_("Customer groups"), "groups", "customers_group_changelist", "customers.view"),
            item(_("Gift cards and credit"), "redeem", "customers_account_changelist", "value.view"),
            item(_("Delivery"), "local_shipping", "orders_deliveryoption_changelist", "orders.view"),
            item(_("Invoices"), "request_quote", "orders_invoice_changelist", "orders.view"),
        ],
    },
    {
        "title": _("Money"),
        "items": [
            item(_("Card payments"), "credit_card", "orders_attempt_changelist", "payments.view"),
            item(_("Payments to reconcile"), "rule", "orders_discrepancy_changelist", "payments.view", badge="differences_badge"),
            item(_("Daily journal"), "account_balance", "orders_bookline_changelist", "books.view"),
        ],
    },
    {
        "title": _("Stores"),
        "items": [
            item(_("Tills"), "point_of_sale", "pos_till_changelist", "pos.manage"),
            item(_("Shifts"), "schedule", "pos_shift_changelist", "pos.manage"),
            item(_("Sync inbox"), "inbox", "pos_syncnote_changelist", "pos.manage", badge="inbox_badge"),
            item(_("Journal"), "menu_book", "pos_journalentry_changelist", "pos.manage", badge="journal_badge"),
            item(_("Stores"), "storefront", "org_store_changelist", "org.view"),
            item(_("Companies"), "domain", "org_company_changelist", "org.view"),
        ],
    },
    {
        "title": _("System"),
        "items": [
            item(_("Deliveries"), "bolt", "kernel_delivery_changelist", "deliveries.view", badge="deliveries_badge"),
            item(_("People"), "person", "org_user_changelist", "org.view"),
            item(_("API keys"), "key", "org_apikey_changelist", "org.view"),
            item(_("Settings"), "tune", "org_setting_changelist", "org.view"),
            item(_("Audit trail"), "shield", "kernel_auditentry_changelist", "org.view"),
        ],
    },
]

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Onecounter",
    "SITE_HEADER": "Onecounter",
    "SITE_SUBHEADER": "backoffice.home.company_name",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": styles("design/mark.svg")}],
    "SITE_URL": None,
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "ENVIRONMENT": environment,
    "DASHBOARD_CALLBACK": "backoffice.home.dashboard",
    "STYLES": [
        styles("design/inter.css"),
        styles("design/tokens.css"),
        styles("backoffice/backoffice.css"),
        styles("backoffice/frame.css"),
    ],
    "COMMAND": {"search_callback": "backoffice.search.command", "search_models": False, "show_history": False},
    "LOGIN": {"form": "org.sign_in.SignInForm"},
    "SIDEBAR": {"show_search": False, "show_all_applications": False, "navigation": NAVIGATION},
    "BORDER_RADIUS": "8px",
    "COLORS": {
        "base": {
            "50": "#F5F7F6",
            "100": "#F0F3F1",
            "200": "#DDE3E0",
            "300": "#C5CEC9",
            "400": "#A3AFA8",
            "500": "#5A665F",
            "600": "#47524C",
            "700": "#3C4843",
            "800": "#2B3531",
            "900": "#19201D",
            "950": "#101513",
        },
        "primary": {
            "50": "#EAF5F0",
            "100": "#E4F2EC",
            "200": "#C4E3D6",
            "300": "#93D2B8",
            "400": "#66D3AB",
            "500": "#4CC79A",
            "600": "#0B6B4F",
            "700": "#095A43",
            "800": "#08523C",
            "900": "#16342A",
            "950": "#06281C",
        },
        "font": {
            "subtle-light": "#5A665F",
            "subtle-dark": "#A3AFA8",
            "default-light": "#17201B",
            "default-dark": "#EEF3F0",
            "important-light": "#17201B",
            "important-dark": "#EEF3F0",
        },
    },
}
