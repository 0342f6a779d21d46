"""What the verification says of the books."""

from collections.abc import Sequence

from apps.core import context
from apps.ledger.domain.findings import State
from apps.ledger.models import LedgerVerification


def find_verification(environment_id: str) -> LedgerVerification | None:
    """Return what is known of a book; None: the verification has not come to it yet."""
    return LedgerVerification.objects.filter(pk=environment_id).first()


def get_verification() -> LedgerVerification:
    """Return what is known of the current book; of one that is new, that nothing is known."""
    here = context.current().environment.id
    return find_verification(here) or LedgerVerification(environment_id=here)


def list_verifications() -> Sequence[LedgerVerification]:
    """Return what is known of all books."""
    return list(LedgerVerification.objects.order_by("environment_id"))


def count_drifting() -> int:
    """Return in how many environments something does not add up."""
    return LedgerVerification.objects.filter(state=State.DRIFT.value).count()
