"""The public summary of the bias audit is one more kind of report; no column changes."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("jobs", "0035_calls_hold_what_they_may_take")]

    operations = [
        migrations.AlterField(
            model_name="reportdocument",
            name="kind",
            field=models.CharField(
                choices=[
                    ("candidate", "Candidate report"),
                    ("job", "Job report"),
                    ("drive", "Drive report"),
                    ("monthly", "Monthly report"),
                    ("bias", "Bias audit report"),
                    ("summary", "Public summary of the bias audit"),
                ],
                max_length=10,
            ),
        ),
    ]
