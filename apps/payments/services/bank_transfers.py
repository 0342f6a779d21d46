"""Payments by bank transfer: what a confirmation needs before the customer is told where to."""

from typing import Any, Final

from apps.api.params import InvalidParameter
from apps.core.errors import Invalid
from apps.payments import domain
from apps.payments.domain import CaptureMethod
from apps.payments.models import PaymentIntent, SetupIntent

_OPTIONS: Final = "payment_method_options[customer_balance]"


def prepare(subject: PaymentIntent | SetupIntent, **_: object) -> dict[str, Any]:
    """Check that the customer can be told how to transfer the money. See `types.Prepare`.

    :raises Invalid: nobody, or nothing, is there to be transferred from.
    :raises WrongTransfer: the currency does not come by this kind of transfer.
    """
    if isinstance(subject, SetupIntent):
        raise Invalid(
            "A PaymentMethod of the type customer_balance is not set up: the customer makes every "
            "transfer themselves.",
            code="setup_intent_invalid_parameter",
            param="payment_method",
        )
    if subject.customer_id is None:
        raise _missing("customer")
    if subject.capture_method == CaptureMethod.MANUAL:
        raise InvalidParameter(
            "Payments with customer_balance are captured at once: nothing is authorised first.",
            param="capture_method",
        )
    if subject.setup_future_usage is not None:
        raise InvalidParameter(
            "A PaymentMethod of the type customer_balance cannot be kept for later payments.",
            param="setup_future_usage",
        )
    options = (subject.payment_method_options or {}).get("customer_balance") or {}
    for name in ("funding_type", "bank_transfer"):
        if not options.get(name):
            raise _missing(f"{_OPTIONS}[{name}]")
    transfer = options["bank_transfer"]
    domain.country_of_transfer(
        transfer["type"],
        currency=subject.currency,
        country=(transfer.get("eu_bank_transfer") or {}).get("country"),
        param=f"{_OPTIONS}[bank_transfer]",
    )
    return {}


def _missing(path: str) -> InvalidParameter:
    return InvalidParameter(
        f"Missing required parameter: {path}.", code="parameter_missing", param=path
    )
