"""What `kill -9` leaves: of PostgreSQL under load, of whoever posts, of whoever seals."""

import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event

import psutil
import pytest
from django.core.management import call_command
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Count, Max, Sum

from apps.core import clock, context
from apps.core.money import Money
from apps.ledger import queries, services
from apps.ledger.domain import Draft, Posting, chart
from apps.ledger.domain.refusals import InsufficientBalance
from apps.ledger.models import LedgerPosting, LedgerSeal, LedgerState, LedgerTransaction
from apps.ledger.services import sealing
from devtools import homes, postgres, processes, servers
from devtools.place import ROOT, Place
from tests import databases, factories
from tests.ledger.told import Told, assert_is_all
from tests.ledger.victim import REFERENCE
from tests.races import at_once, wait_for_blocked

CLIENTS, KILLS = 8, 5
BANK, FEES = chart.bank_settlement(), chart.platform_fees()
WALLETS = [chart.wallet(f"wal_{n}") for n in range(4)]
# Far longer than a restart takes: nobody waits for what does not come.
PATIENCE_S = 60


@pytest.fixture
def place() -> Iterator[Place]:
    """Where a PostgreSQL of this test's own is, that keeps what it has promised to keep."""
    folder = Path(tempfile.mkdtemp(prefix="crash-"))
    # It runs as another user, if we are root.
    folder.chmod(0o755)
    here = Place(folder / "data", durable=True)
    try:
        yield here
    finally:
        servers.stop(here)
        shutil.rmtree(homes.private_folder(here), ignore_errors=True)
        shutil.rmtree(folder)


@pytest.fixture
def own_book(place, surroundings, django_db_blocker):
    """The ledger of an environment on that PostgreSQL."""
    with (
        django_db_blocker.unblock(),
        databases.connected_to_server(postgres.start(place)),
    ):
        call_command("migrate_schemas", shared=True, interactive=False, verbosity=0)
        (opened,) = factories.make_tenant().environments
        with context.enter(opened.environment, by="system"):
            yield opened.environment


def kill_postgres(place: Place) -> None:
    """Kill the server and all who work for it, at once."""
    server = postgres.find(place)
    assert server is not None
    killed = [server, *server.children(recursive=True)]
    for process in killed:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    until = time.monotonic() + PATIENCE_S
    while any(map(processes.is_alive, killed)):
        assert time.monotonic() < until
        time.sleep(0.01)


def insist(act: Callable[[], object], *, told: Told) -> None:
    """Do it again until somebody says that it is done, whatever happens to the connection."""
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            act()
        except (InterfaceError, OperationalError):
            assert time.monotonic() < until
            told.count("lost")
            connection.close()
            time.sleep(0.02)
        else:
            return


class Client:
    """Posts with references until it is told to stop; what is not acknowledged, it sends again."""

    def __init__(self, number: int, *, told: Told, is_over: Event) -> None:
        self.number, self.told, self.is_over = number, told, is_over
        self.chance = random.Random(number)
        self.sent = 0

    def work(self) -> None:
        """Do one thing after the other: single ones, pending ones and their end, small batches."""
        acts = [self._single, self._single, self._pending, self._batch]
        while not self.is_over.is_set():
            # Too little in a wallet is an answer, and final.
            with suppress(InsufficientBalance):
                self.chance.choice(acts)()

    def _single(self) -> None:
        self._post([self._draft()])

    def _batch(self) -> None:
        self._post([self._draft() for _ in range(4)])

    def _pending(self) -> None:
        """Reserve, and post all of it, a part, or nothing."""
        held = self._draft(is_pending=True)
        self._post([held])
        (target,) = (i for i, d in self.told.latest_taken(is_pending=True) if d is held)
        ends = [(), held.postings, tuple(half(posting) for posting in held.postings)]
        self._post([Draft(self.chance.choice(ends), reference=self._name(), resolves=target)])

    def _post(self, drafts: Sequence[Draft]) -> None:
        def post() -> None:
            with transaction.atomic():
                posted = services.post_many(drafts)
            for draft, one in zip(drafts, posted, strict=True):
                self.told.take(one.transaction_id, draft)

        insist(post, told=self.told)

    def _draft(self, *, is_pending: bool = False) -> Draft:
        accounts = self.chance.sample([BANK, BANK, FEES, *WALLETS], 2)
        # More comes in than goes out.
        if BANK not in accounts and self.chance.random() < 0.5:
            accounts[0] = BANK
        debit, credit = accounts if accounts[1] != BANK else accounts[::-1]
        if debit == credit:
            credit = WALLETS[0]
        money = Money(self.chance.randint(2, 50), "usd")
        return Draft((Posting(debit, credit, money),), self._name(), is_pending=is_pending)

    def _name(self) -> str:
        self.sent += 1
        return f"{self.number}:{self.sent}"


def half(posting: Posting) -> Posting:
    """Return half of what is moved."""
    money = Money(posting.money.minor // 2, posting.money.currency)
    return Posting(posting.debit, posting.credit, money)


def test_what_was_acknowledged_survives_postgresql(own_book, place):
    """And what was sent again because nobody answered is there once."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('fsync'), current_setting('synchronous_commit')")
        assert cursor.fetchone() == ("on", "on")
    told, is_over, chance = Told(), Event(), random.Random(1)

    def wait_for_more(count: int) -> None:
        until = time.monotonic() + PATIENCE_S
        wanted = len(told.taken) + count
        while len(told.taken) < wanted:
            assert time.monotonic() < until
            time.sleep(0.01)

    def kill_now_and_then() -> None:
        try:
            for _ in range(KILLS):
                wait_for_more(chance.randint(100, 200))
                time.sleep(chance.random() / 20)
                kill_postgres(place)
                postgres.start(place)
            wait_for_more(100)
        finally:
            is_over.set()

    def seal() -> None:
        while not is_over.wait(0.05):
            insist(lambda: services.seal_step(now=clock.now()), told=told)

    clients = [Client(number, told=told, is_over=is_over).work for number in range(CLIENTS)]
    outcomes = at_once(kill_now_and_then, seal, *clients)

    assert [one for one in outcomes if one is not None] == []
    assert told.outcomes["lost"] >= KILLS
    connection.close()  # the server to which we were connected is no more
    assert_is_all(LedgerTransaction.objects.all(), told.taken)
    while services.seal_step(now=clock.now()) is not None:
        pass
    verification = services.verify_round(now=clock.now())
    assert (verification.state, verification.findings) == ("ok", [])
    assert LedgerSeal.objects.exists()


@contextmanager
def victim(act: str) -> Iterator[subprocess.Popen[str]]:
    """Start a process that will be killed: see `tests.ledger.victim`."""
    environment = context.current().environment.id
    database = databases.url_of(connection.settings_dict["NAME"])
    with subprocess.Popen(
        [sys.executable, "-m", "tests.ledger.victim", act, environment],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": database, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def next_line(process: subprocess.Popen[str]) -> str:
    """Wait for the next line that the process says."""
    assert process.stdout is not None
    line = process.stdout.readline().strip()
    assert line, "The victim died by itself."
    return line


def usd(minor: int) -> Money:
    return Money(minor, "usd")


def test_of_a_client_that_was_killed_before_it_committed_nothing_remains(committed_environment):
    wallet = WALLETS[1]
    with transaction.atomic():
        services.post([Posting(BANK, wallet, usd(10))], reference="top-up")

    with victim("post") as process:
        lost = next_line(process)
    # It had the wallet, and the reference: both are free.
    with transaction.atomic():
        posted = services.post([Posting(wallet, FEES, usd(10))], reference=REFERENCE)

    assert posted.is_new
    assert not LedgerTransaction.objects.filter(pk=lost).exists()
    assert queries.balances_by_code([wallet, FEES], currency="usd") == {wallet: 0, FEES: 10}
    assert queries.check_drift() == []


@pytest.fixture
def unsealed_book(committed_environment, monkeypatch):
    """A book in which nothing is sealed. Seals are small, and snapshots close together."""
    monkeypatch.setattr(sealing, "POSTINGS_MAX", 3)
    monkeypatch.setattr(sealing, "ENTRIES_PER_INTERVAL", 2)
    with transaction.atomic():
        services.post_many(
            [
                Draft((Posting(BANK, WALLETS[n % 4], usd(1 + n)),), reference=f"top-up:{n}")
                for n in range(200)
            ]
        )


def assert_sealed_once() -> None:
    """Seal the rest, and see that every posting is in one seal and in the snapshots."""
    with transaction.atomic():
        # PostgreSQL may be about to notice that somebody has died who holds it.
        LedgerState.objects.select_for_update().get()
    while services.seal_step(now=clock.now()) is not None:
        pass
    verification = services.verify_round(now=clock.now())
    assert (verification.state, verification.findings) == ("ok", [])
    sealed = LedgerSeal.objects.aggregate(count=Sum("posting_count"), last=Max("last_posting"))
    postings = LedgerPosting.objects.aggregate(count=Count("id"), last=Max("id"))
    assert sealed == postings


def test_of_a_seal_whose_process_was_killed_nothing_remains(unsealed_book):
    with victim("seal") as process:
        next_line(process)
        with transaction.atomic(), connection.cursor() as cursor:
            # It comes here after it has written the seal, and before it notes how far it is.
            cursor.execute("LOCK TABLE ledger_snapshot IN SHARE MODE")
            wait_for_blocked(1)
            process.kill()
            made = LedgerSeal.objects.count()

    assert made > 0
    assert_sealed_once()


def test_sealing_and_verifying_go_on_after_processes_that_were_killed(unsealed_book):
    chance = random.Random(1)
    for _ in range(3):
        with victim("seal") as process:
            for _ in range(chance.randint(1, 8)):
                next_line(process)
            time.sleep(chance.random() / 100)
    assert LedgerSeal.objects.count() > 3
    assert_sealed_once()
