"""Which processor it is."""

from apps.core.errors import Invalid
from apps.payments.processors.base import Processor
from apps.payments.processors.simulator import Simulator


class NoProcessor(Invalid):
    """The environment has no processor that could move real money."""

    code = "processor_missing"


_SIMULATOR = Simulator()


def current(*, livemode: bool) -> Processor:
    """Return the processor for new payments of the environment.

    :raises NoProcessor: the environment is live: the simulator moves no real money.
    """
    if livemode:
        raise NoProcessor(
            "No processor is set up for this live environment. Use a sandbox and a test key."
        )
    return _SIMULATOR


def named(name: str) -> Processor:
    """Return the processor that an attempt was sent to."""
    return {_SIMULATOR.name: _SIMULATOR}[name]


def names(*, livemode: bool) -> tuple[str, ...]:
    """Return the names of the processors that environments of a kind use."""
    return () if livemode else (_SIMULATOR.name,)
