"""Whether somebody is known by a confidential job alone is asked of each person who is shown: now without a row read."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("jobs", "0025_find_pictures_of_resumes"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="application", index=models.Index(fields=["candidate", "job"], name="application_of_person")
        ),
    ]
