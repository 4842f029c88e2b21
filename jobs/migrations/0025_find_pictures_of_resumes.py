"""The sweep of the store asks for pictures of tailored resumes by their key, as it does for their other files."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("jobs", "0024_own_templates_of_resumes")]

    operations = [
        AddIndexConcurrently(
            model_name="tailoringrun", index=models.Index(fields=["png_key"], name="tailoringrun_png")
        ),
    ]
