"""Which bank it is."""

from apps.accounts.domain import NoBank
from apps.balances.processors.base import Bank
from apps.balances.processors.simulated import SimulatedBank

_SIMULATED = SimulatedBank()


def current(*, livemode: bool) -> Bank:
    """Return the bank for new payouts of the environment.

    :raises NoBank: the environment is live: the simulated bank moves no real money.
    """
    if livemode:
        raise NoBank("No bank is set up for this live environment. Use a sandbox and a test key.")
    return _SIMULATED


def named(name: str) -> Bank:
    """Return the bank that a payout was sent to."""
    return {_SIMULATED.name: _SIMULATED}[name]
