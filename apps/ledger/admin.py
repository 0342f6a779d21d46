"""Pages of the ledger: accounts with their balances, transactions with their entries."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from apps.core import columns
from apps.core.admin import DayFilter, EnvironmentAdmin
from apps.core.money import Money
from apps.ledger import queries
from apps.ledger.domain import Side
from apps.ledger.models import LedgerAccount, LedgerEntry, LedgerPosting, LedgerTransaction

EFFECTIVE = ("effective_at", DayFilter)


@admin.register(LedgerAccount)
class LedgerAccountAdmin(EnvironmentAdmin):
    """The accounts, with what they have."""

    id_prefix = "lacct"
    list_display = ("code", "balance", "pending", "kind", "currency", "name", "entry_count")
    list_filter = ("kind", "currency", ("closed_at", admin.EmptyFieldListFilter))
    ordering = ("code", "currency")
    search_fields = ("id__startswith", "code__icontains", "name__icontains")
    search_help_text = "Id, code or name"
    fields = (
        *("code", ("kind", "currency"), ("balance", "pending"), ("floor", "entries_link")),
        *(("name", "id"), ("stripes", "account_id"), ("created_at", "closed_at")),
        "metadata_json",
    )

    floor = columns.money("floor_minor", "floor")
    metadata_json = columns.json_of("metadata")

    def get_queryset(self, request: HttpRequest) -> QuerySet[LedgerAccount]:
        """Return the accounts with the sums of their balance rows."""
        sums = {
            name: Coalesce(Sum(f"balances__{name}"), 0)
            for name in (
                *("debits_minor", "credits_minor", "pending_debits_minor"),
                *("pending_credits_minor", "entry_count"),
            )
        }
        rows: QuerySet[LedgerAccount] = super().get_queryset(request)
        return rows.annotate(**sums)

    @admin.display(description="balance")
    def balance(self, account: Any) -> SafeString:
        """Return what it has, in the direction in which it grows."""
        return _in_direction(account, int(account.debits_minor - account.credits_minor))

    @admin.display(description="pending")
    def pending(self, account: Any) -> SafeString | None:
        """Return what is reserved or on its way."""
        minor = int(account.pending_debits_minor - account.pending_credits_minor)
        return _in_direction(account, minor) if minor else None

    @admin.display(description="entries", ordering="entry_count")
    def entry_count(self, account: Any) -> int:
        """Return how many entries it has."""
        return int(account.entry_count)

    @admin.display(description="entries")
    def entries_link(self, account: Any) -> SafeString:
        """Return a link to the entries."""
        url = reverse("admin:ledger_ledgerentry_changelist")
        text = f"Show {int(account.entry_count):,}"
        return columns.link_html(f"{url}?account__id__exact={account.pk}", text)


@admin.register(LedgerTransaction)
class LedgerTransactionAdmin(EnvironmentAdmin):
    """The movements of money."""

    id_prefix = "ltx"
    list_display = ("id", "kind", "amount", "source", "effective_at", "created_at")
    list_filter = (EFFECTIVE, ("created_at", DayFilter))
    search_fields = ("id__startswith", "reference__startswith", "source_id__exact")
    search_help_text = "Id, reference, or id of the source"
    fields = (
        *(("id", "kind"), ("source", "balance_transaction"), ("effective_at", "created_at")),
        *("entries", "reference", ("expires_at", "account_id"), ("resolves", "reverses")),
        "details_json",
        "metadata_json",
    )

    details_json = columns.json_of("details")
    metadata_json = columns.json_of("metadata")

    def get_queryset(self, request: HttpRequest) -> QuerySet[LedgerTransaction]:
        """Return the transactions with their postings."""
        rows: QuerySet[LedgerTransaction] = super().get_queryset(request)
        return rows.prefetch_related("postings")

    @admin.display(description="type")
    def kind(self, transaction: LedgerTransaction) -> str | None:
        """Return what it is of: a charge, a refund, the release of what was pending."""
        kind: str | None = transaction.details.get("type")
        return kind

    @admin.display(description="source")
    def source(self, transaction: LedgerTransaction) -> SafeString | None:
        """Return a link to what caused it."""
        source = transaction.source_id
        return columns.link_html(columns.url_of_id(source), source) if source else None

    @admin.display(description="amount")
    def amount(self, transaction: LedgerTransaction) -> SafeString:
        """Return what it moves, in each currency: the sum of its postings."""
        sums: dict[str, Money] = {}
        for posting in transaction.postings.all():
            zero = Money(0, posting.currency)
            sums[posting.currency] = sums.get(posting.currency, zero) + posting.money
        return format_html_join(
            " ", "{}", ((columns.money_html(money),) for money in sums.values())
        )

    @admin.display(description="balance transaction")
    def balance_transaction(self, transaction: LedgerTransaction) -> SafeString | None:
        """Return a link to the view of it that the API shows, if it has one."""
        if "available_on" not in transaction.details:
            return None
        txn = "txn_" + transaction.id.partition("_")[2]
        return columns.link_html(columns.url_of_id(txn), txn)

    @admin.display(description="entries")
    def entries(self, transaction: LedgerTransaction) -> SafeString:
        """Return the entries, each with the balance of its account after it."""
        lines = queries.list_entries([transaction.pk])
        return render_to_string("ledger/entries.html", {"entries": lines})


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
    ordering = ("-posting", "id")
    search_fields = ("account__code__exact", "transaction__id__exact")
    search_help_text = "Code of an account, id of a transaction"
    fields = ("id", "account", "debit", "credit", "layer", "transaction", "posting", "effective_at")

    account_link = columns.link("account", text="code")

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


def _in_direction(account: LedgerAccount, debit_minor: int) -> SafeString:
    sign = 1 if account.normal_side is Side.DEBIT else -1
    return columns.money_html(Money(sign * debit_minor, account.currency))
