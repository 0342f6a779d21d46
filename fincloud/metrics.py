"""`/metrics`, for Prometheus: read from the database when it is asked for.

So it is the same whichever process answers, and nothing is counted in processes. What is about
environments is labelled with their ids; whoever asks needs the token of METRICS_TOKEN.
"""

import hmac
from collections.abc import Iterator
from datetime import datetime

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector

from apps.core import clock, jobs
from apps.ledger import queries as ledger
from apps.ledger.domain.findings import State
from apps.tenants import queries as tenants
from apps.webhooks import queries as webhooks


def metrics(request: HttpRequest) -> HttpResponse:
    """Return all metrics as text; 404 if no token is set, 401 without the right one."""
    if not settings.METRICS_TOKEN:
        raise Http404
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    is_right = hmac.compare_digest(token.encode(), settings.METRICS_TOKEN.encode())
    if scheme.lower() != "bearer" or not is_right:
        return HttpResponse(status=401, headers={"WWW-Authenticate": 'Bearer realm="FinCloud"'})
    registry = CollectorRegistry()
    registry.register(_Database(clock.now()))
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)


class _Database(Collector):
    """What is read from the database, as of one request."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def describe(self) -> list[Metric]:
        """Return nothing: whoever registers us need not read the database for our names."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Read everything: a few statements, and one for each 200 environments."""
        yield from self._installation()
        yield from self._payments()
        yield from self._verification()
        yield from self._sealing()

    def _installation(self) -> Iterator[Metric]:
        environments = _gauge("environments", "Environments, and schemas that wait.", "kind")
        for kind, count in sorted(tenants.count_environments().items()):
            environments.add_metric([kind], count)
        yield environments
        due = _gauge("oldest_due_job_seconds", "How long the oldest due job has been waiting.")
        due.add_metric([], jobs.oldest_due_age_s(now=self._now))
        yield due
        undelivered = _gauge(
            "oldest_undelivered_event_seconds",
            "How long the oldest event that nobody has tried to deliver has been waiting.",
        )
        undelivered.add_metric([], webhooks.oldest_undelivered_age_s(now=self._now))
        yield undelivered

    def _payments(self) -> Iterator[Metric]:
        unsettled = _gauge(
            "unsettled_attempts",
            "Orders of which the processor has not said for minutes what became of them.",
            "environment",
        )
        for here, count in jobs.count_marked("payments.enquire", mark="unanswered").items():
            unsettled.add_metric([here], count)
        yield unsettled

    def _verification(self) -> Iterator[Metric]:
        state = _gauge(
            "ledger_verification_state", "1 for the state of the book.", "environment", "state"
        )
        age = _gauge(
            "ledger_verification_age_seconds",
            "Since the last round over the whole book ended.",
            "environment",
        )
        findings = _gauge("ledger_findings", "What the verification found.", "environment")
        amounts = {
            name: _gauge(f"ledger_{name}_minor", text, "environment", "currency")
            for name, text in (
                ("owed", "What merchants, wallets and customers are owed, in minor units."),
                ("held", "What there is for what is owed, in minor units."),
                ("shortfall", "What is missing of what is owed, in minor units."),
            )
        }
        for row in ledger.list_verifications():
            here = row.environment_id
            for one in State:
                state.add_metric([here, one.value], row.state == one)
            if row.round_finished_at is not None:
                age.add_metric([here], (self._now - row.round_finished_at).total_seconds())
            findings.add_metric([here], len(row.findings))
            for coverage in row.coverage:
                for name, amount in amounts.items():
                    amount.add_metric([here, coverage["currency"]], coverage[name])
        yield from (state, age, findings, *amounts.values())

    def _sealing(self) -> Iterator[Metric]:
        unsealed = _gauge(
            "ledger_unsealed_postings", "Postings that wait for a seal, at most.", "environment"
        )
        lag = _gauge(
            "ledger_seal_lag_seconds", "How long the oldest of them has waited.", "environment"
        )
        frozen = _gauge("ledger_frozen", "1 if the book takes no postings.", "environment")
        for here, found in ledger.seal_lags(list(tenants.list_environments())).items():
            waited = self._now - found.since if found.since is not None else None
            unsealed.add_metric([here], found.postings)
            lag.add_metric([here], max(0.0, waited.total_seconds()) if waited else 0.0)
            frozen.add_metric([here], found.frozen_at is not None)
        yield from (unsealed, lag, frozen)


def _gauge(name: str, text: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"fincloud_{name}", text, labels=labels)
