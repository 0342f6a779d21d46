"""What an account has, seen from the side on which it grows."""

from dataclasses import dataclass
from datetime import datetime

from apps.ledger.domain.chart import Side


@dataclass(frozen=True, slots=True)
class Balance:
    """The sums of an account's entries, and what they mean. All in minor units of `currency`.

    :ivar account_id: the ledger account's.
    :ivar side: the one on which it grows.
    :ivar pending_debits_minor: what is reserved and not released; `pending_credits_minor` likewise.
    :ivar at: only what is effective until then; None: all that is recorded.
    :ivar known_at: only what was recorded until then; None: all.
    """

    account_id: str
    currency: str
    side: Side
    debits_minor: int
    credits_minor: int
    pending_debits_minor: int
    pending_credits_minor: int
    at: datetime | None = None
    known_at: datetime | None = None

    @property
    def posted_minor(self) -> int:
        """Return what it has."""
        return self._in_direction(self.debits_minor, self.credits_minor)

    @property
    def pending_minor(self) -> int:
        """Return by how much it would grow if all that is pending were posted."""
        return self.pending_in_minor - self.pending_out_minor

    @property
    def pending_in_minor(self) -> int:
        """Return what is on its way in."""
        is_debit = self.side is Side.DEBIT
        return self.pending_debits_minor if is_debit else self.pending_credits_minor

    @property
    def pending_out_minor(self) -> int:
        """Return what is reserved, to go out."""
        is_debit = self.side is Side.DEBIT
        return self.pending_credits_minor if is_debit else self.pending_debits_minor

    @property
    def available_minor(self) -> int:
        """Return what can be spent: what is reserved cannot, what is on its way in is not there."""
        return self.posted_minor - self.pending_out_minor

    def _in_direction(self, debited: int, credited: int) -> int:
        return debited - credited if self.side is Side.DEBIT else credited - debited
