"""What the public reads about a job: its posts, their preview, and the buttons that put them online."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils import timezone

from hrassist.admin import pages
from hrassist.admin.site import add_page
from hrassist.lib.errors import DomainError
from hrassist.lib.prose import blocks
from jobs.actions import job_posts as actions
from jobs.actions.links import CAREERS
from jobs.admin.doing import do
from jobs.admin.seen import SeenForm
from jobs.models import Job, JobPost

COLOURS = {JobPost.Status.DRAFT: "", JobPost.Status.LIVE: "good", JobPost.Status.CLOSED: "warn"}
BOARDS = (CAREERS, "Intranet", "LinkedIn", "Job board", "University board")


class PostForm(SeenForm):
    class Meta:
        model = JobPost
        fields: ClassVar = list(actions.FACTS)
        widgets: ClassVar = {
            "body": forms.Textarea(attrs={"rows": 18}),
            "board": forms.TextInput(attrs={"list": "boards"}),
        }


def posts_view(request: HttpRequest, job_id: UUID) -> HttpResponseBase:
    """The posts of a job; by POST, a new draft that starts with the job's own text."""
    job: Job = pages.load(request, "job", job_id)
    user: Any = request.user
    if not user.has_perm("jobs.view_jobpost"):
        raise PermissionDenied
    here = reverse("admin:jobs_job_posts", args=[job.pk])
    if request.method == "POST":
        if not user.has_perm("jobs.add_jobpost"):
            raise PermissionDenied
        said = request.POST
        facts = {name: said[name].strip() for name in ("board", "language") if said.get(name, "").strip()}
        return do(
            request,
            lambda: actions.create(job=job, by=user, now=timezone.now(), facts=facts),
            done="A draft with the job's text. Read it as the public would, then publish it.",
            back=here,
            onward=lambda made: reverse("admin:jobs_jobpost", args=[made.pk]),
        )
    context = {
        "posts": [(post, COLOURS[JobPost.Status(post.status)]) for post in job.posts.order_by("status", "-created_at")],
        "boards": BOARDS,
        "careers": CAREERS,
        "can_add": user.has_perm("jobs.add_jobpost"),
    }
    return pages.render(request, "job", job, tab="posts", template="admin/jobs/jobpost/list.html", context=context)


def post_view(request: HttpRequest, jobpost_id: UUID) -> HttpResponseBase:
    """One post: its text, how the public reads it, and by POST its changes."""
    user: Any = request.user
    post = JobPost.objects.visible_to(user).select_related("job").filter(pk=jobpost_id).first()
    if post is None:
        raise Http404
    if not user.has_perm("jobs.view_jobpost"):
        raise PermissionDenied
    job: Job = pages.load(request, "job", post.job_id)
    may_change = user.has_perm("jobs.change_jobpost")
    status = post.status
    if request.method == "POST":
        if not may_change:
            raise PermissionDenied
        if request.POST.get("do") in {"publish", "close"}:
            return _put(request, post)
        form = PostForm(request.POST, instance=post)
        if form.is_valid() and (answer := _save(request, form, post)) is not None:
            return answer
    else:
        form = PostForm(instance=post)
    context = {
        "post": post,
        "status_label": JobPost.Status(status).label,
        "colour": COLOURS[JobPost.Status(status)],
        "form": form,
        "blocks": blocks(post.body),
        "boards": BOARDS,
        "may_change": may_change,
        "is_public": status == JobPost.Status.LIVE and post.board == CAREERS,
        "hindered": _hindered(job),
    }
    return pages.render(request, "job", job, tab="posts", template="admin/jobs/jobpost/page.html", context=context)


def _save(request: HttpRequest, form: PostForm, post: JobPost) -> HttpResponseBase | None:
    """The answer to what was typed, or None with the refusal in the form."""
    user: Any = request.user
    try:
        actions.update(
            post=post, by=user, now=timezone.now(), expected_updated_at=form.expected,
            facts={name: form.cleaned_data[name] for name in actions.FACTS},
        )  # fmt: skip
    except DomainError as error:
        form.add_error(next((name for name in error.fields if name in form.fields), None), error.message)
        return None
    done = "Saved: the public reads it now." if post.status == JobPost.Status.LIVE else "The draft is saved."
    return do(request, lambda: None, done=done, back=reverse("admin:jobs_jobpost", args=[post.pk]))


def _put(request: HttpRequest, post: JobPost) -> HttpResponseBase:
    user: Any = request.user
    online = request.POST["do"] == "publish"
    action = actions.publish if online else actions.close
    return do(
        request,
        lambda: action(post=post, by=user, now=timezone.now()),
        done="The post is live." if online else "The post is offline.",
        back=reverse("admin:jobs_jobpost", args=[post.pk]),
    )


def _hindered(job: Job) -> str:
    if job.confidential:
        return "This job is confidential: nothing about it is ever published."
    if job.status != Job.Status.OPEN:
        return f"This job is {job.get_status_display().lower()}: its posts go live while it is open."
    return ""


add_page("jobs/job/<uuid:job_id>/posts/", posts_view, name="jobs_job_posts")
add_page("jobs/jobpost/<uuid:jobpost_id>/", post_view, name="jobs_jobpost")
pages.add_tab(
    pages.Tab(
        noun="job", name="posts", label="Posts", url_name="admin:jobs_job_posts", permission="jobs.view_jobpost",
        order=66,
    )
)  # fmt: skip
