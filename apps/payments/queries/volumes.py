"""What was charged, day by day."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.db.models import Count, Q, Sum
from django.db.models.functions import TruncDate

from apps.core.money import Money
from apps.payments.models import Charge


@dataclass(frozen=True, slots=True)
class Volume:
    """What was charged on a day in a currency.

    :ivar captured: what was taken, refunds not subtracted.
    :ivar succeeded: how many charges went well; some may be waiting for their capture.
    """

    day: date
    captured: Money
    succeeded: int
    failed: int


def list_volumes(*, since: datetime) -> list[Volume]:
    """Return the volume of each day (UTC) and currency, of all accounts of the environment."""
    rows = (
        Charge.objects.filter(created_at__gte=since)
        .values("currency", day=TruncDate("created_at", tzinfo=UTC))
        .annotate(
            captured_minor=Sum("amount_captured_minor"),
            succeeded=Count("id", filter=Q(status="succeeded")),
            failed=Count("id", filter=Q(status="failed")),
        )
        .order_by("day", "currency")
    )
    return [
        Volume(
            day=row["day"],
            captured=Money(int(row["captured_minor"]), row["currency"]),
            succeeded=row["succeeded"],
            failed=row["failed"],
        )
        for row in rows
    ]
