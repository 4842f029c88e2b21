"""The list of applications for programs is in the order in which they were made: it sorted all of them, two million in two seconds."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("jobs", "0032_demographic_answers"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="application", index=models.Index(fields=["-created_at", "-id"], name="application_created")
        ),
    ]
