"""Ways to pay: made from cards, bank accounts and the cash of customers, attached to customers."""

from datetime import datetime
from typing import Any

from apps.api import registry
from apps.api.params import InvalidParameter, merge_metadata
from apps.core import context, ids
from apps.core.errors import Invalid
from apps.core.use_cases import use_case
from apps.customers import queries as customers
from apps.events import services as events
from apps.payments import domain, queries
from apps.payments.models import PaymentMethod
from apps.payments.processors import cards
from apps.payments.services import method_details, other_doors


@use_case
def create_payment_method(*, given: dict[str, Any], now: datetime) -> PaymentMethod:
    """Make a payment method that belongs to no customer yet.

    :raises CardNumberRefused: the environment is live, or the number is not a published test card.
    :raises AccountNumberRefused: the same, of a bank account.
    :raises CardDeclined: the card has expired.
    """
    return make(given, now=now)


def make(given: dict[str, Any], *, now: datetime, param: str = "") -> PaymentMethod:
    """Make a payment method from `type` and its details; part of the caller's transaction.

    :param param: the parameter that holds `given`, if it is not the whole request.
    :raises DomainError: see `method_details.columns_of`.
    """
    return create(
        **method_details.columns_of(given, param=param, now=now),
        now=now,
        billing_details=given.get("billing_details") or {},
        metadata=merge_metadata({}, given.get("metadata")),
        allow_redisplay=given.get("allow_redisplay", "unspecified"),
    )


def create(*, now: datetime, **columns: Any) -> PaymentMethod:
    """Make a payment method of what `method_details` returned."""
    return PaymentMethod.objects.create(
        id=ids.new_id("pm"), account_id=context.current().account_id, created_at=now, **columns
    )


def resolve(payment_method_id: str, *, now: datetime) -> PaymentMethod:
    """Return the payment method that a parameter names; `pm_card_…` makes a new one in a sandbox.

    :raises Invalid: it names none.
    """
    preset = method_details.preset(payment_method_id, now=now)
    if preset is not None:
        return create(now=now, **preset)
    source = other_doors.find(payment_method_id, param="payment_method")
    method = source or PaymentMethod.objects.owned().filter(pk=payment_method_id).first()
    if method is None:
        raise Invalid(
            f"No such PaymentMethod: '{payment_method_id}'",
            code="resource_missing",
            param="payment_method",
        )
    return method


@use_case
def attach_payment_method(
    *, payment_method_id: str, customer_id: str, now: datetime
) -> PaymentMethod:
    """Attach to a customer, so that it can be charged again.

    :raises CardDeclined: the card refuses to be kept.
    :raises Invalid: it belongs to another customer, is no one's own, or the customer does not
        exist.
    """
    # The lock keeps the customer from being deleted meanwhile.
    customer = customers.require_customer(customer_id, for_update=True)
    preset = method_details.preset(payment_method_id, now=now)
    if preset is not None:
        method = create(now=now, **preset)
    else:
        method = queries.get_payment_method(payment_method_id, for_update=True)
    events.record(attach(method, customer=customer))
    return method


def attach(method: PaymentMethod, *, customer: Any) -> list[events.Change]:
    """Attach a payment method to a customer, both locked, in the caller's transaction.

    :returns: what is to be told.
    :raises DomainError: see `attach_payment_method`.
    """
    check_not_detached(method)
    if method.customer_id == customer.id:
        return []
    if method.customer_id is not None:
        raise Invalid(
            "This PaymentMethod is attached to another customer. Detach it first.",
            code="payment_method_unexpected_state",
        )
    check_attachable(method)
    method.customer = customer
    method.save(update_fields=["customer"])
    return [events.Change("payment_method.attached", method)]


def check_attachable(method: PaymentMethod) -> None:
    """Check that a payment method can be kept for later payments.

    :raises CardDeclined: the card refuses to be kept.
    :raises Invalid: payments of this type are made by the customer each time.
    """
    if method.type == "customer_balance":
        raise Invalid(
            "A PaymentMethod of the type customer_balance cannot be attached: every customer has "
            "their own cash already.",
            code="payment_method_unexpected_state",
        )
    card = cards.BY_KEY[method.token] if method.type == "card" else None
    if card is not None and not card.attaches:
        raise domain.CardDeclined(
            cards.MESSAGES[card.decline_code], code=card.code, decline_code=card.decline_code
        )


def check_not_detached(method: PaymentMethod) -> None:
    """Check that a payment method may be used.

    :raises Invalid: it was detached from a customer.
    """
    if method.detached_at is not None:
        raise Invalid(
            "This PaymentMethod was detached from a customer. It cannot be used again.",
            code="payment_method_unexpected_state",
            param="payment_method",
        )


@use_case
def detach_payment_method(*, payment_method_id: str, now: datetime) -> PaymentMethod:
    """Detach from its customer. It cannot be used again.

    :raises Invalid: it is attached to none.
    """
    told: list[events.Change] = []
    method = queries.get_payment_method(payment_method_id)
    if method.customer_id is not None:
        # The customer is locked first, and the payment method read again under its own lock.
        told += other_doors.close(method.id, customer_id=method.customer_id, now=now)
        method = queries.get_payment_method(payment_method_id, for_update=True)
    if method.customer_id is None:
        raise Invalid(
            "This PaymentMethod is not attached to a customer.",
            code="payment_method_unexpected_state",
        )
    before = registry.render(method)
    method.customer = None
    method.detached_at = now
    method.save(update_fields=["customer", "detached_at"])
    events.record([events.Change("payment_method.detached", method, previous=before), *told])
    return method


@use_case
def update_payment_method(
    *, payment_method_id: str, given: dict[str, Any], now: datetime
) -> PaymentMethod:
    """Change the billing details, the metadata, and what its type lets change.

    :raises CardDeclined: the new expiry is in the past.
    :raises InvalidParameter: a parameter is of another type than the payment method.
    """
    method = queries.get_payment_method(payment_method_id, for_update=True)
    before = registry.render(method)
    for kind in ("card", "us_bank_account"):
        if kind in given and kind != method.type:
            raise InvalidParameter(
                f"{kind} does not go with a PaymentMethod of the type {method.type}.", param=kind
            )
    _change_card(method, given.get("card") or {}, now=now)
    method.details = {**method.details, **given.get("us_bank_account", {})}
    method.billing_details = {**method.billing_details, **(given.get("billing_details") or {})}
    method.allow_redisplay = given.get("allow_redisplay", method.allow_redisplay)
    if "metadata" in given:
        method.metadata = merge_metadata(method.metadata, given["metadata"])
    method.save()
    events.record([events.Change("payment_method.updated", method, previous=before)])
    return method


def _change_card(method: PaymentMethod, given: dict[str, Any], *, now: datetime) -> None:
    if "networks" in given:
        preferred = given["networks"].get("preferred")
        method.details = {**method.details, "preferred_network": preferred}
    if {"exp_month", "exp_year"} & given.keys():
        method.exp_month = given.get("exp_month", method.exp_month)
        method.exp_year = given.get("exp_year", method.exp_year)
        assert method.exp_month is not None
        assert method.exp_year is not None
        domain.check_expiry(month=method.exp_month, year=method.exp_year, now=now)
