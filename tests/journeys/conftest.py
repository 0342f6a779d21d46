"""The installation that the journeys visit: real processes, on a database of their own."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.installation import Installation, installation


@pytest.fixture(scope="session")
def live(
    tmp_path_factory: pytest.TempPathFactory, worker_id: str, django_db_blocker: Any
) -> Iterator[Installation]:
    """Return a running installation. Journeys are in the group "live", so that one is enough."""
    folder = tmp_path_factory.mktemp("live")
    with django_db_blocker.unblock(), installation(folder, name=f"live_{worker_id}") as here:
        django_db_blocker.block()
        yield here
