"""The web process is killed at the worst lines of a payment; in the end there is one charge.

A second web process, the victim, serves the payment on the same installation, with a simulator that
takes its time before or after it decides; `kill -9` meets it there. The worker's sweeper settles
the payment, and the client's retry gets its answer.
"""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
import requests

from devtools import processes
from devtools.place import ROOT
from tests.installation import Installation, installation, key_in, manage

pytestmark = pytest.mark.xdist_group("crash")
PAYMENT = {
    "amount": "10000",
    "currency": "usd",
    "payment_method": "pm_card_visa",
    "confirm": "true",
}
LONG_MS = "60000"
TIMEOUT_S = 60


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Installation]:
    """Return an installation that enquires after two seconds, and lets go of keys as fast."""
    run = os.environ.get("TEST_DATABASE_NAME", "test_fincloud")
    settings = {"PROCESSOR_ENQUIRY_DELAYS_S": "2", "IDEMPOTENCY_LEASE_S": "2"}
    folder = tmp_path_factory.mktemp("crash")
    with installation(folder, name=f"{run}_crash_{worker_id}", settings=settings) as started:
        yield started


@dataclass(frozen=True)
class Shop:
    """A tenant of its own for one test, on the installation."""

    here: Installation
    secret_key: str
    schema: str


@pytest.fixture
def shop(here: Installation, request: pytest.FixtureRequest) -> Shop:
    """Open a tenant."""
    name = f"Shop {request.node.callspec.id}"
    shown = manage(here.env, "create_tenant", "--name", name)
    schema = _query(
        here,
        "SELECT schema_name FROM tenants_environment e JOIN tenants_tenant t ON t.id = e.tenant_id "
        f"WHERE t.name = '{name}'",
    )
    return Shop(here, key_in(shown, prefix="sk_test_"), schema)


@contextmanager
def victim(here: Installation, **settings: str) -> Iterator[tuple[str, Callable[[], None]]]:
    """Start another web process with other settings; yield its URL, and what kills it."""
    port = processes.free_port()
    command = f"gunicorn fincloud.wsgi:application -b 127.0.0.1:{port} -w 1 -k gthread --threads 4"
    log = (here.place.logs / f"victim-{port}.log").open("wb")
    web = subprocess.Popen(
        command.split(),
        cwd=ROOT,
        env={**here.env, **settings},
        stdout=log,
        stderr=log,
        start_new_session=True,
    )

    def kill() -> None:
        os.killpg(web.pid, signal.SIGKILL)
        web.wait()

    try:
        url = f"http://127.0.0.1:{port}"
        until(lambda: _answers(f"{url}/healthz"))
        yield url, kill
    finally:
        if web.poll() is None:
            kill()
        log.close()


@contextmanager
def lock_on(shop: Shop, table: str) -> Iterator[None]:
    """Hold a lock that keeps everybody from writing to a table of the environment."""
    with psycopg.connect(shop.here.env["DATABASE_URL"]) as connection:
        connection.execute(f'LOCK TABLE "{shop.schema}".{table} IN EXCLUSIVE MODE')
        yield
        connection.rollback()


def before_the_call(shop: Shop) -> None:
    """Die between claim and call: the intent is claimed, the processor knows nothing."""
    with victim(shop.here, SIMULATOR_DELAY_BEFORE_MS=LONG_MS) as (url, kill):
        pay_in_background(url, shop)
        until(lambda: count(shop, "payments_attempt", "status = 'open'") == 1)
        assert count(shop, "payments_simulatedorder") == 0
        kill()


def after_the_call(shop: Shop) -> None:
    """Die between call and record: the processor has charged, we have not written it down."""
    with victim(shop.here, SIMULATOR_DELAY_AFTER_MS=LONG_MS) as (url, kill):
        pay_in_background(url, shop)
        until(lambda: count(shop, "payments_simulatedorder") == 1)
        kill()


def amid_the_record(shop: Shop) -> None:
    """Die inside the transaction that records: half of it was written, and none of it stays."""
    with lock_on(shop, "payments_charge"), victim(shop.here) as (url, kill):
        pay_in_background(url, shop)
        until(lambda: _waits_for_lock(shop.here))
        kill()


@pytest.mark.parametrize("die", [before_the_call, after_the_call, amid_the_record])
def test_a_payment_survives_its_process(shop, die):
    die(shop)
    answer = retry(shop)

    intent = answer.json()
    charges = get(shop, "charges")["data"]
    assert intent["status"] == "succeeded"
    assert [charge["id"] for charge in charges] == [intent["latest_charge"]]
    assert (charges[0]["status"], charges[0]["amount_captured"]) == ("succeeded", 10_000)
    posted = get(shop, "balance_transactions", source=charges[0]["id"])["data"]
    assert [(row["type"], row["amount"], row["net"]) for row in posted] == [
        ("charge", 10_000, 9_680)
    ]
    told = get(shop, "events", type="payment_intent.succeeded")["data"]
    assert [event["data"]["object"]["id"] for event in told] == [intent["id"]]
    assert count(shop, "payments_simulatedorder") == 1
    manage(shop.here.env, "verify_ledger")  # fails if the books do not add up
    # The same key again: the same answer, and nothing happens.
    assert post(shop.here.base_url, shop).content == answer.content
    assert len(get(shop, "charges")["data"]) == 1


def pay_in_background(url: str, shop: Shop) -> None:
    """Send the payment; its connection will break."""

    def send() -> None:
        try:
            post(url, shop)
        except requests.RequestException:
            return

    threading.Thread(target=send, daemon=True).start()


def retry(shop: Shop) -> requests.Response:
    """Send the payment again, as a library does, until it is no longer in progress."""
    deadline = time.monotonic() + TIMEOUT_S
    while time.monotonic() < deadline:
        answer = post(shop.here.base_url, shop)
        if answer.status_code != 409:
            assert answer.status_code == 200, answer.text
            return answer
        time.sleep(0.25)
    raise AssertionError(f"Still in progress: {answer.text}\n{shop.here.last_words()}")


def post(url: str, shop: Shop) -> requests.Response:
    """POST the payment."""
    return requests.post(
        f"{url}/v1/payment_intents",
        data=PAYMENT,
        headers={"Idempotency-Key": "the-payment"},
        auth=(shop.secret_key, ""),
        timeout=TIMEOUT_S,
    )


def get(shop: Shop, path: str, **params: str) -> dict[str, Any]:
    """GET a list."""
    url = f"{shop.here.base_url}/v1/{path}"
    answer = requests.get(url, params=params, auth=(shop.secret_key, ""), timeout=TIMEOUT_S)
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


def count(shop: Shop, table: str, condition: str = "true") -> int:
    """Count rows of the shop's environment."""
    sql = f'SELECT count(*) FROM "{shop.schema}".{table} WHERE {condition}'
    return int(_query(shop.here, sql))


def until(is_true: Callable[[], bool]) -> None:
    """Wait for something that must happen soon."""
    deadline = time.monotonic() + TIMEOUT_S
    while not is_true():
        assert time.monotonic() < deadline, "It did not happen."
        time.sleep(0.05)


def _waits_for_lock(here: Installation) -> bool:
    return int(_query(here, "SELECT count(*) FROM pg_locks WHERE NOT granted")) > 0


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=1).ok
    except requests.RequestException:
        return False


def _query(here: Installation, sql: str) -> str:
    with psycopg.connect(here.env["DATABASE_URL"], autocommit=True) as connection:
        row = connection.execute(sql).fetchone()
    assert row is not None
    return str(row[0])
