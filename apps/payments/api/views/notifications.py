"""The door for what processors say by themselves.

It is outside `/v1`: whoever comes has no key of ours, but a signature. The environment is in the
address that was given to the processor.
"""

import json
from typing import Final

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from apps.core import clock, context
from apps.payments import processors, services
from apps.payments.domain import InvalidNotification
from apps.tenants import queries as tenants

BODY_BYTES_MAX: Final = 256 * 1024


@csrf_exempt
@require_POST
def notifications(request: HttpRequest, environment: str, processor: str) -> HttpResponse:
    """Take in a notification: 200 once it is kept, 400 if its signature does not fit.

    An address that was not given to anybody is one 404, whichever part of it is wrong.
    """
    # (No id has a NUL, and PostgreSQL would not even look for one.)
    here = tenants.list_environments().filter(pk=environment.replace("\x00", "")).first()
    if here is None or processor not in processors.names(livemode=here.livemode):
        return _refusal(404, "There is nothing at this address.")
    body = request.read(BODY_BYTES_MAX + 1)
    if len(body) > BODY_BYTES_MAX:
        return _refusal(413, "The notification is too large.")
    with context.enter(here, by=f"processor:{processor}"):
        try:
            services.receive_notification(
                processor=processor, headers=request.headers, body=body, now=clock.now()
            )
        except InvalidNotification as refusal:
            return _refusal(400, refusal.message)
    return JsonResponse({"received": True})


def _refusal(status: int, message: str) -> HttpResponse:
    error = {"message": message, "type": "invalid_request_error"}
    return HttpResponse(
        json.dumps({"error": error}), status=status, content_type="application/json"
    )


urlpatterns = [path("<str:environment>/<str:processor>/notifications", notifications)]
