"""When each vector was made, so that making all of them again is seen in the figures; older ones say nothing."""

import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("candidates", "0015_list_resumes_as_they_came"),
    ]

    operations = [
        # First without the moment that new ones get: it would be written into every row that is there.
        migrations.AddField(
            model_name="resumevector",
            name="made_at",
            field=models.DateTimeField(help_text="Nothing where it was made before this was kept.", null=True),
        ),
        migrations.AlterField(
            model_name="resumevector",
            name="made_at",
            field=models.DateTimeField(
                default=django.utils.timezone.now,
                help_text="Nothing where it was made before this was kept.",
                null=True,
            ),
        ),
    ]
