"""The demo's door: any browser may become one of its tills. Routed only where settings.DEMO is on."""

from datetime import UTC, datetime
from uuid import UUID

from django.http import Http404, HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from demo import queries, shop
from pos import services


@require_GET
def tills(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"tills": shop.tills()}, headers={"Cache-Control": "no-store"})


# There is no session to borrow: the code is told to whoever asks, and another site's page cannot read the answer.
@csrf_exempt
@require_POST
def enrolment_codes(request: HttpRequest, till: UUID) -> JsonResponse:
    found = queries.till(till)
    if found is None:
        raise Http404
    code = services.create_enrolment_code(till=found, actor=None, now=datetime.now(UTC))
    return JsonResponse({"code": code}, status=201, headers={"Cache-Control": "no-store"})
