"""Pages of the verification: what it says of each book, since when one is frozen, and why."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import quote, unquote
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import action
from unfold.enums import ActionVariant

from apps.core import clock, columns, context
from apps.core.admin import BoundedList
from apps.core.asking import AskingAdmin, ConfirmForm, ReasonForm, posted
from apps.core.money import Money
from apps.ledger import queries, services
from apps.ledger.admin.findings import explain
from apps.ledger.domain import findings
from apps.ledger.models import LedgerState, LedgerVerification
from apps.ledger.queries import seals
from apps.tenants import queries as tenants

# What a step of a round looks at, for people.
PHASES = {
    "seals": "the seals",
    "unsealed": "what is not sealed yet",
    "transactions": "the transactions",
    "accounts": "the balances",
    "chart": "the equations of the chart",
}


class VerificationList(BoundedList):
    """The books, each with its environment and with what of it is not sealed."""

    def get_results(self, request: HttpRequest) -> None:
        """Read a page of the list: two statements, however many books it has."""
        super().get_results(request)
        ids = [row.pk for row in self.result_list]
        found = {one.id: one for one in tenants.list_environments().filter(pk__in=ids)}
        lags = queries.seal_lags(list(found.values()))
        for row in self.result_list:
            row.environment, row.lag = found.get(row.pk), lags.get(row.pk)


@admin.register(LedgerVerification)
class LedgerVerificationAdmin(AskingAdmin):
    """The state of every book. A page of one shows it in its environment."""

    list_display = (
        *("environment_link", "badges", "rounds", "round_finished_at", "progress"),
        *("unsealed", "step_at"),
    )
    list_filter = (("state", admin.AllValuesFieldListFilter),)
    ordering = ("-state", "pk")
    search_fields = ("environment_id__exact",)
    search_help_text = "Id of an environment"
    fields = ("environment_id",)
    change_form_template = "ledger/verification.html"
    actions_detail = ("verify", "unfreeze")

    def get_changelist(self, _request: HttpRequest, **_: Any) -> type[BoundedList]:
        """Return what makes the list."""
        return VerificationList

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the state of a book, once its environment is the chosen one."""
        wanted = unquote(object_id or "")
        is_elsewhere = request.method == "GET" and not _is_here(wanted)
        if is_elsewhere and self.has_view_permission(request) and _exists(wanted):
            return HttpResponseRedirect(f"{request.path}?environment={wanted}")
        return super().changeform_view(request, object_id, form_url, extra_context)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Show the state of the chosen book."""
        row = context["original"]
        context |= _book(row) if _is_here(row.pk) else {"book": None}
        if context["book"] is None or context["book"].frozen_at is None:
            context["actions_detail"] = [
                one for one in context.get("actions_detail", []) if one["title"] != "Unfreeze"
            ]
        answer: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return answer

    def has_verify_permission(self, request: HttpRequest, _environment_id: str = "") -> bool:
        """Say whether the operator may begin a round."""
        return request.user.has_perm("ledger.change_ledgerverification")

    def has_unfreeze_permission(self, request: HttpRequest, _environment_id: str = "") -> bool:
        """Say whether the operator may let a frozen book take postings again."""
        return request.user.has_perm("ledger.change_ledgerstate")

    @action(  # type: ignore[untyped-decorator]
        description="Verify now", url_path="verify", icon="fact_check", permissions=["verify"]
    )
    def verify(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, and begin a new round."""
        back = _page_of(object_id)
        if not _is_here(unquote(object_id)):
            return _elsewhere(request)

        def carry_out() -> HttpResponse:
            services.begin_round(now=clock.now())
            row = services.verify_now(now=clock.now())
            done = "at" not in row.cursor
            words = "The whole book was verified." if done else "A new round has begun."
            messages.success(request, words)
            return HttpResponseRedirect(back)

        return self.ask(
            request,
            ConfirmForm(posted(request)),
            carry_out,
            title="Verify the whole book from the beginning?",
            about=str(context.current().environment),
            warning="The round that is at work is given up. The new one goes on in the background.",
            button="Begin a new round",
            back=back,
        )

    @action(  # type: ignore[untyped-decorator]
        description="Unfreeze",
        url_path="unfreeze",
        icon="lock_open",
        permissions=["unfreeze"],
        variant=ActionVariant.DANGER,
    )
    def unfreeze(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask why, and let the book take postings again."""
        back = _page_of(object_id)
        if not _is_here(unquote(object_id)):
            return _elsewhere(request)
        form = ReasonForm(posted(request))

        def carry_out() -> HttpResponse:
            services.unfreeze(reason=form.cleaned_data["reason"], now=clock.now())
            messages.success(request, "The book takes postings again.")
            return HttpResponseRedirect(back)

        return self.ask(
            request,
            form,
            carry_out,
            title="Let the book take postings again?",
            about=str(context.current().environment),
            warning="What is known to be wrong is accepted as it is, and does not freeze the book "
            "again. Understand it first.",
            is_grave=True,
            button="Unfreeze the book",
            back=back,
        )

    @admin.display(description="environment", ordering="pk")
    def environment_link(self, row: Any) -> SafeString:
        """Return the environment, by its name; one that is gone by its id."""
        return format_html("{}", row.environment or row.pk)

    @admin.display(description="state", ordering="state")
    def badges(self, row: Any) -> SafeString:
        """Return what the verification says, and whether the book is frozen."""
        is_frozen = row.lag is not None and row.lag.frozen_at is not None
        frozen = columns.badge_html("frozen") if is_frozen else ""
        return format_html("{} {}", columns.badge_html(row.state), frozen)

    @admin.display(description="at work on")
    def progress(self, row: LedgerVerification) -> str | None:
        """Return where the round at work is."""
        return _progress(row)

    @admin.display(description="not sealed")
    def unsealed(self, row: Any) -> str | None:
        """Return how many postings wait for a seal, and for how long."""
        if row.lag is None or row.lag.since is None:
            return None
        return f"{row.lag.postings:,} since {columns.ago(row.lag.since)}"


def _book(row: LedgerVerification) -> dict[str, Any]:
    """Return what the page of the chosen book shows."""
    environment = context.current().environment
    lag = queries.seal_lags([environment])[environment.id]
    found = [findings.from_json(one) for one in row.findings]
    book = LedgerState.objects.get()
    return {
        "book_of": environment,
        "book": book,
        "lag": lag,
        "newest_seal": seals.newest_seal(),
        "progress": _progress(row),
        "findings": [explain(one) for one in found],
        "more_findings": max(0, int(row.cursor.get("found", 0)) - len(found)),
        "coverage": [_coverage(one) for one in row.coverage],
        "state_words": STATES.get(row.state, row.state),
        # What was expected and what was found is told with the findings.
        "frozen_because": book.frozen_reason.partition(" (expected")[0],
        "finished_ago": row.round_finished_at and columns.ago(row.round_finished_at),
    }


STATES = {
    "new": "The first round is not over yet.",
    "ok": "Everything adds up.",
    "drift": "Something does not add up.",
}


def _progress(row: LedgerVerification) -> str | None:
    at = row.cursor.get("at")
    return None if at is None else PHASES.get(at["phase"], at["phase"])


def _coverage(stored: dict[str, Any]) -> dict[str, Money]:
    names = ("owed", "held", "shortfall")
    return {name: Money(stored[name], stored["currency"]) for name in names}


def _is_here(environment_id: str) -> bool:
    here = context.maybe_current()
    return here is not None and here.environment.id == environment_id


def _exists(environment_id: str) -> bool:
    return tenants.list_environments().filter(pk=environment_id).exists()


def _elsewhere(request: HttpRequest) -> HttpResponse:
    messages.error(request, "That book is of another environment: choose it first.")
    return HttpResponseRedirect(reverse("admin:ledger_ledgerverification_changelist"))


def _page_of(object_id: str) -> str:
    return reverse("admin:ledger_ledgerverification_change", args=[quote(unquote(object_id))])
