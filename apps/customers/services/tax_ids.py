"""Making, verifying and deleting tax ids."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from apps.api import registry
from apps.core import context, ids, jobs
from apps.core.use_cases import use_case
from apps.customers import domain, queries
from apps.customers.models import Customer, TaxId
from apps.events import services as events
from apps.events.services import Change

VERIFY = "customers.verify_tax_id"
CREATED, UPDATED, DELETED = (
    f"customer.tax_id.{word}" for word in ("created", "updated", "deleted")
)


@use_case
def create_tax_id(*, customer_id: str | None, given: dict[str, Any], now: datetime) -> TaxId:
    """Add a tax id to a customer, or, for None, to the account itself.

    :param given: `type` and `value`.
    :raises NotFound: there is no such customer, or it is deleted.
    :raises InvalidTaxId: the value has not the form of its type.
    :raises TooManyTaxIds: the customer has five.
    """
    customer = None
    if customer_id is not None:
        # The lock is what makes five no more than five.
        customer = queries.get_living_customer(customer_id, for_update=True)
        if queries.list_tax_ids(customer_id=customer_id).count() >= domain.TAX_IDS_MAX:
            raise _too_many()
    made = _make(customer, given, param="value", now=now)
    # An account's own tax ids are not told of: the wire has events for customers' alone.
    told = [Change(CREATED, made)] if customer is not None else []
    events.record(told, schedule=_verification_jobs([made], now=now))
    return made


def added(customer: Customer, *, index: int, given: dict[str, Any], now: datetime) -> Change:
    """Add one of the tax ids that a new customer comes with; return what is to be told.

    :param index: its place in `tax_id_data`.
    :raises InvalidTaxId: the value has not the form of its type.
    :raises TooManyTaxIds: it is the sixth.
    """
    if index >= domain.TAX_IDS_MAX:
        raise _too_many(param=f"tax_id_data[{index}]")
    param = f"tax_id_data[{index}][value]"
    return Change(CREATED, _make(customer, given, param=param, now=now))


@use_case
def delete_tax_id(*, tax_id: str, customer_id: str | None = None, now: datetime) -> TaxId:
    """Delete a tax id.

    :param customer_id: whose it has to be; None: anybody's.
    :raises NotFound: there is none with this id.
    """
    found = queries.get_tax_id(tax_id, customer_id=customer_id, for_update=True)
    shown = registry.render(found)
    found.deleted_at = now
    found.save(update_fields=["deleted_at"])
    if found.customer_id is not None:
        events.record([Change(DELETED, found, shown=shown)])
    return found


@use_case
def verify_tax_id(*, tax_id: str) -> None:
    """Ask about a tax id that is pending: in a sandbox, the published test numbers say how it ends.

    Nothing happens if it is not pending, or not there, any more.
    """
    rows = TaxId.objects.select_for_update(no_key=True).select_related(None)
    found = rows.filter(pk=tax_id, deleted_at=None).first()
    if found is None or not _is_pending(found):
        return
    outcome = domain.test_outcome(found.value)
    before = registry.render(found)
    found.verification = _verification(outcome, customer=found.customer)
    found.save(update_fields=["verification"])
    if found.customer_id is not None:
        events.record([Change(UPDATED, found, previous=before)])


def verification_jobs(changes: Iterable[Change], *, now: datetime) -> list[jobs.Due]:
    """Return the jobs that ask about the tax ids among `changes`."""
    made = [change.obj for change in changes if isinstance(change.obj, TaxId)]
    return _verification_jobs(made, now=now)


def _verification_jobs(made: Iterable[TaxId], *, now: datetime) -> list[jobs.Due]:
    here = context.current().environment.id
    return [
        jobs.Due(key=f"tax_id:{here}:{one.id}", task=VERIFY, due_at=now, kwargs={"tax_id": one.id})
        for one in made
        if _is_pending(one)
    ]


def _make(customer: Customer | None, given: dict[str, Any], *, param: str, now: datetime) -> TaxId:
    is_test = not context.current().environment.livemode
    kind, value = given["type"], given["value"]
    domain.check_tax_id(kind, value, param=param, is_test=is_test)
    first = domain.first_verification(kind, is_test=is_test)
    return TaxId.objects.create(
        id=ids.new_id("txi"),
        account_id=context.current().account_id,
        created_at=now,
        customer=customer,
        type=kind,
        value=value,
        country=domain.country_of(kind, value),
        verification=_verification(first, customer=customer),
    )


def _verification(status: domain.Verification, *, customer: Customer | None) -> dict[str, Any]:
    is_known = status is domain.Verification.VERIFIED and customer is not None
    return {
        "status": status.value,
        "verified_address": None,
        "verified_name": customer.name if is_known and customer is not None else None,
    }


def _is_pending(tax_id: TaxId) -> bool:
    verification = tax_id.verification or {}
    return verification.get("status") == domain.Verification.PENDING


def _too_many(*, param: str | None = None) -> domain.TooManyTaxIds:
    return domain.TooManyTaxIds(
        f"A customer has at most {domain.TAX_IDS_MAX} tax ids.", param=param
    )
