"""Sources of the old kind, and finding what is charged behind whichever door it is named by."""

from datetime import datetime
from typing import Any, Final

from apps.api.params import InvalidParameter, merge_metadata
from apps.core import context, ids
from apps.core.errors import DomainError, Invalid
from apps.core.use_cases import use_case
from apps.payments import queries
from apps.payments.models import PaymentMethod, Source
from apps.payments.services import (
    customer_sources,
    materials,
    method_details,
    methods,
)
from apps.payments.services.materials import BANK_ACCOUNT, CARD, Material

SECRET_LENGTH: Final = 24
TYPES: Final = ("card", "ach_debit", "sepa_debit")
# Parameters that say how a source of a type that is not here is paid with.
_OF_OTHERS: Final = ("original_source", "receiver", "redirect", "source_order", "mandate")


class UnsupportedSource(Invalid):
    """A type of source that is not there: what took its place is."""

    code = "source_type_unsupported"


@use_case
def create_source(*, given: dict[str, Any], now: datetime) -> Source:
    """Make a source of a card, a US bank account, or an account with an IBAN.

    :param given: `type`; `token`, or for `card` and `sepa_debit` the details of that name.
    :raises UnsupportedSource: the type is another one.
    :raises InvalidParameter: what it is made of is missing, or is of another type.
    :raises DomainError: what is given cannot be used.
    """
    kind = given.get("type")
    if kind is None:
        raise method_details.missing("type")
    if kind not in TYPES:
        raise UnsupportedSource(
            f"Sources are of the types {', '.join(TYPES)}. For others use a PaymentMethod.",
            param="type",
        )
    for name in (*_OF_OTHERS, "customer"):
        if name in given:
            raise InvalidParameter(f"{name} does not go with a source of type {kind}.", param=name)
    if given.get("flow", "none") != "none":
        raise InvalidParameter(f"The flow of a source of type {kind} is none.", param="flow")
    material = _material(kind, given, now=now)
    method = methods.create(
        now=now, billing_details=_billing(material, given.get("owner")), **material.columns
    )
    return _create(kind, method, given, now=now)


def _create(kind: str, method: PaymentMethod, given: dict[str, Any], *, now: datetime) -> Source:
    source_id = ids.new_id("src")
    # A US bank account is charged once its owner has told the micro-deposits.
    is_open = kind == "ach_debit" and method.verified_at is None
    return Source.objects.create(
        id=source_id,
        account_id=context.current().account_id,
        created_at=now,
        metadata=merge_metadata({}, given.get("metadata")),
        kind="source",
        type=kind,
        status="pending" if is_open else "chargeable",
        flow="code_verification" if is_open else "none",
        usage=given.get("usage", "reusable"),
        payment_method=method,
        order_key=queries.order_key(source_id),
        amount_minor=given.get("amount"),
        currency=given.get("currency") or {"ach_debit": "usd", "sepa_debit": "eur"}.get(kind),
        client_secret=f"src_client_secret_{ids.random_text(SECRET_LENGTH)}",
        owner=method.billing_details,
        details={"statement_descriptor": given.get("statement_descriptor")},
    )


@use_case
def update_source(*, source_id: str, given: dict[str, Any], now: datetime) -> Source:
    """Change the owner, the amount or the metadata.

    :raises NotFound: there is no such source.
    :raises InvalidParameter: a parameter is of another type of source, or the source is used up.
    """
    source = queries.get_source(source_id, kinds=("source",), for_update=True)
    for name in _OF_OTHERS:
        if name in given:
            raise InvalidParameter(
                f"{name} does not go with a source of type {source.type}.", param=name
            )
    if "amount" in given:
        source.amount_minor = given["amount"]
        source.save(update_fields=["amount_minor"])
    customer_sources.change(source, given=given, now=now)
    return source


def verify_source(*, source_id: str, values: list[str], now: datetime) -> Source:
    """Let a US bank account be charged, once both micro-deposits are told.

    :raises NotFound: there is no such source.
    :raises NotVerified: the values are others; after the third time, the source is given up.
    """
    told = _verify(source_id=source_id, values=values, now=now)
    if isinstance(told, DomainError):
        raise told
    return told


@use_case
def _verify(*, source_id: str, values: list[str], now: datetime) -> Source | DomainError:
    source = queries.get_source(source_id, kinds=("source",), for_update=True)
    if source.status != "pending":
        raise Invalid(
            f"The source {source.id} is {source.status}: there is nothing to verify.",
            code="source_unexpected_state",
        )
    amounts = tuple(int(one) for one in values if one.isascii() and one.isdigit())
    is_verified = customer_sources.tell(source, amounts=amounts, now=now)
    return source if is_verified else customer_sources.wrong_amounts("values")


def _material(kind: str, given: dict[str, Any], *, now: datetime) -> Material:
    """Return what a new source is made of.

    :raises InvalidParameter: it is missing, or is of another type.
    """
    for name in ("card", "sepa_debit"):
        if name in given and name != kind:
            raise InvalidParameter(f"{name} does not go with type={kind}.", param=name)
    if "token" in given:
        wanted = CARD if kind == "card" else BANK_ACCOUNT
        if kind == "sepa_debit":
            raise InvalidParameter(
                "A token of an account with an IBAN is not there.", param="token"
            )
        return materials.from_token(given["token"], param="token", kind=wanted, now=now)
    if kind == "card" and "card" in given:
        return materials.from_card(given["card"], path="card", now=now)
    if kind == "sepa_debit" and "sepa_debit" in given:
        iban, path = given["sepa_debit"]["iban"], "sepa_debit[iban]"
        account = method_details.account_from_iban(iban, path=path)
        return Material(BANK_ACCOUNT, method_details.account_columns(account))
    raise method_details.missing("token" if kind == "ach_debit" else kind)


def _billing(material: Material, owner: dict[str, Any] | None) -> dict[str, Any]:
    return {**material.owner, **(owner or {})}
