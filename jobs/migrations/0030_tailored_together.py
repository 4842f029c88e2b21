"""Tailored resumes that were begun together know by which work."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("hrassist", "0003_recruiters_admin"),
        ("jobs", "0029_who_wrote_and_what_it_took_so_far"),
    ]

    operations = [
        migrations.AddField(
            model_name="tailoringrun",
            name="batch",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                help_text="The work by which it was begun together with others.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="hrassist.longtask",
            ),
        ),
    ]
