"""Where it is switched on that applicants are asked for sex and race: of a place, and of one job."""

import pytest
from django.urls import reverse

from jobs.models import JobPrivacy, JurisdictionSetting
from tests.factories import JobFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_a_privacy_officer_switches_a_place_on_and_off(client):
    client.force_login(UserFactory(role="Privacy officer"))
    here = reverse("admin:jobs_jurisdiction", args=["us-nyc"])
    assert 'name="asks_demographics"' in client.get(here).text
    assert client.post(here, {"enabled": "1", "asks_demographics": "1"}).status_code == 302
    assert JurisdictionSetting.objects.get(code="us-nyc").asks_demographics
    client.post(here, {"enabled": "1"})
    assert not JurisdictionSetting.objects.get(code="us-nyc").asks_demographics


def test_a_place_of_another_law_has_no_such_switch(client):
    client.force_login(UserFactory(role="Privacy officer"))
    here = reverse("admin:jobs_jurisdiction", args=["eu"])
    assert 'name="asks_demographics"' not in client.get(here).text
    assert client.post(here, {"enabled": "1", "asks_demographics": "1"}).status_code == 400
    assert not JurisdictionSetting.objects.filter(asks_demographics=True).exists()


def test_a_job_says_for_itself_and_is_told_where_it_cannot(client, recruiter):
    client.force_login(recruiter)
    for country, city, kept in (("US", "Boston", "yes"), ("DE", "Berlin", "")):
        job = JobFactory(country=country, city=city, team={recruiter: "recruiter"})
        here = reverse("admin:jobs_job_privacy", args=[job.pk])
        told = client.post(here, {"of": "place", "why": "", "asks": "yes"}, follow=True).text
        found = JobPrivacy.objects.filter(job=job).first()
        assert (found.asks_demographics if found else "") == kept
        assert ("those of the United States" in told) == (kept == "")
