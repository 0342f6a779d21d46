"""Fixtures of the ledger's tests: each runs with both kinds of projection trigger."""

import pytest
from django.db import transaction

from apps.core import context
from apps.ledger import services
from apps.ledger.domain import Projection
from tests.client import ApiClient
from tests.ledger import varied


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


@pytest.fixture
def source(open_committed):
    """An environment whose book has a bit of everything. Not current."""
    opened = open_committed()
    with context.enter(opened.environment, by="operator:1"):
        varied.fill(ApiClient(opened.secret_key))
    return opened


@pytest.fixture
def target(open_committed, projection):
    """An environment whose book is empty, with either projection. Not current."""
    opened = open_committed()
    with context.enter(opened.environment, by="system"), transaction.atomic():
        services.use_projection(projection)
    return opened
