"""The HTTP client of deliveries: many requests in flight, and every one of them bounded.

A receiver may be slow, endless or broken, and must cost no more than its timeout and 4 KiB.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

import aiohttp

BODY_BYTES_MAX = 4096


@dataclass(frozen=True, slots=True)
class Message:
    """A request to be sent, whole: `body` is what `headers` sign."""

    url: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a request: a status code, or the reason why there is none.

    :ivar error: `timeout`, `connection`, `tls`, `invalid_url` or `protocol`; empty if answered.
    :ivar body: the first 4 KiB, as sent (perhaps compressed, though we ask for plain text).
    """

    status_code: int | None
    error: str
    duration_ms: int
    body: bytes = b""


class Sender(Protocol):
    """Whatever can send a batch."""

    def send(self, messages: Sequence[Message]) -> list[Answer]:
        """Send all messages at once; return what came of each, in their order."""


class Client:
    """Sends over HTTP. Connections are kept from one batch to the next, inside one `with` block."""

    def __init__(self, *, timeout_s: float) -> None:
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        # The loop starts with the first batch: most of the time there is nothing to send.
        self._runner = asyncio.Runner()
        self._session: aiohttp.ClientSession | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._session is not None:
            self._runner.run(self._session.close())
        self._runner.close()

    def send(self, messages: Sequence[Message]) -> list[Answer]:
        """Send all messages at once; return what came of each, in their order."""
        return self._runner.run(self._send_all(messages))

    async def _send_all(self, messages: Sequence[Message]) -> list[Answer]:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=self._timeout,
                # The size of a batch limits what is in flight. A limit here would let a message
                # wait for a connection while its timeout runs.
                connector=aiohttp.TCPConnector(limit=0),
                cookie_jar=aiohttp.DummyCookieJar(),
                # What is read is bounded as it came: a small answer cannot unpack into a large one.
                auto_decompress=False,
                headers={"Accept-Encoding": "identity"},
            )
        session = self._session
        return await asyncio.gather(*(_send(session, message) for message in messages))


async def _send(session: aiohttp.ClientSession, message: Message) -> Answer:
    started = time.monotonic()
    status_code, error, body = None, "", b""
    try:
        async with session.post(
            message.url, data=message.body, headers=message.headers, allow_redirects=False
        ) as response:
            body = await _read_start(response)
            status_code = response.status
    except TimeoutError:
        error = "timeout"
    except aiohttp.ClientSSLError:
        error = "tls"
    except aiohttp.InvalidURL:
        error = "invalid_url"
    except (OSError, aiohttp.ClientConnectionError):
        error = "connection"
    except (aiohttp.ClientError, ValueError):
        error = "protocol"
    duration_ms = round((time.monotonic() - started) * 1000)
    return Answer(status_code=status_code, error=error, duration_ms=duration_ms, body=body)


async def _read_start(response: aiohttp.ClientResponse) -> bytes:
    """Return the first `BODY_BYTES_MAX` bytes. What follows them is not waited for."""
    start = b""
    while len(start) < BODY_BYTES_MAX:
        chunk = await response.content.read(BODY_BYTES_MAX - len(start))
        if not chunk:
            return start
        start += chunk
    # The rest is unread, so the connection cannot be used again.
    response.close()
    return start
