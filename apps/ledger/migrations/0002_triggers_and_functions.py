"""Install what guards the tables: the triggers and functions of `apps/ledger/sql/`."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from apps.ledger import installation


def install(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Install them as they are now; every part of it replaces what is there."""
    installation.install(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]

    operations = [migrations.RunPython(install, migrations.RunPython.noop)]
