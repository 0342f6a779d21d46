"""The terms of a payment: set when it is made, changed until a processor has it."""

from datetime import datetime
from typing import Any

from apps.api.params import InvalidParameter, merge_metadata
from apps.core import context, ids
from apps.core.errors import Invalid
from apps.customers import queries as customers
from apps.payments import domain
from apps.payments.domain import CaptureMethod, Move, Status
from apps.payments.models import PaymentIntent, PaymentMethod, SetupIntent
from apps.payments.services import amount_details, giving_up, methods, types

SECRET_LENGTH = 24
# Parameters that are columns of the same name.
PLAIN = (
    "description",
    "receipt_email",
    "setup_future_usage",
    "shipping",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_group",
)
# What may change for as long as the payment exists.
TEXTS = frozenset({"metadata", "description", "receipt_email", "shipping"})
# Any of these may change which kinds of payment method fit.
OF_TYPES = frozenset(
    {
        "allowed_payment_method_types",
        "automatic_payment_methods",
        "currency",
        "customer",
        "excluded_payment_method_types",
        "payment_method_types",
    }
)


_USED_ONCE = frozenset({"three_d_secure"})


def new_intent(given: dict[str, Any], *, now: datetime) -> PaymentIntent:
    """Return a payment with the terms that are given; it is not stored yet.

    :raises Invalid: see `set_terms`.
    """
    intent_id = ids.new_id("pi")
    intent = PaymentIntent(
        id=intent_id,
        account_id=context.current().account_id,
        created_at=now,
        status=Status.REQUIRES_PAYMENT_METHOD.value,
        capture_method=CaptureMethod.AUTOMATIC_ASYNC.value,
        client_secret=f"{intent_id}_secret_{ids.random_text(SECRET_LENGTH)}",
    )
    set_terms(intent, given=given, now=now)
    return intent


def set_terms(intent: PaymentIntent, *, given: dict[str, Any], now: datetime) -> None:
    """Set what `given` has of the terms of a payment.

    A customer who was asked to act agreed to other terms: they will not be asked any more.

    :raises Invalid: the customer or the payment method is not the caller's, or they do not fit.
    """
    if set(given) - TEXTS:
        leave_action(intent, now=now)
    for name in PLAIN:
        if name in given:
            setattr(intent, name, given[name])
    if "payment_method_options" in given:
        intent.payment_method_options = merged_options(
            intent.payment_method_options, given=given["payment_method_options"]
        )
    intent.amount_minor = given.get("amount", intent.amount_minor)
    if "amount_details" in given or ("amount" in given and intent.amount_details is not None):
        intent.amount_details = amount_details.merged(
            intent.amount_details,
            given=given.get("amount_details", {}),
            amount_minor=intent.amount_minor,
        )
    intent.currency = given.get("currency", intent.currency)
    intent.capture_method = given.get("capture_method", intent.capture_method)
    intent.confirmation_method = given.get("confirmation_method", intent.confirmation_method)
    if "return_url" in given:
        intent.return_url = domain.check_return_url(given["return_url"])
    if "metadata" in given:
        intent.metadata = merge_metadata(intent.metadata, given["metadata"])
    if "customer" in given:
        intent.customer = customers.require_customer(given["customer"])
    if not intent.payment_method_types or OF_TYPES & set(given):
        types.choose(intent, given=given, currency=intent.currency)
    _set_method(intent, given, now=now)


def leave_action(intent: PaymentIntent, *, now: datetime) -> None:
    """Go back to where the payment was before its customer was asked to act, if they were."""
    if intent.status == Status.REQUIRES_ACTION:
        giving_up.abandon_action(intent, now=now)
        intent.next_action = None
        move(intent, towards=Move.CHOOSE)


def move(intent: PaymentIntent, *, towards: Move) -> None:
    """Set the status that `towards` leads to.

    :raises IllegalMove: it is refused; the error shows the intent, as the wire does.
    """
    try:
        intent.status = domain.next_status(Status(intent.status), towards).value
    except domain.IllegalMove as refusal:
        raise domain.IllegalMove(refusal.message, payment_intent=intent) from None


def require_method(intent: PaymentIntent) -> None:
    """Check that the payment can be confirmed with the payment method that it has.

    :raises Invalid: it has none, or may not use it (any more).
    """
    if intent.payment_method is None:
        raise domain.IllegalMove(
            "A PaymentIntent needs a payment method before it can be confirmed.",
            payment_intent=None if intent._state.adding else intent,
            param="payment_method",
        )
    # It may have been attached or detached since it was chosen.
    check_usable(intent, method=intent.payment_method)


def check_usable(subject: PaymentIntent | SetupIntent, *, method: PaymentMethod) -> None:
    """Check that a payment, or a set-up, may use a payment method.

    :raises Invalid: it was detached, is another customer's, or of a kind that is not taken.
    """
    methods.check_not_detached(method)
    name = "PaymentIntent" if isinstance(subject, PaymentIntent) else "SetupIntent"
    if method.customer_id is not None and method.customer_id != subject.customer_id:
        raise Invalid(
            f"This PaymentMethod is attached to a customer: the {name} must be that customer's.",
            code="payment_method_customer_mismatch",
            param="payment_method",
        )
    types.check(subject, method=method)


def check_way_back(subject: PaymentIntent | SetupIntent) -> None:
    """Check that a customer who may be led to another page can come back.

    :raises InvalidParameter: there is no `return_url`.
    """
    automatic = subject.automatic_payment_methods or {}
    if automatic.get("allow_redirects") == "always" and subject.return_url is None:
        raise InvalidParameter(
            "A kind of payment method that fits may lead the customer to another page: give the "
            "return_url to which they come back, or set "
            "automatic_payment_methods[allow_redirects]=never.",
            code="parameter_missing",
            param="return_url",
        )


def merged_options(
    present: dict[str, Any] | None, *, given: dict[str, Any]
) -> dict[str, Any] | None:
    """Return the options of each kind of payment method; None for a kind removes its options.

    The proof of an authentication that happened elsewhere is not kept: it serves once.
    """
    merged = dict(present or {})
    for kind, options in given.items():
        kept = {name: value for name, value in (options or {}).items() if name not in _USED_ONCE}
        merged[kind] = {**merged.get(kind, {}), **kept} if options is not None else None
    return {kind: options for kind, options in merged.items() if options is not None} or None


def method_given(given: dict[str, Any], *, now: datetime) -> PaymentMethod | None:
    """Return the payment method that a request names or describes; None: neither.

    :raises Invalid: it names none of the caller's, or both.
    """
    if "payment_method_data" in given:
        if given.get("payment_method"):
            raise InvalidParameter(
                "Name a payment_method or describe one with payment_method_data: not both.",
                param="payment_method_data",
            )
        return methods.make(given["payment_method_data"], now=now, param="payment_method_data")
    if given.get("payment_method"):
        return methods.resolve(given["payment_method"], now=now)
    return None


def _set_method(intent: PaymentIntent, given: dict[str, Any], *, now: datetime) -> None:
    method = method_given(given, now=now)
    if method is None and "payment_method" in given:
        intent.payment_method = None
        intent.authentication_id = None
        intent.mandate = None
        move(intent, towards=Move.LET_GO)
    elif method is not None:
        if intent.payment_method_id != method.id:
            intent.authentication_id = None
            intent.mandate = None
        intent.payment_method = method
        check_usable(intent, method=method)
        intent.last_payment_error = None
        move(intent, towards=Move.CHOOSE)
    elif intent.payment_method is not None and OF_TYPES & set(given):
        check_usable(intent, method=intent.payment_method)
