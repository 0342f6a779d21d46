"""The trial balance: what every account has, by kind, and that both sides come to the same."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, Final

from django import forms
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from apps.core.admin import EnvironmentAdmin, in_environment
from apps.core.money import Money
from apps.ledger import queries
from apps.ledger.admin.tree import TITLES
from apps.ledger.domain import Side, normal_side
from apps.ledger.models import LedgerAccount
from apps.ledger.queries import AccountTotal, Total, TrialBalance

LINES_ON_PAGE: Final = 200


@dataclass(frozen=True, slots=True)
class Group:
    """The accounts of one kind, with what they have together, in the column of their kind."""

    title: str
    side: Side
    total: Money
    lines: list[AccountTotal]


class AskedForm(forms.Form):
    """Which currency, and as of which day."""

    currency = forms.ChoiceField(required=False, widget=UnfoldAdminSelectWidget)
    at = forms.DateField(
        label="As of the end of (UTC)",
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"type": "date"}),
        input_formats=["%Y-%m-%d"],
    )

    def __init__(self, *args: Any, currencies: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["currency"]
        assert isinstance(choice, forms.ChoiceField)
        choice.choices = [(one, one.upper()) for one in currencies]


class TrialBalancePages(EnvironmentAdmin):
    """The page of the trial balance."""

    def get_urls(self) -> list[URLPattern]:
        """Return the page of the trial balance beside those of the list."""
        view = self.admin_site.admin_view(self.trial_balance_view)
        name = "ledger_ledgeraccount_trial_balance"
        return [path("trial-balance/", view, name=name), *super().get_urls()]

    @in_environment
    def trial_balance_view(self, request: HttpRequest) -> HttpResponse:
        """Show the trial balance of one currency, now or at the end of a day."""
        currencies = queries.tree.read_currencies()
        form = AskedForm(request.GET, currencies=currencies)
        # What is no day, or no currency of the book, is said in the form, and nothing is shown.
        page: dict[str, Any] = {"form": form, "groups": []}
        if form.is_valid() and currencies:
            currency = form.cleaned_data["currency"] or currencies[0]
            day = form.cleaned_data["at"]
            page |= _shown(currency, day, after=request.GET.get("after", ""))
        page |= {
            **self.admin_site.each_context(request),
            "title": "Trial balance",
            "own_url": reverse("admin:ledger_ledgeraccount_trial_balance"),
        }
        return TemplateResponse(request, "ledger/trial_balance.html", page)


def _shown(currency: str, day: date | None, *, after: str) -> dict[str, Any]:
    found = queries.read_trial_balance(
        at=None if day is None else datetime.combine(day, time(23, 59, 59), tzinfo=UTC),
        currency=currency,
        after=LedgerAccount.objects.filter(pk=after).first(),
        limit=LINES_ON_PAGE + 1,
    )
    lines = list(found.lines[:LINES_ON_PAGE])
    more = len(found.lines) > LINES_ON_PAGE
    debits, credits_ = (_sum_of(found, side, currency) for side in (Side.DEBIT, Side.CREDIT))
    return {
        "currency": currency,
        "day": day,
        "groups": [
            Group(
                title=TITLES[total.kind],
                side=normal_side(total.kind),
                total=Money(total.balance_minor, currency),
                lines=[line for line in lines if line.total.kind is total.kind],
            )
            for total in found.totals
        ],
        "debits": debits,
        "credits": credits_,
        "is_balanced": debits == credits_,
        "after": lines[-1].account_id if more else None,
        "is_later_page": bool(after),
    }


def _sum_of(found: TrialBalance, side: Side, currency: str) -> Money:
    """Return what the kinds of one side come to."""
    own = (total for total in found.totals if normal_side(total.kind) is side)
    return Money(sum(map(_balance, own)), currency)


def _balance(total: Total) -> int:
    return total.balance_minor
