"""The page of a talent pool says who left it lately without reading everybody who ever was in it."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("candidates", "0013_say_which_case_has_a_rule")]

    operations = [
        AddIndexConcurrently(
            model_name="poolmembership",
            index=models.Index(
                condition=models.Q(("removed_at__isnull", False)),
                fields=["pool", "removed_at"],
                name="poolmembership_removed",
            ),
        ),
    ]
