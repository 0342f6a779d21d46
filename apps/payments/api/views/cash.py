"""The cash of a customer: `/v1/customers/…/cash_balance`, and the payments that take it."""

from django.urls import path

from apps.api.paging import Page, page
from apps.api.views import WireView
from apps.core import clock
from apps.core.money import Money
from apps.customers import queries as customers
from apps.payments import queries, services
from apps.payments.api.shapes import cash as shapes
from apps.payments.models import CashBalance, CashTransaction, PaymentIntent
from apps.payments.services.funding import Addresses


class CustomerCashBalance(WireView):
    """Retrieve, update."""

    resource = "cash_balances"
    returns = "cash_balance"
    shapes = {"GET": shapes.RETRIEVE, "POST": shapes.UPDATE}

    def get(self, customer: str) -> CashBalance:
        return queries.get_cash_balance(customer)

    def post(self, customer: str) -> CashBalance:
        return services.update_cash_balance(customer_id=customer, given=self.params)


class CashTransactions(WireView):
    """List what changed the cash of a customer."""

    resource = "customer_cash_balance_transactions"
    returns = "customer_cash_balance_transaction"
    shapes = {"GET": shapes.LIST}

    def get(self, customer: str) -> Page:
        customers.get_customer(customer)
        return page(queries.list_cash_transactions(customer), self.params)


class CashTransactionDetail(WireView):
    """Retrieve one change of the cash of a customer."""

    resource = "customer_cash_balance_transactions"
    returns = "customer_cash_balance_transaction"
    shapes = {"GET": shapes.RETRIEVE_TRANSACTION}

    def get(self, customer: str, cash_transaction: str) -> CashTransaction:
        customers.get_customer(customer)
        return queries.get_cash_transaction(customer, cash_transaction)


class FundingInstructions(WireView):
    """Tell a customer where to transfer money to."""

    resource = "cash_balances"
    returns = "funding_instructions"
    shapes = {"POST": shapes.INSTRUCTIONS}

    def post(self, customer: str) -> Addresses:
        return services.create_funding_instructions(
            customer_id=customer, given=self.params, now=clock.now()
        )


class FundCashBalance(WireView):
    """Let a customer transfer money, in a sandbox."""

    resource = "customer_cash_balance_transactions"
    returns = "customer_cash_balance_transaction"
    shapes = {"POST": shapes.FUND}

    def post(self, customer: str) -> CashTransaction:
        return services.fund_cash_balance(
            customer_id=customer,
            money=Money(self.params["amount"], self.params["currency"]),
            reference=self.params.get("reference"),
            now=clock.now(),
        )


class ApplyCustomerBalance(WireView):
    """Let a payment take of its customer's cash."""

    resource = "payment_intents"
    returns = "payment_intent"
    shapes = {"POST": shapes.APPLY}

    def post(self, intent: str) -> PaymentIntent:
        return services.apply_customer_balance(
            intent_id=intent,
            amount=self.params.get("amount"),
            currency=self.params.get("currency"),
            now=clock.now(),
        )


CUSTOMER = "customers/<str:customer>"
TRANSACTIONS = f"{CUSTOMER}/cash_balance_transactions"
urlpatterns = [
    path(f"{CUSTOMER}/cash_balance", CustomerCashBalance.as_view()),
    path(TRANSACTIONS, CashTransactions.as_view()),
    path(f"{TRANSACTIONS}/<str:cash_transaction>", CashTransactionDetail.as_view()),
    path(f"{CUSTOMER}/funding_instructions", FundingInstructions.as_view()),
    path(f"test_helpers/{CUSTOMER}/fund_cash_balance", FundCashBalance.as_view()),
    path("payment_intents/<str:intent>/apply_customer_balance", ApplyCustomerBalance.as_view()),
]
