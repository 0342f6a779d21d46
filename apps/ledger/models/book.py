"""The tables of the book, per environment. `sql/` has the triggers and functions that guard them.

Django reads them. Only `services.post` writes them, by one SQL function. The foreign keys are not
constraints of the database, which every posting would have to check: the function and the trigger
on postings look at those rows anyway, and nothing can delete them.
"""

from functools import reduce
from operator import or_
from typing import Any

from django.contrib.postgres.indexes import GinIndex
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Case, F, Q, When

from apps.core.models import IdField, Resource
from apps.core.money import MAX_MINOR, Money
from apps.ledger.domain import Kind, Layer, Side, normal_side
from apps.ledger.domain.chart import CODE_LENGTH, SUM_MAX
from apps.ledger.domain.postings import REFERENCE_LENGTH

MINOR = "In minor units of the currency."


def _choices(*names: str) -> list[tuple[str, str]]:
    # Plain strings, so that a migration does not import the enumerations of a later release.
    return [(str(name), str(name)) for name in names]


class LedgerAccount(Resource):
    """An account: a code in one currency. Its name and metadata may change; it may be closed."""

    code = models.CharField(max_length=CODE_LENGTH, db_collation="C")
    currency = models.CharField(max_length=3, db_collation="C", help_text="ISO 4217, lower case.")
    kind = models.CharField(max_length=9, choices=_choices(*Kind))
    name = models.CharField(max_length=120, blank=True, default="")
    floor_minor = models.BigIntegerField(
        null=True, blank=True, help_text="What the balance may not fall below, if anything."
    )
    stripes = models.PositiveSmallIntegerField(
        help_text="Number of balance rows. An account with a floor has one."
    )
    closed_at = models.DateTimeField(null=True, blank=True)

    # What it is shown with: no column holds them, `queries.with_sums` reads them.
    sums: dict[str, int] | None

    class Meta:
        db_table = "ledger_account"
        constraints = [
            models.UniqueConstraint(fields=["code", "currency"], name="ledger_account_code"),
            models.CheckConstraint(
                name="ledger_account_stripes",
                condition=Q(stripes__range=(1, 64))
                & (Q(floor_minor__isnull=True) | Q(floor_minor__lte=0, stripes=1)),
            ),
            models.CheckConstraint(
                name="ledger_account_kind", condition=Q(kind__in=[kind.value for kind in Kind])
            ),
        ]
        indexes = [models.Index(fields=["account_id", "id"], name="ledger_account_owner")]

    def __str__(self) -> str:
        return f"{self.code} {self.currency}"

    @property
    def normal_side(self) -> Side:
        """Return the side on which the account grows."""
        return normal_side(Kind(self.kind))


class LedgerTransaction(Resource):
    """A movement of money. `account_id` is the merchant account for which it was made.

    `metadata` is the user's; what FinCloud itself says of it is in `source_id` and `details`.
    """

    reference = models.CharField(max_length=REFERENCE_LENGTH, db_collation="C")
    fingerprint = models.BinaryField(max_length=32, help_text="SHA-256 of what was asked for.")
    source_id = IdField(
        null=True, blank=True, help_text="What of ours caused it (ch_…, re_…), if anything."
    )
    details = models.JSONField(
        default=dict, blank=True, encoder=DjangoJSONEncoder, help_text="What FinCloud says of it."
    )
    effective_at = models.DateTimeField(help_text="When it counts.")
    expires_at = models.DateTimeField(
        null=True, blank=True, help_text="When a pending transaction is to be given up."
    )
    resolves = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="resolved_by",
        db_constraint=False,
        db_index=False,
    )
    reverses = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="reversed_by",
        db_constraint=False,
        db_index=False,
    )

    # What it is shown with: no column holds them, `queries.with_postings` reads them.
    moves: list[dict[str, Any]]
    resolution: dict[str, Any] | None
    reversal_id: str | None

    class Meta:
        db_table = "ledger_transaction"
        constraints = [
            models.UniqueConstraint(fields=["reference"], name="ledger_transaction_reference"),
            models.UniqueConstraint(
                fields=["resolves"],
                name="ledger_transaction_resolves",
                condition=Q(resolves__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["reverses"],
                name="ledger_transaction_reverses",
                condition=Q(reverses__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["account_id", "id"], name="ledger_transaction_owner"),
            # From any object to its transactions.
            models.Index(
                fields=["source_id", "id"],
                name="ledger_transaction_source",
                condition=Q(source_id__isnull=False),
            ),
            # What expires within a minute.
            models.Index(
                fields=["expires_at"],
                name="ledger_transaction_expires",
                condition=Q(expires_at__isnull=False),
            ),
            # What a user looks for by facts of their own. Most transactions have none.
            GinIndex(
                fields=["metadata"],
                name="ledger_transaction_metadata",
                opclasses=["jsonb_path_ops"],
                condition=~Q(metadata={}),
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class LedgerPosting(models.Model):
    """One amount from one account (credit) to another (debit)."""

    id = models.BigAutoField(primary_key=True)
    transaction = models.ForeignKey(
        LedgerTransaction,
        on_delete=models.PROTECT,
        related_name="postings",
        db_constraint=False,
        db_index=False,
    )
    position = models.PositiveSmallIntegerField(help_text="Its place in the transaction, from 0.")
    debit = models.ForeignKey(
        LedgerAccount,
        on_delete=models.PROTECT,
        related_name="debited",
        db_constraint=False,
        db_index=False,
    )
    credit = models.ForeignKey(
        LedgerAccount,
        on_delete=models.PROTECT,
        related_name="credited",
        db_constraint=False,
        db_index=False,
    )
    amount_minor = models.BigIntegerField(help_text=MINOR)
    currency = models.CharField(max_length=3, db_collation="C")
    layer = models.CharField(max_length=8, choices=_choices(*Layer))
    effective_at = models.DateTimeField(help_text="The transaction's, for the index.")
    is_shifted = models.BooleanField(
        db_default=False, help_text="Whether it counts at another time than it was recorded."
    )
    debit_line = models.SmallIntegerField(
        null=True, help_text="The entry of the journal that the debit is of, if one was given."
    )
    credit_line = models.SmallIntegerField(
        null=True, help_text="The entry of the journal that the credit is of, if one was given."
    )

    class Meta:
        db_table = "ledger_posting"
        constraints = [
            models.UniqueConstraint(
                fields=["transaction", "position"], name="ledger_posting_position"
            ),
            models.CheckConstraint(
                name="ledger_posting_amount", condition=Q(amount_minor__range=(1, MAX_MINOR))
            ),
            models.CheckConstraint(
                name="ledger_posting_two_accounts", condition=~Q(debit=F("credit"))
            ),
            models.CheckConstraint(
                name="ledger_posting_layer",
                condition=reduce(or_, (Q(layer=layer.value) for layer in Layer)),
            ),
        ]
        indexes = [
            models.Index(fields=["debit", "effective_at", "id"], name="ledger_posting_debit"),
            models.Index(fields=["credit", "effective_at", "id"], name="ledger_posting_credit"),
            # The few that a balance as of what was known at a time has to look at.
            models.Index(
                fields=["debit", "effective_at"],
                name="ledger_posting_debit_shifted",
                condition=Q(is_shifted=True),
            ),
            models.Index(
                fields=["credit", "effective_at"],
                name="ledger_posting_credit_shifted",
                condition=Q(is_shifted=True),
            ),
            # What is reserved, of an account where nearly all is posted.
            models.Index(
                fields=["debit", "effective_at", "id"],
                name="ledger_posting_debit_pending",
                condition=~Q(layer=Layer.POSTED.value),
            ),
            models.Index(
                fields=["credit", "effective_at", "id"],
                name="ledger_posting_credit_pending",
                condition=~Q(layer=Layer.POSTED.value),
            ),
            # The transactions that are or were pending, the newest first.
            models.Index(
                fields=["transaction"],
                name="ledger_posting_pending",
                condition=Q(layer=Layer.PENDING.value, position=0),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.money} {self.credit_id} → {self.debit_id}"

    @property
    def money(self) -> Money:
        """Return the amount."""
        return Money(self.amount_minor, self.currency)


class LedgerEntry(models.Model):
    """One side of a posting: a row of the view `ledger_entry`.

    A debit is positive, a credit negative, and a release the opposite of what it releases, so that
    the entries of a transaction add up to zero.
    """

    id = IdField(primary_key=True)
    posting = models.ForeignKey(LedgerPosting, on_delete=models.DO_NOTHING, related_name="entries")
    transaction = models.ForeignKey(
        LedgerTransaction, on_delete=models.DO_NOTHING, related_name="entries"
    )
    account = models.ForeignKey(LedgerAccount, on_delete=models.DO_NOTHING, related_name="entries")
    side = models.CharField(max_length=6, choices=_choices(*Side))
    amount_minor = models.BigIntegerField(help_text=MINOR)
    currency = models.CharField(max_length=3)
    layer = models.CharField(max_length=8, choices=_choices(*Layer))
    effective_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "ledger_entry"
        verbose_name_plural = "ledger entries"

    def __str__(self) -> str:
        return self.id


class Sums(models.Model):
    """What has gone through an account. `count` is of entries."""

    debits_minor = models.BigIntegerField(db_default=0)
    credits_minor = models.BigIntegerField(db_default=0)
    pending_debits_minor = models.BigIntegerField(db_default=0)
    pending_credits_minor = models.BigIntegerField(db_default=0)
    entry_count = models.BigIntegerField(db_default=0)

    class Meta:
        abstract = True


class LedgerBalance(Sums):
    """One of the rows whose sum is an account's balance. Only the trigger on postings writes it.

    `floor_minor` and `normal_side` are there for an account with a floor; `closed_at_count` for a
    closed one. All are NULL in the row that an upsert proposes: PostgreSQL checks that row before
    it finds that another one is there already.
    """

    pk = models.CompositePrimaryKey("account_id", "stripe")
    account = models.ForeignKey(
        LedgerAccount,
        on_delete=models.PROTECT,
        related_name="balances",
        db_constraint=False,
        db_index=False,
    )
    stripe = models.SmallIntegerField()
    floor_minor = models.BigIntegerField(null=True)
    normal_side = models.CharField(max_length=6, null=True)  # NULL: no floor
    closed_at_count = models.BigIntegerField(
        null=True, help_text="How many entries there were when the account was closed."
    )

    class Meta:
        db_table = "ledger_balance"
        constraints = [
            models.CheckConstraint(
                name="ledger_balance_floor",
                # What is reserved cannot be spent again; what may still come in does not count.
                condition=Q(
                    floor_minor__lte=Case(
                        When(
                            normal_side=Side.CREDIT.value,
                            then=F("credits_minor") - F("debits_minor") - F("pending_debits_minor"),
                        ),
                        default=F("debits_minor") - F("credits_minor") - F("pending_credits_minor"),
                    )
                ),
            ),
            models.CheckConstraint(
                name="ledger_balance_open", condition=Q(entry_count=F("closed_at_count"))
            ),
            # So that neither the rows of an account together nor its snapshots run over a BIGINT.
            models.CheckConstraint(
                name="ledger_balance_size",
                condition=Q(
                    debits_minor__lte=SUM_MAX,
                    credits_minor__lte=SUM_MAX,
                    pending_debits_minor__lte=SUM_MAX,
                    pending_credits_minor__lte=SUM_MAX,
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id}/{self.stripe}"


class LedgerSnapshot(Sums):
    """An account's sums up to a cut-off, so that a balance of long ago is short to compute.

    It has the entries that are effective before it and sealed (`LedgerState.sealed_until`).
    """

    pk = models.CompositePrimaryKey("account_id", "cut_off_at")
    account = models.ForeignKey(
        LedgerAccount,
        on_delete=models.PROTECT,
        related_name="snapshots",
        db_constraint=False,
        db_index=False,
    )
    cut_off_at = models.DateTimeField(help_text="Entries effective before this are in the sums.")

    class Meta:
        db_table = "ledger_snapshot"

    def __str__(self) -> str:
        return f"{self.account_id} {self.cut_off_at}"
