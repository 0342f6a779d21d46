"""Cards, bank accounts and sources of the old kind that customers keep, each with what is charged.

Each of them is another door to a payment method: it comes and goes with it.
"""

from datetime import datetime
from typing import Any, Final

from apps.api import registry
from apps.api.params import InvalidParameter, merge_metadata
from apps.core import ids
from apps.core.errors import DomainError, Invalid
from apps.core.use_cases import use_case
from apps.customers import queries as customers
from apps.events import services as events
from apps.events.services import Change
from apps.payments import domain, queries
from apps.payments.models import PaymentMethod, Source
from apps.payments.models.sources import SOURCE_KINDS
from apps.payments.processors import banks
from apps.payments.services import materials, methods, other_doors
from apps.payments.services.materials import BANK_ACCOUNT, CARD, Material

CREATED, UPDATED = "customer.source.created", "customer.source.updated"
# What may be changed of each kind; `metadata` of all.
_CHANGEABLE: Final = {
    "card": frozenset({"name", "exp_month", "exp_year", *materials.ADDRESS}),
    "bank_account": frozenset({"account_holder_name", "account_holder_type"}),
    "source": frozenset({"owner"}),
}


class NotVerified(Invalid):
    """The amounts of the micro-deposits were told wrong."""

    code = "bank_account_verification_failed"


@use_case
def create_customer_source(
    *,
    customer_id: str,
    given: dict[str, Any],
    kinds: tuple[str, ...] = SOURCE_KINDS,
    now: datetime,
) -> Source:
    """Give a customer a card, a bank account or a source; the first is the one they pay with.

    :param given: one of `source`, `card` and `bank_account`; `metadata`.
    :raises NotFound: there is no such customer, or it is deleted.
    :raises DomainError: see `attach`.
    """
    named = [name for name in ("source", "card", "bank_account") if name in given]
    if len(named) != 1:
        raise InvalidParameter(
            "Give one of source, card and bank_account.",
            code=None if named else "parameter_missing",
            param=named[1] if named else "source",
        )
    customer = customers.get_living_customer(customer_id, for_update=True)
    before = registry.render(customer)
    made, told = attach(customer, given=given[named[0]], param=named[0], kinds=kinds, now=now)
    if "metadata" in given:
        made.metadata = merge_metadata(made.metadata, given["metadata"])
        made.save(update_fields=["metadata"])
    if customer.default_source_id is None:
        customer.default_source_id = made.id
        customer.save(update_fields=["default_source_id"])
    events.record([*told, Change("customer.updated", customer, previous=before)])
    return made


def attach(
    customer: Any,
    *,
    given: str | dict[str, Any],
    param: str,
    kinds: tuple[str, ...] = SOURCE_KINDS,
    now: datetime,
) -> tuple[Source, list[Change]]:
    """Give a customer, whose row is locked, what is named or sent, in the caller's transaction.

    :param given: the id of a token or a source, or a card or a bank account with its number.
    :param param: the parameter that holds it.
    :param kinds: what it may be.
    :returns: what there is now, and what is to be told.
    :raises Invalid: it names nothing that is free to be used, or something of another kind.
    :raises CardDeclined: the card refuses to be kept.
    """
    if isinstance(given, str) and given.startswith("src_"):
        source = _free_source(given, param=param)
    else:
        source = _kept(customer, _material(given, param=param, kinds=kinds, now=now), now=now)
    if source.kind not in kinds:
        raise Invalid(f"This is a {source.type} and cannot be used here.", param=param)
    method = source.payment_method
    assert method is not None, "What belongs to a customer can be charged."
    methods.check_attachable(method)
    source.customer = method.customer = customer
    source.save(update_fields=["customer"])
    method.save(update_fields=["customer"])
    return source, [Change(CREATED, source), Change("payment_method.attached", method)]


@use_case
def update_customer_source(
    *,
    source_id: str,
    customer_id: str,
    given: dict[str, Any],
    kinds: tuple[str, ...],
    now: datetime,
) -> Source:
    """Change what may be changed of a card, a bank account or a source.

    :raises NotFound: the customer has none with this id.
    :raises InvalidParameter: a parameter is of another kind.
    :raises CardDeclined: the new expiry is in the past.
    """
    source = queries.get_source(source_id, customer_id=customer_id, kinds=kinds, for_update=True)
    for name in given:
        if name != "metadata" and name not in _CHANGEABLE[source.kind]:
            raise InvalidParameter(f"{name} does not go with a {source.kind}.", param=name)
    before = registry.render(source)
    change(source, given=given, now=now)
    events.record([Change(UPDATED, source, previous=before)])
    return source


def change(source: Source, *, given: dict[str, Any], now: datetime) -> None:
    """Change a card, a bank account or a source whose row is locked, with its payment method.

    :raises CardDeclined: the new expiry is in the past.
    """
    if "metadata" in given:
        source.metadata = merge_metadata(source.metadata, given["metadata"])
    owner = {**materials.owner_of(given), **(given.get("owner") or {})}
    if "account_holder_name" in given:
        source.details = {**source.details, "account_holder_name": given["account_holder_name"]}
        owner["name"] = given["account_holder_name"]
    assert source.payment_method is not None, "What is changed can be charged."
    # Read again under a lock: it may be changed through its own door at the same time.
    method = queries.get_payment_method(source.payment_method.id, for_update=True)
    source.payment_method = method
    if "address" in owner:
        owner["address"] = {**(method.billing_details.get("address") or {}), **owner["address"]}
    if source.kind == "source":
        source.owner = {**source.owner, **owner}
    source.save(update_fields=["metadata", "details", "owner"])
    _change_method(method, given, owner, now=now)


@use_case
def delete_customer_source(
    *, source_id: str, customer_id: str, kinds: tuple[str, ...], now: datetime
) -> Source:
    """Take a card, a bank account or a source from its customer. It cannot be used again.

    If it was the one that the customer pays with by default, the newest of the others is now.

    :raises NotFound: the customer has none with this id.
    """
    customer = customers.get_customer(customer_id, for_update=True)
    source = queries.get_source(source_id, customer_id=customer_id, kinds=kinds, for_update=True)
    before = registry.render(customer)
    told = let_go(source, customer=customer, now=now)
    other_doors.move_default(customer, gone=source.id)
    events.record([*told, Change("customer.updated", customer, previous=before)])
    return source


def let_go(source: Source, *, customer: Any, now: datetime) -> list[Change]:
    """Take a source from its customer, both locked, with its payment method.

    :returns: what is to be told.
    """
    told = other_doors.part_with(source, now=now)
    method = source.payment_method
    if method is not None and method.customer_id is not None:
        before = registry.render(method)
        method.customer, method.detached_at = None, now
        method.save(update_fields=["customer", "detached_at"])
        other_doors.unset_default(customer, gone=method.id)
        told.append(Change("payment_method.detached", method, previous=before))
    return told


def verify_bank_account(
    *, source_id: str, customer_id: str, amounts: list[int], now: datetime
) -> Source:
    """Let a customer's bank account be charged, once the amounts of both micro-deposits are told.

    :raises NotFound: the customer has no bank account with this id.
    :raises NotVerified: the amounts are others; after the third time, the account is given up.
    """
    told = _verify(source_id=source_id, customer_id=customer_id, amounts=amounts, now=now)
    if isinstance(told, DomainError):
        raise told
    return told


@use_case
def _verify(
    *, source_id: str, customer_id: str, amounts: list[int], now: datetime
) -> Source | DomainError:
    source = queries.get_source(
        source_id, customer_id=customer_id, kinds=(BANK_ACCOUNT,), for_update=True
    )
    assert source.payment_method is not None, "A bank account can be charged."
    is_verified = source.payment_method.verified_at is not None
    if source.status != "new" or is_verified:
        raise Invalid(
            "This bank account is verified, or was given up: there is nothing to verify.",
            code="bank_account_unexpected_state",
        )
    before = registry.render(source)
    is_right = tell(source, amounts=tuple(amounts), now=now)
    events.record([Change(UPDATED, source, previous=before)])
    # What is told wrong is counted, so it is no refusal that undoes everything.
    return source if is_right else wrong_amounts("amounts")


def tell(source: Source, *, amounts: tuple[int, ...], now: datetime) -> bool:
    """Note the amounts that somebody tells of a source that is locked; return whether they are it.

    The source becomes `verified`, or, after the last try, `verification_failed`.
    """
    method = source.payment_method
    assert method is not None, "What is verified is a bank account."
    told = banks.tell_deposits(amounts=amounts)
    if told is banks.Deposits.VERIFIED and banks.BY_TOKEN[method.token].is_deposited:
        source.status = "chargeable" if source.kind == "source" else "verified"
        method.verified_at = now
        method.save(update_fields=["verified_at"])
    else:
        is_over = told in (banks.Deposits.EXHAUSTED, banks.Deposits.TIMED_OUT)
        source.attempts_left = 0 if is_over else source.attempts_left - 1
        if not source.attempts_left:
            source.status = "failed" if source.kind == "source" else "verification_failed"
    source.save(update_fields=["status", "attempts_left"])
    return method.verified_at is not None


def wrong_amounts(param: str) -> NotVerified:
    """Return the refusal of amounts that are not those of the micro-deposits."""
    return NotVerified("These are not the amounts of the two micro-deposits.", param=param)


def _material(
    given: str | dict[str, Any], *, param: str, kinds: tuple[str, ...], now: datetime
) -> Material:
    if isinstance(given, str):
        fitting = [kind for kind in (CARD, BANK_ACCOUNT) if kind in kinds]
        kind = fitting[0] if len(fitting) == 1 else ""
        return materials.from_token(given, param=param, kind=kind, now=now)
    if "account_number" in given:
        return materials.from_bank_account(given, path=param)
    return materials.from_card(given, path=param, now=now)


def _kept(customer: Any, material: Material, *, now: datetime) -> Source:
    """Make a card or a bank account of a customer, with its payment method."""
    method = methods.create(
        now=now, customer=customer, billing_details=material.owner, **material.columns
    )
    object_id = material.object_id or ids.new_id(materials.PREFIXES[material.kind])
    is_verified = method.verified_at is not None
    status = "chargeable"
    if material.kind == BANK_ACCOUNT:
        status = "verified" if is_verified else "new"
    return Source.objects.create(
        id=object_id,
        account_id=method.account_id,
        created_at=now,
        kind=material.kind,
        type=material.kind,
        status=status,
        customer=customer,
        payment_method=method,
        order_key=queries.order_key(object_id),
        details=material.facts,
    )


def _free_source(source_id: str, *, param: str) -> Source:
    """Return a source that belongs to nobody and can be charged again and again.

    :raises Invalid: there is none with this id, or it cannot be kept.
    """
    source = queries.find_source(source_id, kinds=("source",), for_update=True)
    if source is None:
        raise Invalid(f"No such source: '{source_id}'", code="resource_missing", param=param)
    if source.customer_id is not None or source.status != "chargeable":
        raise Invalid(
            f"The source {source_id} is {source.status} or belongs to a customer already.",
            code="source_unexpected_state",
            param=param,
        )
    if source.usage != "reusable":
        raise Invalid(
            f"The source {source_id} is for one use, and cannot be kept.",
            code="source_unexpected_state",
            param=param,
        )
    return source


def _change_method(
    method: PaymentMethod, given: dict[str, Any], owner: dict[str, Any], *, now: datetime
) -> None:
    if {"exp_month", "exp_year"} & given.keys():
        method.exp_month = given.get("exp_month", method.exp_month)
        method.exp_year = given.get("exp_year", method.exp_year)
        assert method.exp_month is not None
        assert method.exp_year is not None
        domain.check_expiry(month=method.exp_month, year=method.exp_year, now=now)
    if "account_holder_type" in given:
        holder = {"account_holder_type": given["account_holder_type"]}
        method.details = {**method.details, **holder}
    method.billing_details = {**method.billing_details, **owner}
    method.save(update_fields=["exp_month", "exp_year", "details", "billing_details"])
