"""The index of a person's applications with their jobs begins with the same column as this one."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("candidates", "0014_find_who_left_a_pool"),
        ("jobs", "0026_find_applications_of_a_person_with_their_job"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    "DROP INDEX CONCURRENTLY IF EXISTS jobs_application_candidate_id_4a66020b",
                    "CREATE INDEX CONCURRENTLY jobs_application_candidate_id_4a66020b ON jobs_application (candidate_id)",
                )
            ],
            state_operations=[
                migrations.AlterField(
                    model_name="application",
                    name="candidate",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="applications",
                        to="candidates.candidate",
                    ),
                )
            ],
        ),
    ]
