"""Stamps events with the database's clock and transaction, watches people's rows, and lets old events expire."""

from django.db import migrations

STAMP = """
CREATE FUNCTION audit_stamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.tx := pg_current_xact_id()::text::bigint;
    -- The application does not choose the time; the owner may, who restores and imports.
    IF NOT pg_has_role(current_user, (SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'MEMBER') THEN
        NEW.ts := clock_timestamp();
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER audit_stamp BEFORE INSERT ON audit_event FOR EACH ROW EXECUTE FUNCTION audit_stamp();
"""
UNSTAMP = "DROP TRIGGER audit_stamp ON audit_event; DROP FUNCTION audit_stamp();"

# Replaced after every migration by what audit.codes says.
CODE = """
CREATE FUNCTION audit_code(action text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT ''::text $$;
"""

INSERT = """
DROP FUNCTION audit_insert(text, text, text, text, jsonb);
CREATE FUNCTION audit_insert(
    action text, target_type text, target_id text, job_id text, changes jsonb, subject text DEFAULT ''
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    -- Who acts, as the application names it for this transaction; nothing is known of a bare psql but its login.
    origin jsonb := coalesce(
        nullif(current_setting('hrassist.actor', true), '')::jsonb,
        jsonb_build_object('actor_type', 'service', 'actor_display', session_user)
    );
BEGIN
    INSERT INTO audit_event (
        uid, ts, code, action, outcome, reason_code, actor_type, actor_id, actor_display, impersonator_id, auth_method,
        token_id, session_hash, target_type, target_id, target_version, subject_ref, job_id, purpose, ip,
        -- Without the method: the rule of one row per access and request is for reads, these are changes.
        ip_chain_trusted, user_agent, request_id, trace_id, method, route, http_status, changes, node, app_version,
        schema_version, tx
    ) VALUES (
        gen_random_uuid(), clock_timestamp(), audit_code(action), action, 'allow', '',
        origin->>'actor_type', coalesce(origin->>'actor_id', ''), coalesce(origin->>'actor_display', ''),
        coalesce(origin->>'impersonator_id', ''), coalesce(origin->>'auth_method', ''),
        coalesce(origin->>'token_id', ''), coalesce(origin->>'session_hash', ''),
        target_type, coalesce(target_id, ''), '', coalesce(subject, ''), coalesce(job_id, ''), '',
        (origin->>'ip')::inet, (origin->>'ip_chain_trusted')::boolean, coalesce(origin->>'user_agent', ''),
        coalesce(origin->>'request_id', ''), coalesce(origin->>'trace_id', ''),
        '', coalesce(origin->>'route', ''), NULL, changes, 'database', '', 2, 0
    );
END $$;
"""
OLD_INSERT = """
DROP FUNCTION audit_insert(text, text, text, text, jsonb, text);
CREATE FUNCTION audit_insert(action text, target_type text, target_id text, job_id text, changes jsonb)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    origin jsonb := coalesce(
        nullif(current_setting('hrassist.actor', true), '')::jsonb,
        jsonb_build_object('actor_type', 'service', 'actor_display', session_user)
    );
BEGIN
    INSERT INTO audit_event (
        uid, ts, action, outcome, reason_code, actor_type, actor_id, actor_display, token_id, session_hash,
        target_type, target_id, target_version, subject_ref, job_id, purpose, ip, user_agent, request_id,
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

# table: noun, model, whose row it is, of which job, columns that do not count
WATCHED = {
    "candidates_candidate": ("candidate", "candidates.candidate", "id", "''", "updated_at,last_activity_at"),
    "candidates_resume": ("resume", "candidates.resume", "candidate_id", "''", ""),
    "jobs_application": ("application", "jobs.application", "candidate_id", "kept.job_id::text", "updated_at"),
}


def watch(table, noun, model, whose, job, ignored):
    # Asked when the transaction ends: an action that recorded what it did has done so by then.
    return migrations.RunSQL(
        f"""
        CREATE FUNCTION audit_unrecorded_{noun}() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            kept {table}%ROWTYPE;
            me bigint := pg_current_xact_id()::text::bigint;
            whose text;
            columns text[];
            details jsonb := '{{}}';
        BEGIN
            IF TG_OP = 'DELETE' THEN kept := OLD; ELSE kept := NEW; END IF;
            whose := coalesce(kept.{whose}::text, '');
            IF EXISTS (
                SELECT FROM (
                    SELECT tx, node FROM audit_event WHERE subject_ref = whose ORDER BY ts DESC, id DESC LIMIT 20
                ) AS newest WHERE tx = me AND node <> 'database'
            ) OR EXISTS (
                SELECT FROM (
                    SELECT tx, node FROM audit_event WHERE target_id = kept.id::text ORDER BY ts DESC, id DESC LIMIT 20
                ) AS newest WHERE tx = me AND node <> 'database'
            ) THEN
                RETURN NULL;
            END IF;
            IF TG_OP = 'UPDATE' THEN
                SELECT array_agg(after.key ORDER BY after.key) INTO columns
                FROM jsonb_each(to_jsonb(NEW)) AS after JOIN jsonb_each(to_jsonb(OLD)) AS before USING (key)
                WHERE after.value IS DISTINCT FROM before.value AND key <> ALL (string_to_array('{ignored}', ','));
                IF columns IS NULL THEN
                    RETURN NULL;
                END IF;
                details := jsonb_build_object('columns', to_jsonb(columns));
            END IF;
            PERFORM audit_insert(
                '{noun}.row_' || CASE TG_OP WHEN 'INSERT' THEN 'created' WHEN 'UPDATE' THEN 'changed' ELSE 'deleted' END,
                '{model}', kept.id::text, {job}, details, whose
            );
            RETURN NULL;
        END $$;
        CREATE CONSTRAINT TRIGGER audit_unrecorded AFTER INSERT OR UPDATE OR DELETE ON {table}
            DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_unrecorded_{noun}();
        CREATE TRIGGER audit_emptied BEFORE TRUNCATE ON {table} EXECUTE FUNCTION audit_emptied('{noun}', '{model}');
        """,
        f"""
        DROP TRIGGER audit_unrecorded ON {table};
        DROP TRIGGER audit_emptied ON {table};
        DROP FUNCTION audit_unrecorded_{noun}();
        """,
    )


# With the owner's rights, because nobody else can delete an event; so it looks twice at what it is asked to do.
EXPIRE = """
CREATE FUNCTION audit_expire(expiry bigint) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    said jsonb;
    floor timestamptz := clock_timestamp() - interval '12 months';
    removed bigint;
BEGIN
    SELECT details INTO said FROM audit_seal WHERE seq = expiry AND kind = 'expiry';
    IF said IS NULL THEN
        RAISE EXCEPTION 'There is no seal % that lets events expire.', expiry;
    END IF;
    PERFORM set_config('pgtrigger.ignore', '{pgtrigger_append_only_7d947}', true);
    DELETE FROM audit_event WHERE id IN (
        SELECT event.id
        FROM unnest(string_to_array(said->>'seals', ',')) AS part
        JOIN audit_seal AS seal
          ON seal.seq BETWEEN split_part(part, '-', 1)::bigint AND split_part(part, '-', 2)::bigint
        CROSS JOIN LATERAL unnest(string_to_array(seal.ids, ',')) AS range
        JOIN audit_event AS event
          ON event.id BETWEEN split_part(range, '-', 1)::bigint AND split_part(range, '-', 2)::bigint
        WHERE seal.seq < expiry AND seal.sealed_at < floor AND seal.ids <> ''
    ) AND ts < floor;
    GET DIAGNOSTICS removed = ROW_COUNT;
    PERFORM set_config('pgtrigger.ignore', '', true);
    RETURN removed;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0004_seals"),
        ("candidates", "0009_search_duplicates"),
        ("jobs", "0013_indexes_for_reports_and_searches"),
    ]

    operations = [
        migrations.RunSQL(STAMP, UNSTAMP),
        migrations.RunSQL(CODE, "DROP FUNCTION audit_code(text)"),
        migrations.RunSQL(INSERT, OLD_INSERT),
        *(watch(table, *about) for table, about in WATCHED.items()),
        migrations.RunSQL(EXPIRE, "DROP FUNCTION audit_expire(bigint)"),
    ]
