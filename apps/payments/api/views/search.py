"""`/v1/payment_intents/search` and `/v1/charges/search`."""

from typing import Any

from django.db.models import F, Q, QuerySet
from django.urls import URLPattern, path

from apps.api import search
from apps.api.params import from_wire
from apps.payments import queries

CARD = ("payment_method_details", "card")


class SearchPaymentIntents(search.SearchView):
    """Search."""

    resource = "payment_intents"
    returns = "payment_intent"
    shapes = {"GET": from_wire("GET /v1/payment_intents/search")}
    fields = {
        "amount": search.Number("amount_minor"),
        "created": search.Time("created_at"),
        "currency": search.Text("currency"),
        "customer": search.Id("customer_id"),
        "metadata": search.Metadata(),
        "status": search.Text("status"),
    }

    def rows(self) -> QuerySet[Any]:
        return queries.list_payment_intents()


class SearchCharges(search.SearchView):
    """Search."""

    resource = "charges"
    returns = "charge"
    shapes = {"GET": from_wire("GET /v1/charges/search")}
    fields = {
        "amount": search.Number("amount_minor"),
        "billing_details.address.postal_code": search.JsonText(
            "billing_details", "address", "postal_code"
        ),
        "created": search.Time("created_at"),
        "currency": search.Text("currency"),
        "customer": search.Id("customer_id"),
        "disputed": search.Flag(Q(disputed=True)),
        "metadata": search.Metadata(),
        "payment_method_details.card.brand": search.JsonText(*CARD, "brand"),
        "payment_method_details.card.exp_month": search.JsonNumber(*CARD, "exp_month"),
        "payment_method_details.card.exp_year": search.JsonNumber(*CARD, "exp_year"),
        "payment_method_details.card.fingerprint": search.JsonText(*CARD, "fingerprint"),
        "payment_method_details.card.last4": search.JsonText(*CARD, "last4"),
        # An authorisation that was given back counts as refunded, as the charge itself shows it.
        "refunded": search.Flag(
            Q(is_released=True)
            | Q(is_captured=True, amount_refunded_minor=F("amount_captured_minor"))
        ),
        "status": search.Text("status"),
    }

    def rows(self) -> QuerySet[Any]:
        return queries.list_charges()


urlpatterns: list[URLPattern] = [
    path("payment_intents/search", SearchPaymentIntents.as_view()),
    path("charges/search", SearchCharges.as_view()),
]
