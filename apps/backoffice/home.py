"""The figures of the home page: of the chosen environment, and of the installation."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db import connection
from django.http import HttpRequest

from apps.core import charts, clock, columns, context, jobs
from apps.core.money import Money
from apps.ledger import queries as ledger
from apps.ledger.domain import chart
from apps.payments import queries as payments
from apps.payments.queries import Volume
from apps.tenants import queries as tenants
from apps.webhooks import queries as webhooks

DAYS = 7
# Of the balance. A merchant account has up to four ledger accounts in each currency.
CHART_DAYS = 30
ACCOUNTS_MAX = 12


@dataclass(frozen=True, slots=True)
class Bar:
    """A day of the chart. Lengths are percent of the chart's height."""

    day: date
    money: Money
    count: int
    height: int
    x: int

    @property
    def y(self) -> int:
        """Return where the bar begins, from above."""
        return 100 - self.height


@dataclass(frozen=True, slots=True)
class CurrencyFigures:
    """The payments of one currency."""

    currency: str
    today: Money
    week: Money
    today_count: int
    week_count: int
    bars: list[Bar]


def dashboard(_request: HttpRequest, page: dict[str, Any]) -> dict[str, Any]:
    """Add the figures to the home page (unfold's DASHBOARD_CALLBACK)."""
    now = clock.now()
    here = context.maybe_current()
    return {
        **page,
        "title": "Home",
        "installation": _installation(now),
        "here": here and _environment(now),
    }


def _environment(now: datetime) -> dict[str, Any]:
    """Return the figures of the chosen environment, in a handful of queries."""
    days = [now.date() - timedelta(days=ago) for ago in reversed(range(DAYS))]
    since = datetime.combine(days[0], time.min, tzinfo=UTC)
    volumes = payments.list_volumes(since=since)
    succeeded = sum(volume.succeeded for volume in volumes)
    failed = sum(volume.failed for volume in volumes)
    tried = succeeded + failed
    return {
        "currencies": _by_currency(volumes, days),
        "succeeded": succeeded,
        "failed": failed,
        # A tenth of a percent, rounded down: 100 % means that nothing failed.
        "success_rate": f"{succeeded * 1000 // tried / 10:.1f} %" if tried else "–",
        "deliveries": webhooks.count_failing(since=since),
        "due_jobs": jobs.count_due(now=now),
        "book": _book(now),
    }


def _book(now: datetime) -> dict[str, Any]:
    """Return what the ledger says of the environment: its own merchant account over time."""
    here = context.current().environment
    own = chart.account_pending(here.account_id).removesuffix("pending")
    accounts = list(ledger.list_accounts(code_prefix=own).order_by("currency")[:ACCOUNTS_MAX])
    history = ledger.daily_balances(accounts, last=now.date(), count=CHART_DAYS)
    verification = ledger.find_verification(here.id)
    verified_at = verification and verification.round_finished_at
    return {
        "balances": [charts.steps(days) for _, days in sorted(_sums(history.values()).items())],
        "open_proposals": ledger.count_open_proposals(),
        "verification": verification,
        "verified_ago": verified_at and columns.ago(verified_at),
        "lag": ledger.seal_lags([here])[here.id],
    }


def _sums(histories: Iterable[ledger.Days]) -> dict[str, ledger.Days]:
    """Return the sums of the accounts in each currency, day by day."""
    sums: dict[str, ledger.Days] = {}
    for days in histories:
        currency = days[0][1].currency
        known = sums.get(currency)
        sums[currency] = (
            [(day, before + money) for (day, before), (_, money) in zip(known, days, strict=True)]
            if known
            else days
        )
    return sums


def _by_currency(volumes: Iterable[Volume], days: list[date]) -> list[CurrencyFigures]:
    by_currency: dict[str, dict[date, Volume]] = {}
    for volume in volumes:
        by_currency.setdefault(volume.captured.currency, {})[volume.day] = volume
    return [_figures(currency, found, days) for currency, found in sorted(by_currency.items())]


def _figures(currency: str, found: dict[date, Volume], days: list[date]) -> CurrencyFigures:
    nothing = Money(0, currency)
    by_day = [found.get(day, Volume(day, nothing, 0, 0)) for day in days]
    highest = max(volume.captured.minor for volume in by_day) or 1
    return CurrencyFigures(
        currency=currency,
        today=by_day[-1].captured,
        week=sum((volume.captured for volume in by_day), nothing),
        today_count=by_day[-1].succeeded,
        week_count=sum(volume.succeeded for volume in by_day),
        bars=[
            Bar(
                day=volume.day,
                money=volume.captured,
                count=volume.succeeded,
                # What is there at all can be seen.
                height=max(volume.captured.minor * 100 // highest, 2 if volume.captured else 1),
                x=index * 14 + 2,
            )
            for index, volume in enumerate(by_day)
        ],
    )


def _installation(now: datetime) -> dict[str, Any]:
    kinds = tenants.count_environments()
    waiting_s = webhooks.oldest_undelivered_age_s(now=now)
    overdue_s = jobs.oldest_due_age_s(now=now)
    return {
        "tenants": tenants.count_tenants(),
        "sandbox": kinds["sandbox"],
        "live": kinds["live"],
        "pooled": kinds["pooled"],
        "oldest_undelivered": columns.duration(waiting_s) if waiting_s else None,
        "oldest_due_job": columns.duration(overdue_s) if overdue_s else None,
        "database": f"PostgreSQL {connection.pg_version // 10_000}",  # type: ignore[attr-defined]
    }
