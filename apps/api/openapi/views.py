"""`GET /v1/openapi.json`: the description, for everyone; it says nothing of anybody's data."""

import hashlib

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.http import etag

from apps.api.openapi import document
from apps.api.views import ANSWER_TYPE, UnknownUrl


def openapi_json(request: HttpRequest) -> HttpResponseBase:
    """Answer with the description; other verbs find nothing here, as everywhere under `/v1`."""
    if request.method not in ("GET", "HEAD"):
        return UnknownUrl.as_view()(request)
    return _described(request)


def _etag(_request: HttpRequest) -> str:
    return f'"{hashlib.sha256(document()).hexdigest()}"'


@etag(_etag)
def _described(_request: HttpRequest) -> HttpResponse:
    response = HttpResponse(document(), content_type=ANSWER_TYPE)
    response["Cache-Control"] = "public, max-age=300"
    return response
