"""Reads of customers."""

from collections.abc import Iterable

from django.db.models import BigIntegerField, Case, OuterRef, QuerySet, Value, When
from django.db.models.functions import Concat

from apps.core.errors import Invalid, not_found
from apps.customers.models import Customer
from apps.ledger import queries as ledger

# `chart.customer_credit`, in the words of the database.
_CREDIT_CODE = Concat(Value("customer:"), OuterRef("pk"), Value(":credit"))


def with_credit(rows: QuerySet[Customer]) -> QuerySet[Customer]:
    """Let customers come with `credit_minor`, what the ledger has for them, in the same query.

    Most customers have none: the ledger is asked about the others alone.
    """
    credit = ledger.credits_less_debits(_CREDIT_CODE, currency=OuterRef("currency"))
    # Added by a dict: to mypy, a keyword would declare the attribute of the model a second time.
    added = {
        "credit_minor": Case(
            When(has_credit=True, then=credit), default=0, output_field=BigIntegerField()
        )
    }
    return rows.annotate(**added)


def list_customers(*, email: str | None = None) -> QuerySet[Customer]:
    """Return the customers that are not deleted."""
    rows = with_credit(Customer.objects.owned()).filter(deleted_at=None)
    return rows if email is None else rows.filter(email=email)


def find_customers(ids: Iterable[str]) -> dict[str, Customer]:
    """Return the customers with these ids, deleted ones too, by id; others are left out."""
    return with_credit(Customer.objects.owned()).in_bulk(list(ids))


def get_customer(customer_id: str, *, for_update: bool = False) -> Customer:
    """Return the customer, deleted or not.

    :raises NotFound: there is none with this id.
    """
    rows = Customer.objects.owned()
    if for_update:
        # Not FOR UPDATE: payments that refer to the row may be inserted meanwhile.
        rows = rows.select_for_update(no_key=True)
        # The lock first: what the ledger has is read once nobody else can change it.
        if not rows.filter(pk=customer_id).exists():
            raise not_found("customer", customer_id)
        rows = Customer.objects.owned()
    customer = with_credit(rows).filter(pk=customer_id).first()
    if customer is None:
        raise not_found("customer", customer_id)
    return customer


def get_account_of_customer(customer_id: str) -> str:
    """Return the id of the account that a customer belongs to, whoever asks.

    :raises NotFound: there is no customer with this id.
    """
    account_id = Customer.objects.filter(pk=customer_id).values_list("account_id", flat=True)
    found: str | None = account_id.first()
    if found is None:
        raise not_found("customer", customer_id)
    return found


def get_living_customer(customer_id: str, *, for_update: bool = False) -> Customer:
    """Return the customer that is not deleted.

    :raises NotFound: there is none with this id, or it is deleted.
    """
    customer = get_customer(customer_id, for_update=for_update)
    if customer.deleted_at is not None:
        raise not_found("customer", customer_id)
    return customer


def require_customer(
    customer_id: str, *, param: str = "customer", for_update: bool = False
) -> Customer:
    """Return the customer that a parameter names.

    :param for_update: lock it, so that it is not deleted meanwhile.
    :raises Invalid: there is none with this id, or it is deleted.
    """
    rows = Customer.objects.owned()
    if for_update:
        rows = rows.select_for_update(no_key=True)
    customer = rows.filter(pk=customer_id, deleted_at=None).first()
    if customer is None:
        raise Invalid(f"No such customer: '{customer_id}'", code="resource_missing", param=param)
    return customer
