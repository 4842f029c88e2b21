"""Tailored resumes that were begun together are counted, and listed, by the work that began them."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("jobs", "0030_tailored_together")]

    operations = [
        AddIndexConcurrently(
            model_name="tailoringrun",
            index=models.Index(fields=["batch"], condition=Q(batch__isnull=False), name="tailoringrun_of_batch"),
        ),
    ]
