"""`/v1/customers/search`."""

from typing import Any

from django.db.models import QuerySet
from django.urls import URLPattern, path

from apps.api import search
from apps.api.params import from_wire
from apps.customers import queries


class SearchCustomers(search.SearchView):
    """Search."""

    resource = "customers"
    returns = "customer"
    shapes = {"GET": from_wire("GET /v1/customers/search")}
    fields = {
        "created": search.Time("created_at"),
        "email": search.Text("email", has_parts=True),
        "metadata": search.Metadata(),
        "name": search.Text("name", has_parts=True),
        "phone": search.Text("phone", has_parts=True),
    }

    def rows(self) -> QuerySet[Any]:
        return queries.list_customers()


urlpatterns: list[URLPattern] = [path("customers/search", SearchCustomers.as_view())]
