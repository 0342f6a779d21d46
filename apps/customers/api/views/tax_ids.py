"""The tax ids of a customer, and `/v1/tax_ids`."""

from typing import Any

from django.urls import path

from apps.api.paging import Page, page
from apps.api.params import InvalidParameter, Text, from_wire
from apps.api.views import WireView
from apps.core import clock
from apps.customers import queries, services
from apps.customers.models import TaxId

OF_CUSTOMER = "/v1/customers/{customer}/tax_ids"
VALUE = Text(max_length=128, required=True)


class CustomerTaxIds(WireView):
    """Add a tax id to a customer, list those of a customer."""

    resource = "tax_ids"
    returns = "tax_id"
    shapes = {
        "GET": from_wire(f"GET {OF_CUSTOMER}"),
        "POST": from_wire(f"POST {OF_CUSTOMER}", value=VALUE),
    }

    def get(self, customer: str) -> Page:
        queries.get_customer(customer)
        return page(queries.list_tax_ids(customer_id=customer), self.params)

    def post(self, customer: str) -> TaxId:
        return services.create_tax_id(customer_id=customer, given=self.params, now=clock.now())


class CustomerTaxIdDetail(WireView):
    """Retrieve, delete."""

    resource = "tax_ids"
    returns = "tax_id"
    shapes = {
        "GET": from_wire(f"GET {OF_CUSTOMER}/{{id}}"),
        "DELETE": from_wire(f"DELETE {OF_CUSTOMER}/{{id}}"),
    }

    def get(self, customer: str, tax_id: str) -> TaxId:
        return queries.get_tax_id(tax_id, customer_id=customer)

    def delete(self, customer: str, tax_id: str) -> TaxId:
        return services.delete_tax_id(tax_id=tax_id, customer_id=customer, now=clock.now())


class TaxIds(WireView):
    """Add a tax id to the account or to a customer, list those of either."""

    resource = "tax_ids"
    returns = "tax_id"
    shapes = {
        "GET": from_wire("GET /v1/tax_ids"),
        "POST": from_wire("POST /v1/tax_ids", value=VALUE),
    }

    def get(self) -> Page:
        customer_id = _owner(self.params)
        if customer_id is not None:
            queries.require_customer(customer_id, param="owner[customer]")
        return page(queries.list_tax_ids(customer_id=customer_id), self.params)

    def post(self) -> TaxId:
        customer_id = _owner(self.params)
        if customer_id is not None:
            queries.require_customer(customer_id, param="owner[customer]")
        return services.create_tax_id(customer_id=customer_id, given=self.params, now=clock.now())


class TaxIdDetail(WireView):
    """Retrieve, delete."""

    resource = "tax_ids"
    returns = "tax_id"
    shapes = {
        "GET": from_wire("GET /v1/tax_ids/{id}"),
        "DELETE": from_wire("DELETE /v1/tax_ids/{id}"),
    }

    def get(self, tax_id: str) -> TaxId:
        return queries.get_tax_id(tax_id)

    def delete(self, tax_id: str) -> TaxId:
        return services.delete_tax_id(tax_id=tax_id, now=clock.now())


def _owner(params: dict[str, Any]) -> str | None:
    """Return the customer whose tax ids are meant; None: the account itself.

    :raises InvalidParameter: the owner is neither.
    """
    owner = params.get("owner") or {"type": "self"}
    if owner["type"] == "self":
        return None
    if owner["type"] != "customer":
        raise InvalidParameter(
            "owner[type] is self or customer: connected accounts are not part of FinCloud yet.",
            code="parameter_unsupported",
            param="owner[type]",
        )
    if "customer" not in owner:
        raise InvalidParameter(
            "Missing required parameter: owner[customer].",
            code="parameter_missing",
            param="owner[customer]",
        )
    customer_id: str = owner["customer"]
    return customer_id


_OF_CUSTOMER = "customers/<str:customer>/tax_ids"
urlpatterns = [
    path(_OF_CUSTOMER, CustomerTaxIds.as_view()),
    path(f"{_OF_CUSTOMER}/<str:tax_id>", CustomerTaxIdDetail.as_view()),
    path("tax_ids", TaxIds.as_view()),
    path("tax_ids/<str:tax_id>", TaxIdDetail.as_view()),
]
