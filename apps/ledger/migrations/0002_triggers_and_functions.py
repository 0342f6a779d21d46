"""Once installed what guards the tables; 0008 installs what guards them now."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]

    operations = []
