"""What FinCloud said of a transaction in its metadata moves to columns of its own: metadata is the
user's.

Once this installed what guards the tables, too; 0008 installs what guards them now.
"""

from django.db import migrations

SEPARATE = """
    ALTER TABLE ledger_transaction DISABLE TRIGGER USER;
    UPDATE ledger_transaction SET source_id = metadata ->> 'source', details = metadata,
        metadata = '{}' WHERE metadata <> '{}';
    ALTER TABLE ledger_transaction ENABLE TRIGGER USER;
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0003_control")]

    operations = [migrations.RunSQL(SEPARATE, migrations.RunSQL.noop)]
