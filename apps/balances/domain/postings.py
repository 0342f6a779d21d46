"""The postings of balance transactions."""

from enum import StrEnum

from apps.balances.domain.balance import own_account
from apps.core.money import Money
from apps.ledger.domain import Posting, chart


class Kind(StrEnum):
    """The `type` of a balance transaction, as the wire names it."""

    CHARGE = "charge"
    REFUND = "refund"


def postings(
    kind: Kind, *, account_id: str, money: Money, fee: Money, processor: str, is_available: bool
) -> tuple[Posting, ...]:
    """Return the ledger movements of a balance transaction; what would move nothing is left out.

    :param money: more than 0 for a charge, less for a refund.
    :param fee: what the platform keeps of a charge; a refund gives none of it back.
    :param is_available: the money can be paid out at once (or is taken from what can be).
    """
    receivable = chart.processor_receivable(processor)
    own = own_account(account_id, is_available=is_available)
    movements: tuple[Posting, ...]
    match kind:
        case Kind.CHARGE:
            assert Money(0, money.currency) <= fee <= money, f"A fee of {fee} for {money}."
            movements = (
                Posting(debit=receivable, credit=own, money=money - fee),
                Posting(debit=receivable, credit=chart.platform_fees(), money=fee),
            )
        case Kind.REFUND:
            assert money.minor < 0, f"A refund of {money}."
            assert not fee, f"A refund with a fee of {fee}."
            movements = (Posting(debit=own, credit=receivable, money=-money),)
    return tuple(posting for posting in movements if posting.money)
