"""Every refusal of the ledger, and how PostgreSQL names it."""

from typing import Final

from apps.core.errors import Conflict, DomainError, Invalid, NotFound


class ReferenceReused(Conflict):
    """The reference names a transaction that moved something else."""

    code = "reference_reused"


class AlreadyResolved(Conflict):
    """The pending transaction was posted, voided or expired before."""

    code = "transaction_already_resolved"


class AlreadyReversed(Conflict):
    """The transaction was reversed before."""

    code = "transaction_already_reversed"


class NotPending(Invalid):
    """What is to be resolved is no pending transaction."""

    code = "transaction_not_pending"


class TransactionMissing(NotFound):
    """No transaction has the id that is to be reversed."""


class InsufficientBalance(Invalid):
    """The account would fall below its floor.

    :ivar account_id: which one, where PostgreSQL says so (`lacct_…`).
    """

    code = "balance_insufficient"
    account_id: str | None = None


class AccountClosed(Invalid):
    """The account takes no more postings."""

    code = "ledger_account_closed"


class AccountMissing(Invalid):
    """No account has this code and currency, and the chart does not know how to open it."""

    code = "ledger_account_missing"


class CurrencyMismatch(Invalid):
    """An account holds one currency, and this posting is in another."""

    code = "currency_mismatch"


class InvalidPosting(Invalid):
    """A posting, or a set of them, is not well-formed."""

    code = "posting_invalid"


class AmountsTooLarge(Invalid):
    """What is posted at once, or has gone through an account, comes to more than can be counted."""

    code = "amount_too_large"


class JournalUnbalanced(InvalidPosting):
    """The debits of a journal are not its credits, in some currency."""

    code = "journal_unbalanced"


class AccountExists(Conflict):
    """An account has this code and currency already."""

    code = "ledger_account_exists"


class AccountHasPending(Invalid):
    """Something is reserved on the account, so it cannot be closed."""

    code = "ledger_account_has_pending"


class AccountReserved(Invalid):
    """The account is one of FinCloud's own: only payments and balances post to it."""

    code = "ledger_account_reserved"


class TransactionReserved(Invalid):
    """The transaction is one of FinCloud's own: what caused it is undone, not its posting."""

    code = "ledger_transaction_reserved"


class NotPosted(Invalid):
    """What is to be reversed moved nothing: it is pending, or it voided something."""

    code = "transaction_not_posted"


class EffectiveTooEarly(Invalid):
    """What posts or voids a pending transaction counts no earlier than it does."""

    code = "effective_at_too_early"


class PendingExpired(Conflict):
    """The pending transaction is past its `expires_at`."""

    code = "transaction_expired"


class ExceedsPending(Invalid):
    """More is to be posted than was reserved, or between other accounts."""

    code = "amount_exceeds_pending"


class PeriodClosed(Invalid):
    """The transaction would be effective in a period that is closed."""

    code = "ledger_period_closed"


class Frozen(Conflict):
    """The book takes no postings: its verification found that it does not add up."""

    code = "ledger_frozen"


class NothingToSeal(Conflict):
    """There is no seal, and no posting of which one could be made."""

    code = "ledger_nothing_to_seal"


class NotSealed(Conflict):
    """The entry is in no seal yet."""

    code = "ledger_entry_not_sealed"


class DriftUnexplained(Conflict):
    """The book does not add up, and nobody says why it shall take postings all the same."""

    code = "ledger_drift"


class SealBroken(Conflict):
    """A seal is not of what is in the book now, so nothing can be proved by it."""

    code = "ledger_seal_broken"


class RangeTooLong(Invalid):
    """The seals that are to be checked at once have too many postings."""

    code = "ledger_range_too_long"


class AppendOnly(Conflict):
    """What was written to the ledger stays as it is; a correction is a reversal."""

    code = "ledger_append_only"


class PlatformOnly(Invalid):
    """The whole book is the platform's, and not that of an account for which it acts."""

    code = "platform_only"


class ArchiveInvalid(Invalid):
    """A file that is to be imported is not a whole and true archive of a book."""

    code = "ledger_archive_invalid"


class BookNotEmpty(Conflict):
    """An archive is imported into an empty book only."""

    code = "ledger_not_empty"


class ModeMismatch(Invalid):
    """What was made in a sandbox does not get into a live environment."""

    code = "livemode_mismatch"


class ReasonInvalid(Invalid):
    """What is asked for needs a reason, which is kept."""

    code = "reason_invalid"


class ProposalOpen(Conflict):
    """The transaction's reversal is proposed already, and nobody has decided yet."""

    code = "ledger_proposal_open"


class ProposalDecided(Conflict):
    """The proposal was approved or rejected before."""

    code = "ledger_proposal_decided"


class FourEyes(Invalid):
    """Who proposes something does not decide it."""

    code = "ledger_proposal_four_eyes"


class ReferenceReserved(Invalid):
    """The reference has the form of those that FinCloud gives to its own transactions."""

    code = "reference_reserved"


class ExpiryInvalid(Invalid):
    """A pending transaction expires in the future, and within ten years."""

    code = "expires_at_invalid"


class ExchangeMismatch(Invalid):
    """The amount that was given is not what the rate makes of the other one."""

    code = "exchange_amount_mismatch"


class ExchangeInvalid(Invalid):
    """What is to be exchanged is no two amounts in two currencies, or on accounts of two sides."""

    code = "exchange_invalid"


class PeriodInvalid(Invalid):
    """A period ends in the past, and after the one before it."""

    code = "ledger_period_invalid"


class PeriodNotLast(Conflict):
    """Only the last of the closed periods is opened again, and it is opened once."""

    code = "ledger_period_not_last"


class StatementInvalid(Invalid):
    """The period of a statement ends before it begins."""

    code = "ledger_statement_invalid"


class StatementTooLong(Invalid):
    """The statement has more entries than fit its form."""

    code = "ledger_statement_too_long"


# SQLSTATEs of our own that the functions in `sql/` raise.
REFUSALS: Final[dict[str, type[DomainError]]] = {
    "FC001": ReferenceReused,
    "FC002": AppendOnly,
    "FC003": InvalidPosting,
    "FC004": AccountMissing,
    "FC005": AccountClosed,
    "FC006": CurrencyMismatch,
    "FC007": NotPending,
    "FC008": TransactionMissing,
    "FC009": Frozen,
    "FC010": PeriodClosed,
    "FC011": PendingExpired,
    "FC012": ExceedsPending,
    "FC013": NotPosted,
    "FC014": EffectiveTooEarly,
}
# The parameter at fault, for refusals by PostgreSQL that can only be about one.
PARAMS: Final[dict[type[DomainError], str]] = {
    AccountExists: "code",
    ReferenceReused: "reference",
    PeriodClosed: "effective_at",
    EffectiveTooEarly: "effective_at",
    ExceedsPending: "postings",
    TransactionMissing: "id",
}
# Constraints of the tables, by name, each with what it means to the caller.
CONSTRAINTS: Final[dict[str, tuple[type[DomainError], str]]] = {
    "ledger_account_code": (AccountExists, "There is an account with this code and currency."),
    "ledger_balance_floor": (InsufficientBalance, "The account would fall below its floor."),
    "ledger_balance_open": (AccountClosed, "The account is closed."),
    "ledger_balance_size": (
        AmountsTooLarge,
        "More would have gone through a ledger account than its sums can hold.",
    ),
    "ledger_posting_amount": (InvalidPosting, "An amount is from 1 to 10^15 minor units."),
    "ledger_posting_two_accounts": (InvalidPosting, "A posting is between two accounts."),
    "ledger_transaction_resolves": (AlreadyResolved, "The transaction has been resolved before."),
    "ledger_transaction_reverses": (AlreadyReversed, "The transaction has been reversed before."),
}
