"""Changes something and then fails."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("broken_release", "0001_more")]
    operations = [
        migrations.RunSQL("ALTER TABLE broken_release_more ADD COLUMN half int; SELECT 1 / 0", migrations.RunSQL.noop)
    ]
