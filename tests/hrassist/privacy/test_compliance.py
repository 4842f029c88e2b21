"""The compliance files: drawn from the configuration, the same each time, and those that are kept here are current."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings as conf
from django.core.management import CommandError, call_command

from candidates.models import RetentionRule
from candidates.retention.presets import PRESETS
from hrassist.privacy import compliance
from jobs.actions import privacy_settings

pytestmark = pytest.mark.django_db
KEPT = Path(conf.BASE_DIR) / "docs" / "compliance"


@pytest.fixture(autouse=True)
def as_it_comes(settings):
    """What the development configuration says; the rules that an installation begins with."""
    for one in PRESETS:
        facts = {
            name: getattr(one, name) for name in ("name", "effect", "clock", "months", "country", "active", "source")
        }
        RetentionRule.objects.get_or_create(key=one.key, defaults=facts)
    settings.STORAGE_BACKEND, settings.EMAIL_HOST, settings.SENDGRID_API_KEY = "disk", "", ""
    settings.SENTRY_DSN = settings.REDIS_URL = ""
    settings.EGRESS_HOSTS = []
    settings.COMPANY_NAME, settings.PRIVACY_CONTACT = "Our company", "hrassist@localhost"


def test_the_sample_says_what_the_configuration_says():
    drawn = compliance.documents()
    assert {path.name for path in KEPT.iterdir()} == set(drawn)
    stale = [name for name, text in drawn.items() if (KEPT / name).read_text() != text]
    assert stale == [], "Run manage.py compliance_report, and read the difference: it is what the product does."


def test_drawn_twice_they_are_the_same(tmp_path):
    assert compliance.write(tmp_path)
    assert compliance.write(tmp_path) == []


def test_a_change_of_the_configuration_is_a_difference(tmp_path, recruiter, settings, noon):
    compliance.write(tmp_path)
    RetentionRule.objects.filter(key="rejected").update(months=12)
    settings.EGRESS_HOSTS = ["llm.example.com"]
    privacy_settings.set_jurisdiction(code="us-nyc", enabled=False, by=recruiter, now=noon)
    with pytest.raises(CommandError, match=r"processors\.md, retention\.md, jurisdictions\.md"):
        call_command("compliance_report", str(tmp_path), check=True)
    assert compliance.write(tmp_path) == ["processors.md", "retention.md", "jurisdictions.md"]


def test_every_table_with_personal_columns_is_in_the_records():
    records = compliance.documents()["records-of-processing.md"]
    for label in compliance.OURS:
        for model in apps.get_app_config(label).get_models():
            if model.PersonalData.erase:
                assert f"| {model._meta.label_lower} |" in records
