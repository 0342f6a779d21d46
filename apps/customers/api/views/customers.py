"""`/v1/customers`."""

from django.urls import path

from apps.api.paging import Page, page
from apps.api.params import (
    Email,
    ListOf,
    Metadata,
    Param,
    Shape,
    Text,
    Whole,
    address,
    from_wire,
    operation,
)
from apps.api.views import WireView
from apps.core import clock
from apps.customers import queries, services
from apps.customers.models import Customer

# What is known better here than from the description of the wire: what can be unset, above all.
FIELDS: dict[str, Param] = {
    "address": address(unset=True),
    "business_name": Text(max_length=150, unset=True),
    "description": Text(unset=True),
    "email": Email(max_length=512, unset=True),
    "individual_name": Text(max_length=150, unset=True),
    "invoice_prefix": Text(max_length=12),
    "invoice_settings": Shape(
        custom_fields=ListOf(
            Shape(
                name=Text(max_length=40, required=True), value=Text(max_length=140, required=True)
            ),
            max_items=4,
            unset=True,
        ),
        default_payment_method=Text(max_length=64, unset=True),
        footer=Text(unset=True),
        rendering_options=Whole(
            amount_tax_display=Text(choices=("exclude_tax", "include_inclusive_tax"), unset=True),
            template=Text(max_length=64, unset=True),
            unset=True,
        ),
    ),
    "metadata": Metadata(),
    "name": Text(max_length=256, unset=True),
    "phone": Text(max_length=20, unset=True),
    "preferred_locales": ListOf(Text(max_length=20), unset=True),
    "shipping": Whole(
        address=address(required=True),
        name=Text(required=True),
        phone=Text(unset=True),
        unset=True,
    ),
    "tax_exempt": Text(choices=("exempt", "none", "reverse")),
}
CREATE = operation(**{**from_wire("POST /v1/customers").fields, **FIELDS})
UPDATE = operation(**{**from_wire("POST /v1/customers/{customer}").fields, **FIELDS})
LIST = from_wire("GET /v1/customers")


class Customers(WireView):
    """Create, list."""

    resource = "customers"
    returns = "customer"
    shapes = {"GET": LIST, "POST": CREATE}

    def get(self) -> Page:
        return page(queries.list_customers(email=self.params.get("email")), self.params)

    def post(self) -> Customer:
        return services.create_customer(given=self.params, now=clock.now())


class CustomerDetail(WireView):
    """Retrieve, update, delete."""

    resource = "customers"
    returns = "customer"
    shapes = {"GET": operation(), "POST": UPDATE, "DELETE": operation()}

    def get(self, customer: str) -> Customer:
        return queries.get_customer(customer)

    def post(self, customer: str) -> Customer:
        return services.update_customer(customer_id=customer, given=self.params, now=clock.now())

    def delete(self, customer: str) -> Customer:
        return services.delete_customer(customer_id=customer, now=clock.now())


urlpatterns = [
    path("customers", Customers.as_view()),
    path("customers/<str:customer>", CustomerDetail.as_view()),
]
