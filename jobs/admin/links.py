"""Tracking links of a job and of a drive: made, copied, closed, and what came in through each."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date

from candidates.models import Source
from hrassist.admin import pages
from hrassist.admin.site import add_page
from jobs.actions import links as actions
from jobs.admin.doing import do, number
from jobs.models import Job, RecruitmentDrive, TrackingLink
from jobs.reports import drive_figures as figures


def links_view(request: HttpRequest, job_id: UUID) -> HttpResponseBase:
    """The links of a job with their figures, one's own referral link, and by POST a new one."""
    job: Job = pages.load(request, "job", job_id)
    user: Any = request.user
    here = reverse("admin:jobs_job_links", args=[job.pk])
    if request.method == "POST":
        if request.POST.get("do") == "refer":
            return do(
                request,
                lambda: actions.my_referral_link(job=job, by=user, now=timezone.now()),
                done="This is your link. Whoever applies through it is your referral.",
                back=here,
            )
        return create(request, back=here, job=job)
    rows = TrackingLink.objects.filter(job=job).select_related("source", "referred_by")
    if not user.has_perm("jobs.view_trackinglink"):
        rows = rows.filter(referred_by=user)
    found = context_of(request, figures.with_figures(rows, user=user), add_at=here)
    context = {
        **found,
        "can_refer": not job.confidential and job.status == Job.Status.OPEN,
        "mine": next((one for one in found["links"] if one.referred_by_id == user.pk and one.is_usable), None),
    }
    return pages.render(request, "job", job, tab="links", template="admin/jobs/job/links.html", context=context)


def link_view(request: HttpRequest, trackinglink_id: UUID) -> HttpResponseBase:
    """Close one link, or let people in again."""
    user: Any = request.user
    link = TrackingLink.objects.visible_to(user).filter(pk=trackinglink_id).first()
    if link is None or request.method != "POST":
        raise Http404
    if not user.has_perm("jobs.change_trackinglink") and link.referred_by_id != user.pk:
        raise PermissionDenied
    back = (
        reverse("admin:jobs_job_links", args=[link.job_id])
        if link.job_id
        else reverse("admin:jobs_recruitmentdrive_change", args=[link.drive_id])
    )
    what = request.POST.get("do")
    if what not in {"close", "reopen"}:
        raise Http404
    action = actions.close if what == "close" else actions.reopen
    return do(
        request,
        lambda: action(link=link, by=user, now=timezone.now()),
        done=f"{link} is closed: who opens it reads that." if what == "close" else f"{link} takes people in again.",
        back=back,
    )


def create(
    request: HttpRequest, *, back: str, job: Job | None = None, drive: RecruitmentDrive | None = None
) -> HttpResponseBase:
    """A new link from the form that both pages show."""
    user: Any = request.user
    if not user.has_perm("jobs.add_trackinglink"):
        raise PermissionDenied
    said = request.POST
    target = said.get("target_url", "").strip()
    facts = {
        "label": said.get("label", ""),
        "source": Source.objects.filter(active=True, pk=number(said.get("source"), otherwise=0)).first(),
        "expires_at": _end_of(said.get("expires_on", "")),
        "takes_applications": not target,
        "target_url": target[:300],
    }
    return do(
        request,
        lambda: actions.create(job=job, drive=drive, by=user, now=timezone.now(), facts=facts),
        done="The link is there. Copy it to where people should find it.",
        back=back,
    )


def context_of(request: HttpRequest, links: list[Any], *, add_at: str) -> dict[str, Any]:
    """What links.html needs: the rows with their public addresses, what this user may do, and where."""
    now = timezone.now()
    for one in links:
        one.address = settings.PUBLIC_URL + reverse("apply:form", args=[one.token])
        one.is_usable = one.closed_at is None and (one.expires_at is None or one.expires_at > now)
    return {
        "links": links,
        "add_link_at": add_at,
        "sources": Source.objects.filter(active=True) if request.user.has_perm("jobs.add_trackinglink") else (),
        "can_add_link": request.user.has_perm("jobs.add_trackinglink"),
        "can_change_link": request.user.has_perm("jobs.change_trackinglink"),
    }


def _end_of(day: str) -> datetime | None:
    """The last moment of a day of the form."""
    try:
        found = parse_date(day)
    except ValueError:
        return None
    return timezone.make_aware(datetime.combine(found, time.max)) if found else None


add_page("jobs/job/<uuid:job_id>/links/", links_view, name="jobs_job_links")
add_page("jobs/trackinglink/<uuid:trackinglink_id>/", link_view, name="jobs_trackinglink")
pages.add_tab(pages.Tab(noun="job", name="links", label="Links", url_name="admin:jobs_job_links", order=68))
