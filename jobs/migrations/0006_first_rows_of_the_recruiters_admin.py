"""Since when an application stands where it stands; and templates to begin with, which recruiters change as they like."""

from django.db import migrations

ENTERED = """
UPDATE jobs_application AS one SET entered_stage_at = coalesce(
    (SELECT max(step.at) FROM jobs_stagetransition step
     WHERE step.application_id = one.id AND step.from_stage_id IS DISTINCT FROM step.to_stage_id),
    one.applied_at)
"""
TEMPLATES = (
    (
        "Application received",
        "received",
        "Your application for {{ job.title }}",
        "Dear {{ candidate.first_name }},\n\nthank you for applying for {{ job.title }}. We read every application and"
        " will write to you as soon as we know more.\n\nKind regards\n{{ sender.name }}",
    ),
    (
        "Rejection after review",
        "rejection",
        "Your application for {{ job.title }}",
        "Dear {{ candidate.first_name }},\n\nthank you for your interest in {{ job.title }} and for the time you took."
        " We have decided to go on with other people whose experience is closer to what this role needs.\n\nWe wish you"
        " all the best.\n\nKind regards\n{{ sender.name }}",
    ),
    (
        "Rejection after interview",
        "rejection",
        "Your interview for {{ job.title }}",
        "Dear {{ candidate.first_name }},\n\nthank you for talking with us about {{ job.title }}. We enjoyed meeting you."
        " In the end we have chosen somebody else for this role.\n\nIf you would like to know more, just answer this"
        " mail.\n\nKind regards\n{{ sender.name }}",
    ),
    (
        "Interview invitation",
        "interview",
        "Interview for {{ job.title }}",
        "Dear {{ candidate.first_name }},\n\nwe would like to meet you.\n\n{{ interview.when }}\n{{ interview.place }}\n\n"
        "{{ interview.note }}\n\nThe invitation for your calendar is attached. If the time does not suit you, answer this"
        " mail.\n\nKind regards\n{{ sender.name }}",
    ),
    (
        "Offer",
        "offer",
        "Our offer for {{ job.title }}",
        "Dear {{ candidate.first_name }},\n\nwe are glad to offer you the position of {{ offer.title }}. The letter is"
        " attached. Please answer by {{ offer.answer_by }}.\n\nKind regards\n{{ sender.name }}",
    ),
)


def add(apps, _schema_editor):
    templates = apps.get_model("jobs", "EmailTemplate")
    if not templates.objects.exists():
        templates.objects.bulk_create(
            templates(name=name, kind=kind, subject=subject, body=body) for name, kind, subject, body in TEMPLATES
        )


class Migration(migrations.Migration):
    dependencies = [("jobs", "0005_recruiters_admin")]
    operations = [
        migrations.RunSQL(ENTERED, migrations.RunSQL.noop),
        migrations.RunPython(add, migrations.RunPython.noop),
    ]
