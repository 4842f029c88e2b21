"""Functions that put changes of rows on record, whichever way they were made; other apps attach them to their tables."""

from django.db import migrations

ORIGIN = """
CREATE FUNCTION audit_insert(action text, target_type text, target_id text, job_id text, changes jsonb)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    -- Who acts, as the application names it for this transaction; nothing is known of a bare psql but its login.
    origin jsonb := coalesce(
        nullif(current_setting('hrassist.actor', true), '')::jsonb,
        jsonb_build_object('actor_type', 'service', 'actor_display', session_user)
    );
BEGIN
    INSERT INTO audit_event (
        uid, ts, action, outcome, reason_code, actor_type, actor_id, actor_display, token_id, session_hash,
        target_type, target_id, target_version, subject_ref, job_id, purpose, ip, user_agent, request_id,
        -- Without the method: the rule of one row per access and request is for reads, these are changes.
        method, route, http_status, changes, node, app_version, schema_version
    ) VALUES (
        gen_random_uuid(), clock_timestamp(), action, 'allow', '',
        origin->>'actor_type', coalesce(origin->>'actor_id', ''), coalesce(origin->>'actor_display', ''),
        coalesce(origin->>'token_id', ''), coalesce(origin->>'session_hash', ''),
        target_type, coalesce(target_id, ''), '', '', coalesce(job_id, ''), '',
        (origin->>'ip')::inet, coalesce(origin->>'user_agent', ''), coalesce(origin->>'request_id', ''),
        '', coalesce(origin->>'route', ''), NULL, changes, 'database', '', 1
    );
END $$;
"""

ROWS = """
-- Arguments: noun, model, columns that do not count, columns whose values may be kept (identifiers and flags only).
CREATE FUNCTION audit_row_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ignored text[] := string_to_array(TG_ARGV[2], ',');
    shown text[] := string_to_array(TG_ARGV[3], ',');
    before jsonb := coalesce(to_jsonb(OLD), '{}');
    after jsonb := coalesce(to_jsonb(NEW), '{}');
    kept jsonb := CASE WHEN TG_OP = 'DELETE' THEN before ELSE after END;
    columns text[];
    details jsonb;
BEGIN
    SELECT array_agg(key ORDER BY key) INTO columns FROM jsonb_each(kept) AS pair (key, value)
    WHERE key <> ALL (ignored) AND (TG_OP <> 'UPDATE' OR value IS DISTINCT FROM before->key);
    IF columns IS NULL THEN
        RETURN NULL;
    END IF;
    SELECT coalesce(jsonb_object_agg(key, value), '{}') INTO details FROM jsonb_each(kept) AS pair (key, value)
    WHERE key = ANY (shown) AND key = ANY (columns);
    IF TG_OP = 'UPDATE' THEN
        details := details || jsonb_build_object('columns', to_jsonb(columns));
    END IF;
    PERFORM audit_insert(
        TG_ARGV[0] || CASE TG_OP WHEN 'INSERT' THEN '.created' WHEN 'UPDATE' THEN '.changed' ELSE '.deleted' END,
        TG_ARGV[1], kept->>'id', kept->>'job_id', details
    );
    RETURN NULL;
END $$;
"""

LINKS = """
-- For tables that join two: one event per owner and statement. Arguments: noun, model and column of the owner, what is
-- joined, and an expression that names the other end of `link`. The transition table is called `links`.
CREATE FUNCTION audit_link_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    owner record;
BEGIN
    FOR owner IN EXECUTE format(
        'SELECT link.%I::text AS id, jsonb_agg(%s ORDER BY 1) AS names FROM links AS link GROUP BY link.%I',
        TG_ARGV[2], TG_ARGV[4], TG_ARGV[2]
    ) LOOP
        PERFORM audit_insert(
            TG_ARGV[0] || '.' || TG_ARGV[3] || CASE TG_OP WHEN 'INSERT' THEN '_added' ELSE '_removed' END,
            TG_ARGV[1], owner.id, '', jsonb_build_object(TG_ARGV[3], owner.names)
        );
    END LOOP;
    RETURN NULL;
END $$;
"""

EMPTIED = """
CREATE FUNCTION audit_emptied() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM audit_insert(TG_ARGV[0] || '.emptied', TG_ARGV[1], '', '', '{}');
    RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [
        migrations.RunSQL(ORIGIN, "DROP FUNCTION audit_insert(text, text, text, text, jsonb)"),
        migrations.RunSQL(ROWS, "DROP FUNCTION audit_row_change()"),
        migrations.RunSQL(LINKS, "DROP FUNCTION audit_link_change()"),
        migrations.RunSQL(EMPTIED, "DROP FUNCTION audit_emptied()"),
    ]
