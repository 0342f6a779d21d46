"""The lists that older versions of the API show inside objects of payments."""

from collections.abc import Iterable
from typing import Any

from apps.api.registry import OldList
from apps.payments import queries

BEFORE = "2022-11-15"


def _charges_of(intent_ids: Iterable[str]) -> dict[str, list[Any]]:
    """Return the charges of PaymentIntents, newest first."""
    found: dict[str, list[Any]] = {}
    rows = queries.list_charges().filter(payment_intent_id__in=list(intent_ids))
    for charge in rows.order_by("-id"):
        found.setdefault(str(charge.payment_intent_id), []).append(charge)
    return found


def _refunds_of(charge_ids: Iterable[str]) -> dict[str, list[Any]]:
    """Return the refunds of charges, newest first."""
    found: dict[str, list[Any]] = {}
    rows = queries.list_refunds().filter(charge_id__in=list(charge_ids))
    for refund in rows.order_by("-id"):
        found.setdefault(str(refund.charge_id), []).append(refund)
    return found


OLD_LISTS = (
    (
        "payment_intent",
        "charges",
        OldList("charge", BEFORE, _charges_of, "/v1/charges?payment_intent={}"),
    ),
    ("charge", "refunds", OldList("refund", BEFORE, _refunds_of, "/v1/charges/{}/refunds")),
)
