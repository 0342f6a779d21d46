"""What hangs together, for the trail of an object."""

from collections.abc import Collection

from django.db.models import Q

from apps.payments.models import Attempt, Charge, PaymentIntent, Refund


def linked_ids(ids: Collection[str], *, limit: int) -> set[str]:
    """Return what intents, charges, refunds and attempts among `ids` hang together with.

    With each other, with their customers and payment methods, and with balance transactions.
    """
    known = [one for one in ids if one.startswith(("pi_", "ch_", "re_", "att_"))]
    if not known:
        return set()
    of_intent = Q(pk__in=known) | Q(payment_intent__in=known)
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
        .values_list("id", "payment_intent_id", "charge_id", "balance_transaction_id"),
        Attempt.objects.owned()
        .filter(of_intent | Q(charge__in=known))
        .values_list("id", "payment_intent_id", "charge_id", "refund_id"),
    ]
    return {
        one
        for some in rows
        for row in some.order_by("id")[:limit]
        for one in row
        if one is not None
    }
