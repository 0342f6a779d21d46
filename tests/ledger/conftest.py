"""Fixtures of the ledger's tests: each runs with both kinds of projection trigger."""

import pytest
from django.db import transaction

from apps.ledger import services
from apps.ledger.domain import Projection


@pytest.fixture(params=[*Projection])
def projection(request):
    """The kind of trigger that keeps the balances in this test."""
    return request.param


@pytest.fixture
def book(environment, projection):
    """The ledger of an environment; what is done in it is rolled back."""
    services.use_projection(projection)
    return environment


@pytest.fixture
def committed_book(committed_environment, projection):
    """The ledger of an environment of this test's own, with real commits."""
    with transaction.atomic():
        services.use_projection(projection)
    return committed_environment
