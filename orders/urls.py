from django.urls import path

from orders import api
from orders.api import books, life, payment_webhooks, payments

app_name = "orders"
urlpatterns = [
    path("orders", api.OrderList.as_view(), name="orders"),
    path("orders/<uuid:id>", api.OrderById.as_view(), name="order"),
    path("orders/<uuid:id>/cancellations", life.Cancellations.as_view(), name="order-cancellations"),
    path("orders/<uuid:id>/holds", life.Holds.as_view(), name="order-holds"),
    path("orders/<uuid:id>/hold-releases", life.HoldReleases.as_view(), name="order-hold-releases"),
    path("orders/<uuid:id>/hand-overs", life.HandOvers.as_view(), name="order-hand-overs"),
    path("orders/<uuid:id>/edits", life.Edits.as_view(), name="order-edits"),
    path("orders/<uuid:id>/payments", life.Payments.as_view(), name="order-payments"),
    path("orders/<uuid:id>/schedules", life.Schedules.as_view(), name="order-schedules"),
    path("orders/<uuid:id>/conversions", life.Conversions.as_view(), name="order-conversions"),
    path("orders/<uuid:id>/reviews", life.Reviews.as_view(), name="order-reviews"),
    path("orders/<uuid:id>/invoices", life.Invoices.as_view(), name="order-invoices"),
    path("orders/<uuid:id>/invoices/<uuid:invoice>/pdf", life.InvoicePaper.as_view(), name="order-invoice-pdf"),
    path("books/days", books.Days.as_view(), name="books-days"),
    path("books/vat", books.Taxes.as_view(), name="books-vat"),
    path("books/periods", books.Periods.as_view(), name="books-periods"),
    path("books/export", books.Export.as_view(), name="books-export"),
    path("payments/webhooks/<slug:backend>", payment_webhooks.PaymentWebhooks.as_view(), name="payment-webhooks"),
    path("payments/attempts", payments.Attempts.as_view(), name="payment-attempts"),
    path("payments/attempts/<uuid:id>", payments.AttemptById.as_view(), name="payment-attempt"),
    path("payments/attempts/<uuid:id>/looks", payments.Looks.as_view(), name="payment-looks"),
    path("payments/attempts/<uuid:id>/voids", payments.Voids.as_view(), name="payment-voids"),
    path("payments/attempts/<uuid:id>/captures", payments.Captures.as_view(), name="payment-captures"),
    path("payments/attempts/<uuid:id>/decisions", payments.Decisions.as_view(), name="payment-decisions"),
    path("payments/refunds/<uuid:id>/retries", payments.RefundRetries.as_view(), name="payment-refund-retries"),
    path("payments/discrepancies", payments.Discrepancies.as_view(), name="payment-discrepancies"),
    path("payments/discrepancies/<int:id>/acceptances", payments.Acceptances.as_view(), name="payment-acceptances"),
    path("payments/reconciliations", payments.Reconciliations.as_view(), name="payment-reconciliations"),
]
