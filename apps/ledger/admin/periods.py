"""Pages of periods: an operator closes one, and opens the last one again."""

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.safestring import SafeString
from unfold.decorators import action
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminSplitDateTimeWidget

from apps.core import clock, columns
from apps.core.admin import DayFilter, EnvironmentAdmin, in_environment
from apps.core.asking import AskingAdmin, ReasonForm, posted
from apps.identity import queries as identity
from apps.ledger import services
from apps.ledger.models import LedgerPeriod

LIST = "admin:ledger_ledgerperiod_changelist"


class CloseForm(forms.Form):
    """Until when the book is closed."""

    ends_at = forms.SplitDateTimeField(
        label="Everything before (UTC)",
        widget=UnfoldAdminSplitDateTimeWidget,
        help_text="Nothing that is effective before this can be posted any more.",
    )

    def clean_ends_at(self) -> datetime:
        """Return the instant."""
        instant: datetime = self.cleaned_data["ends_at"]
        return instant.astimezone(UTC)


@admin.register(LedgerPeriod)
class LedgerPeriodAdmin(EnvironmentAdmin, AskingAdmin):
    """Periods into which nothing can be back-dated, and those that were opened again."""

    id_prefix = "lper"
    list_display = ("id", "starts_at", "ends_at", "state", "closed", "created_at", "reopened")
    list_filter = (("reopened_at", admin.EmptyFieldListFilter), ("ends_at", DayFilter))
    ordering = ("-ends_at", "-id")
    search_fields = ("id__exact",)
    search_help_text = "Id"
    actions_list = ("close_period",)
    actions_detail = ("reopen",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[LedgerPeriod]:
        """Return the periods with the names of those who acted."""
        rows: QuerySet[LedgerPeriod] = super().get_queryset(request)
        return rows.annotate(
            closer=identity.actor("closed_by"), reopener=identity.actor("reopened_by")
        )

    def get_fields(self, _request: HttpRequest, period: LedgerPeriod | None = None) -> Any:
        """Return what there is to say of a period by now."""
        closed = (("starts_at", "ends_at"), "state", ("closed", "created_at"))
        if period is None or period.reopened_at is None:
            return (*closed, "id")
        return (*closed, ("reopened", "reopened_at"), "reopen_reason", "id")

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Show a period; one that was opened again cannot be opened once more."""
        if context["original"].reopened_at is not None:
            context["actions_detail"] = []
        answer: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return answer

    def has_close_permission(self, request: HttpRequest) -> bool:
        """Say whether the operator may close a period."""
        return request.user.has_perm("ledger.add_ledgerperiod")

    def has_reopen_permission(self, request: HttpRequest, _period_id: str = "") -> bool:
        """Say whether the operator may open a period again."""
        return request.user.has_perm("ledger.change_ledgerperiod")

    @action(  # type: ignore[untyped-decorator]
        description="Close a period", url_path="close", icon="lock", permissions=["close"]
    )
    @in_environment
    def close_period(self, request: HttpRequest) -> HttpResponse:
        """Ask until when, and close the book up to there."""
        form = CloseForm(posted(request))

        def carry_out() -> HttpResponse:
            period = services.close_period(ends_at=form.cleaned_data["ends_at"], now=clock.now())
            messages.success(request, f"Closed {period}.")
            return HttpResponseRedirect(reverse(LIST))

        return self.ask(
            request,
            form,
            carry_out,
            title="Close a period",
            warning="From the end of the last period up to the time below. Whoever is posting at "
            "this moment is waited for.",
            button="Close the period",
            back=reverse(LIST),
        )

    @action(  # type: ignore[untyped-decorator]
        description="Open again",
        url_path="reopen",
        icon="lock_open",
        permissions=["reopen"],
        variant=ActionVariant.DANGER,
    )
    @in_environment
    def reopen(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask why, and open the last period again."""
        period = get_object_or_404(LedgerPeriod, pk=unquote(object_id))
        form = ReasonForm(posted(request))

        def carry_out() -> HttpResponse:
            services.reopen_period(
                period_id=period.pk, reason=form.cleaned_data["reason"], now=clock.now()
            )
            messages.success(request, f"Opened again: {period}.")
            return HttpResponseRedirect(reverse(LIST))

        return self.ask(
            request,
            form,
            carry_out,
            title="Open the period again?",
            about=f"The period {period}",
            warning="Postings can be back-dated into it until it is closed once more.",
            is_grave=True,
            button="Open it again",
            back=columns.url_of(period) or reverse(LIST),
        )

    @admin.display(description="state", ordering="reopened_at")
    def state(self, period: LedgerPeriod) -> SafeString:
        """Return whether it is closed."""
        if period.reopened_at is None:
            return columns.badge_html("closed", tone="good")
        return columns.badge_html("opened again")

    @admin.display(description="closed by", ordering="closed_by")
    def closed(self, period: Any) -> str:
        """Return who closed it."""
        return str(period.closer)

    @admin.display(description="opened again by", ordering="reopened_by")
    def reopened(self, period: Any) -> str | None:
        """Return who opened it again."""
        return str(period.reopener) or None
