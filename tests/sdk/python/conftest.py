"""The shop of a story, in each style of the library; and how stories are run."""

import asyncio
import inspect
from collections.abc import Iterator
from typing import Any

import pytest

from tests.installation import Installation
from tests.sdk.python.library import STYLES, Shop
from tests.webhooks.receiver import Receiver, receiving


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Tell every story with the client, at once and awaited; the first of a file also without."""
    if "style" in metafunc.fixturenames:
        first = next(name for name in vars(metafunc.module) if name.startswith("test_"))
        is_first = metafunc.function.__name__ == first
        metafunc.parametrize("style", STYLES if is_first else STYLES[:2])


@pytest.fixture
def shop(live: Installation, style: str, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """Return a merchant's server that uses the library in one of its styles."""
    return Shop(live, style=style, monkeypatch=monkeypatch)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Return what receives the merchant's webhooks."""
    with receiving() as here:
        yield here


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a story: a test that is a coroutine."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = inspect.signature(pyfuncitem.obj).parameters
    asyncio.run(_tell(pyfuncitem.obj, {name: pyfuncitem.funcargs[name] for name in names}))
    return True


async def _tell(story: Any, given: dict[str, Any]) -> None:
    try:
        await story(**given)
    finally:
        await given["shop"].close()
