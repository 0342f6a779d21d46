"""The queue of proposed reversals: one operator proposes, another approves or rejects."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from unfold.decorators import action
from unfold.enums import ActionVariant

from apps.core import clock, columns, context
from apps.core.admin import DayFilter, EnvironmentAdmin, in_environment
from apps.core.asking import AskingAdmin, ConfirmForm, ReasonForm, posted
from apps.identity import queries as identity
from apps.ledger import queries, services
from apps.ledger.admin import journal
from apps.ledger.domain.proposals import Status
from apps.ledger.models import LedgerProposal, LedgerTransaction


class StatusFilter(admin.SimpleListFilter):
    """What became of proposals."""

    title = parameter_name = "status"

    def lookups(self, _request: HttpRequest, _admin: Any) -> list[tuple[str, str]]:
        """Return what there is to choose."""
        return [(status.value, status.value) for status in Status]

    def queryset(self, _request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Keep what was chosen."""
        return rows.filter(status=self.value()) if self.value() else rows


@admin.register(LedgerProposal)
class LedgerProposalAdmin(EnvironmentAdmin, AskingAdmin):
    """Reversals that wait for a second operator, and those that were decided."""

    id_prefix = "lprop"
    list_display = ("id", "transaction_link", "status_badge", "reason_short", "proposer", "decider")
    list_filter = (StatusFilter, ("created_at", DayFilter), ("decided_at", DayFilter))
    list_select_related = ("transaction",)
    search_fields = ("id__exact", "transaction__id__exact", "transaction__reference__startswith")
    search_help_text = "Id, transaction or reference"
    change_form_template = "ledger/proposal.html"
    actions_detail = ("approve", "reject")

    transaction_link = columns.link("transaction", text="reference")
    status_badge = columns.badge("status")
    reason_short = columns.short("reason")

    def get_queryset(self, request: HttpRequest) -> QuerySet[LedgerProposal]:
        """Return the proposals with the names of those who acted."""
        rows: QuerySet[LedgerProposal] = super().get_queryset(request)
        return rows.annotate(
            proposer_name=identity.actor("proposed_by"), decider_name=identity.actor("decided_by")
        )

    def get_fields(self, _request: HttpRequest, proposal: LedgerProposal | None = None) -> Any:
        """Return what there is to say of a proposal by now."""
        asked = (("transaction", "status_badge"), "reason", ("proposer", "created_at"))
        if proposal is None or proposal.decided_at is None:
            return (*asked, "id")
        is_approved = proposal.status == Status.APPROVED
        outcome = "reversal" if is_approved else "rejected_because"
        return (*asked, ("decider", "decided_at"), outcome, "id")

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Show a proposal with the transaction that it is about."""
        proposal = context["original"]
        is_mine = proposal.proposed_by == _me()
        is_open = proposal.status == Status.PROPOSED
        if is_mine or not is_open:
            context["actions_detail"] = []
        rows = queries.with_postings(LedgerTransaction.objects.all())
        transaction = rows.get(pk=proposal.transaction_id)
        context |= {
            "is_waiting_for_another": is_mine and is_open,
            "transaction": transaction,
            "journal": journal.read(transaction),
        }
        answer: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return answer

    def has_decide_permission(self, request: HttpRequest, _proposal_id: str = "") -> bool:
        """Say whether the operator may approve and reject."""
        return request.user.has_perm("ledger.change_ledgerproposal")

    @action(  # type: ignore[untyped-decorator]
        description="Approve", url_path="approve", icon="check", permissions=["decide"]
    )
    @in_environment
    def approve(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, and post the reversal."""
        proposal = _proposal(object_id)

        def carry_out() -> HttpResponse:
            decided = services.approve_proposal(proposal_id=proposal.pk, now=clock.now())
            messages.success(request, "Approved: the transaction is reversed.")
            return HttpResponseRedirect(_page_of_id(decided.reversal_id))

        return self.ask(
            request,
            ConfirmForm(posted(request)),
            carry_out,
            title="Approve the reversal?",
            about=f"{proposal.transaction.reference}: {proposal.reason}",
            warning="The opposite of every posting is posted now. It cannot be taken back, only "
            "be reversed itself.",
            is_grave=True,
            button="Approve and post",
            back=_page_of_id(proposal.pk),
        )

    @action(  # type: ignore[untyped-decorator]
        description="Reject",
        url_path="reject",
        icon="close",
        permissions=["decide"],
        variant=ActionVariant.DANGER,
    )
    @in_environment
    def reject(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask why, and reject the proposal."""
        proposal = _proposal(object_id)
        form = ReasonForm(posted(request))

        def carry_out() -> HttpResponse:
            services.reject_proposal(
                proposal_id=proposal.pk, reason=form.cleaned_data["reason"], now=clock.now()
            )
            messages.success(request, "Rejected: nothing was posted.")
            return HttpResponseRedirect(_page_of_id(proposal.pk))

        return self.ask(
            request,
            form,
            carry_out,
            title="Reject the reversal",
            about=f"{proposal.transaction.reference}: {proposal.reason}",
            button="Reject it",
            back=_page_of_id(proposal.pk),
        )

    @admin.display(description="proposed by", ordering="proposed_by")
    def proposer(self, proposal: Any) -> str:
        """Return who proposed it."""
        return str(proposal.proposer_name)

    @admin.display(description="decided by", ordering="decided_by")
    def decider(self, proposal: Any) -> str | None:
        """Return who decided."""
        name: str | None = proposal.decider_name
        return name

    @admin.display(description="rejected because")
    def rejected_because(self, proposal: LedgerProposal) -> str | None:
        """Return why it was rejected."""
        reason: str | None = proposal.metadata.get("rejected_because")
        return reason


def _me() -> str:
    here = context.maybe_current()
    return "" if here is None else here.by


def _proposal(object_id: str) -> LedgerProposal:
    """Return the proposal that the admin's address names."""
    rows = LedgerProposal.objects.select_related("transaction")
    return get_object_or_404(rows, pk=unquote(object_id))


def _page_of_id(object_id: str | None) -> str:
    return columns.url_of_id(object_id or "") or reverse("admin:ledger_ledgerproposal_changelist")
