"""Days at each kind of step, counted when a step is taken and not for every report."""

import django.db.models.deletion
from django.db import migrations, models


# A stay begins with the step that leads there and ends with the one that leads away or ends the application. Time in
# which it had ended does not count, nor does a step that was taken back, nor a slip: left backwards within ten minutes.
# The lock is that of whoever moves an application: of two who change what counts, the second sees what the first did.
COUNT = """
CREATE FUNCTION jobs_wait_again(ids uuid[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM jobs_application WHERE id = ANY(ids) ORDER BY id FOR NO KEY UPDATE;
    DELETE FROM jobs_stagewait WHERE application_id = ANY(ids);
    WITH stay AS (
        SELECT step.application_id, stage.kind, stage.position, step.to_status AS status, step.at AS since,
               lead(step.at) OVER life AS until, lead(stage.position) OVER life AS next_position
        FROM jobs_stagetransition step JOIN jobs_stage stage ON stage.id = step.to_stage_id
        WHERE step.application_id = ANY(ids) AND step.undoes_id IS NULL AND NOT EXISTS (
            SELECT FROM jobs_stagetransition back WHERE back.undoes_id = step.id AND back.undoes_id IS NOT NULL)
        WINDOW life AS (PARTITION BY step.application_id ORDER BY step.at, step.id)
    ), waited AS (
        SELECT application_id, kind, sum(extract(epoch FROM until - since)::float8) / 86400.0 AS days
        FROM stay
        WHERE status = 'active' AND kind <> 'hired'
          AND NOT (until IS NOT NULL AND next_position < position AND until - since < interval '10 minutes')
        GROUP BY application_id, kind
        HAVING NOT bool_or(until IS NULL)
    ), came AS (
        SELECT application_id, min(at) AS at FROM jobs_stagetransition
        WHERE application_id = ANY(ids) AND from_stage_id IS NULL GROUP BY application_id
    )
    INSERT INTO jobs_stagewait (application_id, job_id, kind, came_at, days)
    SELECT waited.application_id, application.job_id, waited.kind, came.at, waited.days
    FROM waited JOIN came USING (application_id)
    JOIN jobs_application application ON application.id = waited.application_id
    ON CONFLICT (application_id, kind)
    DO UPDATE SET job_id = excluded.job_id, came_at = excluded.came_at, days = excluded.days;
END $$;
"""
STEPS = """
CREATE FUNCTION jobs_wait_of_steps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM jobs_wait_again(ids) FROM (SELECT array_agg(DISTINCT application_id) AS ids FROM changed) one
    WHERE ids IS NOT NULL;
    RETURN NULL;
END $$;
CREATE FUNCTION jobs_wait_of_changed_steps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM jobs_wait_again(ids) FROM (
        SELECT array_agg(DISTINCT changed.application_id) AS ids FROM changed JOIN before USING (id)
        WHERE (changed.at, changed.from_stage_id, changed.to_stage_id, changed.to_status, changed.undoes_id)
              IS DISTINCT FROM (before.at, before.from_stage_id, before.to_stage_id, before.to_status, before.undoes_id)
    ) one WHERE ids IS NOT NULL;
    RETURN NULL;
END $$;
CREATE FUNCTION jobs_wait_of_stages() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM jobs_wait_again(ids) FROM (
        SELECT array_agg(application.id) AS ids FROM jobs_application application
        WHERE application.job_id IN (
            SELECT changed.job_id FROM changed JOIN before USING (id)
            WHERE (changed.kind, changed.position) IS DISTINCT FROM (before.kind, before.position))
    ) one WHERE ids IS NOT NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER wait_of_new AFTER INSERT ON jobs_stagetransition REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION jobs_wait_of_steps();
CREATE TRIGGER wait_of_gone AFTER DELETE ON jobs_stagetransition REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION jobs_wait_of_steps();
CREATE TRIGGER wait_of_changed AFTER UPDATE ON jobs_stagetransition REFERENCING OLD TABLE AS before NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION jobs_wait_of_changed_steps();
CREATE TRIGGER wait_of_stages AFTER UPDATE ON jobs_stage REFERENCING OLD TABLE AS before NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION jobs_wait_of_stages();
"""
NO_STEPS = """
DROP TRIGGER wait_of_stages ON jobs_stage;
DROP TRIGGER wait_of_changed ON jobs_stagetransition;
DROP TRIGGER wait_of_gone ON jobs_stagetransition;
DROP TRIGGER wait_of_new ON jobs_stagetransition;
DROP FUNCTION jobs_wait_of_stages();
DROP FUNCTION jobs_wait_of_changed_steps();
DROP FUNCTION jobs_wait_of_steps();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('jobs', '0018_language_models'),
    ]

    operations = [
        migrations.CreateModel(
            name='StageWait',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('applied', 'Applied'), ('screen', 'Screen'), ('interview', 'Interview'), ('offer', 'Offer'), ('hired', 'Hired')], max_length=10)),
                ('came_at', models.DateTimeField(help_text='When the application came in.')),
                ('days', models.FloatField()),
                ('application', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='waits', to='jobs.application')),
                ('job', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='jobs.job')),
            ],
            options={
                'indexes': [models.Index(fields=['came_at'], include=('job', 'kind', 'days'), name='stagewait_came')],
                'constraints': [models.UniqueConstraint(fields=('application', 'kind'), name='stagewait_once')],
            },
        ),
        migrations.RunSQL(COUNT, "DROP FUNCTION jobs_wait_again(uuid[]);"),
        migrations.RunSQL(STEPS, NO_STEPS),
    ]
