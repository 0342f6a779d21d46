"""The pages of balance transactions, which say what becomes available when, and of payouts."""

from django.contrib import admin
from django.utils.safestring import SafeString

from apps.balances.models import Payout, Release
from apps.core import columns
from apps.core.admin import DAYS, DayFilter, EnvironmentAdmin


@admin.register(Release)
class ReleaseAdmin(EnvironmentAdmin):
    """Balance transactions; their amounts are those of the ledger transaction."""

    id_prefix = "txn"
    list_display = ("id", "net", "state", "ledger", "due_at", "released_at")
    list_filter = (
        ("released_at", admin.EmptyFieldListFilter),
        "currency",
        ("due_at", DayFilter),
        ("created_at", DayFilter),
    )
    search_fields = ("id__startswith",)
    search_help_text = "Id"
    fields = (
        *("id", "net", "state", "ledger", "due_at", "released_at", "released_by_link"),
        *("payout_link", "account_id", "created_at"),
    )

    payout_link = columns.id_link("payout_id", "paid out by")
    net = columns.money("net_minor", "net")
    released_by_link = columns.id_link("released_by", "released by")

    @admin.display(description="state", ordering="released_at")
    def state(self, release: Release) -> SafeString:
        """Return whether the money is available."""
        return columns.badge_html("pending" if release.released_at is None else "released")

    @admin.display(description="ledger transaction")
    def ledger(self, release: Release) -> SafeString:
        """Return a link to the ledger transaction that this is a view of."""
        transaction_id = "ltx_" + release.id.partition("_")[2]
        return columns.link_html(columns.url_of_id(transaction_id), transaction_id)


@admin.register(Payout)
class PayoutAdmin(EnvironmentAdmin):
    """What goes to bank accounts, and what is called back from there."""

    id_prefix = "po"
    list_display = ("id", "amount", "state", "automatic", "destination", "arrival_at", "created_at")
    list_filter = ("status", "currency", "automatic", ("arrival_at", DayFilter), DAYS)
    search_fields = ("id__startswith", "destination_id__startswith", "trace_id")
    search_help_text = "Id, bank account, or trace"
    fields = (
        *("id", "amount", "state", "method", "automatic", "scheduled_on", "is_reconciled"),
        *("destination", "processor", "submitted_at", "arrival_at", "paid_at", "trace_id"),
        *("failure_code", "failure_message", "transaction", "failure_transaction"),
        *("original", "reversal", "description", "statement_descriptor"),
        *("account_id", "created_at", "metadata_json"),
    )

    amount = columns.money("amount_minor", "amount")
    destination = columns.id_link("destination_id", "bank account")
    transaction = columns.id_link("balance_transaction_id", "balance transaction")
    failure_transaction = columns.id_link(
        "failure_balance_transaction_id", "balance transaction of the failure"
    )
    original = columns.id_link("original_payout_id", "reversal of")
    reversal = columns.id_link("reversed_by_id", "reversed by")
    metadata_json = columns.json_of("metadata")

    @admin.display(description="status", ordering="status")
    def state(self, payout: Payout) -> SafeString:
        """Return where it is."""
        return columns.badge_html(payout.status)
