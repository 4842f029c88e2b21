"""Who joins or leaves a hiring team gains or loses sight of people: on record by trigger."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("jobs", "0001_initial"), ("audit", "0002_row_changes")]

    operations = [
        migrations.RunSQL(
            "CREATE TRIGGER audit_rows AFTER INSERT OR UPDATE OR DELETE ON jobs_hiringteammember FOR EACH ROW"
            " EXECUTE FUNCTION audit_row_change('team_member', 'jobs.hiringteammember', '', 'job_id,user_id,role');"
            "CREATE TRIGGER audit_emptied BEFORE TRUNCATE ON jobs_hiringteammember"
            " EXECUTE FUNCTION audit_emptied('team_member', 'jobs.hiringteammember');",
            "DROP TRIGGER audit_rows ON jobs_hiringteammember; DROP TRIGGER audit_emptied ON jobs_hiringteammember;",
        ),
    ]
