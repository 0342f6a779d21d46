"""A merchant's server for the tests of deliveries: it keeps what it is sent and answers as told."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True, slots=True)
class Received:
    """One request: its raw body, as it was signed, and its headers."""

    path: str
    body: bytes
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of the receiver, perhaps after a while."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    before: Callable[[], object] = lambda: None


@dataclass
class Receiver:
    """What has arrived, and the replies to come: the last one is given again and again."""

    url: str = ""
    received: list[Received] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=lambda: [Reply()])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, received: Received) -> Reply:
        """Keep a request, and return the reply to it."""
        with self._lock:
            self.received.append(received)
            return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]

    @property
    def event_ids(self) -> list[str]:
        """The ids of the events that arrived, in their order."""
        return [received.headers["webhook-id"] for received in self.received]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # The system's default of five is less than what arrives at once.
    request_queue_size = 128


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Listen on loopback inside the block."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        """Hands each request to the receiver."""

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = dict(self.headers.items())
            reply = receiver.take(Received(self.path, body, headers))
            reply.before()
            try:
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(reply.body)
            except ConnectionError:
                return  # the sender has stopped waiting

        def log_message(self, *arguments: object) -> None:
            """Say nothing: the test says what is missing."""

    with _Server(("127.0.0.1", 0), Handler) as server:
        receiver.url = f"http://127.0.0.1:{server.server_port}/hooks"
        # A short poll, or every test would wait half a second for the end.
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()
