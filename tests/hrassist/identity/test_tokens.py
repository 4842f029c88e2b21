"""Tokens that are narrowed to jobs, one's own tokens, and those that end or are forgotten."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from hrassist import tokens
from hrassist.models import ApiToken, User
from tests.factories import ApplicationFactory, JobFactory, ResumeFactory, UserFactory, api_token

pytestmark = pytest.mark.django_db


def asking(user: User, *, jobs) -> APIClient:
    client = APIClient()
    text = api_token(user, jobs=[job.pk for job in jobs])
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {text}")
    return client


def ids(client: APIClient, path: str) -> set[str]:
    answer = client.get(path)
    assert answer.status_code == 200, answer.content
    return {row["id"] for row in answer.json()["results"]}


@pytest.mark.parametrize("who", ["recruiter", "root", "hiring_manager"])
def test_a_narrowed_token_sees_its_jobs_and_who_applied_for_them_and_nothing_else(request, who, recruiter):
    user = UserFactory(is_superuser=True) if who == "root" else request.getfixturevalue(who)
    mine, other = JobFactory(team={user: "hiring_manager"}), JobFactory(team={user: "hiring_manager"})
    here = ApplicationFactory(job=mine, candidate=ResumeFactory(content=b"%PDF-1.7").candidate)
    there = ApplicationFactory(job=other, candidate=ResumeFactory(content=b"%PDF-1.7").candidate)
    nowhere = ResumeFactory().candidate
    client = asking(user, jobs=[mine])
    assert ids(client, "/api/v1/jobs") == {str(mine.pk)}
    assert ids(client, "/api/v1/applications") == {str(here.pk)}
    assert ids(client, "/api/v1/candidates") == {str(here.candidate_id)}
    assert ids(client, "/api/v1/resumes") == {str(here.candidate.resumes.get().pk)}
    for hidden in (
        f"jobs/{other.pk}",
        f"jobs/{other.pk}/matches",
        f"applications/{there.pk}",
        f"candidates/{there.candidate_id}",
        f"candidates/{nowhere.pk}",
        f"resumes/{there.candidate.resumes.get().pk}",
        f"resumes/{there.candidate.resumes.get().pk}/text",
    ):
        assert client.get(f"/api/v1/{hidden}").status_code == 404, hidden
    assert client.get("/api/v1/me").json()["token"] is not None


def test_narrowing_gives_nothing_that_the_account_does_not_see(interviewer):
    closed_to_them = JobFactory(confidential=True)
    assert ids(asking(interviewer, jobs=[closed_to_them]), "/api/v1/jobs") == set()


def test_a_narrowed_token_can_be_issued_for_jobs_that_one_sees_only(recruiter, hiring_manager):
    seen, hidden = JobFactory(), JobFactory(confidential=True)
    about = {"name": "ATS", "scopes": ["jobs:read"], "lifetime": timedelta(days=9), "by": recruiter}
    token, _ = tokens.issue_token(user=recruiter, jobs=[seen.pk], now=timezone.now(), **about)
    assert token.jobs == [seen.pk]
    with pytest.raises(tokens.BadToken, match="does not see them"):
        tokens.issue_token(user=recruiter, jobs=[hidden.pk], now=timezone.now(), **about)


def test_people_issue_their_own_token_see_it_once_and_revoke_it(recruiter):
    job, client = JobFactory(title="Nurse"), Client()
    client.force_login(recruiter)
    form = {
        "user": recruiter.pk, "name": "Careers page", "scopes": ["jobs:read"], "jobs": [str(job.pk)],
        "allowed_ips": "203.0.113.7, 2001:db8::1", "days": 30,
    }  # fmt: skip
    answer = client.post("/account/tokens/new/", form)
    found = re.search(rb'value="(hra_[A-Za-z0-9_-]{43})"', answer.content)
    assert found is not None
    assert "no-store" in answer["Cache-Control"]
    token = ApiToken.objects.get()
    assert (token.jobs, token.allowed_ips) == ([job.pk], ["203.0.113.7", "2001:db8::1"])
    page = client.get("/account/tokens/").content
    assert found[1] not in page
    assert b"Careers page" in page
    assert client.post(f"/account/tokens/{token.pk}/revoke/").status_code == 302
    assert not ApiToken.objects.usable(now=timezone.now()).exists()


def test_a_form_that_was_refused_keeps_its_jobs(recruiter):
    chosen, other, client = JobFactory(title="Nurse <night>"), JobFactory(title="Cook"), Client()
    client.force_login(recruiter)
    page = client.post("/account/tokens/new/", {"jobs": [str(chosen.pk)]}).content.decode()
    assert f'<option value="{chosen.pk}" selected>Nurse &lt;night&gt;</option>' in page
    assert f'<option value="{other.pk}">Cook</option>' in page
    assert re.search(r'<select [^>]*id="id_jobs"[^>]* name="jobs" multiple>', page)


def test_nobody_issues_for_another_nor_touches_anothers(recruiter, operator, interviewer):
    api_token(operator)
    client = Client()
    client.force_login(recruiter)
    answer = client.post("/account/tokens/new/", {"user": operator.pk, "name": "x", "scopes": ["jobs:read"], "days": 1})
    assert b"hra_" not in answer.content
    assert client.post(f"/account/tokens/{ApiToken.objects.get().pk}/revoke/").status_code == 404
    client.force_login(interviewer)
    assert client.get("/account/tokens/").status_code == 403
    assert client.get("/account/tokens/new/").status_code == 403


def test_an_owner_is_told_once_a_week_before_the_end(recruiter, deferred_tasks):
    now = timezone.now()
    old = now - timedelta(days=80)
    api_token(recruiter, created_at=old, expires_at=now + timedelta(days=6))
    api_token(recruiter, created_at=old, expires_at=now + timedelta(days=30))
    api_token(recruiter, created_at=now, expires_at=now + timedelta(days=1))
    assert tokens.tell_of_expiry(now=now) == 1
    assert tokens.tell_of_expiry(now=now) == 0
    assert [task["what"] for task in deferred_tasks("mail_security_notice")] == ["token_expires"]


def test_a_token_that_nobody_uses_is_stale(recruiter):
    now = timezone.now()
    later, long_ago = now + timedelta(days=100), now - timedelta(days=200)
    api_token(recruiter, created_at=long_ago, last_used_at=now - timedelta(days=91), expires_at=later)
    api_token(recruiter, created_at=now - timedelta(days=31), expires_at=later)
    api_token(recruiter, created_at=long_ago, last_used_at=now - timedelta(days=89), expires_at=later)
    api_token(recruiter, created_at=now - timedelta(days=2), expires_at=later)
    api_token(recruiter, created_at=long_ago, revoked_at=now, expires_at=later)
    assert tokens.stale(now=now).count() == 2
