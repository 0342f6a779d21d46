"""The tables beside the book: its state, periods, seals, exports, proposals, verification."""

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q

from apps.core.models import IdField, Resource
from apps.ledger.models.book import LedgerTransaction


class LedgerState(models.Model):
    """What holds for the whole book of an environment: one row.

    The trigger on postings looks at `closed_before` and `frozen_at`.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    closed_before = models.DateTimeField(
        null=True, blank=True, help_text="Nothing may be posted that is effective before this."
    )
    frozen_at = models.DateTimeField(
        null=True, blank=True, help_text="Nothing may be posted since then."
    )
    frozen_reason = models.CharField(max_length=500, blank=True, db_default="")
    sealed_until = models.BigIntegerField(
        db_default=0, help_text="The last posting that is in a seal, and in the snapshots."
    )
    horizon = models.BigIntegerField(
        null=True, blank=True, help_text="The posting up to which the next seals may go."
    )
    horizon_xmax = models.BigIntegerField(
        null=True,
        blank=True,
        help_text="The horizon is safe once every database transaction before this has ended.",
    )

    class Meta:
        db_table = "ledger_state"
        constraints = [models.CheckConstraint(name="ledger_state_one_row", condition=Q(id=1))]

    def __str__(self) -> str:
        return "The state of the ledger"


class LedgerPeriod(Resource):
    """A period that was closed: nothing can be back-dated into it, unless it is opened again."""

    starts_at = models.DateTimeField(
        null=True, blank=True, help_text="The end of the period before; null: the beginning."
    )
    ends_at = models.DateTimeField(help_text="What is effective before this is in the period.")
    closed_by = models.CharField(max_length=80)
    reopened_at = models.DateTimeField(null=True, blank=True)
    reopened_by = models.CharField(max_length=80, blank=True, default="")
    reopen_reason = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        db_table = "ledger_period"
        constraints = [
            models.UniqueConstraint(
                fields=["ends_at"],
                name="ledger_period_end",
                condition=Q(reopened_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"until {self.ends_at:%Y-%m-%d %H:%M}"


class LedgerSeal(Resource):
    """A closed range of postings, hashed into a chain. It is never changed."""

    number = models.BigIntegerField(unique=True, help_text="Its place in the chain, from 1.")
    after_posting = models.BigIntegerField(help_text="The last posting of the seal before.")
    last_posting = models.BigIntegerField()
    posting_count = models.PositiveIntegerField()
    root = models.CharField(max_length=64, help_text="The Merkle root of its postings, in hex.")
    previous_hash = models.CharField(max_length=64, help_text="The hash of the seal before.")
    hash = models.CharField(max_length=64)

    class Meta:
        db_table = "ledger_seal"
        indexes = [models.Index(fields=["last_posting"], name="ledger_seal_last_posting")]

    def __str__(self) -> str:
        return f"Seal {self.number}"


class LedgerExport(Resource):
    """An export of the book up to a seal: what it covers never changes, so it is made when read."""

    format = models.CharField(max_length=5, help_text="`jsonl` or `csv`.")
    until_seal = models.BigIntegerField(help_text="The number of the last seal in it; 0: none.")
    until_posting = models.BigIntegerField()
    entry_count = models.BigIntegerField(help_text="How many entries it has.")
    written_count = models.BigIntegerField(
        default=0, help_text="How many of them the latest download has had."
    )
    status = models.CharField(max_length=10, default="pending")
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "ledger_export"

    def __str__(self) -> str:
        return self.id


class LedgerProposal(Resource):
    """A reversal that one operator proposes, and another approves or rejects."""

    transaction = models.ForeignKey(
        LedgerTransaction,
        on_delete=models.PROTECT,
        related_name="proposals",
        db_constraint=False,
    )
    reason = models.CharField(max_length=500)
    status = models.CharField(max_length=8, default="proposed")
    proposed_by = models.CharField(max_length=80)
    decided_by = models.CharField(max_length=80, null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    reversal = models.ForeignKey(
        LedgerTransaction,
        on_delete=models.PROTECT,
        related_name="approved_by",
        null=True,
        blank=True,
        db_constraint=False,
        db_index=False,
    )

    class Meta:
        db_table = "ledger_proposal"
        constraints = [
            models.UniqueConstraint(
                fields=["transaction"],
                name="ledger_proposal_open",
                condition=Q(status="proposed"),
            ),
            models.CheckConstraint(
                name="ledger_proposal_four_eyes",
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("proposed_by")),
            ),
        ]

    def __str__(self) -> str:
        return self.id


class LedgerVerification(models.Model):
    """How far the continuous verification of an environment's book is. In `public`: one look tells.

    :ivar cursor: where the next step begins; `findings`: what does not add up, and exactly where.
    """

    environment_id = IdField(primary_key=True)
    state = models.CharField(max_length=8, default="new", help_text="`new`, `ok` or `drift`.")
    cursor = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    findings = models.JSONField(default=list, encoder=DjangoJSONEncoder)
    coverage = models.JSONField(default=list, encoder=DjangoJSONEncoder)
    accounts_checked = models.BigIntegerField(default=0, help_text="In the round at work.")
    postings_checked = models.BigIntegerField(default=0, help_text="In the round at work.")
    seals_checked = models.BigIntegerField(default=0, help_text="In the round at work.")
    rounds = models.BigIntegerField(default=0, help_text="Rounds that were finished.")
    round_started_at = models.DateTimeField(null=True)
    round_finished_at = models.DateTimeField(null=True)
    step_at = models.DateTimeField(null=True, help_text="When it was last worked on.")

    class Meta:
        db_table = "ledger_verification"
        indexes = [models.Index(fields=["step_at"], name="ledger_verification_step")]

    def __str__(self) -> str:
        return self.environment_id
