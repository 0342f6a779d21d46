"""Install what guards the tables: the triggers and functions of `apps/ledger/sql/`.

What FinCloud said of a transaction in its metadata moves to columns of its own: metadata is the
user's.
"""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from apps.ledger import installation

SEPARATE = """
    ALTER TABLE ledger_transaction DISABLE TRIGGER USER;
    UPDATE ledger_transaction SET source_id = metadata ->> 'source', details = metadata,
        metadata = '{}' WHERE metadata <> '{}';
    ALTER TABLE ledger_transaction ENABLE TRIGGER USER;
"""


def install(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Install them as they are now; every part of it replaces what is there."""
    installation.install(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("ledger", "0003_control")]

    operations = [
        migrations.RunSQL(SEPARATE, migrations.RunSQL.noop),
        migrations.RunPython(install, migrations.RunPython.noop),
    ]
