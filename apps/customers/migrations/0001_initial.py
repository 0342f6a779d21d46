# The tables of a new environment.

import django.core.serializers.json
from django.db import migrations, models

import apps.core.models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Customer",
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
                ("name", models.CharField(blank=True, max_length=256, null=True)),
                ("email", models.CharField(blank=True, max_length=512, null=True)),
                ("phone", models.CharField(blank=True, max_length=20, null=True)),
                ("description", models.CharField(blank=True, max_length=5000, null=True)),
                ("address", models.JSONField(blank=True, null=True)),
                ("shipping", models.JSONField(blank=True, null=True)),
                ("business_name", models.CharField(blank=True, max_length=150, null=True)),
                ("individual_name", models.CharField(blank=True, max_length=150, null=True)),
                ("preferred_locales", models.JSONField(blank=True, default=list)),
                ("tax_exempt", models.CharField(default="none", max_length=8)),
                ("invoice_prefix", models.CharField(max_length=12)),
                (
                    "default_payment_method_id",
                    apps.core.models.IdField(
                        blank=True,
                        db_collation="C",
                        help_text="invoice_settings[default_payment_method]",
                        max_length=64,
                        null=True,
                    ),
                ),
                ("deleted_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["account_id", "-id"], name="customer_account_newest"),
                    models.Index(fields=["email", "-id"], name="customer_email"),
                ],
            },
        ),
    ]
