"""Redis starts, is found again, recovers from a crash, and stops."""

import stat

import pytest
import redis as client
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError
from redis.retry import Retry

from devtools import redis
from devtools.place import Place


def test_it_starts_is_reused_and_stops(place):
    url = redis.start(place)

    assert redis.start(place) == url
    redis.stop(place)
    assert redis.find(place) is None


def test_it_wants_a_password_that_only_its_user_can_read(place):
    url = redis.start(place)
    port = client.Redis.from_url(url).connection_pool.connection_kwargs["port"]

    with (
        client.Redis(port=port, retry=Retry(NoBackoff(), 0)) as stranger,
        pytest.raises(AuthenticationError),
    ):
        stranger.ping()
    assert stat.S_IMODE((place.folder / "redis" / "redis.conf").stat().st_mode) == 0o600


def test_a_durable_server_that_was_killed_is_recovered_with_its_data(place):
    durable = Place(place.folder, durable=True)
    with client.Redis.from_url(redis.start(durable)) as connection:
        connection.set("kept", "1")
    killed = redis.find(durable)
    assert killed is not None
    killed.kill()
    killed.wait(10)

    with client.Redis.from_url(redis.start(durable)) as connection:
        assert connection.get("kept") == b"1"
