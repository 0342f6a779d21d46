"""Tables of merchant accounts, and of the bank accounts that they are paid out to."""

from django.db import models
from django.db.models import Q

from apps.core.models import Resource


class Account(Resource):
    """A merchant account. The environment's own one owns itself."""

    business_name = models.CharField(max_length=120)
    email = models.CharField(max_length=512, blank=True, default="")
    country = models.CharField(max_length=2, help_text="ISO 3166-1, upper case.")
    default_currency = models.CharField(max_length=3, help_text="ISO 4217, lower case.")
    payout_interval = models.CharField(
        max_length=8,
        choices=[(interval, interval) for interval in ("manual", "daily", "weekly", "monthly")],
        default="manual",
        help_text="How often what is available is paid out.",
    )
    payout_weekdays = models.JSONField(
        default=list, blank=True, help_text="Of a weekly schedule: `monday` to `friday`."
    )
    payout_days = models.JSONField(
        default=list, blank=True, help_text="Of a monthly schedule: 1 to 31."
    )
    payout_descriptor = models.CharField(
        max_length=22,
        blank=True,
        default="",
        help_text="What payouts say on a bank statement, unless they say something else.",
    )
    minimum_balances = models.JSONField(
        default=dict,
        blank=True,
        help_text="What a scheduled payout leaves, in minor units by currency.",
    )


class ExternalAccount(Resource):
    """A bank account that an account is paid out to.

    Its number is nowhere: `token` is what the bank knows it by.
    """

    currency = models.CharField(max_length=3, help_text="ISO 4217, lower case.")
    country = models.CharField(max_length=2, help_text="ISO 3166-1, upper case.")
    bank_name = models.CharField(max_length=120)
    routing_number = models.CharField(max_length=24, blank=True)
    last4 = models.CharField(max_length=4)
    fingerprint = models.CharField(
        max_length=16, help_text="The same for the same number, and for this account alone."
    )
    token = models.CharField(max_length=64)
    account_type = models.CharField(max_length=16, null=True, blank=True)
    account_holder_name = models.CharField(max_length=200, null=True, blank=True)
    account_holder_type = models.CharField(max_length=16, null=True, blank=True)
    status = models.CharField(
        max_length=16,
        choices=[(status, status) for status in ("new", "errored")],
        default="new",
        help_text="`errored`: a payout came back, and no further one is sent.",
    )
    is_default = models.BooleanField(
        default=False, help_text="Payouts in its currency go here, unless they name another one."
    )
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "bank account"
        indexes = [models.Index(fields=["account_id", "-id"], name="external_account_newest")]
        constraints = [
            models.UniqueConstraint(
                name="external_account_one_default",
                fields=["account_id", "currency"],
                condition=Q(is_default=True),
            ),
            models.CheckConstraint(
                name="external_account_default_is_there",
                condition=Q(is_default=False) | Q(deleted_at__isnull=True),
            ),
        ]
