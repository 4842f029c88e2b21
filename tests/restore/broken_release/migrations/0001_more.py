"""Adds a table, as a migration that only expands does."""

from django.db import migrations


class Migration(migrations.Migration):
    initial = True
    operations = [
        migrations.RunSQL(
            "CREATE TABLE broken_release_more (id int); INSERT INTO broken_release_more VALUES (1)",
            "DROP TABLE broken_release_more",
        )
    ]
