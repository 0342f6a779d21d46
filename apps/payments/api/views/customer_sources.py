"""Sources, cards and bank accounts of a customer."""

from typing import ClassVar

from django.urls import path

from apps.api.paging import Page
from apps.api.params import InvalidParameter
from apps.api.views import WireView
from apps.core import clock
from apps.customers import queries as customers
from apps.payments import queries, services
from apps.payments.api.shapes import sources as shapes
from apps.payments.models import Source
from apps.payments.models.sources import SOURCE_KINDS


class CustomerSources(WireView):
    """Give a customer a card, a bank account or a source; list what a customer has."""

    resource = "sources"
    returns = "source"
    also_returns: ClassVar[tuple[str, ...]] = ("bank_account", "card")
    shapes = {"GET": shapes.LIST, "POST": shapes.CREATE}
    kinds: ClassVar[tuple[str, ...]] = SOURCE_KINDS

    def get(self, customer: str) -> Page:
        customers.get_customer(customer)
        kinds = self.kinds
        if "object" in self.params:
            kinds = (self.params["object"],)
            if not set(kinds) <= set(SOURCE_KINDS):
                raise InvalidParameter(
                    f"object must be one of {', '.join(SOURCE_KINDS)}.", param="object"
                )
        return queries.page_of_sources(customer, self.params, kinds=kinds)

    def post(self, customer: str) -> Source:
        return services.create_customer_source(
            customer_id=customer, given=self.params, kinds=self.kinds, now=clock.now()
        )


class CustomerCards(CustomerSources):
    """Give a customer a card, list the cards of a customer."""

    resource = "cards"
    returns = "card"
    also_returns = ()
    shapes = {"GET": shapes.LIST_OF_ONE_KIND, "POST": shapes.CREATE}
    kinds = ("card",)


class CustomerBankAccounts(CustomerSources):
    """Give a customer a bank account, list the bank accounts of a customer."""

    resource = "bank_accounts"
    returns = "bank_account"
    also_returns = ()
    shapes = {"GET": shapes.LIST_OF_ONE_KIND, "POST": shapes.CREATE}
    kinds = ("bank_account",)


class CustomerSourceDetail(WireView):
    """Retrieve, update, delete."""

    resource = "sources"
    returns = "source"
    also_returns: ClassVar[tuple[str, ...]] = ("bank_account", "card")
    shapes = {"GET": shapes.RETRIEVE_TOKEN, "POST": shapes.UPDATE, "DELETE": shapes.DELETE}
    kinds: ClassVar[tuple[str, ...]] = SOURCE_KINDS

    def get(self, customer: str, customer_source: str) -> Source:
        return queries.get_source(customer_source, customer_id=customer, kinds=self.kinds)

    def post(self, customer: str, customer_source: str) -> Source:
        return services.update_customer_source(
            source_id=customer_source,
            customer_id=customer,
            given=self.params,
            kinds=self.kinds,
            now=clock.now(),
        )

    def delete(self, customer: str, customer_source: str) -> Source:
        return services.delete_customer_source(
            source_id=customer_source, customer_id=customer, kinds=self.kinds, now=clock.now()
        )


class CustomerCardDetail(CustomerSourceDetail):
    """Retrieve, update, delete."""

    resource = "cards"
    returns = "card"
    also_returns = ()
    kinds = ("card",)

    def get(self, customer: str, customer_card: str) -> Source:
        return super().get(customer, customer_card)

    def post(self, customer: str, customer_card: str) -> Source:
        return super().post(customer, customer_card)

    def delete(self, customer: str, customer_card: str) -> Source:
        return super().delete(customer, customer_card)


class CustomerBankAccountDetail(CustomerSourceDetail):
    """Retrieve, update, delete."""

    resource = "bank_accounts"
    returns = "bank_account"
    also_returns = ()
    kinds = ("bank_account",)

    def get(self, customer: str, customer_bank_account: str) -> Source:
        return super().get(customer, customer_bank_account)

    def post(self, customer: str, customer_bank_account: str) -> Source:
        return super().post(customer, customer_bank_account)

    def delete(self, customer: str, customer_bank_account: str) -> Source:
        return super().delete(customer, customer_bank_account)


class VerifyBankAccount(WireView):
    """Tell the amounts of the micro-deposits to a customer's bank account."""

    resource = "bank_accounts"
    returns = "bank_account"
    shapes = {"POST": shapes.VERIFY}

    def post(self, customer: str, customer_bank_account: str) -> Source:
        return services.verify_bank_account(
            source_id=customer_bank_account,
            customer_id=customer,
            amounts=self.params.get("amounts") or [],
            now=clock.now(),
        )


_OF_CUSTOMER = "customers/<str:customer>"
_SOURCE = f"{_OF_CUSTOMER}/sources/<str:customer_source>"
_ACCOUNT = f"{_OF_CUSTOMER}/bank_accounts/<str:customer_bank_account>"
urlpatterns = [
    path(f"{_OF_CUSTOMER}/sources", CustomerSources.as_view()),
    path(_SOURCE, CustomerSourceDetail.as_view()),
    path(f"{_OF_CUSTOMER}/sources/<str:customer_bank_account>/verify", VerifyBankAccount.as_view()),
    path(f"{_OF_CUSTOMER}/cards", CustomerCards.as_view()),
    path(f"{_OF_CUSTOMER}/cards/<str:customer_card>", CustomerCardDetail.as_view()),
    path(f"{_OF_CUSTOMER}/bank_accounts", CustomerBankAccounts.as_view()),
    path(_ACCOUNT, CustomerBankAccountDetail.as_view()),
    path(f"{_ACCOUNT}/verify", VerifyBankAccount.as_view()),
]
