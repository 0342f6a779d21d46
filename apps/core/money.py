"""Amounts of money: whole minor units of one currency. No float touches money.

Number of decimals of each currency: ISO 4217, list one.
"""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

# Everything that is not here has two decimals.
_ZERO_DECIMALS: Final = frozenset(
    "bif clp djf gnf jpy kmf krw mga pyg rwf ugx vnd vuv xaf xof xpf isk uyi".split()
)
_THREE_DECIMALS: Final = frozenset("bhd iqd jod kwd lyd omr tnd".split())
_TWO_DECIMALS: Final = frozenset(
    """
    aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bmd bnd bob brl bsd bwp byn bzd cad cdf
    chf cny cop crc cve czk dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gtq gyd hkd hnl htg huf
    idr ils inr jmd kes kgs khr kyd kzt lak lbp lkr lrd lsl mad mdl mkd mmk mnt mop mur mvr mwk mxn
    myr mzn nad ngn nio nok npr nzd pab pen pgk php pkr pln qar ron rsd rub sar sbd scr sek sgd shp
    sle sos srd std szl thb tjs top try ttd twd tzs uah usd uyu uzs wst xcd xcg yer zar zmw
    """.split()
)
CURRENCIES: Final = _ZERO_DECIMALS | _TWO_DECIMALS | _THREE_DECIMALS

# Amounts are BIGINT columns; sums of many amounts must fit too, so one amount stays well below.
MAX_MINOR: Final = 10**15


def decimals(currency: str) -> int:
    """Return how many decimals `currency` (lower-case ISO 4217) has: 0, 2 or 3."""
    if currency in _ZERO_DECIMALS:
        return 0
    return 3 if currency in _THREE_DECIMALS else 2


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """`minor` units of `currency` (lower-case ISO 4217). Arithmetic refuses to mix currencies."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        # bool is an int to Python; money is not.
        if type(self.minor) is not int:
            raise TypeError(f"An amount is a whole number of minor units, not {self.minor!r}.")
        if self.currency not in CURRENCIES:
            raise ValueError(f"{self.currency!r} is not a currency.")

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + self._same(other).minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - self._same(other).minor, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.minor < self._same(other).minor

    def __le__(self, other: "Money") -> bool:
        return self.minor <= self._same(other).minor

    def __bool__(self) -> bool:
        return self.minor != 0

    def __str__(self) -> str:
        """Return the amount for people: `1,234.50 EUR`, `-5 JPY`."""
        whole, point, fraction = self.major.partition(".")
        # Of less than one the sign is before a zero, which has none as a number.
        sign = "-" if self.minor < 0 else ""
        return f"{sign}{abs(int(whole)):,}{point}{fraction} {self.currency.upper()}"

    @property
    def major(self) -> str:
        """Return the amount in whole units as a decimal, for machines: `1234.50`, `-5`."""
        places = decimals(self.currency)
        sign = "-" if self.minor < 0 else ""
        digits = str(abs(self.minor)).rjust(places + 1, "0")
        return f"{sign}{digits[:-places]}.{digits[-places:]}" if places else f"{sign}{digits}"

    def _same(self, other: "Money") -> "Money":
        if other.currency != self.currency:
            raise ValueError(f"{self} and {other} are of different currencies.")
        return other


def share_bps(money: Money, bps: int) -> Money:
    """Return `bps` basis points (1/100 of a percent) of `money`, rounded half away from zero."""
    return Money(_divide_half_up(money.minor * bps, 10_000), money.currency)


def convert(money: Money, currency: str, *, rate: Decimal) -> Money:
    """Return `money` in another currency, rounded half to even.

    :param rate: how much of `currency` one whole unit of the money's own is (1 EUR is 1.08 USD).
    """
    scale = Fraction(10) ** (decimals(currency) - decimals(money.currency))
    # A decimal is a fraction, exactly; rounding a fraction to a whole number is half to even.
    return Money(round(money.minor * Fraction(rate) * scale), currency)


def allocate(money: Money, weights: tuple[int, ...]) -> tuple[Money, ...]:
    """Split `money` by `weights`, largest remainder first, so that the parts add up exactly.

    :raises ValueError: the weights are negative or all zero.
    """
    total = sum(weights)
    if total <= 0 or min(weights) < 0:
        raise ValueError("Weights are not negative and not all zero.")
    sign = -1 if money.minor < 0 else 1
    size = abs(money.minor)
    parts = [size * weight // total for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: -(size * weights[i] % total))
    for index in by_remainder[: size - sum(parts)]:
        parts[index] += 1
    return tuple(Money(sign * part, money.currency) for part in parts)


def _divide_half_up(numerator: int, denominator: int) -> int:
    sign = -1 if numerator < 0 else 1
    return sign * ((2 * abs(numerator) + denominator) // (2 * denominator))
