"""What the resumes that were read before say about skills and titles, and the sources that are in use."""

from django.db import migrations

SKILLS = """
UPDATE candidates_resumeparse AS parse SET skill_names = ARRAY(
    SELECT DISTINCT left(lower(skill->>'name'), 80)
    FROM jsonb_array_elements(CASE jsonb_typeof(parse.json_resume->'skills') WHEN 'array'
                              THEN parse.json_resume->'skills' ELSE '[]' END) skill
    WHERE coalesce(skill->>'name', '') <> ''
)
"""
TITLES = """
UPDATE candidates_resumeparse AS parse SET titles = to_tsvector('simple', concat_ws(' . ',
    parse.json_resume->'basics'->>'label',
    (SELECT string_agg(work->>'position', ' . ') FROM jsonb_array_elements(
        CASE jsonb_typeof(parse.json_resume->'work') WHEN 'array' THEN parse.json_resume->'work' ELSE '[]' END) work)
))
"""
LINKS = """
UPDATE candidates_candidatelink SET match_key =
    regexp_replace(regexp_replace(lower(url), '^https?://(www[.])?', ''), '([?#].*)?/*$', '')
"""
SOURCES = (
    ("Careers page", "careers_page"),
    ("Job board", "job_board"),
    ("LinkedIn", "job_board"),
    ("Referral", "referral"),
    ("Agency", "agency"),
    ("Job fair", "event"),
    ("Sourced", "sourced"),
)


def add(apps, _schema_editor):
    sources = apps.get_model("candidates", "Source")
    if not sources.objects.exists():
        sources.objects.bulk_create(sources(name=name, kind=kind) for name, kind in SOURCES)


class Migration(migrations.Migration):
    dependencies = [("candidates", "0005_recruiters_admin")]
    operations = [
        migrations.RunSQL(SKILLS, migrations.RunSQL.noop),
        migrations.RunSQL(TITLES, migrations.RunSQL.noop),
        migrations.RunSQL(LINKS, migrations.RunSQL.noop),
        migrations.RunPython(add, migrations.RunPython.noop),
    ]
