"""The cash of a customer: how much a payment takes of it, and in which currency it comes."""

from typing import Final

from apps.core.errors import Invalid
from apps.core.money import Money

# In which currency money comes by a kind of bank transfer.
TRANSFER_CURRENCY: Final = {
    "eu_bank_transfer": "eur",
    "gb_bank_transfer": "gbp",
    "jp_bank_transfer": "jpy",
    "mx_bank_transfer": "mxn",
    "us_bank_transfer": "usd",
}
# Where the account is that is transferred to; the euro's countries have a choice.
TRANSFER_COUNTRY: Final = {
    "gb_bank_transfer": "GB",
    "jp_bank_transfer": "JP",
    "mx_bank_transfer": "MX",
    "us_bank_transfer": "US",
}
EURO_COUNTRIES: Final = ("BE", "DE", "ES", "FR", "IE", "NL")


class NotEnoughCash(Invalid):
    """The customer has not transferred as much as is to be applied."""

    code = "insufficient_funds"


class WrongTransfer(Invalid):
    """Money of this currency does not come by this kind of bank transfer."""

    code = "parameter_invalid"


def amount_to_apply(asked: int | None, *, remaining: Money, available: Money) -> Money:
    """Return how much of a customer's cash a payment takes: what was asked for, or all it needs.

    :param remaining: what the payment still needs.
    :param available: what the customer has.
    :raises NotEnoughCash: that is more than the customer has, or than the payment needs.
    """
    amount = Money(remaining.minor if asked is None else asked, remaining.currency)
    if amount > remaining:
        raise NotEnoughCash(f"amount is more than the {remaining} left to pay.", param="amount")
    if amount > available:
        raise NotEnoughCash(
            f"The customer's cash balance has {available}, which is less than {amount}.",
            param="amount",
        )
    return amount


def country_of_transfer(kind: str, *, currency: str, country: str | None, param: str) -> str:
    """Return where the account is that money of `currency` is transferred to.

    :param kind: `us_bank_transfer`, `eu_bank_transfer`, …
    :param country: the one that was asked for; a transfer of euros needs it.
    :param param: the parameter that holds all this, for the refusal.
    :raises WrongTransfer: the currency comes another way, or there is no account in the country.
    """
    if TRANSFER_CURRENCY[kind] != currency:
        raise WrongTransfer(
            f"A {kind} is in {TRANSFER_CURRENCY[kind]}, and this is in {currency}.",
            param=f"{param}[type]",
        )
    if kind != "eu_bank_transfer":
        return TRANSFER_COUNTRY[kind]
    path = f"{param}[eu_bank_transfer][country]"
    if country is None:
        raise WrongTransfer(
            f"Missing required parameter: {path}.", code="parameter_missing", param=path
        )
    if country not in EURO_COUNTRIES:
        raise WrongTransfer(f"{path} must be one of {', '.join(EURO_COUNTRIES)}.", param=path)
    return country
