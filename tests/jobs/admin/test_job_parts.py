"""Openings, stages, posts and links of a job, and the question before its status changes."""

from __future__ import annotations

from typing import Any

import pytest

from hrassist.models import User
from jobs.actions import job_posts, links
from jobs.actions import jobs as job_actions
from jobs.models import Job, JobPost, TrackingLink
from tests.conftest import NOON
from tests.factories import ApplicationFactory, JobFactory
from tests.hiring import JobPostFactory, TrackingLinkFactory

pytestmark = pytest.mark.django_db
PARTS = ("openings", "stages", "posts", "links")


def page_of(job: Job, part: str) -> str:
    return f"/jobs/job/{job.pk}/{part}/"


@pytest.fixture
def job(recruiter: User, hiring_manager: User, interviewer: User) -> Job:
    team = {recruiter: "recruiter", hiring_manager: "hiring_manager", interviewer: "interviewer"}
    job = JobFactory(title="Baker", team=team)
    job_actions.add_openings(job=job, count=2, by=recruiter, now=NOON)
    return job


@pytest.mark.parametrize("part", PARTS)
def test_strangers_to_a_job_find_none_of_its_parts(part: str, client_as: Any, coordinator: User) -> None:
    hidden = JobFactory(confidential=True)
    assert client_as(coordinator).get(page_of(hidden, part)).status_code == 404
    assert client_as(coordinator).post(page_of(hidden, part)).status_code == 404


@pytest.mark.parametrize("part", PARTS)
def test_the_team_reads_and_only_recruiters_change(part: str, job: Job, client_as: Any, hiring_manager: User) -> None:
    browser = client_as(hiring_manager)
    assert browser.get(page_of(job, part)).status_code == 200
    said = {"do": "add", "name": "Test", "kind": "screen", "count": "1", "label": "Fair"}
    assert browser.post(page_of(job, part), said).status_code == 403


def test_seats_are_held_opened_and_cancelled(job: Job, recruiter: User, client_as: Any) -> None:
    browser, here = client_as(recruiter), page_of(job, "openings")
    seat = job.openings.first()
    for do, reason in (("hold", "on_hold"), ("reopen", ""), ("cancel", "cancelled")):
        browser.post(here, {"do": do, "opening": seat.pk})
        seat.refresh_from_db()
        assert seat.close_reason == reason
    answer = browser.post(here, {"do": "cancel", "opening": seat.pk}, follow=True)
    assert "is cancelled by now" in answer.content.decode()
    assert browser.post(here, {"do": "cancel", "opening": "x"}).status_code == 404


def test_stages_are_edited_by_buttons(job: Job, recruiter: User, client_as: Any) -> None:
    browser, here = client_as(recruiter), page_of(job, "stages")

    def post(**said: Any) -> str:
        seen = browser.get(here).context["seen"]
        return str(browser.post(here, {"seen": seen, **said}, follow=True).content.decode())

    def names() -> list[str]:
        return list(job.stages.order_by("position").values_list("name", flat=True))

    post(do="add", name="Trial day", kind="interview")
    trial = job.stages.get(name="Trial day")
    post(do="up", stage=trial.pk)
    post(do="change", stage=trial.pk, name="Trial shift", kind="screen")
    assert names() == ["Applied", "Screening", "Interview", "Trial shift", "Offer", "Hired"]
    ApplicationFactory(job=job, stage=trial)
    assert "1 person is in Trial shift" in post(do="remove", stage=trial.pk)
    stale = browser.post(here, {"seen": "1,2,3", "do": "up", "stage": trial.pk}, follow=True)
    assert "Somebody changed the stages" in stale.content.decode()


def test_a_post_is_written_shown_published_and_taken_offline(job: Job, recruiter: User, client_as: Any) -> None:
    browser = client_as(recruiter)
    made = browser.post(page_of(job, "posts"), {"board": "Careers page", "language": "en"})
    post = JobPost.objects.get()
    assert made["Location"] == f"/jobs/jobpost/{post.pk}/"
    page = browser.get(made["Location"])
    facts = {"board": post.board, "language": "en", "title": "Head baker", "body": "Bread.\n\n- rye"}
    browser.post(made["Location"], {**facts, "seen": page.context["form"]["seen"].value()})
    browser.post(made["Location"], {"do": "publish"})
    post.refresh_from_db()
    assert (post.title, post.status) == ("Head baker", "live")
    assert "<li>rye</li>" in browser.get(f"/careers/{post.pk}/").content.decode()
    stale = browser.post(made["Location"], {**facts, "title": "Cook", "seen": page.context["form"]["seen"].value()})
    assert "Somebody changed this since you opened it" in stale.content.decode()
    browser.post(made["Location"], {"do": "close"})
    assert browser.get(f"/careers/{post.pk}/").status_code == 404


def test_the_post_of_a_hidden_job_does_not_exist_for_strangers(client_as: Any, coordinator: User) -> None:
    post = JobPostFactory(job=JobFactory(confidential=True))
    assert client_as(coordinator).get(f"/jobs/jobpost/{post.pk}/").status_code == 404


def test_a_colleague_gets_a_link_of_their_own_and_sees_no_other(
    job: Job, recruiter: User, interviewer: User, client_as: Any
) -> None:
    TrackingLinkFactory(job=job, label="Secret fair", created_by=recruiter)
    browser, here = client_as(interviewer), page_of(job, "links")
    browser.post(here, {"do": "refer"})
    link = TrackingLink.objects.get(referred_by=interviewer)
    html = browser.get(here).content.decode()
    assert link.token in html
    assert "Secret fair" not in html
    assert browser.post(f"/jobs/trackinglink/{link.pk}/", {"do": "close"}).status_code == 302
    other = TrackingLink.objects.get(label="Secret fair")
    assert browser.post(f"/jobs/trackinglink/{other.pk}/", {"do": "close"}).status_code == 403


def test_links_show_what_came_through_them_in_few_queries(
    job: Job, recruiter: User, client_as: Any, assert_queries: Any
) -> None:
    browser, here = client_as(recruiter), page_of(job, "links")
    for count in (2, 8):
        for _ in range(count):
            link = links.create(job=job, by=recruiter, now=NOON, facts={"label": "Fair"})
            ApplicationFactory(job=job, tracking_link=link)
        browser.get(here)
        with assert_queries("admin_job_links"):
            page = browser.get(here)
    assert {one.applied for one in page.context["links"]} == {1}


def test_closing_asks_first_and_names_what_happens(job: Job, recruiter: User, client_as: Any) -> None:
    browser, here = client_as(recruiter), page_of(job, "status")
    post = job_posts.publish(post=job_posts.create(job=job, by=recruiter, now=NOON, facts={}), by=recruiter, now=NOON)
    html = browser.get(f"{here}?do=close").content.decode()
    assert "2 open seats are cancelled." in html
    assert "1 post goes offline" in html
    application = ApplicationFactory(job=job)
    html = browser.get(f"{here}?do=close").content.decode()
    assert "1 application is still active." in html
    assert 'value="close"' not in html
    assert "1 active application stays in the pipeline." in browser.get(f"{here}?do=hold").content.decode()
    assert browser.get(f"{here}?do=nonsense").status_code == 404
    application.delete()
    browser.post(here, {"do": "close"})
    job.refresh_from_db()
    assert job.status == "closed"
    assert post not in JobPost.objects.live()


def test_the_job_form_never_writes_over_somebody_elses_words(job: Job, recruiter: User, client_as: Any) -> None:
    browser, here = client_as(recruiter), page_of(job, "change")
    seen = browser.get(f"{here}?edit=1").context["adminform"].form.initial["seen"]
    job_actions.update(job=job, by=recruiter, now=NOON, facts={"title": "Head baker"})
    answer = browser.post(here, {"title": "Cook", "employment_type": "full_time", "seen": seen})
    assert "Somebody changed this since you opened it" in answer.content.decode()
    job.refresh_from_db()
    assert job.title == "Head baker"
