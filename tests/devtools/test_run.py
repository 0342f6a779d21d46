"""`make run` says what is in its way: another one, or a taken port."""

import os
import signal
import socket
import subprocess
import sys

import pytest

from devtools import run, runner
from devtools.place import ROOT, Trouble


@pytest.fixture
def taken_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_taken_port_is_said_with_how_to_choose_another(taken_port):
    with pytest.raises(Trouble, match=rf"{taken_port} is taken.*make run PORT=\d+"):
        run.check_port(taken_port)


def test_a_free_port_is_taken_for_good(taken_port):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]

    run.check_port(free)


@pytest.mark.parametrize("text", ["web", "-1", "0", "65536", "80 80"])
def test_a_port_that_is_none_is_refused(monkeypatch, text):
    monkeypatch.setenv("PORT", text)

    with pytest.raises(Trouble, match="number from 1 to 65535"):
        run.chosen_port()


RUNNER = """
import sys, time
from pathlib import Path
from devtools import runner
from devtools.place import Place
with runner.only_one(Place(Path(sys.argv[1]), durable=False)) as here:
    here.announce("http://127.0.0.1:1")
    print("up", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def other_runner(place):
    """Another process that runs the place."""
    command = [sys.executable, "-c", RUNNER, str(place.folder)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        yield process
        process.kill()


def test_a_second_start_says_where_the_first_one_is(place, other_runner):
    expected = rf"runs already at http://127.0.0.1:1 \(process {other_runner.pid}\).*make stop"
    with pytest.raises(Trouble, match=expected), runner.only_one(place):
        pass


def test_stop_ends_the_one_that_runs(place, other_runner):
    assert runner.end(place)
    assert other_runner.wait(10) == -signal.SIGTERM
    assert not runner.end(place)


def test_a_killed_one_leaves_no_lock(place, other_runner):
    os.kill(other_runner.pid, signal.SIGKILL)
    other_runner.wait(10)

    assert not runner.end(place)
    with runner.only_one(place):
        pass
