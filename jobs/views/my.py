"""A person's own page, without an account: a link by mail opens it for an hour; what stands there, they may change."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages as flash
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit import actions as audit
from candidates.actions import (
    consents,
    correction_requests,
    data_exports,
    erasures,
    self_service,
    talent_pools,
)
from candidates.actions.legal_holds import UnderLegalHold
from candidates.models import Channel, ConsentRecord, DataExport, Erasure, SelfServiceLink
from hrassist.lib import limits, origin, serving
from hrassist.lib.errors import DomainError
from hrassist.lib.limits import TooFast
from jobs.actions import demographics, job_notices, own_page, ranking_choices, review_requests
from jobs.matching import lawful
from jobs.models import Application
from jobs.views import about_you
from jobs.views.edge import nothing_here, public

COOKIE = "__Host-my" if settings.SESSION_COOKIE_SECURE else "my"
Purpose = ConsentRecord.Purpose
View = Callable[..., HttpResponseBase]


def own(view: View) -> View:
    """Let the view see whose page is open in this browser, or lead to where a link is asked for."""

    @wraps(view)
    @public()
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            visit = self_service.visit(cookie=request.COOKIES.get(COOKIE, ""), now=timezone.now())
        except self_service.LinkGone:
            return _closed(request)
        if request.method == "POST":
            limits.require("own:change", str(visit.link.pk))
        # The trail names who acts: the person themselves.
        request.acting_candidate = visit.candidate.pk  # type: ignore[attr-defined]
        try:
            answer = view(request, visit, *args, **kwargs)
        except DomainError as error:
            if error.fields or isinstance(error, TooFast) or request.method != "POST":
                raise
            flash.error(request, error.message)
            answer = HttpResponseRedirect(reverse("my:page"))
        return _quiet(answer)

    return guarded


@require_http_methods(["GET", "HEAD", "POST"])
@public()
def ask(request: HttpRequest) -> HttpResponseBase:
    """Where somebody asks for their link; the answer is the same whoever has the address."""
    if request.method != "POST":
        return _quiet(render(request, "public/my/ask.html", {"is_open": COOKIE in request.COOKIES}))
    email = request.POST.get("email", "").strip()
    if "@" not in email or len(email) > 254:
        context = {"error": "Write the e-mail address that you applied with.", "email": email[:254]}
        return _quiet(render(request, "public/my/ask.html", context, status=422))
    self_service.ask(email=email, network=origin.network_of(request), now=timezone.now())
    return _quiet(render(request, "public/my/sent.html", {"email": email}))


@require_safe
@public()
def enter(request: HttpRequest, token: str) -> HttpResponseBase:
    """Exchange the key in the address for a cookie, so that it does not stay in the browser's history of the page."""
    limits.require("own:open", origin.network_of(request))
    try:
        link, cookie = self_service.enter(token=token, now=timezone.now())
    except self_service.LinkGone:
        answer = _closed(request)
        answer["Referrer-Policy"] = "no-referrer"
        return answer
    answer = HttpResponseRedirect(reverse("my:stay" if link.purpose == SelfServiceLink.Purpose.POOL else "my:page"))
    answer.set_cookie(
        COOKIE, cookie, max_age=int(self_service.PAGE_LASTS.total_seconds()), httponly=True, samesite="Lax",
        secure=bool(settings.SESSION_COOKIE_SECURE),
    )  # fmt: skip
    answer["Referrer-Policy"] = "no-referrer"
    return _quiet(answer)


@require_safe
@own
def page(request: HttpRequest, visit: self_service.Visit) -> HttpResponseBase:
    """What is kept about the person, and what they can do about it."""
    audit.viewed("self_service.viewed", target=visit.candidate, by=None, subject=visit.candidate)
    now = timezone.now()
    shown = own_page.page_of(visit.candidate, now=now)
    standing = {one.purpose for one in shown.consents if one.stands(now)}
    context = {
        "page": shown,
        "visit": visit,
        "now": now,
        "kept": Purpose.TALENT_POOL in standing or bool(shown.pools),
        "pool": job_notices.pool_consent(),
        "contact": settings.PRIVACY_CONTACT,
        "copy": DataExport.objects.filter(candidate=visit.candidate).order_by("-requested_at").first(),
        "erasure": Erasure.objects.open().filter(candidate=visit.candidate).first(),
    }
    return render(request, "public/my/page.html", context)


@require_POST
@own
def consent(request: HttpRequest, visit: self_service.Visit) -> HttpResponseBase:
    """Give or take back a consent: one click either way."""
    said, now = request.POST, timezone.now()
    purpose = said.get("purpose", "")
    if purpose not in Purpose.values:
        return nothing_here(request)
    if said.get("do") == "give" and purpose == Purpose.TALENT_POOL:
        notice = job_notices.kept_pool_consent(now=now)
        consents.give(candidate=visit.candidate, purpose=purpose, notice=notice, channel=Channel.SELF_SERVICE, now=now,
                      evidence="Their own page")  # fmt: skip
        flash.success(request, "Thank you. We keep you in mind for later jobs.")
    else:
        consents.withdraw(candidate=visit.candidate, purpose=purpose, channel=Channel.SELF_SERVICE, now=now)
        flash.success(request, "Your consent is withdrawn. From now on we do nothing that rested on it.")
    return _back("consents")


@require_POST
@own
def ranking(request: HttpRequest, visit: self_service.Visit) -> HttpResponseBase:
    """Be read without a ranking, for one job or for all, or with it again."""
    said, now = request.POST, timezone.now()
    job = None
    if said.get("application"):
        application = _application(visit, said.get("application", ""))
        if application is None:
            return nothing_here(request)
        job = application.job
    if said.get("do") == "in":
        ranking_choices.opt_in(candidate=visit.candidate, channel=Channel.SELF_SERVICE, now=now, job=job)
        flash.success(request, "A ranking may help again to order applications.")
    else:
        ranking_choices.opt_out(candidate=visit.candidate, channel=Channel.SELF_SERVICE, now=now, job=job)
        flash.success(request, "A person reads your application without a ranking. This has no disadvantage for you.")
    return _back("ranking")


@require_http_methods(["GET", "HEAD", "POST"])
@own
def correct(request: HttpRequest, visit: self_service.Visit) -> HttpResponseBase:
    """Say what is wrong; one of ours looks at it."""
    typed = {name: getattr(visit.candidate, name, "") for name in correction_requests.FACTS}
    context: dict[str, Any] = {"labels": correction_requests.FACTS, "errors": {}, "message": ""}
    status = 200
    if request.method == "POST":
        said = {name: request.POST.get(name, "")[:200] for name in correction_requests.FACTS}
        context["message"] = request.POST.get("message", "")[:1000]
        try:
            correction_requests.ask(
                candidate=visit.candidate, proposed=said, message=context["message"], now=timezone.now()
            )
        except DomainError as error:
            typed, status = {**typed, **said}, error.status
            context["errors"] = error.fields or {"": [error.message]}
        else:
            flash.success(request, "Thank you. We look at it and answer within 30 days.")
            return _back("data")
    rows = [(name, label, typed[name], context["errors"].get(name, [])) for name, label in context["labels"].items()]
    return render(request, "public/my/correct.html", {**context, "rows": rows}, status=status)


@require_safe
@own
def explanation(request: HttpRequest, visit: self_service.Visit, application_id: UUID) -> HttpResponseBase:
    """Why a ranking read an application as it did, where the law grants it."""
    application = _application(visit, str(application_id))
    if application is None:
        return nothing_here(request)
    places = lawful.of_person_and_job(visit.candidate, application.job)
    found = own_page.explanation_of(application)
    if found is None or not any(place.explanation for place in places):
        return nothing_here(request)
    audit.viewed("self_service.explained", target=application, by=None, subject=visit.candidate, job=application.job_id)
    return render(request, "public/my/explanation.html", {"application": application, "explanation": found})


@require_http_methods(["GET", "HEAD", "POST"])
@own
def review(request: HttpRequest, visit: self_service.Visit, application_id: UUID) -> HttpResponseBase:
    """Ask that a person looks at a decision again."""
    application = _application(visit, str(application_id))
    row = next((one for one in own_page.standings(visit.candidate, now=timezone.now())
                if application is not None and one.application.pk == application.pk), None)  # fmt: skip
    if application is None or row is None or not row.reviewable:
        return nothing_here(request)
    if request.method == "POST":
        review_requests.ask(application=application, channel=Channel.SELF_SERVICE,
                            message=request.POST.get("message", "")[:1000], now=timezone.now())  # fmt: skip
        flash.success(request, "A person who did not decide looks at it again, and writes to you within 30 days.")
        return _back("applications")
    return render(request, "public/my/review.html", {"application": application, "row": row})


@require_http_methods(["GET", "HEAD", "POST"])
@own
def about(request: HttpRequest, visit: self_service.Visit, application_id: UUID) -> HttpResponseBase:
    """The voluntary questions: what the person answered, to change or take back."""
    application = _application(visit, str(application_id))
    answer = None if application is None else demographics.given(application)
    if application is None or (answer is None and not demographics.asks(application.job)):
        return nothing_here(request)
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        now = timezone.now()
        try:
            if request.POST.get("do") == "withdraw":
                demographics.withdraw(application=application, now=now)
                kept = None
            else:
                kept = demographics.answer_on_own_page(application=application, now=now, **about_you.said(request))
        except demographics.BadAnswer as error:
            errors = error.fields
        else:
            flash.success(request, "Thank you. Your answer is kept apart from your application." if kept
                          else "Nothing of it is kept. This has no effect on your application.")  # fmt: skip
            return _back("applications")
    else:
        audit.viewed("self_service.viewed", target=application, by=None, subject=visit.candidate)
    context = {
        "job": application.job,
        "back": reverse("my:page"),
        "answered": answer is not None,
        "may_answer": demographics.asks(application.job),
        **about_you.asked(request, errors, answer),
    }
    return render(request, "public/my/about.html", context, status=422 if errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@own
def stay(request: HttpRequest, visit: self_service.Visit) -> HttpResponseBase:
    """“Keep me” or “Let me go”: the answer to the mail of a talent pool."""
    membership = visit.link.membership
    if membership is None or membership.candidate_id != visit.candidate.pk:
        return HttpResponseRedirect(reverse("my:page"))
    now = timezone.now()
    if request.method == "POST":
        if request.POST.get("do") == "stay":
            notice = job_notices.kept_pool_consent(now=now)
            talent_pools.stay(membership=membership, notice=notice, now=now)
            flash.success(request, "Thank you. We keep you in mind.")
        else:
            talent_pools.let_go(membership=membership, now=now)
            flash.success(request, "You are taken out. We do not write to you about other jobs any more.")
        return HttpResponseRedirect(reverse("my:page"))
    context = {"membership": membership, "pool": job_notices.pool_consent(), "now": now}
    return render(request, "public/my/stay.html", context)


@require_POST
@own
def leave(request: HttpRequest, visit: self_service.Visit) -> HttpResponseBase:
    """Close the page in this browser; or take back every link that was ever sent."""
    if request.POST.get("do") == "revoke":
        self_service.revoke(candidate=visit.candidate, now=timezone.now())
    answer = HttpResponseRedirect(reverse("my:ask"))
    answer.delete_cookie(COOKIE, samesite="Lax")
    return answer


@require_POST
@own
def copy(request: HttpRequest, visit: self_service.Visit) -> HttpResponseBase:
    """Ask for a copy of everything."""
    limits.require("own:copy", str(visit.link.pk))
    data_exports.request(candidate=visit.candidate, by=None, channel=Channel.SELF_SERVICE, now=timezone.now())
    flash.success(request, "We make your copy. It stands here in a few minutes, and you can fetch it for a week.")
    return _back("copy")


@require_safe
@own
def fetch(request: HttpRequest, visit: self_service.Visit, dataexport_id: UUID) -> HttpResponseBase:
    """The copy itself, on record before its first byte."""
    limits.require("own:copy", str(visit.link.pk))
    export = DataExport.objects.filter(candidate=visit.candidate, pk=dataexport_id).first()
    if export is None:
        return nothing_here(request)
    return serving.file_answer(data_exports.open_copy(export=export, by=None, now=timezone.now()))


@require_http_methods(["GET", "HEAD", "POST"])
@own
def erase(request: HttpRequest, visit: self_service.Visit) -> HttpResponseBase:
    """Ask for erasure, after being told what that means; a legal hold is told of without its reason."""
    context: dict[str, Any] = {"contact": settings.PRIVACY_CONTACT, "hours": 24}
    if request.method == "POST":
        if "sure" not in request.POST:
            return render(request, "public/my/erase.html", {**context, "unsure": True}, status=422)
        try:
            erasures.request(candidate=visit.candidate, by=None, channel=Channel.SELF_SERVICE, reason="",
                             now=timezone.now())  # fmt: skip
        except UnderLegalHold:
            return render(request, "public/my/erase.html", {**context, "held": True}, status=409)
        flash.success(request, "We erase everything about you within 24 hours and then know nothing of you any more.")
        return _back("copy")
    return render(request, "public/my/erase.html", context)


def _application(visit: self_service.Visit, key: str) -> Application | None:
    """One of the person's own, whatever the address says."""
    try:
        pk = UUID(key)
    except ValueError:
        return None
    return Application.objects.filter(candidate=visit.candidate, pk=pk).select_related("job", "candidate").first()


def _closed(request: HttpRequest) -> HttpResponse:
    answer = render(request, "public/my/closed.html", status=410)
    answer.delete_cookie(COOKIE, samesite="Lax")
    _quiet(answer)
    return answer


def _back(part: str) -> HttpResponseRedirect:
    return HttpResponseRedirect(f"{reverse('my:page')}#{part}")


def _quiet(answer: HttpResponseBase) -> HttpResponseBase:
    # What stands here is for one person: nothing keeps it. Forms need their origin, which "no-referrer" would hide from
    # the check against forgery; no address of these pages holds a key.
    answer["Cache-Control"] = "no-store"
    answer.headers.setdefault("Referrer-Policy", "same-origin")
    return answer


app_name = "my"
urlpatterns = [
    path("", ask, name="ask"),
    path("page/", page, name="page"),
    path("page/consent/", consent, name="consent"),
    path("page/ranking/", ranking, name="ranking"),
    path("page/correct/", correct, name="correct"),
    path("page/stay/", stay, name="stay"),
    path("page/copy/", copy, name="copy"),
    path("page/copy/<uuid:dataexport_id>/", fetch, name="fetch"),
    path("page/erase/", erase, name="erase"),
    path("page/leave/", leave, name="leave"),
    path("page/why/<uuid:application_id>/", explanation, name="explanation"),
    path("page/about/<uuid:application_id>/", about, name="about"),
    path("page/review/<uuid:application_id>/", review, name="review"),
    path("<str:token>/", enter, name="enter"),
]
