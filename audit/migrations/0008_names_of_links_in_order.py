"""Names what was linked in the order of the names: `ORDER BY 1` within an aggregate orders by the number one."""

from django.db import migrations

LINKS = """
CREATE OR REPLACE FUNCTION audit_link_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    owner record;
BEGIN
    FOR owner IN EXECUTE format(
        'SELECT link.%%I::text AS id, jsonb_agg(%%s ORDER BY %%s) AS names FROM links AS link GROUP BY link.%%I',
        TG_ARGV[2], TG_ARGV[4], TG_ARGV[4], TG_ARGV[2]
    ) LOOP
        PERFORM audit_insert(
            TG_ARGV[0] || '.' || TG_ARGV[3] || CASE TG_OP WHEN 'INSERT' THEN '_added' ELSE '_removed' END,
            TG_ARGV[1], owner.id, '', jsonb_build_object(TG_ARGV[3], owner.names)
        );
    END LOOP;
    RETURN NULL;
END $$;
""".replace("%%", "%")


class Migration(migrations.Migration):
    dependencies = [("audit", "0007_people_act_on_their_own_page")]

    operations = [migrations.RunSQL(LINKS, migrations.RunSQL.noop)]
