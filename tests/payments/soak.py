"""`make soak`: the payment machine at random, over and over, with another seed each time.

SOAK_MINUTES (ten, unless set) says when it is enough. The seed is printed; SOAK_SEED plays it
again.
"""

import os
import random
import sys
import time
from collections import Counter
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.client import ApiClient
from tests.payments.machine import PaymentMachine

EXAMPLES, STEPS = 25, 60


@pytest.mark.django_db
def test_payments_for_as_long_as_told(environment, opened, capsys):
    first = int(os.environ.get("SOAK_SEED") or random.randrange(10**6))
    until = time.monotonic() + 60 * float(os.environ.get("SOAK_MINUTES") or 10)

    class Machine(PaymentMachine):
        tally: ClassVar[Counter[str]] = Counter()

    Machine.environment = environment
    Machine.api = ApiClient(opened.sandbox.secret_key)
    number = first
    while True:
        with capsys.disabled():
            sys.stdout.write(f"soak: payments, SEED={number}, {dict(Machine.tally)}\n")
        run_state_machine_as_test(
            seed(number)(Machine),
            settings=settings(
                max_examples=EXAMPLES,
                stateful_step_count=STEPS,
                deadline=None,
                database=None,
                # The program that fails is printed as it is: making it shorter takes long.
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            ),
        )
        number += 1
        if time.monotonic() > until:
            break
