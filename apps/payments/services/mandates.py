"""Mandates: the permission that a customer gave, and what became of it."""

from datetime import datetime
from typing import Any, Final

from django.conf import settings

from apps.core import clock, context, ids
from apps.core.errors import Invalid
from apps.events import services as events
from apps.payments.models import Mandate, PaymentIntent, PaymentMethod, SetupIntent

# Of the reference by which a bank knows a mandate, without the prefix of the merchant.
REFERENCE_LENGTH: Final = 16


def prepare(
    subject: PaymentIntent | SetupIntent, *, given: dict[str, Any], now: datetime
) -> dict[str, Any]:
    """Keep the permission that a confirmation brings, or find the one that it names.

    Part of the claim's transaction; `subject` is stored, and stored again by the caller.

    :returns: what `Attempt.details` says of it.
    :raises Invalid: the mandate that is named is none of the payment method's.
    """
    method = subject.payment_method
    assert method is not None
    if given.get("mandate"):
        subject.mandate = _active(given["mandate"], method)
        return {"is_authenticated": True}
    accepted = (given.get("mandate_data") or {}).get("customer_acceptance")
    if accepted is not None:
        make(subject, accepted=accepted, now=now)
    return {}


def make(
    subject: PaymentIntent | SetupIntent, *, accepted: dict[str, Any], now: datetime
) -> Mandate:
    """Write the mandate that `subject` was confirmed with; it is active once that has succeeded.

    :param accepted: as `mandate_data[customer_acceptance]`.
    """
    method = subject.payment_method
    assert method is not None
    is_setup = isinstance(subject, SetupIntent)
    single_use = subject.single_use if isinstance(subject, SetupIntent) else None
    mandate_id = ids.new_id("mandate")
    mandate = Mandate.objects.create(
        id=mandate_id,
        account_id=context.current().account_id,
        created_at=now,
        payment_method=method,
        setup_intent_id=subject.id if is_setup else None,
        payment_intent_id=None if is_setup else subject.id,
        type="single_use" if single_use else "multi_use",
        status="pending",
        customer_acceptance={**accepted, "accepted_at": _accepted_at(accepted, now=now)},
        payment_method_details={
            "type": method.type,
            method.type: _details(subject, method, mandate_id=mandate_id),
        },
        single_use=single_use,
    )
    if isinstance(subject, SetupIntent) and single_use:
        subject.single_use_mandate = mandate
    else:
        subject.mandate = mandate
    return mandate


def activate(subject: PaymentIntent | SetupIntent) -> list[events.Change]:
    """Let the mandates of what has succeeded count from now on; return what happened."""
    ids_of = [subject.mandate_id]
    if isinstance(subject, SetupIntent):
        ids_of.append(subject.single_use_mandate_id)
    if not any(ids_of):
        return []
    return [_set_status(one, "active") for one in _pending(ids_of)]


def drop(subject: PaymentIntent | SetupIntent) -> list[events.Change]:
    """Let the mandates of what has failed never count; return what happened."""
    ids_of = [subject.mandate_id]
    subject.mandate = None
    if isinstance(subject, SetupIntent):
        ids_of.append(subject.single_use_mandate_id)
        subject.single_use_mandate = None
    if not any(ids_of):
        return []
    return [_set_status(one, "inactive") for one in _pending(ids_of)]


def _details(
    subject: PaymentIntent | SetupIntent, method: PaymentMethod, *, mandate_id: str
) -> dict[str, Any]:
    """Return what the mandate says that is of its type alone."""
    options = (subject.payment_method_options or {}).get(method.type) or {}
    wanted = options.get("mandate_options") or {}
    match method.type:
        case "sepa_debit":
            reference = f"{wanted.get('reference_prefix') or ''}{mandate_id[-REFERENCE_LENGTH:]}"
            url = f"{settings.BASE_URL}/v1/mandates/{mandate_id}"
            return {"reference": reference.upper(), "url": url}
        case "us_bank_account" if wanted.get("collection_method"):
            return {"collection_method": wanted["collection_method"]}
        case _:
            return {}


def _pending(ids_of: list[str | None]) -> list[Mandate]:
    named = [one for one in ids_of if one is not None]
    return list(Mandate.objects.filter(pk__in=named, status="pending").order_by("id"))


def _set_status(mandate: Mandate, status: str) -> events.Change:
    mandate.status = status
    mandate.save(update_fields=["status"])
    return events.Change("mandate.updated", mandate)


def _active(mandate_id: str, method: PaymentMethod) -> Mandate:
    mandate = Mandate.objects.owned().filter(pk=mandate_id).first()
    if mandate is None:
        raise Invalid(f"No such mandate: '{mandate_id}'", code="resource_missing", param="mandate")
    if mandate.payment_method_id != method.id or mandate.status != "active":
        raise Invalid(
            "The mandate is not an active one of this PaymentMethod.",
            code="payment_intent_mandate_invalid",
            param="mandate",
        )
    return mandate


def _accepted_at(accepted: dict[str, Any], *, now: datetime) -> int:
    given = accepted.get("accepted_at")
    return clock.to_unix(given if isinstance(given, datetime) else now)
