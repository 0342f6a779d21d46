"""The clients: how fast they pay when they wait for each other, and how long it takes at a rate."""

import http.client
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

CLIENTS = 8
# At a constant rate more clients stand ready than are ever busy: nobody waits for a free one.
READY = 48
TIMEOUT_S = 60
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Story:
    """One request that is sent again and again.

    :ivar has_key: whether each has an `Idempotency-Key` of its own.
    """

    base_url: str
    secret_key: str
    params: dict[str, object]
    has_key: bool = True

    def connect(self) -> http.client.HTTPConnection:
        """Return a connection, which is kept."""
        address = urlsplit(self.base_url)
        return http.client.HTTPConnection(str(address.hostname), address.port, timeout=TIMEOUT_S)

    def tell(self, connection: http.client.HTTPConnection) -> bytes:
        """Send the request; return the body of its answer.

        :raises RuntimeError: it was refused.
        """
        headers = {"Authorization": f"Bearer {self.secret_key}", "Content-Type": FORM}
        if self.has_key:
            headers["Idempotency-Key"] = f"bench-{time.perf_counter_ns()}-{threading.get_ident()}"
        connection.request("POST", "/v1/payment_intents", urlencode(self.params), headers)
        answer = connection.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{answer.status}: {content[:300]!r}")
        return content


def closed(story: Story, *, seconds: float) -> float:
    """Let all clients pay one after the other, for a time; return payments a second."""
    deadline = time.perf_counter() + seconds
    counts: list[int] = []

    def client() -> None:
        connection = story.connect()
        done = 0
        while time.perf_counter() < deadline:
            story.tell(connection)
            done += 1
        counts.append(done)

    started = time.perf_counter()
    _run(client, CLIENTS)
    return sum(counts) / (time.perf_counter() - started)


def open_loop(story: Story, *, per_s: float, seconds: float) -> list[float]:
    """Offer requests at a constant rate, whether they are answered or not.

    :returns: milliseconds from the instant at which each was to be sent to its answer.
    """
    waiting: queue.SimpleQueue[float | None] = queue.SimpleQueue()
    times_ms: list[float] = []

    def client() -> None:
        connection = story.connect()
        connection.connect()
        while (intended := waiting.get()) is not None:
            story.tell(connection)
            times_ms.append((time.perf_counter() - intended) * 1000)

    def clock() -> None:
        started = time.perf_counter() + 0.2
        for number in range(round(per_s * seconds)):
            intended = started + number / per_s
            time.sleep(max(0.0, intended - time.perf_counter()))
            waiting.put(intended)
        for _ in range(READY):
            waiting.put(None)

    ticking = threading.Thread(target=clock)
    ticking.start()
    _run(client, READY)
    ticking.join()
    return times_ms


def _run(client: Callable[[], None], number: int) -> None:
    """Run a client in so many threads.

    :raises RuntimeError: one of them failed.
    """
    failures: list[BaseException] = []

    def guarded() -> None:
        try:
            client()
        except (OSError, http.client.HTTPException, RuntimeError) as error:
            failures.append(error)

    threads = [threading.Thread(target=guarded) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise RuntimeError(f"A client failed: {failures[0]!r}")
