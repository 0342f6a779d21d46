"""A folder, and binaries, that PostgreSQL can reach.

PostgreSQL refuses to run as root. For root it therefore runs as an ordinary user of the machine,
who may not be able to enter a clone under /root. Then its data and a copy of its binaries live in a
folder of their own under /var/lib; the permissions of folders that are not ours stay untouched.
"""

import hashlib
import os
import pwd
import shutil
from dataclasses import dataclass
from pathlib import Path

from devtools.place import Place, Trouble
from devtools.processes import Account, run_as

_PRIVATE = Path("/var/lib/fincloud-dev")


@dataclass(frozen=True)
class Home:
    """Who runs the server (None: whoever calls), from which binaries, and where its files are."""

    account: Account | None
    binaries: Path
    folder: Path


def find_home(*, place: Place, binaries: Path) -> Home:
    """Return where PostgreSQL runs for `place`, and make it ready.

    :raises Trouble: we are root, and there is nobody else to run it.
    """
    if os.geteuid() != 0:
        return Home(account=None, binaries=binaries, folder=place.folder)
    account = _unprivileged_account()
    private = private_folder(place)
    if not private.exists() and _can_run(account, binaries) and _can_enter(account, place.folder):
        return Home(account=account, binaries=binaries, folder=place.folder)
    private.mkdir(parents=True, exist_ok=True)
    if not _can_run(account, binaries):
        binaries = _copy(binaries, into=private)
    return Home(account=account, binaries=binaries, folder=private)


def private_folder(place: Place) -> Path:
    """Return the folder under /var/lib that belongs to `place`."""
    key = hashlib.sha256(str(place.folder.resolve()).encode()).hexdigest()[:12]
    return _PRIVATE / key


def own_folder(path: Path, *, home: Home) -> Path:
    """Make `path` for the server's user alone."""
    path.mkdir(mode=0o700, exist_ok=True)
    if home.account is not None:
        os.chown(path, home.account.uid, home.account.gid)
    path.chmod(0o700)
    return path


def _unprivileged_account() -> Account:
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name=name, uid=entry.pw_uid, gid=entry.pw_gid)
    raise Trouble(
        "PostgreSQL does not run as root, and this machine has neither a `postgres` nor a "
        "`nobody` user. Run as an ordinary user, or set DATABASE_URL."
    )


def _can_enter(account: Account, folder: Path) -> bool:
    return _succeeds(account, "/bin/sh", "-c", 'test -x "$0"', folder)


def _can_run(account: Account, binaries: Path) -> bool:
    # `initdb` loads the libraries too, which may lie elsewhere than the programs.
    return _succeeds(account, binaries / "postgres", "--version") and _succeeds(
        account, binaries / "initdb", "--version"
    )


def _succeeds(account: Account, *command: str | Path) -> bool:
    try:
        return run_as(account, command).returncode == 0
    except OSError as error:
        if error.filename != command[0]:
            raise Trouble(
                f"This root may not become the user {account.name}, and PostgreSQL does not run "
                "as root. Run as an ordinary user, or set DATABASE_URL."
            ) from error
        return False


def _copy(binaries: Path, *, into: Path) -> Path:
    """Copy an installation of PostgreSQL; it finds its other files from where `postgres` is."""
    installation = binaries.parent
    stamp = (binaries / "postgres").stat()
    copy = into / f"postgresql-{stamp.st_size}-{int(stamp.st_mtime)}"
    if not copy.exists():
        unfinished = copy.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        # A wheel keeps its libraries in a folder beside its package.
        package = installation.parent
        for source in (installation, package.with_name(f"{package.name}.libs")):
            if source.exists():
                target = unfinished / source.relative_to(package.parent)
                shutil.copytree(source, target, symlinks=True)
        unfinished.rename(copy)
    return copy / binaries.relative_to(installation.parent.parent)
