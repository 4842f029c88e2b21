from __future__ import annotations

import pytest

from hrassist.lib.errors import Conflict, DomainError
from hrassist.models import User
from jobs.actions import job_posts, links
from jobs.actions import jobs as job_actions
from jobs.models import JobPost, TrackingLink
from tests.conftest import NOON
from tests.factories import JobFactory

pytestmark = pytest.mark.django_db


def draft(by: User, **facts: str) -> JobPost:
    return job_posts.create(job=JobFactory(), by=by, now=NOON, facts=facts)


def test_a_post_starts_with_what_the_job_says(recruiter: User) -> None:
    post = draft(recruiter)
    assert post.title == post.job.title
    assert "- PostgreSQL" in post.body
    assert post.body.startswith(post.job.description)
    assert (post.board, post.language, post.status) == ("Careers page", "en", "draft")


def test_publishing_on_the_careers_page_makes_the_link_to_apply_once(recruiter: User) -> None:
    post = job_posts.publish(post=draft(recruiter), by=recruiter, now=NOON)
    german = job_posts.create(job=post.job, by=recruiter, now=NOON, facts={"language": "de"})
    job_posts.publish(post=german, by=recruiter, now=NOON)
    link = TrackingLink.objects.get(job=post.job)
    assert links.of_careers_page(post.job, now=NOON) == link
    assert set(JobPost.objects.live()) == {post, german}


def test_confidential_and_closed_jobs_are_never_published(recruiter: User) -> None:
    hidden = job_posts.create(job=JobFactory(confidential=True), by=recruiter, now=NOON, facts={})
    waiting = job_posts.create(job=JobFactory(status="draft"), by=recruiter, now=NOON, facts={})
    for post in (hidden, waiting):
        with pytest.raises(job_posts.NotPublic):
            job_posts.publish(post=post, by=recruiter, now=NOON)
    assert not JobPost.objects.live().exists()


def test_a_job_that_becomes_confidential_or_is_held_takes_its_posts_offline(recruiter: User) -> None:
    post = job_posts.publish(post=draft(recruiter), by=recruiter, now=NOON)
    job_actions.hold(job=post.job, by=recruiter, now=NOON)
    assert not JobPost.objects.live().exists()
    job_actions.open_job(job=post.job, by=recruiter, now=NOON)
    assert JobPost.objects.live().exists()
    job_actions.update(job=post.job, by=recruiter, now=NOON, facts={"confidential": True})
    assert not JobPost.objects.live().exists()


def test_one_text_a_board_and_language(recruiter: User) -> None:
    post = job_posts.publish(post=draft(recruiter), by=recruiter, now=NOON)
    with pytest.raises(job_posts.PostThere):
        job_posts.create(job=post.job, by=recruiter, now=NOON, facts={})
    job_posts.close(post=post, by=recruiter, now=NOON)
    second = job_posts.create(job=post.job, by=recruiter, now=NOON, facts={})
    with pytest.raises(job_posts.PostThere):
        job_posts.publish(post=post, by=recruiter, now=NOON)
    assert job_posts.publish(post=second, by=recruiter, now=NOON).status == "live"


def test_nobody_writes_over_anothers_words(recruiter: User, coordinator: User) -> None:
    post = draft(recruiter)
    read_at = post.updated_at
    job_posts.update(post=post, by=coordinator, now=NOON, facts={"title": "Baker"}, expected_updated_at=read_at)
    with pytest.raises(job_posts.PostChanged):
        job_posts.update(post=post, by=recruiter, now=NOON, facts={"title": "Cook"}, expected_updated_at=read_at)


def test_a_live_post_keeps_its_board_and_needs_a_text(recruiter: User) -> None:
    post = job_posts.publish(post=draft(recruiter), by=recruiter, now=NOON)
    with pytest.raises(Conflict, match="offline before"):
        job_posts.update(post=post, by=recruiter, now=NOON, facts={"language": "de"})
    for facts in ({"body": " "}, {"language": "German"}):
        with pytest.raises(DomainError) as refusal:
            job_posts.update(post=post, by=recruiter, now=NOON, facts=facts)
        assert set(refusal.value.fields) == set(facts)
