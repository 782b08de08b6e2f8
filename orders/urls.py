from django.urls import path

from orders import api
from orders.api import payment_webhooks, payments

app_name = "orders"
urlpatterns = [
    path("orders", api.OrderList.as_view(), name="orders"),
    path("orders/<uuid:id>", api.OrderById.as_view(), name="order"),
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
