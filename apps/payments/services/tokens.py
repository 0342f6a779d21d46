"""Tokens: a card or a bank account, sent by whoever has its number, used once by the merchant."""

from datetime import datetime
from typing import Any

from apps.api.params import InvalidParameter
from apps.core import context, ids
from apps.core.use_cases import use_case
from apps.customers import queries as customers
from apps.payments import queries
from apps.payments.models import Token
from apps.payments.services import materials
from apps.payments.services.materials import Material

_EXCLUSIVE = ("card", "bank_account", "cvc_update")


@use_case
def create_token(*, given: dict[str, Any], now: datetime) -> Token:
    """Make a token of a card or a bank account that is sent, or that a customer has.

    :param given: one of `card`, `bank_account` and `cvc_update`; with `customer`, the id of a card
        or a bank account of theirs, or nothing: then it is the one they pay with by default.
    :raises CardNumberRefused: the environment is live, or the number is no published test card.
    :raises AccountNumberRefused: the same, of a bank account.
    :raises CardDeclined: the number is wrong, or the card has expired.
    :raises InvalidParameter: nothing is given to make it of, or too much.
    """
    names = [name for name in _EXCLUSIVE if name in given]
    if len(names) > 1:
        raise InvalidParameter(
            f"A token is made of one thing: give {names[0]} or {names[1]}.", param=names[1]
        )
    if "cvc_update" in given:
        # The code is checked by the shape, and kept nowhere.
        return _create("cvc_update", now=now)
    return _token_of(_material(given, now=now), now=now)


def _material(given: dict[str, Any], *, now: datetime) -> Material:
    if "customer" in given:
        return _of_customer(given)
    for name in ("card", "bank_account"):
        if name in given and isinstance(given[name], str):
            raise InvalidParameter(
                f"An id of a {name} goes with the customer who has it.", param="customer"
            )
    if "card" in given:
        return materials.from_card(given["card"], path="card", now=now)
    if "bank_account" in given:
        return materials.from_bank_account(given["bank_account"], path="bank_account")
    raise InvalidParameter(
        "A token is made of a card or a bank_account.", code="parameter_missing", param="card"
    )


def _of_customer(given: dict[str, Any]) -> Material:
    """Return what a card or a bank account of a customer was made of."""
    customer = customers.require_customer(given["customer"])
    name = next((name for name in ("card", "bank_account") if name in given), "card")
    source_id = given.get(name) or customer.default_source_id
    if source_id is not None and not isinstance(source_id, str):
        raise InvalidParameter(f"With a customer, {name} is the id of theirs.", param=name)
    source = queries.find_source(source_id or "", customer_id=customer.id)
    if source is None or source.payment_method is None or source.kind == "source":
        raise InvalidParameter(
            f"The customer has no such {name}.", code="resource_missing", param=name
        )
    return materials.of_method(source.payment_method, facts=source.details)


def _token_of(material: Material, *, now: datetime) -> Token:
    return _create(
        material.kind,
        now=now,
        token=material.columns["token"],
        object_id=ids.new_id(materials.PREFIXES[material.kind]),
        facts={"columns": material.columns, "owner": material.owner, "facts": material.facts},
    )


def _create(kind: str, *, now: datetime, **columns: Any) -> Token:
    return Token.objects.create(
        id=ids.new_id("tok"),
        account_id=context.current().account_id,
        created_at=now,
        type=kind,
        **columns,
    )
