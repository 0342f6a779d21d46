"""The table of what becomes available when, per environment."""

from typing import Any

from django.db import models
from django.db.models import Q

from apps.core.models import IdField, Resource


class Release(Resource):
    """When the money of a balance transaction becomes available; the id is the transaction's.

    Every balance transaction has one, also that whose money was available at once. It is an
    instruction and no book: amounts and circumstances are those of the ledger transaction.
    """

    # That of the ledger transaction is the one.
    metadata = None
    kind = models.CharField(
        max_length=48, help_text="The transaction's `type`, here so that a list is filtered by it."
    )
    currency = models.CharField(max_length=3, help_text="ISO 4217, lower case.")
    net_minor = models.BigIntegerField(help_text="What is to be released; negative for a refund.")
    due_at = models.DateTimeField(help_text="When the money becomes available.")
    released_at = models.DateTimeField(null=True)
    released_by = IdField(
        null=True,
        help_text="The ledger transaction that made it available; none if all of them came to 0.",
    )

    # The ledger transaction: no column holds it, `queries` reads it from the ledger.
    journal: dict[str, Any]

    class Meta:
        verbose_name = "balance transaction"
        constraints = [
            models.CheckConstraint(
                name="release_by_after_at",
                condition=Q(released_by__isnull=True) | Q(released_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["account_id", "-id"], name="release_account_newest"),
            models.Index(fields=["due_at"], condition=Q(released_at=None), name="release_due"),
        ]
