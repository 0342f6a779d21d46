"""Pages of postings and entries."""

from collections.abc import Sequence

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString

from apps.core import columns
from apps.core.admin import DayFilter, EnvironmentAdmin
from apps.core.money import Money
from apps.ledger.domain import Side
from apps.ledger.models import LedgerEntry, LedgerPosting

EFFECTIVE = ("effective_at", DayFilter)


@admin.register(LedgerPosting)
class LedgerPostingAdmin(EnvironmentAdmin):
    """Amounts, each from one account to another."""

    list_display = (*("id", "amount", "credit_link", "debit_link", "layer", "effective_at"),)
    list_filter = ("layer", "currency", EFFECTIVE)
    list_select_related = ("debit", "credit")
    search_fields = (
        *("transaction__id__exact", "transaction__reference__startswith"),
        *("debit__code__exact", "credit__code__exact"),
    )
    search_help_text = "Transaction, reference, or code of an account"
    fields = (
        *("id", "amount", "credit", "debit", "layer", "transaction", "position", "effective_at"),
    )

    amount = columns.money("amount_minor")
    # The amount says the currency.
    credit_link = columns.link("credit", "from (credit)", text="code")
    debit_link = columns.link("debit", "to (debit)", text="code")


@admin.register(LedgerEntry)
class LedgerEntryAdmin(EnvironmentAdmin):
    """The two sides of every posting."""

    id_prefix = "len"
    list_display = ("id", "account_link", "debit", "credit", "layer", "effective_at")
    list_filter = ("side", "layer", "currency", EFFECTIVE)
    list_select_related = ("account",)
    search_fields = ("account__code__exact", "transaction__id__exact")
    search_help_text = "Code of an account, id of a transaction"
    fields = ("id", "account", "debit", "credit", "layer", "transaction", "posting", "effective_at")

    account_link = columns.link("account", text="code")

    def get_ordering(self, request: HttpRequest) -> Sequence[str]:
        """Return the order that an index has: of an account by time, of the book by posting."""
        if "account__id__exact" in request.GET:
            return ("-effective_at", "-posting", "id")
        return ("-posting", "id")

    @admin.display(description="debit", ordering="amount_minor")
    def debit(self, entry: LedgerEntry) -> SafeString | None:
        """Return the amount of a debit."""
        return _on_side(entry, Side.DEBIT)

    @admin.display(description="credit", ordering="amount_minor")
    def credit(self, entry: LedgerEntry) -> SafeString | None:
        """Return the amount of a credit."""
        return _on_side(entry, Side.CREDIT)


def _on_side(entry: LedgerEntry, side: Side) -> SafeString | None:
    if entry.side != side:
        return None
    sign = 1 if side is Side.DEBIT else -1
    return columns.money_html(Money(sign * entry.amount_minor, entry.currency))
