"""What a card or a bank account comes to that is sent in the older words of the wire.

It is sent with its number, or named by a token; what is kept of it is the same.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from apps.core import context
from apps.core.errors import Invalid
from apps.payments.models import PaymentMethod, Token
from apps.payments.processors import banks, cards
from apps.payments.services import method_details
from apps.payments.services.method_details import Columns
from apps.payments.services.spending import spend

CARD, BANK_ACCOUNT = "card", "bank_account"
PREFIXES: Final = {CARD: "card", BANK_ACCOUNT: "ba"}
ADDRESS: Final = {
    "address_city": "city",
    "address_country": "country",
    "address_line1": "line1",
    "address_line2": "line2",
    "address_state": "state",
    "address_zip": "postal_code",
}
# The accounts that every sandbox has are named by these, and what is special about them.
_BANK_TOKEN, _VERIFIED = "btok_us", "_verified"


@dataclass(frozen=True, slots=True)
class Material:
    """What is kept of a card or a bank account.

    :ivar kind: `card` or `bank_account`.
    :ivar columns: what a payment method of it is made of.
    :ivar owner: `name` and `address`, by the words of billing details.
    :ivar facts: what is shown beside: `account_holder_name`, `currency`, `cvc_check`.
    :ivar object_id: the id that it is known by already, if it is.
    """

    kind: str
    columns: Columns
    owner: dict[str, Any] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    object_id: str = ""


def from_card(given: dict[str, Any], *, path: str, now: datetime) -> Material:
    """Return what a card comes to that was sent with its number.

    :param given: `number`, `exp_month`, `exp_year`, `cvc`, `name`, `address_line1`, …
    :param path: of the parameter.
    :raises CardNumberRefused: the environment is live, or the number is no published test card.
    :raises CardDeclined: the number is wrong, or the card has expired.
    """
    card = method_details.card_from(given, path=path)
    preferred = (given.get("networks") or {}).get("preferred")
    expiry = (given.get("exp_month"), given.get("exp_year"))
    columns = method_details.card_columns(card, now=now, expiry=expiry, preferred=preferred)
    facts = {"currency": given.get("currency"), "cvc_check": None}
    if "cvc" in given:
        facts["cvc_check"] = "fail" if card.code == "incorrect_cvc" else "pass"
    return Material(CARD, columns, owner=owner_of(given), facts=facts)


def from_bank_account(given: dict[str, Any], *, path: str) -> Material:
    """Return what a bank account comes to that was sent with its number.

    :param given: `account_number`, `routing_number`, `country`, `account_holder_name`, …
    :param path: of the parameter.
    :raises AccountNumberRefused: the environment is live, or the number is no published one.
    :raises Invalid: it is in another country or currency than a test account can be.
    """
    if given["country"].upper() != "US" or given.get("currency", "usd") != "usd":
        raise Invalid(
            "Bank accounts of this kind are in the United States and in US dollars; for others use "
            "a PaymentMethod of the type sepa_debit.",
            param=f"{path}[country]" if given["country"].upper() != "US" else f"{path}[currency]",
        )
    account = method_details.us_account_from(given, path=path)
    columns = method_details.account_columns(
        account,
        account_holder_type=given.get("account_holder_type"),
        account_type=given.get("account_type"),
    )
    name = given.get("account_holder_name")
    facts = {"account_holder_name": name, "currency": "usd"}
    return Material(BANK_ACCOUNT, columns, owner={"name": name} if name else {}, facts=facts)


def from_token(token_id: str, *, param: str, now: datetime, kind: str = "") -> Material:
    """Return what a token stands for, and use the token up; `tok_visa` and the like are not.

    :param kind: what it has to be of; empty: a card or a bank account.
    :raises Invalid: there is no such token, it was used, or it is of something else.
    """
    preset = _preset(token_id, now=now)
    if preset is not None and kind in ("", preset.kind):
        return preset
    return of_token(spend(token_id, kind=kind, param=param, now=now))


def of_token(token: Token) -> Material:
    """Return what was kept when a token was made."""
    return Material(
        token.type,
        token.facts["columns"],
        owner=token.facts["owner"],
        facts=token.facts["facts"],
        object_id=token.object_id,
    )


def account_of_token(token_id: str, *, param: str, now: datetime) -> tuple[str, dict[str, Any]]:
    """Use up a token of a bank account; return the bank's name for it, and who holds it.

    :raises Invalid: see `from_token`.
    """
    material = from_token(token_id, param=param, kind=BANK_ACCOUNT, now=now)
    details = material.columns["details"]
    holder = {name: details.get(name) for name in ("account_holder_type", "account_type")}
    name = material.facts.get("account_holder_name")
    return material.columns["token"], {**holder, "account_holder_name": name}


def of_method(method: PaymentMethod, *, facts: dict[str, Any]) -> Material:
    """Return what a payment method was made of, to make a token of it."""
    kind = CARD if method.type == "card" else BANK_ACCOUNT
    names = (
        *("type", "brand", "last4", "exp_month", "exp_year", "funding", "country"),
        *("fingerprint", "token", "details"),
    )
    columns = {name: getattr(method, name) for name in names}
    owner = {
        name: method.billing_details[name]
        for name in ("name", "address")
        if method.billing_details.get(name)
    }
    return Material(kind, columns, owner=owner, facts=facts)


def owner_of(given: dict[str, Any]) -> dict[str, Any]:
    """Return `name` and `address` of what has them as `name`, `address_line1`, …"""
    owner: dict[str, Any] = {}
    if given.get("name"):
        owner["name"] = given["name"]
    address = {ADDRESS[name]: value for name, value in given.items() if name in ADDRESS}
    if address:
        owner["address"] = address
    return owner


def _preset(token_id: str, *, now: datetime) -> Material | None:
    if context.current().environment.livemode:
        return None
    card = cards.by_token(token_id)
    if card is not None:
        card_facts = {"currency": None, "cvc_check": None}
        return Material(CARD, method_details.card_columns(card, now=now), facts=card_facts)
    account, is_verified = _bank_account(token_id)
    if account is None:
        return None
    verified_at = now if is_verified else None
    columns = method_details.account_columns(account, verified_at=verified_at)
    facts: dict[str, Any] = {"account_holder_name": None, "currency": "usd"}
    return Material(BANK_ACCOUNT, columns, facts=facts)


def _bank_account(token_id: str) -> tuple[banks.TestAccount | None, bool]:
    """Return the account of `btok_us`, `btok_us_verified` or `btok_us_verified_noAccount`.

    And whether its owner needs no micro-deposits.
    """
    if not token_id.startswith(_BANK_TOKEN):
        return None, False
    words = token_id.removeprefix(_BANK_TOKEN)
    is_verified = words.startswith(_VERIFIED)
    key = words.removeprefix(_VERIFIED).removeprefix("_") or "success"
    return banks.by_payment_method_id(f"pm_usBankAccount_{key}"), is_verified
