"""URLs of the ledger."""

from django.urls import path

from apps.ledger.api import (
    accounts,
    batches,
    exports,
    periods,
    seals,
    statements,
    transactions,
    trial_balance,
    verify,
)

urlpatterns = [
    path("ledger/accounts", accounts.LedgerAccounts.as_view()),
    path("ledger/accounts/<str:ledger_account>", accounts.LedgerAccountDetail.as_view()),
    path("ledger/accounts/<str:ledger_account>/balance", accounts.LedgerAccountBalance.as_view()),
    path("ledger/accounts/<str:ledger_account>/close", accounts.CloseLedgerAccount.as_view()),
    path("ledger/accounts/<str:ledger_account>/entries", accounts.LedgerAccountEntries.as_view()),
    path(
        "ledger/accounts/<str:ledger_account>/statement",
        statements.LedgerAccountStatement.as_view(),
    ),
    path("ledger/exports", exports.LedgerExports.as_view()),
    path("ledger/exports/<str:ledger_export>", exports.LedgerExportDetail.as_view()),
    path("ledger/exports/<str:ledger_export>/content", exports.LedgerExportContent.as_view()),
    path("ledger/periods", periods.LedgerPeriods.as_view()),
    path("ledger/periods/<str:ledger_period>", periods.LedgerPeriodDetail.as_view()),
    path("ledger/transactions", transactions.Transactions.as_view()),
    path("ledger/transactions/batch", batches.TransactionBatches.as_view()),
    path("ledger/transactions/<str:ledger_transaction>", transactions.TransactionDetail.as_view()),
    path(
        "ledger/transactions/<str:ledger_transaction>/post", transactions.PostTransaction.as_view()
    ),
    path(
        "ledger/transactions/<str:ledger_transaction>/reverse",
        transactions.ReverseTransaction.as_view(),
    ),
    path(
        "ledger/transactions/<str:ledger_transaction>/void", transactions.VoidTransaction.as_view()
    ),
    path("ledger/entries/<str:ledger_entry>", accounts.LedgerEntryDetail.as_view()),
    path("ledger/entries/<str:ledger_entry>/proof", seals.LedgerEntryProof.as_view()),
    path("ledger/seals", seals.LedgerSeals.as_view()),
    path("ledger/seals/<str:ledger_seal>", seals.LedgerSealDetail.as_view()),
    path("ledger/verify", verify.LedgerVerify.as_view()),
    path("ledger/trial_balance", trial_balance.LedgerTrialBalance.as_view()),
]
