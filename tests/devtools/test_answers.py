"""Servers that were given and do not answer: one sentence at once, without the password."""

import os
import re

import pytest

from devtools import processes, servers
from devtools.place import Trouble


@pytest.fixture
def urls() -> dict[str, str]:
    """Return the addresses of the servers that the tests run on."""
    return {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL")}


def test_servers_that_answer_are_fine(urls):
    servers.check_answers(urls)


@pytest.mark.parametrize(
    ("name", "scheme"), [("DATABASE_URL", "postgresql"), ("REDIS_URL", "redis")]
)
def test_a_server_that_is_away_is_named(urls, name, scheme):
    away = f"{scheme}://user:hidden@127.0.0.1:{processes.free_port()}/0"

    with pytest.raises(Trouble, match=name) as trouble:
        servers.check_answers({**urls, name: away})

    assert "hidden" not in str(trouble.value)


def test_a_wrong_password_is_said_at_once(urls):
    wrong = re.sub(r"//.*@", "//:wrong@", urls["REDIS_URL"])
    if wrong == urls["REDIS_URL"]:
        wrong = urls["REDIS_URL"].replace("//", "//nobody:wrong@", 1)

    with pytest.raises(Trouble, match="REDIS_URL"):
        servers.check_answers({**urls, "REDIS_URL": wrong})
