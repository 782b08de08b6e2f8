"""What programs can do through REST they can do through GraphQL, and under the same scope: of customers and orders, address by address.

Walked, so that a new address without a field, or a new field without an address, fails until this table says which is which.
"""

from functools import cache

from django.urls import URLPattern, get_resolver

from commerce.schema import schema
from org.doors import Door

APPS = ("customers", "orders")
# (address, method): the field that does the same. A field may do what several addresses do, with more or fewer arguments.
SAME = {
    ("books-days", "GET"): "Query.books_day",
    ("books-export", "GET"): "Query.book_lines",
    ("books-periods", "GET"): "Query.books_periods",
    ("books-periods", "POST"): "Mutation.books_period_close",
    ("books-vat", "GET"): "Query.books_taxes",
    ("cart", "GET"): "Query.cart",
    ("cart-delivery-options", "GET"): "Query.cart_delivery_options",
    ("cart-addresses", "PUT"): "Mutation.cart_customer_set",
    ("cart-customer", "PUT"): "Mutation.cart_customer_set",
    ("cart-coupons", "PUT"): "Mutation.cart_coupons_set",
    ("cart-delivery", "PUT"): "Mutation.cart_delivery_set",
    # The list is written whole: with one more, or with one less.
    ("cart", "PUT"): "Mutation.cart_lines_set",
    ("cart-lines", "POST"): "Mutation.cart_lines_set",
    ("cart-line", "DELETE"): "Mutation.cart_lines_set",
    ("cart-orders", "POST"): "Mutation.cart_place",
    ("carts", "POST"): "Mutation.cart_create",
    ("checkouts", "POST"): "Mutation.checkout",
    ("customer", "GET"): "Query.customer",
    ("customer", "PATCH"): "Mutation.customer_change",
    ("customer-account", "GET"): "Query.customer_account",
    ("customer-account-payments", "POST"): "Mutation.account_settle",
    ("customer-address", "DELETE"): "Mutation.customer_address_remove",
    ("customer-addresses", "POST"): "Mutation.customer_address_add",
    ("customer-consents", "POST"): "Mutation.customer_consent_record",
    ("customer-credit", "GET"): "Query.value_accounts",
    ("customer-credit", "POST"): "Mutation.credit_give",
    ("customer-erasures", "POST"): "Mutation.customer_erase",
    ("customer-export", "GET"): "Query.customer_export",
    ("customer-groups", "GET"): "Query.customer_groups",
    ("customer-groups", "POST"): "Mutation.customer_group_create",
    ("customer-identities", "POST"): "Mutation.customer_identity_add",
    ("customer-identity", "DELETE"): "Mutation.customer_identity_remove",
    ("customer-merges", "POST"): "Mutation.customer_merge",
    ("customer-notes", "GET"): "Query.customer_notes",
    ("customer-notes", "POST"): "Mutation.customer_note_add",
    ("customer-points", "GET"): "Query.value_accounts",
    ("customer-points", "POST"): "Mutation.points_give",
    ("customer-separations", "POST"): "Mutation.customer_keep_apart",
    ("customer-suggestions", "GET"): "Query.customer_suggestions",
    # Customer.timeline.
    ("customer-timeline", "GET"): "Query.customer",
    ("customers", "GET"): "Query.customers",
    ("customers", "POST"): "Mutation.customer_create",
    ("gift-card-balances", "POST"): "Mutation.gift_card_balance",
    ("gift-card-blocks", "POST"): "Mutation.gift_card_block",
    ("gift-card-codes", "POST"): "Mutation.gift_card_replace_code",
    ("gift-card-top-ups", "POST"): "Mutation.gift_card_top_up",
    ("gift-cards", "POST"): "Mutation.gift_card_issue",
    ("order", "GET"): "Query.order",
    ("order-cancellations", "POST"): "Mutation.order_cancel",
    ("order-conversions", "POST"): "Mutation.order_convert",
    ("order-edits", "POST"): "Mutation.order_edit",
    ("order-hand-overs", "POST"): "Mutation.order_hand_over",
    ("order-hold-releases", "POST"): "Mutation.order_let_go",
    ("order-holds", "POST"): "Mutation.order_hold",
    # Order.invoices and Order.returns.
    ("order-invoices", "GET"): "Query.order",
    ("order-returns", "GET"): "Query.order",
    ("order-invoices", "POST"): "Mutation.order_invoice",
    ("order-payments", "POST"): "Mutation.order_pay",
    ("order-return-quotes", "POST"): "Query.return_quote",
    ("order-returns", "POST"): "Mutation.return_goods",
    ("order-mails", "POST"): "Mutation.order_mail",
    ("order-reviews", "POST"): "Mutation.order_review",
    ("order-schedules", "POST"): "Mutation.order_schedule",
    ("orders", "GET"): "Query.orders",
    ("payment-acceptances", "POST"): "Mutation.payment_discrepancy_accept",
    ("payment-attempt", "GET"): "Query.payment_attempt",
    ("payment-attempts", "GET"): "Query.payment_attempts",
    ("payment-captures", "POST"): "Mutation.payment_capture",
    ("payment-decisions", "POST"): "Mutation.payment_decide",
    ("payment-discrepancies", "GET"): "Query.payment_discrepancies",
    ("payment-looks", "POST"): "Mutation.payment_look",
    ("payment-reconciliations", "POST"): "Mutation.payment_reconcile",
    ("payment-refund-retries", "POST"): "Mutation.payment_refund_retry",
    ("payment-refund-credits", "POST"): "Mutation.payment_refund_credit",
    ("payment-voids", "POST"): "Mutation.payment_void",
    ("quotes", "POST"): "Mutation.quote_create",
    ("return-quotes", "POST"): "Query.return_quote",
    ("returns", "POST"): "Mutation.return_goods",
    ("value-account", "GET"): "Query.value_account",
    ("value-accounts", "GET"): "Query.value_accounts",
    ("value-adjustments", "POST"): "Mutation.value_adjust",
    ("value-liability", "GET"): "Query.value_liability",
    ("value-movements", "GET"): "Query.value_movements",
}
# An act that REST does with one more argument of another field's address.
BESIDE = {"Mutation.customer_address_replace": ("customer-addresses", "POST")}
# No JSON: a page of paper, and what a provider sends in its own form.
REST_ALONE = {("order-invoice-pdf", "GET"), ("payment-webhooks", "POST")}


@cache
def addresses():
    """(name, method) -> its scope."""
    found = {}
    for place in get_resolver("commerce.urls").url_patterns:
        for pattern in getattr(place, "url_patterns", [place]):
            view = getattr(pattern.callback, "view_class", None) if isinstance(pattern, URLPattern) else None
            if view is not None and issubclass(view, Door) and view.__module__.partition(".")[0] in APPS:
                found |= {(pattern.name, method): scope for method, scope in view.allowed.items()}
    return found


@cache
def fields():
    """Of those apps: its name -> its scope."""
    found = {}
    for root in (schema.query, schema.mutation):
        for name in root._meta.fields:
            resolver = getattr(root, f"resolve_{name}")
            if resolver.__module__.partition(".")[0] in APPS:
                found[f"{root._meta.name}.{name}"] = resolver.allowed
    return found


def test_every_address_has_its_field():
    assert addresses().keys() - REST_ALONE == SAME.keys()


def test_every_field_has_its_address():
    assert set(SAME.values()) | set(BESIDE) == fields().keys()


def test_both_ask_for_the_same_scope():
    told = {**SAME, **{name: field for field, name in BESIDE.items()}}
    assert {name: fields()[field] for name, field in told.items() if fields()[field] != addresses()[name]} == {}


def test_what_reads_is_a_query_and_what_writes_a_mutation():
    # A question that is asked with a body is a query, but for the one that a code must not be asked with by an address.
    questions = {"order-return-quotes", "return-quotes"}
    for (name, method), field in SAME.items():
        assert field.startswith("Query.") == (method == "GET" or name in questions), name
