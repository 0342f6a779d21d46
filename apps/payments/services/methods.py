"""Ways to pay: made from test cards, attached to customers."""

import hashlib
import hmac
from datetime import datetime
from typing import Any

from django.conf import settings

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

TEST_CARD_EXPIRES_IN_YEARS = 4


class CardNumberRefused(Invalid):
    """A card number that may not be sent here. The number itself is never repeated."""

    code = "card_number_refused"


@use_case
def create_payment_method(*, given: dict[str, Any], now: datetime) -> PaymentMethod:
    """Make a payment method that belongs to no customer yet.

    :raises CardNumberRefused: the environment is live, or the number is not a published test card.
    :raises CardDeclined: the card has expired.
    """
    return make(given, now=now)


def make(given: dict[str, Any], *, now: datetime, param: str = "") -> PaymentMethod:
    """Make a payment method from `type` and its details; part of the caller's transaction.

    :param param: the parameter that holds `given`, if it is not the whole request.
    :raises CardNumberRefused: see `create_payment_method`.
    :raises InvalidParameter: the details of the type are missing.
    """
    path = f"{param}[card]" if param else "card"
    details = given.get("card")
    if details is None:
        raise _missing(path)
    card = _card_from(details, path=path)
    return _create(
        card,
        now=now,
        expiry=(details.get("exp_month"), details.get("exp_year")),
        billing_details=given.get("billing_details") or {},
        metadata=merge_metadata({}, given.get("metadata")),
        allow_redisplay=given.get("allow_redisplay", "unspecified"),
    )


def resolve(payment_method_id: str, *, now: datetime) -> PaymentMethod:
    """Return the payment method that a parameter names; `pm_card_…` makes a new one in a sandbox.

    :raises Invalid: it names none.
    """
    card = cards.by_payment_method_id(payment_method_id)
    if card is not None and not context.current().environment.livemode:
        return _create(card, now=now)
    method = PaymentMethod.objects.owned().filter(pk=payment_method_id).first()
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
    :raises Invalid: it belongs to another customer, or the customer does not exist.
    """
    customer = customers.require_customer(customer_id)
    card = cards.by_payment_method_id(payment_method_id)
    if card is not None and not context.current().environment.livemode:
        method = _create(card, now=now)
    else:
        method = queries.get_payment_method(payment_method_id, for_update=True)
    check_not_detached(method)
    if method.customer_id == customer.id:
        return method
    if method.customer_id is not None:
        raise Invalid(
            "This PaymentMethod is attached to another customer. Detach it first.",
            code="payment_method_unexpected_state",
        )
    kept = cards.BY_KEY[method.token]
    if not kept.attaches:
        raise domain.CardDeclined(
            cards.MESSAGES[kept.decline_code], code=kept.code, decline_code=kept.decline_code
        )
    method.customer = customer
    method.save(update_fields=["customer"])
    events.record([events.Change("payment_method.attached", method)])
    return method


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
    events.record([events.Change("payment_method.detached", method, previous=before)])
    return method


@use_case
def update_payment_method(
    *, payment_method_id: str, given: dict[str, Any], now: datetime
) -> PaymentMethod:
    """Change the billing details, the expiry or the metadata.

    :raises CardDeclined: the new expiry is in the past.
    """
    method = queries.get_payment_method(payment_method_id, for_update=True)
    before = registry.render(method)
    expiry = given.get("card") or {}
    method.exp_month = expiry.get("exp_month", method.exp_month)
    method.exp_year = expiry.get("exp_year", method.exp_year)
    if expiry:
        domain.check_expiry(month=method.exp_month, year=method.exp_year, now=now)
    method.billing_details = {**method.billing_details, **(given.get("billing_details") or {})}
    method.allow_redisplay = given.get("allow_redisplay", method.allow_redisplay)
    if "metadata" in given:
        method.metadata = merge_metadata(method.metadata, given["metadata"])
    method.save()
    events.record([events.Change("payment_method.updated", method, previous=before)])
    return method


def _missing(path: str) -> InvalidParameter:
    return InvalidParameter(
        f"Missing required parameter: {path}.", code="parameter_missing", param=path
    )


def _card_from(details: dict[str, Any], *, path: str) -> cards.TestCard:
    if context.current().environment.livemode:
        raise CardNumberRefused(
            "Cards cannot be sent to a live environment: no processor is set up for it.",
            param=path,
        )
    if "token" in details:
        card = cards.by_token(details["token"])
        if card is None:
            raise Invalid(
                f"No such token: '{details['token']}'",
                code="resource_missing",
                param=f"{path}[token]",
            )
        return card
    if "number" not in details:
        raise _missing(f"{path}[number]")
    number = "".join(details["number"].split())
    if number == cards.INCORRECT_NUMBER:
        raise domain.CardDeclined(
            "Your card number is incorrect.", code="incorrect_number", param="number"
        )
    if number not in cards.BY_NUMBER:
        raise CardNumberRefused(
            "Only the published test card numbers are taken here; a real card number must never be "
            "sent to this API.",
            param=f"{path}[number]",
        )
    return cards.BY_NUMBER[number]


def _create(
    card: cards.TestCard,
    *,
    now: datetime,
    expiry: tuple[int | None, int | None] = (None, None),
    **fields: Any,
) -> PaymentMethod:
    month, year = expiry[0] or now.month, expiry[1] or now.year + TEST_CARD_EXPIRES_IN_YEARS
    domain.check_expiry(month=month, year=year, now=now)
    return PaymentMethod.objects.create(
        id=ids.new_id("pm"),
        account_id=context.current().account_id,
        created_at=now,
        brand=card.brand,
        last4=card.last4,
        exp_month=month,
        exp_year=year,
        funding="debit" if "debit" in card.key else "credit",
        country="US",
        fingerprint=_fingerprint(card),
        token=card.key,
        **fields,
    )


def _fingerprint(card: cards.TestCard) -> str:
    """Return what tells that two payment methods are the same card of one account.

    Keyed by the account, so that accounts cannot compare their customers' cards.
    """
    account = context.current().account_id
    digest = hmac.new(
        settings.SECRET_KEY.encode(), f"{account}:{card.number}".encode(), hashlib.sha256
    )
    return digest.hexdigest()[:16]
