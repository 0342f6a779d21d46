"""What `kill -9` leaves of a payout, before and after the bank was asked: in the end it is paid
once.
"""

import os
import subprocess
import sys
import time

import pytest
from django.db import connection

from apps.balances import services
from apps.balances.models import Payout, SimulatedTransfer
from apps.core import clock, jobs
from apps.core.errors import Invalid
from apps.core.models import Job
from apps.ledger import queries as ledger
from devtools.place import ROOT
from tests import databases
from tests.balances.paid_out import ARRIVED, bank_account, books, earn, pay_out, step

PATIENCE_S = 60


def kill_amid(environment, payout_id, is_there, **settings):
    """Let a process carry the payout on, and kill it as soon as `is_there` is true."""
    database = databases.url_of(connection.settings_dict["NAME"])
    victim = subprocess.Popen(
        [sys.executable, "-m", "tests.balances.victim", environment.id, payout_id],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": database, **settings},
    )
    try:
        until = time.monotonic() + PATIENCE_S
        while not is_there():
            assert victim.poll() is None, "It has ended by itself."
            assert time.monotonic() < until, "It did not happen."
            time.sleep(0.05)
    finally:
        victim.kill()
        victim.wait()


@pytest.fixture
def payout(committed_environment):
    """A payout that the bank has not been asked for."""
    bank_account()
    earn(1_000)
    return pay_out(1_000).id


def test_a_death_between_the_call_to_the_bank_and_its_record_pays_once(
    committed_environment, payout
):
    kill_amid(
        committed_environment,
        payout,
        SimulatedTransfer.objects.filter(reference=payout).exists,
        SIMULATOR_DELAY_AFTER_MS="60000",
    )
    left = Payout.objects.get()
    assert (left.status, left.submitted_at is None) == ("pending", False)
    with pytest.raises(Invalid):
        services.cancel_payout(payout_id=payout, now=clock.now())
    assert Job.objects.filter(task=services.PAY).exists()

    jobs.run_due(now=clock.now() + ARRIVED)
    assert Payout.objects.get().status == "in_transit"
    step(payout, after=ARRIVED)

    assert Payout.objects.get().status == "paid"
    assert SimulatedTransfer.objects.count() == 1
    assert books() == {"available": 0, "in_transit": 0, "bank": -1_000}
    assert ledger.check_drift() == []


def test_a_death_before_the_bank_was_asked_pays_once(committed_environment, payout):
    kill_amid(
        committed_environment,
        payout,
        Payout.objects.filter(submitted_at__isnull=False).exists,
        SIMULATOR_DELAY_BEFORE_MS="60000",
    )
    assert not SimulatedTransfer.objects.exists()

    jobs.run_due(now=clock.now() + ARRIVED)

    assert Payout.objects.get().status == "in_transit"
    assert SimulatedTransfer.objects.get().reference == payout
    assert books() == {"available": 0, "in_transit": 1_000, "bank": 0}
