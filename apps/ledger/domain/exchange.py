"""Exchange of currencies: two postings through the clearing account of the two currencies."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from apps.core.money import MAX_MINOR, Money, convert
from apps.ledger.domain import chart
from apps.ledger.domain.chart import Side
from apps.ledger.domain.directory import KnownAccount
from apps.ledger.domain.postings import Posting
from apps.ledger.domain.refusals import ExchangeInvalid, ExchangeMismatch


@dataclass(frozen=True, slots=True)
class Exchange:
    """`sold` from one account for `bought` on another, at a rate.

    :ivar rate: how much of the currency that is bought one whole unit of the one sold is.
    :ivar rate_source: who says so.
    """

    from_account: KnownAccount
    to_account: KnownAccount
    sold: Money
    bought: Money
    rate: Decimal
    rate_source: str | None

    def facts(self) -> dict[str, Any]:
        """Return what is kept of it, as the wire shows it."""
        return {
            "from": self.from_account.code,
            "from_amount": self.sold.minor,
            "from_currency": self.sold.currency,
            "rate": f"{self.rate:f}",
            "rate_source": self.rate_source,
            "to": self.to_account.code,
            "to_amount": self.bought.minor,
            "to_currency": self.bought.currency,
        }


def agree(
    *,
    from_account: KnownAccount,
    to_account: KnownAccount,
    sold: Money,
    currency: str,
    rate: Decimal,
    rate_source: str | None = None,
    expected_minor: int | None = None,
) -> Exchange:
    """Return the exchange of `sold` into `currency`, rounded half to even.

    :param expected_minor: what the caller says it comes to.
    :raises ExchangeInvalid: it is one currency, the accounts grow on two sides, or it comes to
        nothing or to too much.
    :raises ExchangeMismatch: it comes to something else than the caller says.
    """
    if sold.currency == currency:
        raise ExchangeInvalid(
            "An exchange is between two currencies.", param="exchange[to_currency]"
        )
    if from_account.side is not to_account.side:
        raise ExchangeInvalid(
            "The two accounts of an exchange grow on the same side: two assets, say, or two "
            f"liabilities. {from_account.code} grows by {from_account.side}s, {to_account.code} by "
            f"{to_account.side}s.",
            param="exchange[to]",
        )
    bought = convert(sold, currency, rate=rate)
    if not 0 < bought.minor <= MAX_MINOR:
        raise ExchangeInvalid(
            f"{sold} come to {bought}, and an amount is from 1 to 10^15 minor units.",
            param="exchange[from_amount]",
        )
    if expected_minor not in (None, bought.minor):
        raise ExchangeMismatch(
            f"{sold} at {rate:f} come to {bought.minor} minor units of {currency}, rounded half to "
            "even.",
            param="exchange[to_amount]",
        )
    return Exchange(from_account, to_account, sold, bought, rate, rate_source)


def postings(exchange: Exchange) -> tuple[Posting, ...]:
    """Return its postings: `from` becomes less and `to` more, each in its own currency."""
    clearing = chart.fx(chart.fx_pair(exchange.sold.currency, exchange.bought.currency))
    sale = Posting(debit=exchange.from_account.code, credit=clearing, money=exchange.sold)
    purchase = Posting(debit=clearing, credit=exchange.to_account.code, money=exchange.bought)
    if exchange.from_account.side is Side.CREDIT:
        return sale, purchase
    return sale.reversed(), purchase.reversed()
