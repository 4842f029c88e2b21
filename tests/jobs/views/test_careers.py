"""The careers page: what is public, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from hrassist.models import User
from jobs.actions import job_posts
from jobs.models import Job, JobPost
from tests.conftest import NOON
from tests.factories import JobFactory
from tests.hiring import JobPostFactory

pytestmark = pytest.mark.django_db


def live(by: User, job: Job | None = None, **facts: str) -> JobPost:
    post = job_posts.create(job=job or JobFactory(), by=by, now=NOON, facts=facts)
    return job_posts.publish(post=post, by=by, now=NOON)


def titles(query: str = "") -> list[str]:
    page = Client().get(f"/careers/{query}")
    assert page.status_code == 200
    return sorted(post.title for post in page.context["page"])


def test_only_live_posts_of_open_public_jobs_on_this_board_are_read(recruiter: User) -> None:
    post = live(recruiter, title="Baker")
    others = [
        live(recruiter, title="Elsewhere", board="LinkedIn"),
        JobPostFactory(title="Draft"),
        JobPostFactory(title="Hidden", status="live", job=JobFactory(confidential=True)),
        JobPostFactory(title="Held", status="live", job=JobFactory(status="on_hold")),
    ]
    assert titles() == ["Baker"]
    assert Client().get(f"/careers/{post.pk}/").status_code == 200
    for other in others:
        assert Client().get(f"/careers/{other.pk}/").status_code == 404


def test_a_search_by_words_department_and_place(recruiter: User) -> None:
    live(recruiter, JobFactory(department="Bakery", city="Ghent"), title="Baker", body="Sourdough")
    live(recruiter, JobFactory(department="Bar", city="Lyon", remote=True), title="Barista", body="Coffee")
    assert titles("?q=sourdough") == ["Baker"]
    assert titles("?department=Bar") == ["Barista"]
    assert titles("?place=Ghent") == ["Baker"]
    assert titles("?place=remote") == ["Barista"]
    assert titles("?q=nothing") == []
    assert titles("?page=99") == ["Baker", "Barista"]


def test_a_post_offers_its_other_languages_and_the_way_to_apply(recruiter: User) -> None:
    english = live(recruiter, title="Baker")
    german = live(recruiter, english.job, title="Bäcker", language="de")
    page = Client().get(f"/careers/{german.pk}/")
    html = page.content.decode()
    assert '<html lang="de">' in html
    assert f"/careers/{english.pk}/" in html
    assert f"/apply/{page.context['link'].token}/" in html
    assert page["X-Robots-Tag"] == "all"


def test_what_is_typed_into_a_post_is_text_and_never_markup(recruiter: User) -> None:
    post = live(recruiter, title="Baker", body="We bake\n\n- <script>alert(1)</script>\n- bread")
    html = Client().get(f"/careers/{post.pk}/").content.decode()
    assert "<script>alert" not in html
    assert "<li>bread</li>" in html


def test_the_page_costs_the_same_for_one_post_as_for_ten(recruiter: User, assert_queries: Any) -> None:
    for count in (1, 9):
        for _ in range(count):
            live(recruiter)
        Client().get("/careers/")
        with assert_queries("public_careers"):
            Client().get("/careers/")
