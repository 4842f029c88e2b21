"""A fresh installation can reject from the first day; recruiters change the list as they like."""

from django.db import migrations

REASONS = (
    ("Experience does not fit", "we_rejected"),
    ("Skills do not match", "we_rejected"),
    ("Another candidate was chosen", "we_rejected"),
    ("No work permit for this place", "we_rejected"),
    ("Did not answer", "we_rejected"),
    ("Accepted another offer", "they_withdrew"),
    ("Pay expectations", "they_withdrew"),
    ("No longer interested", "they_withdrew"),
)


def add(apps, _schema_editor):
    reasons = apps.get_model("jobs", "RejectionReason")
    if not reasons.objects.exists():
        reasons.objects.bulk_create(reasons(name=name, kind=kind) for name, kind in REASONS)


def remove_unused(apps, _schema_editor):
    reasons = apps.get_model("jobs", "RejectionReason")
    used = apps.get_model("jobs", "Application").objects.exclude(reason=None).values("reason")
    passed = apps.get_model("jobs", "StageTransition").objects.exclude(reason=None).values("reason")
    names = [name for name, _ in REASONS]
    reasons.objects.filter(name__in=names).exclude(pk__in=used).exclude(pk__in=passed).delete()


class Migration(migrations.Migration):
    dependencies = [("jobs", "0002_audit_hiring_teams")]
    operations = [migrations.RunPython(add, remove_unused)]
