"""Days at the steps that were taken before there were triggers; a few at a time, so that nobody waits for a lock."""

from django.db import migrations

BATCH = 2_000


def count(apps, schema_editor):
    applications = apps.get_model("jobs", "Application").objects.order_by("pk").values_list("pk", flat=True)
    keys = list(applications[:BATCH])
    while keys:
        with schema_editor.connection.cursor() as cursor:
            cursor.execute("SELECT jobs_wait_again(%s::uuid[])", [keys])
        keys = list(applications.filter(pk__gt=keys[-1])[:BATCH])


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("jobs", "0019_days_at_each_step")]

    operations = [migrations.RunPython(count, migrations.RunPython.noop, elidable=True)]
