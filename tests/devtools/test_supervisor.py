"""The Procfile's processes: what dies is named, what an earlier start left behind is found."""

import time

import psutil
import pytest

from devtools import processes, supervisor
from devtools.supervisor import Died, Supervisor

# A parent with a child of its own, as gunicorn and celery are.
FAMILY = "sh -c 'sleep 600 & sleep 600'"


@pytest.fixture
def procfile(tmp_path):
    path = tmp_path / "Procfile"
    path.write_text(f"# Comments are allowed.\nweb: {FAMILY}\n\nworker: sleep ${{NAP:-600}}\n")
    return path


def started(place, procfile, **env):
    place.make()
    kept = Supervisor(place, procfile=procfile)
    kept.start(env={"PATH": "/usr/bin:/bin", **env})
    return kept


def wait_for(condition):
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_the_procfile_of_the_product_has_web_worker_and_beat():
    assert list(supervisor.read_procfile(supervisor.PROCFILE)) == ["web", "worker", "beat"]


def test_a_process_that_dies_is_named_with_its_last_lines(place, procfile):
    procfile.write_text("web: sleep 600\nworker: sh -c 'echo I fell; exit 3'\n")
    kept = started(place, procfile)

    with pytest.raises(Died, match=r"(?s)`worker` has ended \(exit code 3\).*I fell"):
        kept.watch(also=lambda: None)
    assert supervisor.stop(place, procfile=procfile)


def test_stopping_ends_children_too(place, procfile):
    started(place, procfile)
    wait_for(lambda: len(processes.ours(place=place, part="web")) >= 3)

    assert supervisor.stop(place, procfile=procfile)
    assert processes.ours(place=place) == []
    assert not supervisor.stop(place, procfile=procfile)


def test_orphans_of_a_killed_parent_are_found(place, procfile):
    started(place, procfile)
    wait_for(lambda: len(processes.ours(place=place, part="web")) >= 3)
    parent, *children = processes.ours(place=place, part="web")
    parent.kill()
    parent.wait(10)

    assert all(psutil.pid_exists(child.pid) for child in children)
    assert supervisor.stop(place, procfile=procfile)
    assert processes.ours(place=place) == []


def test_a_stranger_is_left_alone(place, procfile, tmp_path):
    stranger = psutil.Popen(["sleep", "600"])
    try:
        started(place, procfile)
        supervisor.stop(place, procfile=procfile)
        assert stranger.is_running()
    finally:
        stranger.kill()
        stranger.wait(10)
