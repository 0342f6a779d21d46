"""PostgreSQL starts, is found again, recovers from a crash, and stops."""

import os
import stat
from pathlib import Path

import psutil
import psycopg
import pytest

from devtools import postgres
from devtools.place import Place, Trouble


def postmaster_of(place: Place) -> psutil.Process:
    found = postgres.find(place)
    assert found is not None
    return found


def test_it_starts_is_reused_and_stops(place):
    url = postgres.start(place)
    first = postmaster_of(place)

    assert postgres.start(place) == url
    assert postmaster_of(place) == first
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT current_user, lower('Ä')").fetchone() == ("fincloud", "ä")
        assert connection.info.server_version >= postgres.OLDEST * 10_000

    postgres.stop(place)
    assert postgres.find(place) is None
    assert not first.is_running()


def test_only_its_user_can_enter_the_folders_of_its_socket_and_of_the_logs(place):
    postgres.start(place)

    assert stat.S_IMODE((place.folder / "socket").stat().st_mode) == 0o700
    assert stat.S_IMODE(place.logs.stat().st_mode) == 0o700


def test_a_durable_server_that_was_killed_is_recovered_with_its_data(place):
    durable = Place(place.folder, durable=True)
    with psycopg.connect(postgres.start(durable)) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1")
    killed = postmaster_of(durable)
    killed.kill()
    killed.wait(10)

    with psycopg.connect(postgres.start(durable)) as connection:
        assert connection.execute("TABLE kept").fetchone() == (1,)


def test_stale_files_that_name_a_stranger_are_not_believed(place):
    postgres.start(place)
    files = (
        place.folder / "postgres" / "postmaster.pid",
        place.folder / "socket" / ".s.PGSQL.5432.lock",
    )
    left = [(file, file.read_text().splitlines(), file.stat()) for file in files]
    postgres.stop(place)
    stranger = psutil.Process()
    for file, (_, *lines), owner in left:
        file.write_text("\n".join([str(stranger.pid), *lines]) + "\n")
        os.chown(file, owner.st_uid, owner.st_gid)

    assert postgres.find(place) is None
    postgres.start(place)
    assert postmaster_of(place) != stranger
    assert stranger.is_running()


def test_a_deep_clone_that_others_cannot_enter_works_and_stays_closed(closed_place, tmp_path):
    with psycopg.connect(postgres.start(closed_place)) as connection:
        sockets = Path(connection.info.host)
        assert connection.execute("SELECT 1").fetchone() == (1,)

    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700
    postgres.stop(closed_place)
    assert not list(sockets.glob(".s.PGSQL*"))


def test_data_of_another_version_is_kept_and_named(place):
    durable = Place(place.folder, durable=True)
    data = durable.folder / "postgres"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("9\n")

    with pytest.raises(Trouble, match="made by PostgreSQL 9"):
        postgres.start(durable)
    assert (data / "PG_VERSION").exists()
