"""Reads of disputes. What shows a dispute shows its balance transactions: they are read along."""

from collections.abc import Iterable, Sequence

from django.db.models import Q, QuerySet

from apps.balances import queries as balances
from apps.core.errors import not_found
from apps.core.money import Money
from apps.payments.domain import HOLDING, UNSETTLED, DisputeStatus
from apps.payments.models import Charge, Dispute
from apps.payments.queries.rows import filtered

_HOLDING = [status.value for status in HOLDING]
_UNSETTLED = [status.value for status in UNSETTLED]


def get_dispute(object_id: str) -> Dispute:
    """Return the dispute.

    :raises NotFound: there is none with this id.
    """
    return _one(_shown().filter(pk=object_id), "dispute", object_id)


def get_dispute_of(charge_id: str) -> Dispute:
    """Return the newest dispute of a charge.

    :raises NotFound: there is no such charge, or nobody disputed it.
    """
    if not Charge.objects.owned().filter(pk=charge_id).exists():
        raise not_found("charge", charge_id)
    return _one(_shown().filter(charge=charge_id).order_by("-id"), "dispute of charge", charge_id)


def list_disputes(**filters: str) -> QuerySet[Dispute]:
    """Return the disputes; `charge` and `payment_intent` filter. See `with_transactions`."""
    columns = {"charge": "charge_id", "payment_intent": "payment_intent_id"}
    return filtered(_shown(), filters, columns)


def find_disputes(ids: Iterable[str]) -> dict[str, Dispute]:
    """Return the disputes with these ids, by id; others are left out."""
    found = with_transactions(list(_shown().filter(pk__in=list(ids))))
    return {dispute.id: dispute for dispute in found}


def with_transactions(disputes: Sequence[Dispute]) -> Sequence[Dispute]:
    """Read the balance transactions of all `disputes` along, in one query if there are any."""
    ids = {one for dispute in disputes for one in dispute.balance_transaction_ids}
    found = balances.find_balance_transactions(ids) if ids else {}
    for dispute in disputes:
        dispute.transactions = [found[one] for one in dispute.balance_transaction_ids]
    return disputes


def is_contested(dispute: Dispute) -> bool:
    """Return whether evidence is on its way to the processor, who has not said yet that it came."""
    return dispute.attempts.filter(status__in=_UNSETTLED).exists()


def is_held(charge: Charge) -> bool:
    """Return whether a dispute is open of a charge that keeps it from being refunded."""
    return charge.disputes.filter(status__in=_HOLDING).exists()


def lost_to_disputes(charge: Charge) -> Money:
    """Return what the payer of a charge got back by disputes that were lost."""
    lost = charge.disputes.filter(Q(status=DisputeStatus.LOST.value), withdrawn_at__isnull=False)
    return Money(sum(lost.values_list("amount_minor", flat=True)), charge.currency)


def _shown() -> QuerySet[Dispute]:
    return Dispute.objects.owned().select_related("charge")


def _one(rows: QuerySet[Dispute], kind: str, object_id: str) -> Dispute:
    found = rows.first()
    if found is None:
        raise not_found(kind, object_id)
    with_transactions([found])
    return found
