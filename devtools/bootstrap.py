"""Make `.venv` with the locked packages, using nothing but Python itself.

It does nothing, in a few milliseconds, while the stamp in `.venv` fits; it starts over when an
earlier attempt was interrupted. The Makefile runs it before every command.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK_FILE = ROOT / "requirements" / "dev.txt"
OLDEST = (3, 11)
# uv does not read pip's variables; whoever set them means every installer.
_PIP_TO_UV = {
    "PIP_INDEX_URL": "UV_DEFAULT_INDEX",
    "PIP_EXTRA_INDEX_URL": "UV_INDEX",
    "PIP_CERT": "SSL_CERT_FILE",
}


class Failure(Exception):
    """What stops the bootstrap, in words for the person who typed the command."""


def is_current(venv: Path, lock_file: Path) -> bool:
    """Say whether `venv` holds what `lock_file` names and its Python still exists."""
    try:
        return (venv / "stamp").read_text() == _stamp(venv, lock_file)
    except FileNotFoundError:
        return False


def make(venv: Path, lock_file: Path) -> None:
    """Bring `venv` to what `lock_file` names.

    :raises Failure: no Python fits, or the packages cannot be had.
    """
    python = venv / "bin" / "python"
    stamp = venv / "stamp"
    if not stamp.exists() or not _runs(python):
        # An interrupted installation may have left half of any package: start over.
        shutil.rmtree(venv, ignore_errors=True)
        _step("Making .venv", lambda: _create(venv))
    # Whoever is interrupted from here on leaves no stamp.
    stamp.unlink(missing_ok=True)
    if not (venv / "bin" / "uv").exists():
        _step("Installing uv", lambda: _install_uv(venv, lock_file))
    _step("Installing the packages", lambda: _install(venv, lock_file))
    stamp.write_text(_stamp(venv, lock_file))


def _stamp(venv: Path, lock_file: Path) -> str:
    """Return what makes the contents of `venv` valid: the lock, the place, and the Python."""
    python = (venv / "bin" / "python").resolve(strict=True)
    return f"{hashlib.sha256(lock_file.read_bytes()).hexdigest()}\n{venv}\n{python}\n"


def _runs(python: Path) -> bool:
    oldest = f"import sys; sys.exit(sys.version_info < {OLDEST})"
    try:
        return subprocess.run([python, "-Ic", oldest], capture_output=True).returncode == 0
    except OSError:
        return False


def _find_python() -> Path:
    # Inside a virtual environment, the Python that it was made from.
    own = getattr(sys, "_base_executable", sys.executable)
    names = [own, "python3.13", "python3.12", "python3.11", "python3"]
    for name in names:
        path = shutil.which(name)
        if path and _runs(Path(path)):
            return Path(path)
    raise Failure("Python 3.11 or later is needed, with its `venv` module.")


def _create(venv: Path) -> None:
    python = _find_python()
    if _try(python, "-m", "venv", "--clear", venv):
        return
    # Debian has Python without `ensurepip`; then the machine's pip installs into the new .venv.
    if _try(python, "-m", "venv", "--clear", "--without-pip", venv) and _try(
        python, "-m", "pip", "--version"
    ):
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        _call("apt-get", "update", "-qq")
        _call("apt-get", "install", "-qq", "-y", "--no-install-recommends", "python3-venv")
        _call(python, "-m", "venv", "--clear", venv)
        return
    shutil.rmtree(venv, ignore_errors=True)
    raise Failure(
        f"{python} has neither `ensurepip` nor pip (Debian: apt-get install python3-venv)."
    )


def _pip(venv: Path) -> list[str | Path]:
    own: list[str | Path] = [venv / "bin" / "python", "-m", "pip"]
    if _try(*own, "--version"):
        return own
    if _try(venv / "bin" / "python", "-m", "ensurepip"):
        return own
    return [_find_python(), "-m", "pip", "--python", venv / "bin" / "python"]


def _install_uv(venv: Path, lock_file: Path) -> None:
    pinned = re.search(r"^uv==.*?(?=^\S|\Z)", lock_file.read_text(), re.MULTILINE | re.DOTALL)
    if pinned is None:
        raise Failure(f"{lock_file} does not pin uv.")
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as only_uv:
        only_uv.write(pinned.group())
        only_uv.flush()
        _call(*_pip(venv), "install", "-q", "--require-hashes", "-r", only_uv.name)


def _install(venv: Path, lock_file: Path) -> None:
    uv: list[str | Path] = [venv / "bin" / "uv", "pip", "sync", "-q", "--require-hashes"]
    try:
        _call(*uv, "--system-certs", "--python", venv / "bin" / "python", lock_file)
    except Failure as failure:
        # pip reads its own configuration (an index of the house, a proxy), which uv does not.
        print(f"uv could not install them; trying pip.\n{failure}", file=sys.stderr)
        _call(*_pip(venv), "install", "-q", "--require-hashes", "-r", lock_file)


def _try(*command: str | Path) -> bool:
    return subprocess.run([*command], capture_output=True).returncode == 0


def _call(*command: str | Path) -> None:
    env = dict(os.environ)
    for theirs, uv_name in _PIP_TO_UV.items():
        if theirs in env:
            env.setdefault(uv_name, env[theirs])
    done = subprocess.run(
        [*command], env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if done.returncode != 0:
        words = " ".join(str(word) for word in command)
        raise Failure(f"`{words}` failed:\n{done.stdout}")


def _step(title: str, work: Callable[[], None]) -> None:
    """Do `work` under its title, and count the seconds where somebody watches."""
    begun = time.monotonic()
    finished = threading.Event()

    def count() -> None:
        while not finished.wait(0.5):
            print(f"\r  {title} … {time.monotonic() - begun:.0f} s", end="", flush=True)

    if sys.stdout.isatty():
        threading.Thread(target=count, daemon=True).start()
    else:
        print(f"  {title} …", flush=True)
    try:
        work()
    finally:
        finished.set()
    start = "\r" if sys.stdout.isatty() else ""
    print(f"{start}✓ {title} ({time.monotonic() - begun:.1f} s)", flush=True)


@contextmanager
def _alone() -> Iterator[None]:
    """Let one bootstrap of this clone work at a time. A crash gives the lock back."""
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def main() -> int:
    """Bring the clone's `.venv` up to date, and return the exit code."""
    venv = ROOT / ".venv"
    if is_current(venv, LOCK_FILE):
        return 0
    try:
        with _alone():
            if not is_current(venv, LOCK_FILE):
                make(venv, LOCK_FILE)
    except Failure as failure:
        print(f"bootstrap: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
