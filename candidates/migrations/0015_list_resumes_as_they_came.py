"""The list of resumes for programs is in the order in which they came: it sorted all of them, a million in four seconds."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("candidates", "0014_find_who_left_a_pool"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="resume", index=models.Index(fields=["-created_at", "-id"], name="resume_newest")
        ),
    ]
