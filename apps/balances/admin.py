"""The page of balance transactions: what becomes available when."""

from django.contrib import admin
from django.utils.safestring import SafeString

from apps.balances.models import Release
from apps.core import columns
from apps.core.admin import DayFilter, EnvironmentAdmin


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
        *("account_id", "created_at"),
    )

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
