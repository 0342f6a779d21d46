"""What a hosting plan charges, and the words for environments. Pure."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self

from apps.core.errors import Invalid
from apps.core.money import CURRENCIES, Money, share_bps


class Kind(StrEnum):
    """What an environment is for. Live and test data never meet: each has its own schema."""

    SANDBOX = "sandbox"
    LIVE = "live"


class EnvironmentStatus(StrEnum):
    """`pooled`: a migrated schema that waits for a tenant. `active`: in use."""

    POOLED = "pooled"
    ACTIVE = "active"


class InvalidFeeSchedule(Invalid):
    """The fees of a plan are not well-formed."""

    code = "invalid_fee_schedule"


def _by_currency(value: Any, *, name: str) -> dict[str, int]:
    """Return amounts by currency.

    :raises InvalidFeeSchedule: one is negative or no integer, or a currency is unknown.
    """
    if not isinstance(value, dict) or not all(
        code in CURRENCIES and type(minor) is int and minor >= 0 for code, minor in value.items()
    ):
        raise InvalidFeeSchedule(f"{name} maps currencies to amounts of 0 or more.")
    return dict(value)


@dataclass(frozen=True, slots=True)
class FeeSchedule:
    """A fee of `percent_bps` basis points plus a fixed amount in the payment's currency.

    :ivar fixed_minor: fixed part by lower-case currency, in its minor units; a currency that is not
        here has no fixed part.
    :ivar dispute_minor: what a dispute costs, in the same way; it is given back if it is won.
    """

    percent_bps: int
    fixed_minor: dict[str, int]
    dispute_minor: dict[str, int] = field(default_factory=dict)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        """Read `{"percent_bps": 290, "fixed_minor": {"usd": 30}, "dispute_minor": {"usd": 1500}}`.

        The last of them may be missing: disputes cost nothing then.

        :raises InvalidFeeSchedule: a number is missing, negative or no integer, or 10,000 bps are
            exceeded, or a currency is unknown.
        """
        bps, fixed = value.get("percent_bps"), value.get("fixed_minor")
        if type(bps) is not int or not 0 <= bps <= 10_000:
            raise InvalidFeeSchedule("percent_bps is an integer from 0 to 10000.")
        dispute = value.get("dispute_minor", {})
        return cls(
            percent_bps=bps,
            fixed_minor=_by_currency(fixed, name="fixed_minor"),
            dispute_minor=_by_currency(dispute, name="dispute_minor"),
        )

    def fee(self, amount: Money) -> Money:
        """Return the fee for a captured `amount`: the percentage, rounded half up, plus the fixed.

        It is never more than the amount, so that a payment cannot cost the merchant money.
        """
        percentage = share_bps(amount, self.percent_bps)
        fixed = Money(self.fixed_minor.get(amount.currency, 0), amount.currency)
        return min(percentage + fixed, amount)

    def dispute_fee(self, currency: str) -> Money:
        """Return what a dispute in `currency` costs."""
        return Money(self.dispute_minor.get(currency, 0), currency)
