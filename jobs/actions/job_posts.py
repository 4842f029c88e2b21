"""What the public reads about a job: written as a draft, put on a board, and taken off it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction

from audit import actions as audit
from candidates.models import Source
from hrassist.lib.errors import Conflict, DomainError
from jobs.actions import links
from jobs.actions.links import CAREERS
from jobs.models import Job, JobPost

if TYPE_CHECKING:
    from hrassist.models import User

Status = JobPost.Status
FACTS = ("board", "language", "title", "body")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z]{2})?")


class PostChanged(Conflict):
    """Somebody else wrote in the meantime."""

    code = "post_changed"
    default_message = "Somebody changed this post since you read it. Read it again, then repeat your change."


class PostThere(Conflict):
    """One text a board and language."""

    code = "post_exists"
    default_message = "This job has a post on {board} in {language} already. Change that one, or close it first."


class NotPublic(Conflict):
    """The public must not read of this job."""

    code = "job_not_public"


@transaction.atomic
def create(*, job: Job, by: User, now: datetime, facts: Mapping[str, Any]) -> JobPost:
    """A draft; where `facts` say nothing, it starts with the job's own title and description."""
    job = Job.objects.select_for_update(no_key=True).get(pk=job.pk)
    said = {"board": CAREERS, "language": "en", "title": job.title, "body": starting_text(job), **facts}
    said = _sense(said)
    _require_free(job, said)
    post = JobPost.objects.create(job=job, **said, created_by=by, created_at=now)
    audit.record("job_post.created", target=post, by=by, job=job, language=post.language)
    return post


@transaction.atomic
def update(
    *,
    post: JobPost,
    by: User,
    now: datetime,
    facts: Mapping[str, Any],
    expected_updated_at: datetime | None = None,
) -> JobPost:
    """Change the text; of a live post the public reads the new one at once."""
    post = _locked(post)
    if expected_updated_at is not None and post.updated_at != expected_updated_at:
        raise PostChanged
    said = _sense({name: facts.get(name, getattr(post, name)) for name in FACTS})
    changed = [name for name in FACTS if getattr(post, name) != said[name]]
    if not changed:
        return post
    if {"board", "language"} & set(changed):
        if post.status == Status.LIVE:
            raise Conflict("Take the post offline before you change its board or language.", code="post_live")
        _require_free(post.job, said, but=post)
    for name in changed:
        setattr(post, name, said[name])
    post.save(update_fields=[*changed, "updated_at"])
    audit.record("job_post.updated", target=post, by=by, job=post.job_id, fields=changed)
    return post


@transaction.atomic
def publish(*, post: JobPost, by: User, now: datetime) -> JobPost:
    """Let the public read it. Raises NotPublic for a job that is confidential or not open.

    On the careers page people also apply: the link for that is made if the job has none.
    """
    post = _locked(post)
    if post.job.confidential:
        raise NotPublic("This job is confidential: nothing about it is ever published.")
    if post.job.status != Job.Status.OPEN:
        raise NotPublic(
            f"This job is {post.job.get_status_display().lower()}. Open it first: a post invites people to apply."
        )
    if not post.can_move(Status.LIVE):
        raise Conflict("This post is live already.", code="post_status")
    _require_free(post.job, {"board": post.board, "language": post.language}, but=post)
    post.status, post.published_at, post.closed_at = Status.LIVE, now, None
    post.save(update_fields=["status", "published_at", "closed_at", "updated_at"])
    if post.board == CAREERS and links.of_careers_page(post.job, now=now) is None:
        source = Source.objects.filter(kind=Source.Kind.CAREERS_PAGE, active=True).first()
        links.create(job=post.job, by=by, now=now, facts={"label": CAREERS, "source": source})
    audit.record("job_post.published", target=post, by=by, job=post.job_id, language=post.language)
    return post


@transaction.atomic
def close(*, post: JobPost, by: User, now: datetime) -> JobPost:
    """Take it off its board; it can go live again."""
    post = _locked(post)
    if not post.can_move(Status.CLOSED):
        raise Conflict("Only a live post can be taken offline.", code="post_status")
    post.status, post.closed_at = Status.CLOSED, now
    post.save(update_fields=["status", "closed_at", "updated_at"])
    audit.record("job_post.closed", target=post, by=by, job=post.job_id)
    return post


def starting_text(job: Job) -> str:
    """The description with the requirements below it, as a post is written: paragraphs and lists."""
    parts = [job.description.strip()]
    for head, lines in (("What you bring", job.must_have), ("Nice to have", job.nice_to_have)):
        named = [line.strip() for line in lines.splitlines() if line.strip()]
        if named:
            parts += [head, "\n".join(f"- {line}" for line in named)]
    return "\n\n".join(part for part in parts if part)


def _locked(post: JobPost) -> JobPost:
    # The job first, as everything that opens and closes it does.
    Job.objects.select_for_update(no_key=True).get(pk=post.job_id)
    return JobPost.objects.select_for_update(of=("self",)).select_related("job").get(pk=post.pk)


def _require_free(job: Job, said: Mapping[str, Any], *, but: JobPost | None = None) -> None:
    others = job.posts.filter(board=said["board"], language=said["language"]).exclude(status=Status.CLOSED)
    if any(other.pk != (but.pk if but else None) for other in others):
        raise PostThere(board=said["board"], language=said["language"])


def _sense(said: Mapping[str, Any]) -> dict[str, str]:
    clean = {name: str(said.get(name, "")).strip() for name in FACTS}
    wrong: dict[str, list[str]] = {name: ["This must not be empty."] for name in FACTS if not clean[name]}
    if clean["language"] and not _LANGUAGE.fullmatch(clean["language"]):
        wrong["language"] = ["Use a language tag, for example en or pt-BR."]
    if wrong:
        raise DomainError("A post has a board, a language, a title and a text.", code="bad_post", fields=wrong)
    return clean
