"""The installation that the journeys visit: real processes, on a database of their own."""

import os
from collections.abc import Iterator

import pytest

from tests.installation import Installation, installation


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Installation]:
    """Return a running installation. Journeys are in the group "live", so that one is enough."""
    # Two people may test on one server: each run has a name of its own.
    run = os.environ.get("TEST_DATABASE_NAME", "test_fincloud")
    with installation(tmp_path_factory.mktemp("live"), name=f"{run}_live_{worker_id}") as here:
        yield here
