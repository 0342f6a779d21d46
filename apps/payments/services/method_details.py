"""What payment methods are made of, by their type: the columns that a request, or a name, gives.

Numbers come in here and go no further: what is kept is the processor's token and what may be shown.
"""

import hashlib
import hmac
from datetime import datetime
from typing import Any, Final

from django.conf import settings

from apps.api.params import InvalidParameter
from apps.core import context
from apps.core.errors import Invalid
from apps.payments import domain
from apps.payments.domain import accounts
from apps.payments.processors import banks, cards
from apps.payments.services.spending import is_token, spend

Columns = dict[str, Any]

TEST_CARD_EXPIRES_IN_YEARS: Final = 4
# The processor's name for the cash of whichever customer pays.
CASH: Final = "cash"
_TYPES: Final = ("card", "customer_balance", "sepa_debit", "us_bank_account")


class CardNumberRefused(Invalid):
    """A card number that may not be sent here. The number itself is never repeated."""

    code = "card_number_refused"


class AccountNumberRefused(Invalid):
    """A bank account number that may not be sent here. The number itself is never repeated."""

    code = "account_number_refused"


def columns_of(given: dict[str, Any], *, param: str, now: datetime) -> Columns:
    """Return what a payment method of `given["type"]` is made of.

    :param param: the parameter that holds `given`, if it is not the whole request.
    :raises CardNumberRefused: the environment is live, or the number is not a published test card.
    :raises AccountNumberRefused: the same, of a bank account.
    :raises InvalidParameter: the details of the type are missing, or those of another are given.
    """
    kind = given["type"]
    paths = {name: f"{param}[{name}]" if param else name for name in _TYPES}
    for name in _TYPES:
        if name != kind and name in given:
            raise InvalidParameter(f"{name} does not go with type={kind}.", param=paths[name])
    if kind == "customer_balance":
        return {"type": kind, "token": CASH}
    if kind not in given:
        raise missing(paths[kind])
    details, path = given[kind], paths[kind]
    match kind:
        case "card":
            if is_token(details.get("token")):
                # Made by `tokens.create_token`: what it stands for was kept then.
                token = spend(details["token"], kind="card", param=f"{path}[token]", now=now)
                columns: Columns = token.facts["columns"]
                return columns
            card = card_from(details, path=path)
            expiry = (details.get("exp_month"), details.get("exp_year"))
            preferred = (details.get("networks") or {}).get("preferred")
            return card_columns(card, now=now, expiry=expiry, preferred=preferred)
        case "sepa_debit":
            return account_columns(account_from_iban(details["iban"], path=f"{path}[iban]"))
        case _:
            account = us_account_from(details, path=path)
            return account_columns(
                account,
                account_holder_type=details.get("account_holder_type"),
                account_type=details.get("account_type"),
            )


def preset(payment_method_id: str, *, now: datetime) -> Columns | None:
    """Return what `pm_card_…`, `pm_usBankAccount_…` or `pm_sepaDebit_…` is made of, in a sandbox.

    An account that is named so is verified already, unless micro-deposits never arrive there.
    """
    if context.current().environment.livemode:
        return None
    card = cards.by_payment_method_id(payment_method_id)
    if card is not None:
        return card_columns(card, now=now)
    account = banks.by_payment_method_id(payment_method_id)
    if account is None:
        return None
    return account_columns(account, verified_at=now if account.is_deposited else None)


def card_from(details: dict[str, Any], *, path: str) -> cards.TestCard:
    """Return the test card of a `number` or a `token`.

    :raises CardNumberRefused: see `columns_of`.
    """
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
        raise missing(f"{path}[number]")
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


def us_account_from(details: dict[str, Any], *, path: str) -> banks.TestAccount:
    """Return the test account of an `account_number` and a `routing_number`.

    :raises AccountNumberRefused: see `columns_of`.
    """
    for name in ("account_number", "routing_number"):
        if name not in details:
            raise missing(f"{path}[{name}]")
    account = _account(banks.US, details["account_number"], path=f"{path}[account_number]")
    if details["routing_number"].replace("-", "") != banks.ROUTING_NUMBER:
        raise Invalid(
            f"The routing number of the test accounts is {banks.ROUTING_NUMBER}.",
            code="routing_number_invalid",
            param=f"{path}[routing_number]",
        )
    return account


def account_from_iban(iban: str, *, path: str) -> banks.TestAccount:
    """Return the test account of an IBAN, in any case and with or without blanks.

    :raises AccountNumberRefused: see `columns_of`.
    """
    return _account(banks.SEPA, iban.upper(), path=path)


def card_columns(
    card: cards.TestCard,
    *,
    now: datetime,
    expiry: tuple[int | None, int | None] = (None, None),
    preferred: str | None = None,
) -> Columns:
    """Return what a payment method of a test card is made of.

    :param preferred: the network that the customer would rather use.
    :raises CardDeclined: the card has expired.
    """
    month, year = expiry[0] or now.month, expiry[1] or now.year + TEST_CARD_EXPIRES_IN_YEARS
    domain.check_expiry(month=month, year=year, now=now)
    return {
        "type": "card",
        "brand": card.brand,
        "last4": card.last4,
        "exp_month": month,
        "exp_year": year,
        "funding": "debit" if "debit" in card.key else "credit",
        "country": "US",
        "fingerprint": fingerprint(card.number),
        "token": card.key,
        "details": {"preferred_network": preferred} if preferred else {},
    }


def account_columns(
    account: banks.TestAccount,
    *,
    account_holder_type: str | None = None,
    account_type: str | None = None,
    verified_at: datetime | None = None,
) -> Columns:
    """Return what a payment method of a test account is made of."""
    columns = {
        "type": account.type,
        "last4": account.last4,
        "fingerprint": fingerprint(account.number),
        "token": account.token,
        "verified_at": verified_at,
    }
    if account.type == banks.SEPA:
        read = accounts.read_iban(account.number)
        details = {"bank_code": read.bank_code, "branch_code": read.branch_code}
        return {**columns, "country": read.country, "details": details}
    details = {
        "account_holder_type": account_holder_type or "individual",
        "account_type": account_type or "checking",
        "bank_name": banks.BANK_NAME,
        "routing_number": banks.ROUTING_NUMBER,
    }
    return {**columns, "country": "US", "details": details}


def fingerprint(number: str) -> str:
    """Return what tells that two payment methods are the same card or account of one merchant.

    Keyed by the merchant's account, so that merchants cannot compare their customers' numbers.
    """
    account = context.current().account_id
    digest = hmac.new(settings.SECRET_KEY.encode(), f"{account}:{number}".encode(), hashlib.sha256)
    return digest.hexdigest()[:16]


def missing(path: str) -> InvalidParameter:
    """Return the refusal of a request without the parameter at `path`."""
    return InvalidParameter(
        f"Missing required parameter: {path}.", code="parameter_missing", param=path
    )


def _account(kind: str, number: str, *, path: str) -> banks.TestAccount:
    if context.current().environment.livemode:
        raise AccountNumberRefused(
            "Bank accounts cannot be sent to a live environment: no processor is set up for it.",
            param=path,
        )
    account = banks.BY_NUMBER.get((kind, "".join(number.split())))
    if account is None:
        raise AccountNumberRefused(
            "Only the published test account numbers are taken here.", param=path
        )
    return account
