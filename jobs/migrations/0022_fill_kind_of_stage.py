"""The kind for those who applied before, a few at a time, and then the index, beside whoever works."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

BATCH = 5_000


def fill(apps, schema_editor):
    rows = apps.get_model("jobs", "Application").objects.order_by("pk")
    keys = list(rows.values_list("pk", flat=True)[:BATCH])
    while keys:
        # The trigger writes what is right, whatever is set here.
        rows.filter(pk__in=keys, stage_kind="").update(stage_kind="")
        keys = list(rows.filter(pk__gt=keys[-1]).values_list("pk", flat=True)[:BATCH])


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("jobs", "0021_kind_of_stage")]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
        AddIndexConcurrently(
            model_name="application",
            index=models.Index(fields=["stage_kind", "-applied_at", "-id"], name="application_at_kind"),
        ),
    ]
