"""Where providers tell what happened. No key and no session: the signature says who speaks."""

from datetime import UTC, datetime
from typing import Any

from drf_spectacular.utils import OpenApiTypes, extend_schema
from rest_framework import serializers
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kernel.errors import Refused
from orders.services import webhooks


class WebhookTooLarge(Refused):
    code = "webhook_too_large"
    status = 413
    title = "A message has at most 1,000,000 bytes"


class Signed(BasePermission):
    """What is not signed as agreed gets no further than the signature: orders.services.webhooks.receive checks it before anything else."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return True


class WebhookOut(serializers.Serializer[Any]):
    status = serializers.CharField(help_text="applied, held, ignored or repeated: in any case it need not be sent again.")


class PaymentWebhooks(APIView):
    authentication_classes = ()
    permission_classes = (Signed,)

    @extend_schema(operation_id="payment_webhooks_create", request=OpenApiTypes.OBJECT, responses={200: WebhookOut}, auth=[])
    def post(self, request: Request, backend: str) -> Response:
        """A provider's message, signed by it within the last five minutes."""
        plain = request._request
        length = plain.META.get("CONTENT_LENGTH") or "0"
        if not length.isdigit() or int(length) > webhooks.LARGEST:
            raise WebhookTooLarge
        body = plain.body
        if len(body) > webhooks.LARGEST:
            raise WebhookTooLarge
        status = webhooks.receive(backend=backend, body=body, headers=plain.headers, now=datetime.now(UTC))
        return Response({"status": status})
