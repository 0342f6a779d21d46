"""Pages of transactions: the list, and each as a journal, from where its reversal is proposed."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import JSONObject
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import action

from apps.core import clock, columns
from apps.core.admin import DayFilter, EnvironmentAdmin, in_environment
from apps.core.asking import AskingAdmin, ReasonForm, posted
from apps.core.money import Money
from apps.ledger import queries, services
from apps.ledger.admin import journal
from apps.ledger.domain import Layer
from apps.ledger.models import LedgerPosting, LedgerTransaction


class StatusFilter(admin.SimpleListFilter):
    """What became of transactions."""

    title = "status"
    parameter_name = "status"

    def lookups(self, _request: HttpRequest, _admin: Any) -> list[tuple[str, str]]:
        """Return what there is to choose."""
        names = ("pending", "resolved", "resolves", "reversed", "reverses")
        return [(name, name) for name in names]

    def queryset(
        self, _request: HttpRequest, rows: QuerySet[LedgerTransaction]
    ) -> QuerySet[LedgerTransaction]:
        """Keep what was chosen."""
        chosen = self.value()
        if chosen in ("resolves", "reverses"):
            return rows.filter(**{f"{chosen}__isnull": False})
        others = LedgerTransaction.objects
        if chosen == "reversed":
            return rows.filter(Exists(others.filter(reverses=OuterRef("pk"))))
        if chosen in ("pending", "resolved"):
            # Said twice, so that the index of what is not posted serves.
            not_posted = LedgerPosting.objects.exclude(layer=Layer.POSTED.value)
            reserved = not_posted.filter(layer=Layer.PENDING.value).values("transaction_id")
            is_resolved = Q(Exists(others.filter(resolves=OuterRef("pk"))))
            return rows.filter(
                is_resolved if chosen == "resolved" else ~is_resolved, pk__in=reserved
            )
        return rows


@admin.register(LedgerTransaction)
class LedgerTransactionAdmin(EnvironmentAdmin, AskingAdmin):
    """The movements of money."""

    id_prefix = "ltx"
    list_display = ("id", "kind", "amount", "status", "source", "effective_at", "created_at")
    list_filter = (StatusFilter, ("effective_at", DayFilter), ("created_at", DayFilter))
    search_fields = ("id__startswith", "reference__startswith", "source_id__exact")
    search_help_text = "Id, reference, or id of the source"
    fields = ("id",)
    change_form_template = "ledger/transaction.html"
    actions_detail = ("propose_reversal",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[LedgerTransaction]:
        """Return the transactions: for the list with sums, for a page with their postings."""
        rows: QuerySet[LedgerTransaction] = super().get_queryset(request)
        if request.resolver_match and "object_id" in request.resolver_match.kwargs:
            return queries.with_postings(rows)
        own = LedgerPosting.objects.filter(transaction=OuterRef("pk"))
        sums = own.exclude(layer=Layer.RELEASED.value).values("currency", "layer")
        sums = sums.annotate(minor=Sum("amount_minor")).order_by("currency", "layer")
        whole = sums.values(whole=JSONObject(currency="currency", layer="layer", minor="minor"))
        return queries.with_links(rows).annotate(sums=ArraySubquery(whole))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Show a transaction as a journal."""
        transaction = context["original"]
        context["journal"] = shown = journal.read(transaction)
        if not shown.is_reversible:
            context["actions_detail"] = []
        context["balance_transaction"] = _balance_transaction(transaction)
        answer: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return answer

    def has_propose_permission(self, request: HttpRequest, _transaction_id: str = "") -> bool:
        """Say whether the operator may propose a reversal."""
        return request.user.has_perm("ledger.add_ledgerproposal")

    @action(  # type: ignore[untyped-decorator]
        description="Propose a reversal",
        url_path="propose-reversal",
        icon="undo",
        permissions=["propose"],
    )
    @in_environment
    def propose_reversal(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask why, and propose the reversal: another operator decides."""
        transaction = get_object_or_404(LedgerTransaction, pk=unquote(object_id))
        form = ReasonForm(posted(request))

        def carry_out() -> HttpResponse:
            proposal = services.propose_reversal(
                transaction_id=transaction.pk,
                reason=form.cleaned_data["reason"],
                now=clock.now(),
            )
            messages.success(request, "Proposed. Another operator has to approve it.")
            return HttpResponseRedirect(columns.url_of(proposal) or reverse("admin:index"))

        return self.ask(
            request,
            form,
            carry_out,
            title="Propose a reversal",
            about=f"{transaction.reference} · {transaction.pk}",
            warning=WARNING if transaction.source_id else "",
            button="Propose the reversal",
            back=columns.url_of(transaction) or reverse("admin:index"),
        )

    @admin.display(description="type")
    def kind(self, transaction: LedgerTransaction) -> str | None:
        """Return what it is of: a charge, a refund, the release of what was pending."""
        kind: str | None = transaction.details.get("type")
        return kind

    @admin.display(description="status")
    def status(self, transaction: Any) -> SafeString:
        """Return what became of it."""
        words = journal.status_of(transaction, transaction.sums)
        return format_html_join(" ", "{}", ((columns.badge_html(word),) for word in words))

    @admin.display(description="source")
    def source(self, transaction: LedgerTransaction) -> SafeString | None:
        """Return a link to what caused it."""
        source = transaction.source_id
        return columns.link_html(columns.url_of_id(source), source) if source else None

    @admin.display(description="amount")
    def amount(self, transaction: Any) -> SafeString:
        """Return what it moves, in each currency: the sum of its postings."""
        sums = (Money(one["minor"], one["currency"]) for one in transaction.sums)
        return format_html_join(" ", "{}", ((columns.money_html(money),) for money in sums))


WARNING = (
    "It was caused by something of FinCloud's own. A reversal corrects the book alone: what caused "
    "it stays as it is, and money that waits to become available still does."
)


def _balance_transaction(transaction: LedgerTransaction) -> str | None:
    """Return the id of the view of it that the API shows, if it has one."""
    if "available_on" not in transaction.details:
        return None
    return "txn_" + transaction.id.partition("_")[2]
