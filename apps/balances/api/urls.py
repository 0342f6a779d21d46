"""URLs of balances. `balance/history` is the older name of `balance_transactions`."""

from django.urls import path

from apps.balances.api import views

urlpatterns = [
    path("balance", views.BalanceDetail.as_view()),
    path("balance/history", views.BalanceTransactions.as_view()),
    path("balance/history/<str:balance_transaction>", views.BalanceTransactionDetail.as_view()),
    path("balance_transactions", views.BalanceTransactions.as_view()),
    path(
        "balance_transactions/<str:balance_transaction>", views.BalanceTransactionDetail.as_view()
    ),
]
