"""Make the checks on postings and balances shorter, and install what guards the tables.

PostgreSQL reads every CHECK of a table anew in every statement that writes to it.
"""

import django.db.models.expressions
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from apps.ledger import installation


def install(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Install them as they are now; every part of it replaces what is there."""
    installation.install(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0007_balance_size"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="ledgerbalance",
            name="ledger_balance_floor",
        ),
        migrations.RemoveConstraint(
            model_name="ledgerbalance",
            name="ledger_balance_open",
        ),
        migrations.RemoveConstraint(
            model_name="ledgerposting",
            name="ledger_posting_layer",
        ),
        migrations.AlterField(
            model_name="ledgerbalance",
            name="stripe",
            field=models.SmallIntegerField(),
        ),
        migrations.AlterField(
            model_name="ledgerposting",
            name="credit_line",
            field=models.SmallIntegerField(
                help_text="The entry of the journal that the credit is of, if one was given.",
                null=True,
            ),
        ),
        migrations.AlterField(
            model_name="ledgerposting",
            name="debit_line",
            field=models.SmallIntegerField(
                help_text="The entry of the journal that the debit is of, if one was given.",
                null=True,
            ),
        ),
        migrations.AddConstraint(
            model_name="ledgerbalance",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "floor_minor__lte",
                        models.Case(
                            models.When(
                                normal_side="credit",
                                then=django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        models.F("credits_minor"), "-", models.F("debits_minor")
                                    ),
                                    "-",
                                    models.F("pending_debits_minor"),
                                ),
                            ),
                            default=django.db.models.expressions.CombinedExpression(
                                django.db.models.expressions.CombinedExpression(
                                    models.F("debits_minor"), "-", models.F("credits_minor")
                                ),
                                "-",
                                models.F("pending_credits_minor"),
                            ),
                        ),
                    )
                ),
                name="ledger_balance_floor",
            ),
        ),
        migrations.AddConstraint(
            model_name="ledgerbalance",
            constraint=models.CheckConstraint(
                condition=models.Q(("entry_count", models.F("closed_at_count"))),
                name="ledger_balance_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="ledgerposting",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("layer", "posted"),
                    ("layer", "pending"),
                    ("layer", "released"),
                    _connector="OR",
                ),
                name="ledger_posting_layer",
            ),
        ),
        migrations.RunPython(install, migrations.RunPython.noop),
    ]
