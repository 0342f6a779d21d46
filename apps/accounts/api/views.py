"""`/v1/account`, and the bank accounts that the account is paid out to."""

from django.urls import path

from apps.accounts import queries, services
from apps.accounts.models import Account, ExternalAccount
from apps.api.paging import Page, page
from apps.api.params import AnyOf, Shape, Text, from_wire, operation
from apps.api.views import WireView
from apps.core import clock, context

_PATH = "/v1/accounts/{account}/external_accounts"
_ADD = from_wire(f"POST {_PATH}")
_BANK_ACCOUNT = next(
    kind for kind in getattr(_ADD.fields["bank_account"], "kinds", ()) if isinstance(kind, Shape)
)
# Libraries send the account itself under either name.
_ADD = _ADD.extend(external_account=AnyOf(Text(max_length=255), _BANK_ACCOUNT))


class OwnAccount(WireView):
    """Retrieve."""

    resource = "accounts"
    returns = "account"
    shapes = {"GET": operation()}

    def get(self) -> Account:
        return queries.get_account(context.current().account_id)


class AccountDetail(WireView):
    """Retrieve."""

    resource = "accounts"
    returns = "account"
    shapes = {"GET": operation()}

    def get(self, account: str) -> Account:
        return queries.get_account(account)


class BankAccounts(WireView):
    """Add."""

    resource = "bank_accounts"
    returns = "bank_account"
    shapes = {"POST": _ADD}

    def post(self, account: str) -> ExternalAccount:
        queries.get_account(account)
        return services.create_external_account(given=self.params, now=clock.now())


class ExternalAccounts(BankAccounts):
    """Add, list."""

    shapes = {"GET": from_wire(f"GET {_PATH}"), "POST": _ADD}

    def get(self, account: str) -> Page:
        queries.get_account(account)
        rows = queries.list_external_accounts()
        # There are no cards among them.
        return page(rows.none() if self.params.get("object") == "card" else rows, self.params)


class ExternalAccountDetail(WireView):
    """Retrieve, update, remove."""

    resource = "bank_accounts"
    returns = "bank_account"
    shapes = {
        "GET": operation(),
        "POST": from_wire(f"POST {_PATH}/{{id}}"),
        "DELETE": operation(),
    }

    def get(self, account: str, external_account: str) -> ExternalAccount:
        queries.get_account(account)
        return queries.get_external_account(external_account)

    def post(self, account: str, external_account: str) -> ExternalAccount:
        queries.get_account(account)
        return services.update_external_account(
            external_account_id=external_account, given=self.params
        )

    def delete(self, account: str, external_account: str) -> ExternalAccount:
        queries.get_account(account)
        return services.delete_external_account(
            external_account_id=external_account, now=clock.now()
        )


_OF_THE_ACCOUNT = "accounts/<str:account>"
urlpatterns = [
    path("account", OwnAccount.as_view()),
    path(_OF_THE_ACCOUNT, AccountDetail.as_view()),
    path(f"{_OF_THE_ACCOUNT}/external_accounts", ExternalAccounts.as_view()),
    path(
        f"{_OF_THE_ACCOUNT}/external_accounts/<str:external_account>",
        ExternalAccountDetail.as_view(),
    ),
    path(f"{_OF_THE_ACCOUNT}/bank_accounts", BankAccounts.as_view()),
    path(
        f"{_OF_THE_ACCOUNT}/bank_accounts/<str:external_account>",
        ExternalAccountDetail.as_view(),
    ),
]
