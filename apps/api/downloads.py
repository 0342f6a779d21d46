"""Answers that are files: made piece by piece while they are sent, however long they are.

A method of a view returns a `Download` instead of an instance:

    class AccountStatement(WireView):
        media_types = ("application/json", "text/csv")

        def get(self, account: str) -> Download:
            rows = queries.statement_rows(account)
            return Download(
                content_type="text/csv",
                filename=f"{account}.csv",
                chunks=statements.csv_chunks(rows),
            )

Each piece is made in the environment of the request. The first is made before the answer begins, so
that what it refuses is answered as a refusal; where a later one fails, the connection breaks off,
and the client sees that the file is not whole.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import structlog
from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header

from apps.core import context
from apps.core.context import Context

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Download:
    """A file as an answer to GET.

    :ivar content_type: one of the view's `media_types`, perhaps with a charset.
    :ivar filename: under which a browser saves it.
    :ivar chunks: its bytes; a generator is closed in the environment of the request too.
    """

    content_type: str
    filename: str
    chunks: Iterable[bytes]


def respond(download: Download) -> StreamingHttpResponse:
    """Return the answer that sends `download`, with its first piece made."""
    response = StreamingHttpResponse(
        _Stream(download, context.current()), content_type=download.content_type
    )
    disposition = content_disposition_header(as_attachment=True, filename=download.filename)
    response["Content-Disposition"] = disposition or "attachment"
    return response


class _Stream(Iterator[bytes]):
    """The pieces of a download. Each is made in the context of the request.

    The server asks for them after the view has left it, and has its own context in between.
    """

    def __init__(self, download: Download, here: Context) -> None:
        self._name = download.filename
        self._chunks = iter(download.chunks)
        self._here = here
        self._first: bytes | None = next(self._chunks, b"")

    def __next__(self) -> bytes:
        if self._first is not None:
            first, self._first = self._first, None
            return first
        try:
            with context.resumed(self._here):
                return next(self._chunks)
        except StopIteration:
            raise
        except Exception:
            log.exception("download_broke_off", filename=self._name)
            raise

    def close(self) -> None:
        """End what makes the pieces, also when nobody wants the rest; the server calls this."""
        close = getattr(self._chunks, "close", None)
        if close is not None:
            with context.resumed(self._here):
                close()
