"""SetupIntents: a payment method is made ready for payments at which its owner is not there."""

from datetime import datetime
from typing import Any

from django.db import transaction

from apps.accounts import queries as accounts
from apps.api import registry
from apps.api.params import InvalidParameter, merge_metadata
from apps.core import context, ids
from apps.core.money import Money
from apps.core.use_cases import use_case
from apps.customers import queries as customers
from apps.events import services as events
from apps.payments import domain, processors, queries
from apps.payments.domain import AttemptKind, Move, Status
from apps.payments.models import Attempt, PaymentMethod, SetupAttempt, SetupIntent
from apps.payments.services import attempts, giving_up, mandates, terms, types

PLAIN = ("attach_to_self", "description", "flow_directions", "single_use")
TEXTS = frozenset({"metadata", "description"})
_NEED_CONFIRM = ("mandate_data", "return_url")
_OF_TYPES = terms.OF_TYPES - {"currency"}


def create_setup_intent(*, given: dict[str, Any], now: datetime) -> SetupIntent:
    """Make a SetupIntent; with `confirm`, set its payment method up as well.

    :param given: parameters by name, as `apps.payments.api.shapes.setup.CREATE` parses them.
    :raises CardDeclined: the payment method cannot be set up; the SetupIntent exists.
    :raises Invalid: a parameter names nothing of the caller's, or does not fit the others.
    """
    if given.get("confirm"):
        made: SetupIntent = attempts.carry_out(_create_and_claim(given=given, now=now))
        return made
    for name in _NEED_CONFIRM:
        if name in given:
            raise InvalidParameter(f"{name} needs confirm=true.", param=name)
    return _create(given=given, now=now)


def confirm_setup_intent(*, intent_id: str, given: dict[str, Any], now: datetime) -> SetupIntent:
    """Set the payment method up. Of many callers at once, one does it.

    :raises CardDeclined: it cannot be set up.
    :raises IllegalSetupMove: it is being set up already, or is past it.
    """
    attempt = _claim_confirmation(intent_id=intent_id, given=given, now=now)
    confirmed: SetupIntent = attempts.carry_out(attempt)
    return confirmed


@use_case
def update_setup_intent(*, intent_id: str, given: dict[str, Any], now: datetime) -> SetupIntent:
    """Change what is given; the rest stays.

    :raises IllegalSetupMove: it has ended, or is with the processor. Texts still can change.
    """
    intent = queries.get_setup_intent(intent_id, for_update=True)
    of_terms = set(given) - TEXTS
    if of_terms and Status(intent.status) not in domain.CHANGEABLE:
        raise domain.IllegalSetupMove(
            f"{', '.join(sorted(of_terms))} cannot change any more: "
            f"the status of this SetupIntent is {intent.status}.",
            setup_intent=intent,
        )
    _set_terms(intent, given=given, now=now)
    intent.save()
    return intent  # the wire has no event for this


@use_case
def cancel_setup_intent(*, intent_id: str, reason: str | None, now: datetime) -> SetupIntent:
    """Give it up.

    :raises IllegalSetupMove: it succeeded, was canceled, or is with the processor right now.
    """
    intent = queries.get_setup_intent(intent_id, for_update=True)
    _leave_action(intent, now=now)
    _move(intent, Move.CANCEL)
    intent.canceled_at = now
    intent.cancellation_reason = reason
    intent.save()
    events.record([events.Change("setup_intent.canceled", intent)])
    return intent


@use_case
def _create(*, given: dict[str, Any], now: datetime) -> SetupIntent:
    intent = _new(given, now=now)
    intent.save(force_insert=True)
    events.record([events.Change("setup_intent.created", intent)])
    return intent


@transaction.atomic(durable=True)
def _create_and_claim(*, given: dict[str, Any], now: datetime) -> Attempt:
    intent = _new(given, now=now)
    _check_confirmable(intent)
    # The event tells of it as it was made, before it went to the processor.
    created = events.Change("setup_intent.created", intent, shown=registry.render(intent))
    intent.save(force_insert=True)
    return _claim(intent, given, now=now, changes=[created])


@transaction.atomic(durable=True)
def _claim_confirmation(*, intent_id: str, given: dict[str, Any], now: datetime) -> Attempt:
    intent = queries.get_setup_intent(intent_id, for_update=True)
    if Status(intent.status) not in domain.CHANGEABLE:
        _move(intent, Move.SUBMIT)  # refuses, with the SetupIntent in the error
    _leave_action(intent, now=now)
    _set_terms(intent, given=given, now=now)
    _check_confirmable(intent)
    return _claim(intent, given, now=now, changes=[])


def _claim(
    intent: SetupIntent, given: dict[str, Any], *, now: datetime, changes: list[events.Change]
) -> Attempt:
    """Open the attempt, and show it as a SetupAttempt; store what the confirmation changed."""
    method = intent.payment_method
    assert method is not None
    _move(intent, Move.SUBMIT)
    details = {
        **_order_details(intent, method, given),
        **mandates.prepare(intent, given=given, now=now),
        **types.prepare(intent, given=given, now=now),
    }
    attempt = attempts.open_attempt(
        AttemptKind.SETUP,
        setup_intent=intent,
        money=Money(0, accounts.default_currency()),
        processor=processors.current(livemode=context.current().environment.livemode).name,
        details=details,
        now=now,
        changes=changes,
    )
    intent.latest_attempt = SetupAttempt.objects.create(
        id=ids.new_id("setatt"),
        account_id=intent.account_id,
        created_at=now,
        setup_intent=intent,
        attempt_reference=attempt.id,
        payment_method=method,
        customer_id=intent.customer_id,
        status="processing",
        usage=intent.usage,
        payment_method_details=_details_of(method),
    )
    intent.save()
    return attempt


def _order_details(
    intent: SetupIntent, method: PaymentMethod, given: dict[str, Any]
) -> dict[str, Any]:
    of_card = (intent.payment_method_options or {}).get("card") or {}
    return {
        "token": method.token,
        "method_type": method.type,
        "request_three_d_secure": of_card.get("request_three_d_secure", "automatic"),
        "context": {"payment_method": method.id, "customer": intent.customer_id or ""},
        "use_stripe_sdk": given.get("use_stripe_sdk", False),
    }


def _new(given: dict[str, Any], *, now: datetime) -> SetupIntent:
    intent_id = ids.new_id("seti")
    intent = SetupIntent(
        id=intent_id,
        account_id=context.current().account_id,
        created_at=now,
        status=Status.REQUIRES_PAYMENT_METHOD.value,
        usage=given.get("usage", "off_session"),
        client_secret=f"{intent_id}_secret_{ids.random_text(terms.SECRET_LENGTH)}",
    )
    _set_terms(intent, given=given, now=now)
    return intent


def _set_terms(intent: SetupIntent, given: dict[str, Any], *, now: datetime) -> None:
    """Set what `given` has of the terms.

    :raises Invalid: the customer or the payment method is not the caller's, or they do not fit.
    """
    if set(given) - TEXTS:
        _leave_action(intent, now=now)
    for name in PLAIN:
        if name in given:
            setattr(intent, name, given[name])
    if "payment_method_options" in given:
        intent.payment_method_options = terms.merged_options(
            intent.payment_method_options, given=given["payment_method_options"]
        )
    if "return_url" in given:
        intent.return_url = domain.check_return_url(given["return_url"])
    if "metadata" in given:
        intent.metadata = merge_metadata(intent.metadata, given["metadata"])
    if "customer" in given:
        intent.customer = customers.require_customer(given["customer"])
    if not intent.payment_method_types or _OF_TYPES & set(given):
        types.choose(intent, given=given, currency=None)
    _set_method(intent, given, now=now)


def _set_method(intent: SetupIntent, given: dict[str, Any], *, now: datetime) -> None:
    method = terms.method_given(given, now=now)
    if method is not None:
        if intent.payment_method_id != method.id:
            intent.mandate = intent.single_use_mandate = None
        intent.payment_method = method
        intent.last_setup_error = None
        _move(intent, Move.CHOOSE)
    if intent.payment_method is not None and (method is not None or _OF_TYPES & set(given)):
        terms.check_usable(intent, method=intent.payment_method)


def _check_confirmable(intent: SetupIntent) -> None:
    """Check that there is a payment method to set up, and a way back to the merchant.

    :raises Invalid: there is none.
    """
    if intent.payment_method is None:
        raise domain.IllegalSetupMove(
            "A SetupIntent needs a payment method before it can be confirmed.",
            setup_intent=None if intent._state.adding else intent,
            param="payment_method",
        )
    terms.check_usable(intent, method=intent.payment_method)
    terms.check_way_back(intent)


def _leave_action(intent: SetupIntent, *, now: datetime) -> None:
    """Go back to where it was before the customer was asked to act, if they were."""
    if intent.status == Status.REQUIRES_ACTION:
        giving_up.abandon_action(intent, now=now)
        SetupAttempt.objects.filter(pk=intent.latest_attempt_id).update(status="abandoned")
        intent.next_action = None
        _move(intent, Move.CHOOSE)


def _details_of(method: PaymentMethod) -> dict[str, Any]:
    """Return the payment method as the SetupAttempt shows it."""
    if method.type != "card":
        return {"type": method.type, method.type: {}}
    return {
        "type": "card",
        "card": {
            "brand": method.brand,
            "checks": {
                "address_line1_check": None,
                "address_postal_code_check": None,
                "cvc_check": None,
            },
            "country": method.country,
            "exp_month": method.exp_month,
            "exp_year": method.exp_year,
            "fingerprint": method.fingerprint,
            "funding": method.funding,
            "last4": method.last4,
            "network": method.brand,
            "three_d_secure": None,
            "wallet": None,
        },
    }


def _move(intent: SetupIntent, towards: Move) -> None:
    """Set the status that `towards` leads to.

    :raises IllegalSetupMove: it is refused; the error shows the SetupIntent, as the wire does.
    """
    try:
        intent.status = domain.next_setup_status(Status(intent.status), towards).value
    except domain.IllegalSetupMove as refusal:
        raise domain.IllegalSetupMove(refusal.message, setup_intent=intent) from None
