"""The kind of its stage with each application, so that a list of everybody at a kind of step reads an index."""

from django.db import migrations, models

# Steps of an application and changes of a pipeline lock the job first, so neither sees half of the other.
KEEP = """
CREATE FUNCTION jobs_kind_of_stage() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.stage_kind := coalesce((SELECT kind FROM jobs_stage WHERE id = NEW.stage_id), '');
    RETURN NEW;
END $$;
CREATE FUNCTION jobs_kind_of_changed_stage() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE jobs_application SET stage_kind = NEW.kind WHERE stage_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER kind_of_stage BEFORE INSERT OR UPDATE OF stage_id, stage_kind ON jobs_application
    FOR EACH ROW EXECUTE FUNCTION jobs_kind_of_stage();
CREATE TRIGGER kind_of_changed_stage AFTER UPDATE OF kind ON jobs_stage
    FOR EACH ROW WHEN (OLD.kind <> NEW.kind) EXECUTE FUNCTION jobs_kind_of_changed_stage();
"""
NO_MORE = """
DROP TRIGGER kind_of_changed_stage ON jobs_stage;
DROP TRIGGER kind_of_stage ON jobs_application;
DROP FUNCTION jobs_kind_of_changed_stage();
DROP FUNCTION jobs_kind_of_stage();
"""
# What the database writes by itself is no change of an application that an action should have recorded.
UNWATCHED = """
DO $$ BEGIN EXECUTE replace(
    pg_get_functiondef('audit_unrecorded_application'::regproc), $old${}$old$, $new${}$new$);
END $$;
"""
WATCHED_BUT, WATCHED = "'updated_at,stage_kind'", "'updated_at'"


class Migration(migrations.Migration):

    dependencies = [("audit", "0005_stamp_watch_expire"), ("jobs", "0020_count_days_at_each_step")]

    operations = [
        migrations.AddField(
            model_name="application",
            name="stage_kind",
            field=models.CharField(
                choices=[
                    ("applied", "Applied"),
                    ("screen", "Screen"),
                    ("interview", "Interview"),
                    ("offer", "Offer"),
                    ("hired", "Hired"),
                ],
                db_default="",
                editable=False,
                max_length=10,
            ),
        ),
        migrations.RunSQL(KEEP, NO_MORE),
        migrations.RunSQL(UNWATCHED.format(WATCHED, WATCHED_BUT), UNWATCHED.format(WATCHED_BUT, WATCHED)),
    ]
