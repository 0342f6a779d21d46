"""URLs of the ledger."""

from django.urls import path

from apps.ledger.api import accounts

urlpatterns = [
    path("ledger/accounts", accounts.LedgerAccounts.as_view()),
    path("ledger/accounts/<str:ledger_account>", accounts.LedgerAccountDetail.as_view()),
    path("ledger/accounts/<str:ledger_account>/balance", accounts.LedgerAccountBalance.as_view()),
    path("ledger/accounts/<str:ledger_account>/close", accounts.CloseLedgerAccount.as_view()),
    path("ledger/accounts/<str:ledger_account>/entries", accounts.LedgerAccountEntries.as_view()),
    path("ledger/entries/<str:ledger_entry>", accounts.LedgerEntryDetail.as_view()),
]
