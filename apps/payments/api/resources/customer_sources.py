"""How cards and bank accounts look that belong to a customer, in the older words of the wire.

And what a token shows of one that belongs to nobody yet.
"""

from collections.abc import Iterable
from typing import Any

from apps.api.registry import NestedList, ResourceType, Wire, register_nested, render
from apps.core.clock import to_unix
from apps.payments import queries
from apps.payments.api.resources.shared import CUSTOMER, NO_ADDRESS, livemode
from apps.payments.models import PaymentMethod, Source

_ADDRESS = {
    "address_city": "city",
    "address_country": "country",
    "address_line1": "line1",
    "address_line2": "line2",
    "address_state": "state",
    "address_zip": "postal_code",
}
# These objects write networks as they write themselves.
_BRANDS = {
    "amex": "American Express",
    "diners": "Diners Club",
    "discover": "Discover",
    "jcb": "JCB",
    "mastercard": "MasterCard",
    "unionpay": "UnionPay",
    "visa": "Visa",
}


def render_source(source: Source) -> Wire:
    """Return the wire's card, bank_account or source, as the row says, or what is left of it."""
    if source.deleted_at is not None:
        return {"id": source.id, "object": source.kind, "deleted": True}
    if source.kind == "source":
        return _source(source)
    assert source.payment_method is not None, "A card and a bank account can be charged."
    method = source.payment_method
    show = show_card if source.kind == "card" else show_bank_account
    shown = show(source.id, columns_of(method), owner=method.billing_details, facts=source.details)
    shown |= {"customer": source.customer_id, "metadata": source.metadata}
    if source.kind == "bank_account":
        # A payment may have verified it, too.
        is_verified = method.verified_at is not None
        shown["status"] = "verified" if is_verified else source.status
    return shown


def render_public_source(source: Source) -> Wire | None:
    """Return what a browser with its secret sees of a source: all but the merchant's own notes."""
    if source.kind != "source":
        return None
    return {name: value for name, value in _source(source).items() if name != "metadata"}


def columns_of(method: PaymentMethod) -> dict[str, Any]:
    """Return what is shown of a payment method, by the names of its columns."""
    names = ("brand", "country", "details", "exp_month", "exp_year", "fingerprint", "funding")
    return {name: getattr(method, name) for name in (*names, "last4")}


def show_card(
    card_id: str, columns: dict[str, Any], *, owner: dict[str, Any], facts: dict[str, Any]
) -> Wire:
    """Return the wire's card.

    :param columns: of its payment method.
    :param owner: `name` and `address`; `facts`: what was said beside.
    """
    address = {**NO_ADDRESS, **(owner.get("address") or {})}
    return {
        "id": card_id,
        "object": "card",
        **{name: address[part] for name, part in _ADDRESS.items()},
        "address_line1_check": None,
        "address_zip_check": None,
        "allow_redisplay": "unspecified",
        "brand": _BRANDS.get(columns["brand"], "Unknown"),
        "country": columns["country"],
        "customer": None,
        "cvc_check": facts.get("cvc_check"),
        "dynamic_last4": None,
        "exp_month": columns["exp_month"],
        "exp_year": columns["exp_year"],
        "fingerprint": columns["fingerprint"],
        "funding": columns["funding"],
        "last4": columns["last4"],
        "metadata": {},
        "name": owner.get("name"),
        "networks": {"preferred": columns["details"].get("preferred_network")},
        "regulated_status": "unregulated",
        "tokenization_method": None,
    }


def show_bank_account(
    account_id: str, columns: dict[str, Any], *, owner: dict[str, Any], facts: dict[str, Any]
) -> Wire:
    """Return the wire's bank_account; see `show_card`."""
    details = columns["details"]
    return {
        "id": account_id,
        "object": "bank_account",
        "account_holder_name": facts.get("account_holder_name") or owner.get("name"),
        "account_holder_type": details.get("account_holder_type"),
        "account_type": details.get("account_type"),
        "bank_name": details.get("bank_name"),
        "country": columns["country"],
        "currency": facts.get("currency") or "usd",
        "customer": None,
        "fingerprint": columns["fingerprint"],
        "last4": columns["last4"],
        "metadata": {},
        "routing_number": details.get("routing_number"),
        "status": "new",
    }


def _source(source: Source) -> Wire:
    owner = {**dict.fromkeys(("address", "email", "name", "phone")), **source.owner}
    shown: Wire = {
        "id": source.id,
        "object": "source",
        "allow_redisplay": "unspecified",
        "amount": source.amount_minor,
        "client_secret": source.client_secret,
        "created": to_unix(source.created_at),
        "currency": source.currency,
        "flow": source.flow,
        "livemode": livemode(),
        "metadata": source.metadata,
        "owner": {
            **{name: owner[name] for name in ("address", "email", "name", "phone")},
            **dict.fromkeys(f"verified_{name}" for name in ("address", "email", "name", "phone")),
        },
        "statement_descriptor": source.details.get("statement_descriptor"),
        "status": source.status,
        "type": source.type,
        "usage": source.usage,
        source.type: _DETAILS[source.type](source),
    }
    if owner["address"] is not None:
        shown["owner"]["address"] = {**NO_ADDRESS, **owner["address"]}
    if source.flow == "code_verification":
        words = {"pending": "pending", "failed": "failed"}
        shown["code_verification"] = {
            "attempts_remaining": source.attempts_left,
            "status": words.get(source.status, "succeeded"),
        }
    if source.customer_id is not None:
        shown["customer"] = source.customer_id
    return shown


def _card_of(source: Source) -> Wire:
    method = source.payment_method
    assert method is not None, "A source of this type can be charged."
    names = ("brand", "country", "exp_month", "exp_year", "fingerprint", "funding", "last4")
    return {
        **{name: getattr(method, name) for name in names},
        "brand": _BRANDS.get(method.brand, "Unknown"),
        **dict.fromkeys(("address_line1_check", "address_zip_check", "cvc_check")),
        **dict.fromkeys(("dynamic_last4", "tokenization_method")),
        "name": source.owner.get("name"),
        "three_d_secure": "optional",
    }


def _us_account_of(source: Source) -> Wire:
    method = source.payment_method
    assert method is not None, "A source of this type can be charged."
    return {
        "bank_name": method.details.get("bank_name"),
        "country": method.country,
        "fingerprint": method.fingerprint,
        "last4": method.last4,
        "routing_number": method.details.get("routing_number"),
        "type": method.details.get("account_holder_type"),
    }


def _iban_of(source: Source) -> Wire:
    method = source.payment_method
    assert method is not None, "A source of this type can be charged."
    return {
        "bank_code": method.details.get("bank_code"),
        "branch_code": method.details.get("branch_code"),
        "country": method.country,
        "fingerprint": method.fingerprint,
        "last4": method.last4,
        "mandate_reference": None,
        "mandate_url": None,
    }


_DETAILS = {"ach_debit": _us_account_of, "card": _card_of, "sepa_debit": _iban_of}


def sources_of(customer: Wire) -> Wire:
    """Return the nested list of what a customer has, its first page."""
    page = queries.page_of_sources(customer["id"], {})
    return {
        "object": "list",
        "data": [render(source) for source in page.rows],
        "has_more": page.has_more,
        "url": f"/v1/customers/{customer['id']}/sources",
    }


def _finder(kind: str) -> Any:
    def find(ids: Iterable[str]) -> dict[str, Source]:
        rows = Source.objects.owned().filter(kind=kind, deleted_at=None)
        return rows.select_related("payment_method").in_bulk(list(ids))

    return find


def register_lists() -> None:
    """Let a customer show what they have; called by `ready()` once customers are known."""
    register_nested(
        "customer",
        "sources",
        NestedList("source", sources_of, others=("bank_account", "card")),
    )


RESOURCES = tuple(
    ResourceType(
        prefix=prefix,
        name=name,
        model=Source,
        render=render_source,
        render_public=render_public_source,
        find_many=_finder(name),
        expandable=CUSTOMER if name != "source" else {},
    )
    for prefix, name in (("card", "card"), ("ba", "bank_account"), ("src", "source"))
)
