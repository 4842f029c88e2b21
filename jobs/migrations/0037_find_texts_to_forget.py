"""The pieces of text that agents say are deleted some minutes later: only they are in this index."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("jobs", "0036_public_summary")]

    operations = [
        AddIndexConcurrently(
            model_name="tailoringevent",
            index=models.Index(fields=["at"], condition=models.Q(("kind", "text")), name="tailoringevent_text"),
        ),
    ]
