"""One step of an application, by form or from a script: what was asked, what was done, and who was quicker."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from audit import actions as audit
from hrassist.admin import cells, pages
from hrassist.admin.site import add_page
from hrassist.lib.errors import Conflict, DomainError
from jobs.actions import applications as actions
from jobs.actions import steps
from jobs.models import Application, EmailTemplate, RejectionReason, Stage

MAIL_WAITS = timedelta(minutes=30)
DONE = {
    "undo": "taken back.", "reject": "rejected.", "withdraw": "put down as withdrawn.", "hire": "hired.",
    "unreject": "back in the pipeline.",
}  # fmt: skip


def move_view(request: HttpRequest, application_id: UUID) -> HttpResponseBase:
    """Advance, move, hire, reject, withdraw, bring back or undo; with Accept: application/json it answers in JSON."""
    if request.method != "POST":
        raise Http404
    one = pages.load(request, "application", application_id)
    if not request.user.has_perm("jobs.change_application"):
        raise PermissionDenied
    if not request.accepts("text/html"):
        try:
            return JsonResponse(_where(_step(request, one)))
        except DomainError as error:
            told: dict[str, Any] = {"message": error.message, "code": error.code}
            if isinstance(error, Conflict):
                told |= {"message": who_was_quicker(one, error), "now": _where(Application.objects.get(pk=one.pk))}
            return JsonResponse(told, status=error.status)
    back = request.POST.get("back", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}):
        back = reverse("admin:jobs_application_change", args=[one.pk])
    try:
        moved = _step(request, one)
    except DomainError as error:
        messages.error(request, who_was_quicker(one, error))
    else:
        done = DONE.get(request.POST.get("do", ""), f"now in {moved.stage.name}.")
        messages.success(request, f"{one.candidate}: {done}")
    return HttpResponseRedirect(back)


def who_was_quicker(one: Application, error: DomainError) -> str:
    """The refusal, and for a step that somebody else took: who, where to, and when."""
    last = steps.newest(one)
    if not isinstance(error, actions.Moved | actions.NotActive) or last is None or last.by is None:
        return error.message
    when = cells.in_words(last.at, now=timezone.now())
    if last.from_status == last.to_status:
        return f"{last.by.display_name} moved {one.candidate} to {last.to_stage} {when}. Look again before you move on."
    became = "brought back" if last.to_status == "active" else last.get_to_status_display().lower()
    if last.to_status == "withdrawn":
        return f"{last.by.display_name} put {one.candidate} down as withdrawn {when}."
    return f"{last.by.display_name} {became} {one.candidate} {when}."


def _where(one: Application) -> dict[str, Any]:
    last = steps.newest(one)
    return {
        "stage": one.stage_id,
        "stage_name": one.stage.name,
        "status": one.status,
        "step": last.pk if last else None,
        "entered": one.entered_stage_at.isoformat(),
    }


def _step(request: HttpRequest, one: Application) -> Application:
    said, now = request.POST, timezone.now()
    user: Any = request.user
    seen, do = _of_job(one, said.get("seen", "")), said.get("do", "")
    common: dict[str, Any] = {"application": one, "by": user, "now": now}
    noted = {**common, "note": said.get("note", "")[:500]}
    reason = chosen_reason(said.get("reason", ""))
    if do == "reject" and reason is not None:
        return actions.reject(**noted, expected_stage=seen, reason=reason, mail=_mail(request))
    if do == "reject":
        raise DomainError("Choose a reason: the person may ask for it.", code="no_reason")
    to = _of_job(one, said.get("stage", ""))
    if do == "move" and to is None:
        raise DomainError("This stage is not one of the job's.", code="bad_stage")
    step = int(said["step"]) if said.get("step", "").isdigit() else None
    ways: dict[str, Callable[[], Application]] = {
        "advance": lambda: actions.advance(**noted, expected_stage=seen),
        "hire": lambda: actions.hire(**noted, expected_stage=seen),
        "move": lambda: actions.move(**noted, to=cast(Stage, to), expected_stage=seen),
        "withdraw": lambda: actions.withdraw(**noted, expected_stage=seen, reason=reason),
        "unreject": lambda: actions.unreject(**noted),
        "undo": lambda: actions.undo(**common, step=step),
    }
    if do not in ways:
        raise Http404
    return ways[do]()


def _of_job(one: Application, key: str) -> Stage | None:
    return one.job.stages.filter(pk=key).first() if key.isdigit() and len(key) < 10 else None


def chosen_reason(key: str) -> RejectionReason | None:
    return RejectionReason.objects.filter(pk=key).first() if key.isdigit() and len(key) < 10 else None


def _mail(request: HttpRequest) -> actions.Mail | None:
    said, now = request.POST, timezone.now()
    if not said.get("send_mail"):
        return None
    if not request.user.has_perm("jobs.add_message"):
        raise DomainError("You may not write to candidates. Reject without a mail.", code="not_allowed")
    if "{{" in said.get("subject", "") + said.get("body", ""):
        raise DomainError("The mail still has a placeholder in it. Write what it stands for.", code="placeholder_left")
    template = said.get("template", "")
    return actions.Mail(
        subject=said.get("subject", ""),
        body=said.get("body", ""),
        template=EmailTemplate.objects.filter(pk=template).first() if template.isdigit() else None,
        send_at=now + MAIL_WAITS if said.get("wait") else None,
    )


def reject_view(request: HttpRequest, application_id: UUID) -> HttpResponse:
    """The form to reject: reason, note, and the mail as it will leave; the board shows it in a dialog."""
    if request.method not in {"GET", "HEAD"}:
        raise Http404
    one = pages.load(request, "application", application_id)
    if not request.user.has_perm("jobs.change_application"):
        raise PermissionDenied
    user: Any = request.user
    audit.viewed("application.viewed", target=one, by=user, subject=one.candidate_id, job=one.job_id)
    may_write = user.has_perm("jobs.add_message")
    rejections = EmailTemplate.objects.filter(kind=EmailTemplate.Kind.REJECTION, active=True)
    templates = list(rejections) if may_write else []
    wanted = request.GET.get("template", "")
    chosen = next((row for row in templates if str(row.pk) == wanted), None)
    back = request.GET.get("back", "")
    return pages.render(
        request,
        "application",
        one,
        tab="reject",
        template="admin/jobs/application/reject.html",
        context={
            "reasons": RejectionReason.objects.filter(active=True, kind=RejectionReason.Kind.WE_REJECTED),
            "templates": templates,
            "chosen": chosen,
            "subject": _filled(chosen.subject, one, request.user) if chosen else "",
            "body": _filled(chosen.body, one, request.user) if chosen else "",
            "may_write": may_write,
            "address": one.candidate.emails.filter(status="current").order_by("pk").first(),
            "minutes": MAIL_WAITS.seconds // 60,
            "back": back if url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}) else "",
        },
    )


def _filled(text: str, one: Application, user: Any) -> str:
    words = {
        "candidate.first_name": one.candidate.full_name.split()[0],
        "candidate.name": one.candidate.full_name,
        "job.title": one.job.title,
        "sender.name": user.display_name,
    }
    for name, value in words.items():
        text = text.replace("{{ " + name + " }}", value)
    return text


add_page("jobs/application/<uuid:application_id>/move/", move_view, name="jobs_application_move")
add_page("jobs/application/<uuid:application_id>/reject/", reject_view, name="jobs_application_reject")
