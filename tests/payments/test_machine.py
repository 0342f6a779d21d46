"""The payment machine at random: books balance, and agree with the processor's own record.

What fails is printed as a program of steps. `make soak` plays longer.
"""

import os
from collections import Counter
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.client import ApiClient
from tests.payments.machine import PaymentMachine

# What the walks must have met, each at least so many times, or they have shown nothing.
MET_MIN = {"settled": 20, "lines": 20, "deaths": 5, "retries": 1, "challenges": 1}


@pytest.mark.django_db
def test_our_books_are_the_processors(environment, opened):
    class Machine(PaymentMachine):
        tally: ClassVar[Counter[str]] = Counter()

    Machine.environment = environment
    Machine.api = ApiClient(opened.sandbox.secret_key)
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=int(os.environ.get("MACHINE_EXAMPLES", "30")),
            stateful_step_count=int(os.environ.get("MACHINE_STEPS", "20")),
            deadline=None,
            derandomize="MACHINE_EXAMPLES" not in os.environ,
            database=None,
            phases=[Phase.generate] if "MACHINE_EXAMPLES" in os.environ else list(Phase),
            suppress_health_check=list(HealthCheck),
        ),
    )
    too_few = {name for name, least in MET_MIN.items() if Machine.tally[name] < least}
    assert too_few == set(), Machine.tally
