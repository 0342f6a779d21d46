"""Debits of bank accounts: what a confirmation needs before the bank is asked."""

from typing import Any

from apps.api.params import InvalidParameter
from apps.core.errors import Invalid
from apps.payments.domain import CaptureMethod, accounts
from apps.payments.models import Mandate, PaymentIntent, PaymentMethod, SetupIntent


def prepare(subject: PaymentIntent | SetupIntent, **_: object) -> dict[str, Any]:
    """Check that the account may be debited, and under which permission. See `types.Prepare`.

    :raises InvalidParameter: there is no mandate, or it cannot be captured later.
    :raises WrongCurrency: the account has another currency.
    :raises Invalid: the account could not be verified.
    """
    method = subject.payment_method
    assert method is not None
    if isinstance(subject, PaymentIntent):
        accounts.check_debit_currency(method.type, subject.currency)
        if subject.capture_method == CaptureMethod.MANUAL:
            raise InvalidParameter(
                f"Payments with {method.type} are captured at once: nothing is authorised first.",
                param="capture_method",
            )
    _require_mandate(subject, method)
    if method.type == "sepa_debit":
        return {"is_authenticated": True}
    _check_verifiable(subject, method)
    return {"is_authenticated": method.verified_at is not None}


def _require_mandate(subject: PaymentIntent | SetupIntent, method: PaymentMethod) -> None:
    """Find the permission that the customer gave, now or before.

    :raises InvalidParameter: they gave none.
    """
    if subject.mandate_id is not None:
        return
    if isinstance(subject, SetupIntent) and subject.single_use_mandate_id is not None:
        return
    given_before = Mandate.objects.filter(payment_method=method, status="active", type="multi_use")
    subject.mandate = given_before.order_by("-id").first()
    if subject.mandate is None:
        raise InvalidParameter(
            f"A {method.type} is debited with the customer's permission alone: say in mandate_data "
            "how they gave it.",
            code="parameter_missing",
            param="mandate_data",
        )


def _check_verifiable(subject: PaymentIntent | SetupIntent, method: PaymentMethod) -> None:
    """Check that an account that is not verified can be.

    :raises Invalid: it was told wrong too often, or the merchant does not want micro-deposits.
    """
    if method.verified_at is not None:
        return
    if method.verification_failures >= accounts.DEPOSIT_TRIES:
        raise Invalid(
            "This bank account could not be verified: the micro-deposits were told wrong too "
            "often. Collect it again.",
            code="payment_method_microdeposit_verification_attempts_exceeded",
            param="payment_method",
        )
    options = (subject.payment_method_options or {}).get("us_bank_account") or {}
    if options.get("verification_method") == "instant":
        raise InvalidParameter(
            "This bank account is not verified, and bank accounts are not linked here: it takes "
            "micro-deposits.",
            param="payment_method_options[us_bank_account][verification_method]",
        )
