"""The credit of a customer: `/v1/customers/…/balance_transactions`."""

from django.urls import path

from apps.api.paging import Page, page
from apps.api.params import Integer, InvalidParameter, Text, from_wire
from apps.api.views import WireView
from apps.core import clock
from apps.customers import queries, services
from apps.customers.models import CreditTransaction

OF_CUSTOMER = "/v1/customers/{customer}/balance_transactions"
AMOUNT_MAX = 999_999_999_999
DESCRIPTION = Text(max_length=350, unset=True)


class CreditTransactions(WireView):
    """Change what a customer owes, list the changes."""

    resource = "customer_balance_transactions"
    returns = "customer_balance_transaction"
    shapes = {
        "GET": from_wire(f"GET {OF_CUSTOMER}"),
        "POST": from_wire(
            f"POST {OF_CUSTOMER}",
            amount=Integer(minimum=-AMOUNT_MAX, maximum=AMOUNT_MAX, required=True),
            description=DESCRIPTION,
        ),
    }

    def get(self, customer: str) -> Page:
        queries.get_customer(customer)
        return page(queries.list_credit_transactions(customer_id=customer), self.params)

    def post(self, customer: str) -> CreditTransaction:
        if not self.params["amount"]:
            raise InvalidParameter(
                "amount must not be 0.", code="parameter_invalid_integer", param="amount"
            )
        return services.create_credit_transaction(
            customer_id=customer, given=self.params, now=clock.now()
        )


class CreditTransactionDetail(WireView):
    """Retrieve, update."""

    resource = "customer_balance_transactions"
    returns = "customer_balance_transaction"
    shapes = {
        "GET": from_wire(f"GET {OF_CUSTOMER}/{{transaction}}"),
        "POST": from_wire(f"POST {OF_CUSTOMER}/{{transaction}}", description=DESCRIPTION),
    }

    def get(self, customer: str, credit_transaction: str) -> CreditTransaction:
        return queries.get_credit_transaction(credit_transaction, customer_id=customer)

    def post(self, customer: str, credit_transaction: str) -> CreditTransaction:
        return services.update_credit_transaction(
            customer_id=customer, transaction_id=credit_transaction, given=self.params
        )


_PATH = "customers/<str:customer>/balance_transactions"
urlpatterns = [
    path(_PATH, CreditTransactions.as_view()),
    path(f"{_PATH}/<str:credit_transaction>", CreditTransactionDetail.as_view()),
]
