"""Pages of accounts: the list, and a page for each with its balance over time."""

from datetime import UTC
from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery, Sum
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString

from apps.core import charts, clock, columns
from apps.core.money import Money
from apps.ledger import queries
from apps.ledger.admin.tree import TreePages
from apps.ledger.admin.trial_balance import TrialBalancePages
from apps.ledger.models import LedgerAccount, LedgerBalance
from apps.ledger.queries import EntryFilter

ENTRIES_SHOWN = 20
DAYS = (30, 90)


@admin.register(LedgerAccount)
class LedgerAccountAdmin(TreePages, TrialBalancePages):
    """The accounts, with what they have."""

    id_prefix = "lacct"
    list_display = ("code", "balance", "pending", "kind", "currency", "name", "entry_count")
    list_filter = ("kind", "currency", ("closed_at", admin.EmptyFieldListFilter))
    ordering = ("code", "currency")
    search_fields = ("id__startswith", "code__icontains", "name__icontains")
    search_help_text = "Id, code or name"
    list_before_template = "ledger/accounts_bar.html"
    change_form_template = "ledger/account.html"
    fields = (
        *("code", ("kind", "currency"), ("balance", "pending"), ("available", "floor")),
        *(("name", "id"), ("owner", "stripes"), ("created_at", "closed_at")),
        "metadata_json",
    )

    floor = columns.money("floor_minor", "floor")
    owner = columns.id_link("account_id", "owner")
    metadata_json = columns.json_of("metadata")

    def get_queryset(self, request: HttpRequest) -> QuerySet[LedgerAccount]:
        """Return the accounts with the sums of their balance rows: of those that are shown."""
        own = LedgerBalance.objects.filter(account=OuterRef("pk")).values("account_id")
        entries = own.values(entry_total=Sum("entry_count"))
        rows: QuerySet[LedgerAccount] = super().get_queryset(request)
        return queries.with_sums(rows).annotate(entry_total=Subquery(entries))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Show an account, with its balance over time and its latest entries."""
        account = context["original"]
        days = 90 if request.GET.get("days") == "90" else DAYS[0]
        today = clock.now().astimezone(UTC).date()
        history = queries.daily_balances([account], last=today, count=days)
        entries = reverse("admin:ledger_ledgerentry_changelist")
        context |= {
            "chart": charts.steps(history[account.pk]),
            "days": days,
            "choices": DAYS,
            "latest": queries.list_account_entries(
                account, wanted=EntryFilter(), limit=ENTRIES_SHOWN
            ),
            "entries_url": f"{entries}?account__id__exact={account.pk}",
        }
        answer: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return answer

    @admin.display(description="balance")
    def balance(self, account: LedgerAccount) -> SafeString:
        """Return what it has, in the direction in which it grows."""
        return _money(account, queries.balance_of(account).posted_minor)

    @admin.display(description="pending")
    def pending(self, account: LedgerAccount) -> SafeString | None:
        """Return what is reserved or on its way."""
        minor = queries.balance_of(account).pending_minor
        return _money(account, minor) if minor else None

    @admin.display(description="available")
    def available(self, account: LedgerAccount) -> SafeString:
        """Return what can be spent."""
        return _money(account, queries.balance_of(account).available_minor)

    @admin.display(description="entries")
    def entry_count(self, account: Any) -> int:
        """Return how many entries it has."""
        return int(account.entry_total or 0)


def _money(account: LedgerAccount, minor: int) -> SafeString:
    return columns.money_html(Money(minor, account.currency))
