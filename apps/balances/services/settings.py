"""What an account decides of its payouts."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from apps.accounts import queries as accounts
from apps.accounts import services as account_services
from apps.accounts.domain import PayoutTerms
from apps.api.params import InvalidParameter
from apps.balances import domain, queries
from apps.balances.domain import BalanceSettings
from apps.balances.services.scheduled import schedule_job, schedule_key
from apps.core import context, jobs
from apps.core.use_cases import use_case
from apps.events import services as events

_SCHEDULE = "payments[payouts][schedule]"


@use_case
def update_balance_settings(*, given: dict[str, Any], now: datetime) -> BalanceSettings:
    """Change what is given of the settings; return them all. A schedule begins the next day.

    :param given: parameters by name, as `apps.balances.api.views.settings` takes them.
    :raises InvalidParameter: a schedule has no days, or days that are not its own.
    """
    wished = given.get("payments", {}).get("payouts", {})
    account = accounts.get_account(context.current().account_id, for_update=True)
    present = accounts.payout_terms(account)
    terms = _merged(present, wished)
    changes = account_services.change_payout_terms(account, terms=terms)
    if terms.interval == "manual":
        jobs.cancel([schedule_key()])
    elif present.interval == "manual":
        jobs.schedule(schedule_job(domain.next_day(now).date()))
    events.record(changes)
    return queries.balance_settings()


def _merged(present: PayoutTerms, wished: dict[str, Any]) -> PayoutTerms:
    terms = present
    if "statement_descriptor" in wished:
        terms = replace(terms, descriptor=wished["statement_descriptor"] or "")
    if "minimum_balance_by_currency" in wished:
        terms = replace(
            terms,
            minimum_balances=_minimum_balances(
                present.minimum_balances, wished["minimum_balance_by_currency"]
            ),
        )
    schedule = wished.get("schedule")
    return terms if schedule is None else _scheduled(terms, schedule)


def _minimum_balances(present: Any, wished: dict[str, int | None] | None) -> dict[str, int]:
    """Return the amounts with those that are given; an empty one is taken away, or all of them."""
    if wished is None:
        return {}
    merged = {**present, **wished}
    return {currency: minor for currency, minor in sorted(merged.items()) if minor}


def _scheduled(present: PayoutTerms, wished: dict[str, Any]) -> PayoutTerms:
    """Return the terms with another schedule: an interval has its own days, and no others."""
    interval = wished.get("interval", present.interval)
    days_of = {"weekly": "weekly_payout_days", "monthly": "monthly_payout_days"}
    for of, name in days_of.items():
        if name in wished and of != interval:
            raise InvalidParameter(
                f"{name} belongs to a {of} schedule.", param=f"{_SCHEDULE}[{name}]"
            )
    weekdays, days = present.weekdays, present.days
    if interval == "weekly":
        chosen = wished.get("weekly_payout_days", weekdays)
        weekdays = tuple(day for day in domain.WEEKDAYS if day in chosen)
    if interval == "monthly":
        days = tuple(sorted(set(wished.get("monthly_payout_days", days))))
    if not {"weekly": weekdays, "monthly": days}.get(interval, (interval,)):
        name = days_of[interval]
        raise InvalidParameter(
            f"A {interval} schedule has days: give {name}.",
            code="parameter_missing",
            param=f"{_SCHEDULE}[{name}]",
        )
    return replace(present, interval=interval, weekdays=weekdays, days=days)
