# The tables of a new environment.

import django.core.serializers.json
import django.db.models.deletion
from django.db import migrations, models

import apps.core.models
import apps.payments.domain


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("customers", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="SimulatedOrder",
            fields=[
                (
                    "reference",
                    apps.core.models.IdField(
                        db_collation="C", max_length=64, primary_key=True, serialize=False
                    ),
                ),
                ("kind", models.CharField(max_length=8)),
                ("original", apps.core.models.IdField(blank=True, db_collation="C", max_length=64)),
                ("amount_minor", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            (
                                apps.payments.domain.Outcome["APPROVED"],
                                apps.payments.domain.Outcome["APPROVED"],
                            ),
                            (
                                apps.payments.domain.Outcome["DECLINED"],
                                apps.payments.domain.Outcome["DECLINED"],
                            ),
                            (
                                apps.payments.domain.Outcome["UNKNOWN"],
                                apps.payments.domain.Outcome["UNKNOWN"],
                            ),
                        ],
                        max_length=10,
                    ),
                ),
                ("code", models.CharField(blank=True, max_length=64)),
                ("decline_code", models.CharField(blank=True, max_length=64)),
                ("available_at_once", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Charge",
            fields=[
                (
                    "id",
                    apps.core.models.IdField(
                        db_collation="C", max_length=64, primary_key=True, serialize=False
                    ),
                ),
                (
                    "account_id",
                    apps.core.models.IdField(
                        db_collation="C",
                        help_text="The merchant account that owns the object.",
                        max_length=64,
                    ),
                ),
                ("created_at", models.DateTimeField()),
                (
                    "metadata",
                    models.JSONField(
                        blank=True,
                        default=dict,
                        encoder=django.core.serializers.json.DjangoJSONEncoder,
                    ),
                ),
                (
                    "attempt_reference",
                    apps.core.models.IdField(
                        db_collation="C",
                        help_text="How the processor knows the charge.",
                        max_length=64,
                        unique=True,
                    ),
                ),
                ("processor", models.CharField(max_length=32)),
                ("amount_minor", models.BigIntegerField()),
                ("amount_captured_minor", models.BigIntegerField(default=0)),
                ("amount_refunded_minor", models.BigIntegerField(default=0)),
                ("currency", models.CharField(max_length=3)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("succeeded", "succeeded"),
                            ("pending", "pending"),
                            ("failed", "failed"),
                        ],
                        max_length=10,
                    ),
                ),
                ("is_captured", models.BooleanField(default=False)),
                (
                    "is_released",
                    models.BooleanField(
                        default=False,
                        help_text="The authorisation was given back without a capture.",
                    ),
                ),
                ("failure_code", models.CharField(max_length=64, null=True)),
                ("failure_message", models.CharField(max_length=500, null=True)),
                ("decline_code", models.CharField(max_length=64, null=True)),
                (
                    "balance_transaction_id",
                    apps.core.models.IdField(db_collation="C", max_length=64, null=True),
                ),
                ("available_on", models.DateTimeField(null=True)),
                ("payment_method_details", models.JSONField(default=dict)),
                ("billing_details", models.JSONField(default=dict)),
                ("description", models.CharField(max_length=5000, null=True)),
                ("receipt_email", models.CharField(max_length=512, null=True)),
                ("shipping", models.JSONField(null=True)),
                ("statement_descriptor", models.CharField(max_length=22, null=True)),
                ("statement_descriptor_suffix", models.CharField(max_length=22, null=True)),
                ("transfer_group", models.CharField(max_length=255, null=True)),
                (
                    "customer",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="customers.customer",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PaymentIntent",
            fields=[
                (
                    "id",
                    apps.core.models.IdField(
                        db_collation="C", max_length=64, primary_key=True, serialize=False
                    ),
                ),
                (
                    "account_id",
                    apps.core.models.IdField(
                        db_collation="C",
                        help_text="The merchant account that owns the object.",
                        max_length=64,
                    ),
                ),
                ("created_at", models.DateTimeField()),
                (
                    "metadata",
                    models.JSONField(
                        blank=True,
                        default=dict,
                        encoder=django.core.serializers.json.DjangoJSONEncoder,
                    ),
                ),
                ("amount_minor", models.BigIntegerField()),
                ("amount_capturable_minor", models.BigIntegerField(default=0)),
                ("amount_received_minor", models.BigIntegerField(default=0)),
                ("currency", models.CharField(max_length=3)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            (
                                apps.payments.domain.Status["REQUIRES_PAYMENT_METHOD"],
                                apps.payments.domain.Status["REQUIRES_PAYMENT_METHOD"],
                            ),
                            (
                                apps.payments.domain.Status["REQUIRES_CONFIRMATION"],
                                apps.payments.domain.Status["REQUIRES_CONFIRMATION"],
                            ),
                            (
                                apps.payments.domain.Status["REQUIRES_ACTION"],
                                apps.payments.domain.Status["REQUIRES_ACTION"],
                            ),
                            (
                                apps.payments.domain.Status["PROCESSING"],
                                apps.payments.domain.Status["PROCESSING"],
                            ),
                            (
                                apps.payments.domain.Status["REQUIRES_CAPTURE"],
                                apps.payments.domain.Status["REQUIRES_CAPTURE"],
                            ),
                            (
                                apps.payments.domain.Status["SUCCEEDED"],
                                apps.payments.domain.Status["SUCCEEDED"],
                            ),
                            (
                                apps.payments.domain.Status["CANCELED"],
                                apps.payments.domain.Status["CANCELED"],
                            ),
                        ],
                        max_length=24,
                    ),
                ),
                (
                    "capture_method",
                    models.CharField(
                        choices=[
                            (
                                apps.payments.domain.CaptureMethod["AUTOMATIC"],
                                apps.payments.domain.CaptureMethod["AUTOMATIC"],
                            ),
                            (
                                apps.payments.domain.CaptureMethod["AUTOMATIC_ASYNC"],
                                apps.payments.domain.CaptureMethod["AUTOMATIC_ASYNC"],
                            ),
                            (
                                apps.payments.domain.CaptureMethod["MANUAL"],
                                apps.payments.domain.CaptureMethod["MANUAL"],
                            ),
                        ],
                        max_length=16,
                    ),
                ),
                ("confirmation_method", models.CharField(default="automatic", max_length=9)),
                ("client_secret", models.CharField(max_length=120)),
                ("payment_method_types", models.JSONField(default=list)),
                ("payment_method_options", models.JSONField(blank=True, null=True)),
                ("automatic_payment_methods", models.JSONField(blank=True, null=True)),
                ("last_payment_error", models.JSONField(blank=True, null=True)),
                ("description", models.CharField(blank=True, max_length=5000, null=True)),
                ("receipt_email", models.CharField(blank=True, max_length=512, null=True)),
                ("setup_future_usage", models.CharField(blank=True, max_length=12, null=True)),
                ("shipping", models.JSONField(blank=True, null=True)),
                ("statement_descriptor", models.CharField(blank=True, max_length=22, null=True)),
                (
                    "statement_descriptor_suffix",
                    models.CharField(blank=True, max_length=22, null=True),
                ),
                ("transfer_group", models.CharField(blank=True, max_length=255, null=True)),
                ("canceled_at", models.DateTimeField(blank=True, null=True)),
                ("cancellation_reason", models.CharField(blank=True, max_length=24, null=True)),
                (
                    "customer",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="customers.customer",
                    ),
                ),
                (
                    "latest_charge",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="payments.charge",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="charge",
            name="payment_intent",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="charges",
                to="payments.paymentintent",
            ),
        ),
        migrations.CreateModel(
            name="PaymentMethod",
            fields=[
                (
                    "id",
                    apps.core.models.IdField(
                        db_collation="C", max_length=64, primary_key=True, serialize=False
                    ),
                ),
                (
                    "account_id",
                    apps.core.models.IdField(
                        db_collation="C",
                        help_text="The merchant account that owns the object.",
                        max_length=64,
                    ),
                ),
                ("created_at", models.DateTimeField()),
                (
                    "metadata",
                    models.JSONField(
                        blank=True,
                        default=dict,
                        encoder=django.core.serializers.json.DjangoJSONEncoder,
                    ),
                ),
                ("type", models.CharField(default="card", max_length=32)),
                ("brand", models.CharField(max_length=20)),
                ("last4", models.CharField(db_index=True, max_length=4)),
                ("exp_month", models.PositiveSmallIntegerField()),
                ("exp_year", models.PositiveSmallIntegerField()),
                ("funding", models.CharField(max_length=10)),
                ("country", models.CharField(max_length=2, null=True)),
                ("fingerprint", models.CharField(max_length=32)),
                (
                    "token",
                    models.CharField(help_text="The processor's name for it.", max_length=120),
                ),
                ("billing_details", models.JSONField(blank=True, default=dict)),
                ("allow_redisplay", models.CharField(default="unspecified", max_length=12)),
                (
                    "customer",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="customers.customer",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="paymentintent",
            name="payment_method",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="payments.paymentmethod",
            ),
        ),
        migrations.AddField(
            model_name="charge",
            name="payment_method",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="payments.paymentmethod",
            ),
        ),
        migrations.CreateModel(
            name="Refund",
            fields=[
                (
                    "id",
                    apps.core.models.IdField(
                        db_collation="C", max_length=64, primary_key=True, serialize=False
                    ),
                ),
                (
                    "account_id",
                    apps.core.models.IdField(
                        db_collation="C",
                        help_text="The merchant account that owns the object.",
                        max_length=64,
                    ),
                ),
                ("created_at", models.DateTimeField()),
                (
                    "metadata",
                    models.JSONField(
                        blank=True,
                        default=dict,
                        encoder=django.core.serializers.json.DjangoJSONEncoder,
                    ),
                ),
                ("amount_minor", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("reason", models.CharField(max_length=32, null=True)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pending", "pending"),
                            ("requires_action", "requires_action"),
                            ("succeeded", "succeeded"),
                            ("failed", "failed"),
                            ("canceled", "canceled"),
                        ],
                        max_length=16,
                    ),
                ),
                ("failure_reason", models.CharField(max_length=64, null=True)),
                (
                    "balance_transaction_id",
                    apps.core.models.IdField(db_collation="C", max_length=64, null=True),
                ),
                (
                    "charge",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="refunds",
                        to="payments.charge",
                    ),
                ),
                (
                    "payment_intent",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="payments.paymentintent",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Attempt",
            fields=[
                (
                    "id",
                    apps.core.models.IdField(
                        db_collation="C", max_length=64, primary_key=True, serialize=False
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            (
                                apps.payments.domain.AttemptKind["CHARGE"],
                                apps.payments.domain.AttemptKind["CHARGE"],
                            ),
                            (
                                apps.payments.domain.AttemptKind["CAPTURE"],
                                apps.payments.domain.AttemptKind["CAPTURE"],
                            ),
                            (
                                apps.payments.domain.AttemptKind["VOID"],
                                apps.payments.domain.AttemptKind["VOID"],
                            ),
                            (
                                apps.payments.domain.AttemptKind["REFUND"],
                                apps.payments.domain.AttemptKind["REFUND"],
                            ),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            (
                                apps.payments.domain.AttemptStatus["OPEN"],
                                apps.payments.domain.AttemptStatus["OPEN"],
                            ),
                            (
                                apps.payments.domain.AttemptStatus["SUCCEEDED"],
                                apps.payments.domain.AttemptStatus["SUCCEEDED"],
                            ),
                            (
                                apps.payments.domain.AttemptStatus["FAILED"],
                                apps.payments.domain.AttemptStatus["FAILED"],
                            ),
                        ],
                        max_length=10,
                    ),
                ),
                ("processor", models.CharField(max_length=32)),
                ("amount_minor", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                (
                    "details",
                    models.JSONField(
                        default=dict, help_text="What recording the outcome needs to know."
                    ),
                ),
                (
                    "claim_id",
                    models.BigIntegerField(
                        help_text="The idempotency key of the request that asked for it.", null=True
                    ),
                ),
                ("created_at", models.DateTimeField()),
                ("settled_at", models.DateTimeField(null=True)),
                ("code", models.CharField(blank=True, max_length=64)),
                (
                    "payment_intent",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="attempts",
                        to="payments.paymentintent",
                    ),
                ),
                (
                    "refund",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="attempt",
                        to="payments.refund",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="paymentmethod",
            index=models.Index(fields=["customer", "-id"], name="payment_method_customer"),
        ),
        migrations.AddIndex(
            model_name="paymentintent",
            index=models.Index(fields=["account_id", "-id"], name="intent_account_newest"),
        ),
        migrations.AddIndex(
            model_name="paymentintent",
            index=models.Index(fields=["customer", "-id"], name="intent_customer"),
        ),
        migrations.AddConstraint(
            model_name="paymentintent",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_minor__gt", 0)), name="intent_amount"
            ),
        ),
        migrations.AddConstraint(
            model_name="paymentintent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("amount_received_minor__gte", 0),
                    ("amount_received_minor__lte", models.F("amount_minor")),
                ),
                name="intent_received_within_amount",
            ),
        ),
        migrations.AddConstraint(
            model_name="paymentintent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("amount_capturable_minor", 0),
                    ("status__in", ["requires_capture", "processing"]),
                    _connector="OR",
                ),
                name="intent_capturable_only_when_authorised",
            ),
        ),
        migrations.AddIndex(
            model_name="charge",
            index=models.Index(fields=["account_id", "-id"], name="charge_account_newest"),
        ),
        migrations.AddIndex(
            model_name="charge",
            index=models.Index(fields=["customer", "-id"], name="charge_customer"),
        ),
        migrations.AddConstraint(
            model_name="charge",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("amount_captured_minor__gte", 0),
                    ("amount_captured_minor__lte", models.F("amount_minor")),
                ),
                name="charge_captured_within_amount",
            ),
        ),
        migrations.AddConstraint(
            model_name="charge",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("amount_refunded_minor__gte", 0),
                    ("amount_refunded_minor__lte", models.F("amount_captured_minor")),
                ),
                name="charge_refunded_within_captured",
            ),
        ),
        migrations.AddIndex(
            model_name="refund",
            index=models.Index(fields=["account_id", "-id"], name="refund_account_newest"),
        ),
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_minor__gt", 0)), name="refund_amount"
            ),
        ),
        migrations.AddConstraint(
            model_name="attempt",
            constraint=models.UniqueConstraint(
                condition=models.Q(("claim_id__isnull", False)),
                fields=("claim_id",),
                name="attempt_once_per_request",
            ),
        ),
        migrations.AddConstraint(
            model_name="attempt",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "open"), models.Q(("kind", "refund"), _negated=True)),
                fields=("payment_intent",),
                name="attempt_one_open_per_intent",
            ),
        ),
    ]
