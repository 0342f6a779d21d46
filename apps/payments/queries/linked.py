"""What hangs together, for the trail of an object."""

from collections.abc import Collection

from django.db.models import Q
from django.db.models.fields.json import KT

from apps.payments.models import (
    Attempt,
    CashTransaction,
    Charge,
    Dispute,
    Mandate,
    PaymentIntent,
    Refund,
    SetupAttempt,
    SetupIntent,
)

_PREFIXES = ("pi_", "ch_", "re_", "dp_", "att_", "seti_", "setatt_", "mandate_", "ccsbtxn_")


def linked_ids(ids: Collection[str], *, limit: int) -> set[str]:
    """Return what payments, set-ups, and whatever is of them among `ids` hang together with.

    With each other, with their customers and payment methods, and with balance transactions.
    """
    known = [one for one in ids if one.startswith(_PREFIXES)]
    if not known:
        return set()
    of_intent = Q(pk__in=known) | Q(payment_intent__in=known)
    of_setup = Q(pk__in=known) | Q(setup_intent__in=known)
    rows = [
        PaymentIntent.objects.owned()
        .filter(pk__in=known)
        .values_list("id", "customer_id", "payment_method_id"),
        Charge.objects.owned()
        .filter(of_intent)
        .values_list(
            *("id", "payment_intent_id", "customer_id", "payment_method_id"),
            "balance_transaction_id",
        ),
        Refund.objects.owned()
        .filter(of_intent | Q(charge__in=known))
        .values_list(
            *("id", "payment_intent_id", "charge_id", "balance_transaction_id"),
            "failure_balance_transaction_id",
        ),
        Dispute.objects.owned()
        .filter(of_intent | Q(charge__in=known))
        .values_list(
            *("id", "payment_intent_id", "charge_id"),
            # It has no more than two: the money is taken once, and comes back once.
            *(KT(f"balance_transaction_ids__{at}") for at in (0, 1)),
        ),
        Attempt.objects.owned()
        .filter(of_intent | of_setup | Q(charge__in=known))
        .values_list(
            *("id", "payment_intent_id", "charge_id", "refund_id", "dispute_id"),
            "setup_intent_id",
        ),
        CashTransaction.objects.owned()
        .filter(of_intent | Q(refund__in=known))
        .values_list("id", "customer_id", "payment_intent_id", "refund_id"),
        SetupIntent.objects.owned()
        .filter(pk__in=known)
        .values_list("id", "customer_id", "payment_method_id"),
        SetupAttempt.objects.owned()
        .filter(of_setup)
        .values_list("id", "setup_intent_id", "attempt_reference"),
        Mandate.objects.owned()
        .filter(of_intent | of_setup)
        .values_list("id", "setup_intent_id", "payment_intent_id", "payment_method_id"),
    ]
    return {
        one
        for some in rows
        for row in some.order_by("id")[:limit]
        for one in row
        if one is not None
    }
