"""What payments keep with a customer: the parameters of customers that are ways to pay.

Registered by `ready()`; see `apps.customers.services.parts`.
"""

from datetime import datetime
from typing import Any, Final

from apps.api import registry
from apps.core.errors import Invalid
from apps.events.services import Change
from apps.payments import queries
from apps.payments.models import PaymentMethod, Source
from apps.payments.services import customer_sources, methods, purses

_SENT: Final = ("source", "card", "bank_account")
# What says with which of their own a customer pays, and of what kind that has to be.
_DEFAULTS: Final = {
    "default_source": ("card", "bank_account", "source"),
    "default_card": ("card",),
    "default_bank_account": ("bank_account",),
}
_OF_INVOICES: Final = "invoice_settings[default_payment_method]"
NAMES: Final = frozenset({"cash_balance", "payment_method", _OF_INVOICES, *_SENT, *_DEFAULTS})


def apply(customer: Any, *, given: dict[str, Any], now: datetime) -> list[Change]:
    """Give a customer a way to pay, or say which of theirs is used, and how their cash is.

    What is sent takes the place of the default, which is deleted.

    :returns: what is to be told.
    :raises DomainError: it cannot be kept, or is not the customer's.
    """
    told: list[Change] = []
    if "cash_balance" in given:
        purses.set_mode(customer.id, settings=given["cash_balance"].get("settings") or {})
    attached: dict[str, str] = {}
    if "payment_method" in given:
        method = methods.resolve(given["payment_method"], now=now)
        # Read again under the lock: nobody attaches it to two customers.
        locked = queries.get_payment_method(method.id, for_update=True)
        told += methods.attach(locked, customer=customer)
        attached[given["payment_method"]] = method.id
    for name in _SENT:
        if name in given:
            kinds = (name,) if name != "source" else _DEFAULTS["default_source"]
            told += _replace_default(customer, given[name], param=name, kinds=kinds, now=now)
    for name, kinds in _DEFAULTS.items():
        if name in given:
            source = queries.find_source(given[name], customer_id=customer.id, kinds=kinds)
            if source is None:
                raise Invalid(
                    f"The customer has no such source: '{given[name]}'",
                    code="resource_missing",
                    param=name,
                )
            customer.default_source_id = source.id
    if _OF_INVOICES in given:
        # `pm_card_…` is another payment method each time: here it is the one just attached.
        named = attached.get(given[_OF_INVOICES], given[_OF_INVOICES])
        customer.default_payment_method_id = _of_customer(named, customer)
    return told


def remove(customer: Any, *, now: datetime) -> list[Change]:
    """Take all ways to pay from a customer who is being deleted; return what is to be told."""
    told: list[Change] = []
    sources = Source.objects.filter(customer=customer, deleted_at=None).select_for_update(
        no_key=True, of=("self",)
    )
    for source in sources.select_related("payment_method").order_by("order_key"):
        told += customer_sources.let_go(source, customer=customer, now=now)
    left = PaymentMethod.objects.filter(customer=customer).select_for_update(no_key=True)
    for method in left.order_by("id"):
        before = registry.render(method)
        method.customer, method.detached_at = None, now
        method.save(update_fields=["customer", "detached_at"])
        told.append(Change("payment_method.detached", method, previous=before))
    return told


def _replace_default(
    customer: Any,
    given: str | dict[str, Any],
    *,
    param: str,
    kinds: tuple[str, ...],
    now: datetime,
) -> list[Change]:
    before = queries.find_source(
        customer.default_source_id or "", customer_id=customer.id, for_update=True
    )
    made, told = customer_sources.attach(customer, given=given, param=param, kinds=kinds, now=now)
    if before is not None and before.id != made.id:
        told += customer_sources.let_go(before, customer=customer, now=now)
    customer.default_source_id = made.id
    return told


def _of_customer(payment_method_id: str | None, customer: Any) -> str | None:
    """Return the id of a payment method that invoices are to be paid with; None: of none.

    Whoever detaches it waits for the customer's row, which is locked.

    :raises Invalid: it is not attached to the customer.
    """
    if payment_method_id is None:
        return None
    method = PaymentMethod.objects.owned().filter(pk=payment_method_id).first()
    if method is None:
        raise Invalid(
            f"No such PaymentMethod: '{payment_method_id}'",
            code="resource_missing",
            param=_OF_INVOICES,
        )
    if method.customer_id != customer.id:
        raise Invalid(
            "This PaymentMethod is not attached to the customer. Attach it first.",
            code="payment_method_unexpected_state",
            param=_OF_INVOICES,
        )
    return method.id
