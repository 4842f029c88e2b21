"""Applying through a link: the form, the ticket for the file, and the sender's own page."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hrassist.lib import origin
from hrassist.lib.errors import DomainError
from hrassist.lib.prose import Block, blocks
from jobs.actions import demographics, intake, job_notices, links
from jobs.models import IntakeSubmission, Job, TrackingLink
from jobs.views import about_you
from jobs.views.edge import nothing_here, public

FIELDS = ("full_name", "email", "phone", "message")
# A name that a program fills and no person sees; it says nothing to a browser's own autofill.
HONEY = "company_site"


@require_http_methods(["GET", "HEAD", "POST"])
@public()
def form(request: HttpRequest, token: str) -> HttpResponseBase:
    """Count the visit and show the form, or lead to where the link leads; by POST, take what was sent."""
    link = _link(token)
    if link is None:
        return nothing_here(request)
    if request.method == "POST":
        return _take(request, link)
    now = timezone.now()
    if not link.takes_applications:
        if link.closed_at is not None or (link.expires_at is not None and link.expires_at <= now):
            raise intake.LinkClosed("This link is closed.")
        _count(request, link)
        return HttpResponseRedirect(link.target_url)
    jobs = intake.jobs_of(link, now=now)
    _count(request, link)
    return _form(request, link, jobs, typed={}, errors={}, chosen=request.GET.get("job", ""))


@require_POST
@public()
def ticket(request: HttpRequest, token: str) -> HttpResponseBase:
    """Permit the browser to put one file into the store, straight; as JSON."""
    link = _link(token)
    if link is None or not link.takes_applications:
        return JsonResponse({"message": "This link does not exist any more."}, status=404)
    try:
        said = json.loads(request.body or b"{}")
        if not isinstance(said, dict):
            raise ValueError
    except ValueError:
        return JsonResponse({"message": "The request could not be understood."}, status=400)
    try:
        intake.require_pace("ticket_address", origin.network_of(request))
        intake.require_pace("ticket_link", str(link.pk))
        size = said.get("size")
        made, signed, proof = intake.issue_ticket(
            link=link, filename=str(said.get("filename", ""))[:400], size=size if isinstance(size, int) else 0,
            content_type=str(said.get("content_type", ""))[:200], md5=str(said.get("md5_b64", ""))[:64],
            now=timezone.now(),
        )  # fmt: skip
    except DomainError as error:
        wait = getattr(error, "retry_after", None)
        headers = None if wait is None else {"Retry-After": str(wait)}
        return JsonResponse({"message": error.message, "code": error.code}, status=error.status, headers=headers)
    answer = {
        "method": signed.method,
        "url": signed.url,
        "headers": dict(signed.headers),
        "fields": dict(signed.fields),
        "proof": proof,
        "filename": made.filename,
    }
    return JsonResponse(answer, status=201)


@require_safe
@public()
def status(request: HttpRequest, token: str) -> HttpResponseBase:
    """What became of an application, for whoever knows its secret."""
    one = intake.of_secret(token)
    if one is None:
        return nothing_here(request)
    context = {
        "one": one,
        "is_repeat": one.state == IntakeSubmission.State.APPLIED and intake.is_repeat(one),
        "again": reverse("apply:form", args=[one.link.token]),
        "answered": demographics.of_submission(one),
        "questions": reverse("apply:questions", args=[token]),
    }
    return _secret(render(request, "public/status.html", context))


@require_http_methods(["GET", "HEAD", "POST"])
@public()
def questions(request: HttpRequest, token: str) -> HttpResponseBase:
    """Two questions that nobody has to answer, on a page of their own after the form is sent."""
    one = intake.of_secret(token)
    answered = None if one is None else demographics.of_submission(one)
    if one is None or answered is None:
        return nothing_here(request)
    back, errors = reverse("apply:status", args=[token]), {}
    if request.method == "POST":
        intake.require_pace("submit_address", origin.network_of(request))
        try:
            if request.POST.get("do") == "withdraw":
                demographics.withdraw_after_form(submission=one, now=timezone.now())
            else:
                demographics.answer_after_form(submission=one, now=timezone.now(), **about_you.said(request))
            return HttpResponseRedirect(back)
        except demographics.BadAnswer as error:
            errors = error.fields
    context = {"job": one.job, "back": back, "answered": answered, **about_you.asked(request, errors)}
    answer = _secret(render(request, "public/questions.html", context, status=422 if errors else 200))
    # A form needs its origin, which "no-referrer" would hide from the check against forgery.
    answer["Referrer-Policy"] = "same-origin"
    return answer


def _secret(answer: HttpResponse) -> HttpResponse:
    # The address is the key to this page: it is told to nobody and kept nowhere.
    answer["Referrer-Policy"] = "no-referrer"
    answer["Cache-Control"] = "no-store"
    return answer


def _link(token: str) -> TrackingLink | None:
    rows = TrackingLink.objects.select_related("job__created_by", "drive__created_by", "created_by")
    return rows.filter(token=token[:32]).first()


def _count(request: HttpRequest, link: TrackingLink) -> None:
    if request.method == "GET":
        links.count_visit(link=link)


def _take(request: HttpRequest, link: TrackingLink) -> HttpResponseBase:
    now, said = timezone.now(), request.POST
    jobs = intake.jobs_of(link, now=now)
    typed = {name: said.get(name, "")[:1000] for name in FIELDS}
    try:
        intake.require_pace("submit_address", origin.network_of(request))
        intake.require_pace("submit_link", str(link.pk))
        intake.require_person(began=said.get("began", ""), honey=said.get(HONEY, ""), now=now)
        _, secret = intake.submit(
            link=link, job_id=_uuid(said.get("job")), consents="consents" in said, now=now,
            language=said.get("language", "")[:8], keeps="keeps" in said, read=said.get("read", "")[:2000].split(),
            proof=intake.read_proof(said.get("proof", ""), link=link), **typed,
        )  # fmt: skip
    except intake.LinkClosed:
        raise
    except DomainError as error:
        errors = {**error.fields, "": [] if error.fields else [error.message]}
        return _form(
            request, link, jobs, typed=typed, errors=errors, chosen=said.get("job", ""), status=error.status,
            proof=said.get("proof", ""), filename=said.get("filename", "")[:150], consents="consents" in said,
            keeps="keeps" in said,
        )  # fmt: skip
    return HttpResponseRedirect(reverse("apply:status", args=[secret]))


def _form(
    request: HttpRequest, link: TrackingLink, jobs: list[Job], *, typed: dict[str, str], errors: dict[str, list[str]],
    chosen: str, status: int = 200, **more: Any,
) -> HttpResponse:  # fmt: skip
    if "resume" in errors:
        more["proof"] = more["filename"] = ""
    language = (request.POST.get("language") or request.GET.get("language", ""))[:8]
    context = {
        "link": link,
        "jobs": jobs,
        "notices": _notices(jobs, language=language),
        "languages": sorted({one for job in jobs for one in job_notices.languages_of(job)}) if link.job_id else ["en"],
        "language": language or "en",
        "pool": job_notices.pool_consent(language=language),
        "job": jobs[0] if link.job_id else None,
        "chosen": chosen or (str(jobs[0].pk) if len(jobs) == 1 else ""),
        "typed": typed,
        "errors": errors,
        "honey": HONEY,
        "consent": intake.CONSENT,
        "began": request.POST.get("began") or intake.begun(timezone.now()),
        "max_bytes": settings.UPLOAD_MAX_BYTES,
        "max_megabytes": settings.UPLOAD_MAX_BYTES // 2**20,
        **more,
    }
    answer = render(request, "public/apply.html", context, status=status)
    answer["Cache-Control"] = "no-store"
    return answer


def _notices(jobs: list[Job], *, language: str) -> list[tuple[job_notices.Shown, list[Block]]]:
    """What these jobs ask to be shown, each text once."""
    found = {one.text: one for job in jobs for one in job_notices.of_job(job, language=language)}
    return [(one, blocks(one.text)) for one in found.values()]


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None


app_name = "apply"
urlpatterns = [
    path("status/<str:token>/", status, name="status"),
    path("status/<str:token>/questions/", questions, name="questions"),
    path("<str:token>/", form, name="form"),
    path("<str:token>/ticket/", ticket, name="ticket"),
]
