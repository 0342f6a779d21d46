"""A merchant's server for webhooks: it keeps what it is sent, and answers 200."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Thread

WAIT_TIMEOUT_S = 20


@dataclass(frozen=True)
class Delivery:
    """One request: the raw body, as it was signed, and the signature."""

    body: bytes
    signature: str


class Receiver:
    """Keeps deliveries, and waits for one."""

    def __init__(self) -> None:
        self._arrived = Condition()
        self._deliveries: list[Delivery] = []
        self.url = ""

    def keep(self, delivery: Delivery) -> None:
        """Add a delivery, and wake whoever waits."""
        with self._arrived:
            self._deliveries.append(delivery)
            self._arrived.notify_all()

    def wait_for(self, kind: str, *, object_id: str) -> Delivery:
        """Return the delivery of the event `kind` about an object.

        :raises AssertionError: it did not come in time.
        """
        deadline = time.monotonic() + WAIT_TIMEOUT_S
        with self._arrived:
            while True:
                for delivery in self._deliveries:
                    event = json.loads(delivery.body)
                    if event["type"] == kind and event["data"]["object"]["id"] == object_id:
                        return delivery
                seen = [json.loads(delivery.body)["type"] for delivery in self._deliveries]
                left_s = deadline - time.monotonic()
                assert left_s > 0, f"{kind} of {object_id} did not arrive; these did: {seen}"
                self._arrived.wait(left_s)


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Listen on loopback inside the block."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        """Hands each request to the receiver."""

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.keep(Delivery(body=body, signature=self.headers["Stripe-Signature"]))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            """Say nothing: the test says what is missing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver.url = f"http://127.0.0.1:{server.server_port}/webhooks"
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()
