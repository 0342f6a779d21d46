"""`make run`: everything that FinCloud needs, from nothing to a first payment, until Ctrl-C."""

import os
import signal
import socket
import sys
from contextlib import suppress
from types import FrameType

import psutil

from devtools import demo, management, processes, runner, servers, supervisor, variables
from devtools.place import RUN, Place, Trouble
from devtools.runner import Runner
from devtools.steps import console, step
from devtools.supervisor import Supervisor

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(BaseException):
    """Somebody asked us to stop."""


def main() -> int:
    """Run until somebody stops it, and return the exit code."""
    for number in _SIGNALS:
        signal.signal(number, _interrupt)
    console.file = sys.stdout  # also while a command of Django's prints elsewhere
    try:
        port = chosen_port()
        with runner.only_one(RUN) as here:
            if supervisor.stop(RUN):
                console.print("Stopped what an earlier start had left behind.")
            check_port(port)
            _run(RUN, port=port, here=here)
    except Trouble as trouble:
        console.print("[red]✗[/]", end=" ")
        console.print(str(trouble), markup=False, soft_wrap=True)
        return 1
    except Interrupted:
        return 0
    return 0


def chosen_port() -> int:
    """Return PORT from the environment, or the usual one.

    :raises Trouble: it is not the number of a port.
    """
    text = os.environ.get("PORT") or "8000"
    if not text.isdecimal() or not 0 < int(text) < 65_536:
        raise Trouble(f"PORT is {text!r}; it has to be a number from 1 to 65535.")
    return int(text)


def check_port(port: int) -> None:
    """Return if the port can be had.

    :raises Trouble: it cannot; the message says how to choose another one.
    """
    with socket.socket() as probe:
        # A connection that has just ended does not hold the port; a listener does.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError as error:
            raise Trouble(f"Port {port} is for root. Choose another: make run PORT=8001") from error
        except OSError as error:
            other = port + 1 if port < 65_535 else 8001
            raise Trouble(
                f"Port {port} is taken by another program. Choose another: make run PORT={other}"
            ) from error


def _run(place: Place, *, port: int, here: Runner) -> None:
    try:
        _start_and_watch(place, port=port, here=here)
    finally:
        # Nobody hurries us now: what is half stopped would stay behind.
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        with suppress(OSError):  # the terminal may be gone
            console.print("\nStopping …")
        supervisor.stop(place)
        servers.stop(place)
        with suppress(OSError):
            console.print("Stopped.")


def _start_and_watch(place: Place, *, port: int, here: Runner) -> None:
    base_url = f"http://127.0.0.1:{port}"
    urls = _start_servers(place)
    env = variables.for_processes(place) | urls | {"BASE_URL": base_url, "PORT": str(port)}
    with step("Migrating the database"):
        management.load(env=env, log=place.logs / "manage.log")
        management.call("migrate_schemas")
    with step("Collecting the static files"):
        management.call("collectstatic", interactive=False)
    watched = Supervisor(place)
    with step("Starting web, worker and beat"):
        watched.start(env=env)
        # They take their time to load, and have nothing to do with this.
        management.call("seed_demo")
        watched.wait_until_ready(f"{base_url}/readyz")
    here.announce(base_url)
    console.print("\n[bold]One payment, through the API:[/]")
    try:
        management.show("demo_payment")
    except Trouble as trouble:
        raise Trouble(f"{trouble}\n{supervisor.tail(place.logs / 'web.log')}") from trouble
    demo.show(place.folder / "demo.json")
    console.print(f"\nFinCloud runs at [bold]{base_url}[/]. Ctrl-C stops it.")
    own = servers.running(place)
    watched.watch(also=lambda: _check_servers(own, place=place))


def _start_servers(place: Place) -> dict[str, str]:
    given = " and ".join(name for name in ("DATABASE_URL", "REDIS_URL") if os.environ.get(name))
    with step(f"Starting PostgreSQL and Redis{given and f' ({given}: as given)'}"):
        urls = servers.start(place)
        servers.check_answers(urls)
        return urls


def _check_servers(own: dict[str, psutil.Process], *, place: Place) -> None:
    for name, process in own.items():
        if not processes.is_alive(process):
            raise Trouble(f"`{name}` has ended.\n{supervisor.tail(place.logs / f'{name}.log')}")


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise Interrupted


if __name__ == "__main__":
    sys.exit(main())
