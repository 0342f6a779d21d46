"""Where customers transfer money to, and by which reference a transfer names a payment."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from apps.core import context
from apps.core.use_cases import use_case
from apps.customers import queries as customers
from apps.payments import domain, processors
from apps.payments.models import FundingAddress
from apps.payments.processors import transfers

REFERENCE_LENGTH: Final = 10


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a customer transfers money to.

    :ivar type: `us_bank_transfer`, `eu_bank_transfer`, …
    :ivar shown: the addresses as the wire shows them.
    """

    type: str
    country: str
    currency: str
    shown: list[dict[str, Any]]


@use_case
def create_funding_instructions(
    *, customer_id: str, given: dict[str, Any], now: datetime
) -> Addresses:
    """Give a customer an account to transfer money to; they keep it, however often it is asked for.

    :param given: `bank_transfer`, `currency` and `funding_type`.
    :raises NotFound: there is no such customer.
    :raises NoProcessor: the environment is live, and no bank is set up for it.
    """
    customer = customers.get_living_customer(customer_id)
    # It belongs to a processor, where there is one.
    processors.current(livemode=context.current().environment.livemode)
    return addresses(
        customer.id, transfer=given["bank_transfer"], currency=given["currency"], now=now
    )


def addresses(
    customer_id: str, *, transfer: dict[str, Any], currency: str, now: datetime
) -> Addresses:
    """Return where a customer transfers `currency` to; part of the caller's transaction.

    :param transfer: `type`, and `eu_bank_transfer[country]` for euros.
    :raises WrongTransfer: the currency does not come that way.
    """
    kind = transfer["type"]
    country = domain.country_of_transfer(
        kind,
        currency=currency,
        country=(transfer.get("eu_bank_transfer") or {}).get("country"),
        param="bank_transfer",
    )
    address, _ = FundingAddress.objects.get_or_create(
        customer_id=customer_id,
        currency=currency,
        country=country,
        defaults={
            "account_id": context.current().account_id,
            "type": kind,
            "created_at": now,
        },
    )
    shown = transfers.financial_addresses(kind, country=country, number=address.pk)
    return Addresses(type=kind, country=country, currency=currency, shown=shown)


def reference_of(intent_id: str) -> str:
    """Return what a customer writes on a transfer that is meant for this payment."""
    return intent_id[-REFERENCE_LENGTH:].upper()
