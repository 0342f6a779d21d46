"""Bodies that come in chunks, without a Content-Length."""

from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

from django.conf import settings

WsgiApplication = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class ChunkedBodies:
    """WSGI middleware that gives a chunked body the length that Django reads by.

    Django trusts CONTENT_LENGTH alone, so a chunked POST would look empty and be answered 200 all
    the same. The server (gunicorn) has undone the chunks and ends the stream; this reads it, up to
    one byte more than the largest body that any URL takes, so that what is too large is refused by
    its length.
    """

    def __init__(self, application: WsgiApplication) -> None:
        self.application = application

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        is_chunked = "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower()
        if is_chunked and not environ.get("CONTENT_LENGTH"):
            body = environ["wsgi.input"].read(settings.LARGEST_BODY_BYTES + 1)
            environ["wsgi.input"] = BytesIO(body)
            environ["CONTENT_LENGTH"] = str(len(body))
        return self.application(environ, start_response)
