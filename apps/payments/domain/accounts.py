"""Bank accounts: what an IBAN says of itself, and which currency is debited from what."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from apps.core.errors import Invalid

# What a debit of these is paid in: the currency of the account.
DEBIT_CURRENCY: Final = {"us_bank_account": "usd", "sepa_debit": "eur"}
# How long after it succeeded a debit may still be sent back, so that its money is kept for as long.
DEBIT_AVAILABLE_AFTER: Final = {
    "us_bank_account": timedelta(days=4),
    "sepa_debit": timedelta(days=5),
}
# How often the micro-deposits of an account may be told wrong.
DEPOSIT_TRIES: Final = 3
# When micro-deposits have arrived, in whole days after they were sent.
DEPOSITS_ARRIVE_AFTER: Final = timedelta(days=2)

# Where bank and branch stand in the IBANs of a country; elsewhere neither is shown.
_BANKS: Final = {
    "AT": (slice(4, 9), None),
    "DE": (slice(4, 12), None),
    "FR": (slice(4, 9), slice(9, 14)),
}


@dataclass(frozen=True, slots=True)
class Iban:
    """What an IBAN says."""

    country: str
    bank_code: str | None
    branch_code: str | None


class WrongCurrency(Invalid):
    """A bank account is debited in its own currency alone."""

    code = "payment_intent_invalid_parameter"


def read_iban(iban: str) -> Iban:
    """Return what `iban`, without blanks and in upper case, says of its bank."""
    bank, branch = _BANKS.get(iban[:2], (None, None))
    return Iban(
        country=iban[:2],
        bank_code=iban[bank] if bank else None,
        branch_code=iban[branch] if branch else None,
    )


def check_debit_currency(method_type: str, currency: str) -> None:
    """Check that accounts of this type can be debited in `currency`.

    :raises WrongCurrency: they cannot.
    """
    needed = DEBIT_CURRENCY.get(method_type, currency)
    if currency != needed:
        raise WrongCurrency(
            f"Payments with {method_type} are in {needed}, and this one is in {currency}.",
            param="currency",
        )
