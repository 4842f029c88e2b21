"""How many vectors were made in the past hour is found without reading every vector."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("candidates", "0016_say_when_a_vector_was_made")]

    operations = [
        AddIndexConcurrently(
            model_name="resumevector",
            index=models.Index(
                condition=models.Q(("made_at__isnull", False)),
                fields=["made_at"],
                name="resumevector_made",
            ),
        ),
    ]
