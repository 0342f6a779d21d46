"""Kinds of payment method: which a payment or a set-up takes, and what each needs to begin."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Protocol

from apps.api.params import InvalidParameter
from apps.core.errors import Invalid
from apps.payments.models import PaymentIntent, PaymentMethod, SetupIntent
from apps.payments.services import bank_debits, bank_transfers

# Debits of a bank account take the currency of the account.
_DEBITS: Final = {"usd": "us_bank_account", "eur": "sepa_debit"}


class Prepare(Protocol):
    """Checks that a confirmation can begin, and writes what it needs beforehand (a mandate).

    Part of the claim's transaction; the payment method is chosen and fits.
    """

    def __call__(
        self, subject: PaymentIntent | SetupIntent, *, given: dict[str, Any], now: datetime
    ) -> dict[str, Any]:
        """Return what `Attempt.details` says besides what every attempt does.

        :param given: the parameters of the request.
        """
        ...


# By kind of payment method; one that is not here needs nothing.
ON_CONFIRM: Final[Mapping[str, Prepare]] = {
    "customer_balance": bank_transfers.prepare,
    "sepa_debit": bank_debits.prepare,
    "us_bank_account": bank_debits.prepare,
}


def prepare(
    subject: PaymentIntent | SetupIntent, *, given: dict[str, Any], now: datetime
) -> dict[str, Any]:
    """Do what the kind of the payment method needs before it is confirmed; see `Prepare`."""
    assert subject.payment_method is not None
    make_ready = ON_CONFIRM.get(subject.payment_method.type)
    return {} if make_ready is None else make_ready(subject, given=given, now=now)


def choose(
    subject: PaymentIntent | SetupIntent, *, given: dict[str, Any], currency: str | None
) -> None:
    """Set which kinds `subject` takes: those that are named, or all that fit, or cards.

    :param currency: of the payment; None: any, because no money moves yet.
    :raises InvalidParameter: kinds are named and left to us as well, or none is left.
    """
    automatic = given.get("automatic_payment_methods")
    if automatic is not None:
        subject.automatic_payment_methods = {
            "allow_redirects": automatic.get("allow_redirects", "always"),
            "enabled": True,
        }
    if automatic is not None and not automatic["enabled"]:
        subject.automatic_payment_methods = None
    types = given.get("payment_method_types")
    if types is not None and automatic is not None and automatic["enabled"]:
        raise InvalidParameter(
            "Name the payment_method_types, or leave them to automatic_payment_methods: not both.",
            param="payment_method_types",
        )
    if types is not None:
        subject.automatic_payment_methods = None
    elif subject.automatic_payment_methods is not None:
        types = _fitting(currency=currency, has_customer=subject.customer_id is not None)
    for name in ("allowed_payment_method_types", "excluded_payment_method_types"):
        if name in given:
            setattr(subject, name, given[name] or None)
    _set(subject, types or subject.payment_method_types or ["card"])


def check(subject: PaymentIntent | SetupIntent, *, method: PaymentMethod) -> None:
    """Check that `subject` takes payment methods of this kind.

    :raises Invalid: it does not.
    """
    if method.type in subject.payment_method_types:
        return
    is_payment = isinstance(subject, PaymentIntent)
    raise Invalid(
        f"The PaymentMethod is of the type {method.type}, and this "
        f"{'PaymentIntent' if is_payment else 'SetupIntent'} takes "
        f"{', '.join(subject.payment_method_types)}.",
        code="payment_intent_invalid_parameter" if is_payment else "setup_intent_invalid_parameter",
        param="payment_method",
    )


def _fitting(*, currency: str | None, has_customer: bool) -> list[str]:
    if currency is None:
        return ["card", *_DEBITS.values()]
    types = ["card", *(name for of, name in _DEBITS.items() if of == currency)]
    return [*types, "customer_balance"] if has_customer else types


def _set(subject: PaymentIntent | SetupIntent, types: list[str]) -> None:
    allowed = subject.allowed_payment_method_types
    excluded = subject.excluded_payment_method_types or ()
    kept = [
        one
        for one in dict.fromkeys(types)
        if one not in excluded and (allowed is None or one in allowed)
    ]
    if not kept:
        raise InvalidParameter(
            "No kind of payment method is left that could be used.", param="payment_method_types"
        )
    subject.payment_method_types = kept
