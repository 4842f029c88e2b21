"""Tailored resumes: started on the page of an application, watched while agents work, decided line by line, used."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST, require_safe

from audit import actions as audit
from hrassist.admin import cells, navigation, pages
from hrassist.admin.navigation import NavItem
from hrassist.admin.site import add_page
from hrassist.lib.errors import DomainError
from hrassist.lib.serving import file_answer
from hrassist.models import LongTask
from jobs.actions import tailorings as actions
from jobs.admin import tailoring_reading
from jobs.admin.application import NamedFilter
from jobs.admin.doing import do
from jobs.admin.listed import RecordedList
from jobs.admin.tailoring_reading import run_badge
from jobs.models import ResumeTemplate, TailoringRun
from jobs.tailoring.events import told

State = TailoringRun.State


class BatchFilter(NamedFilter):
    """Those that somebody began together."""

    title = "begun together"
    parameter_name = "batch"

    def named(self, request: HttpRequest, key: UUID) -> LongTask | None:
        return LongTask.objects.visible_to(request.user).filter(pk=key).first()


@admin.register(TailoringRun)
class TailoringRunAdmin(RecordedList[TailoringRun]):
    listed_as = "tailoring.listed"
    list_display = ("person", "job", "state_badge", "written_by", "made")
    list_display_links = ("person",)
    list_select_related = ("application__candidate", "application__job")
    list_filter = ("state", BatchFilter)
    keyset_field = "created_at"
    search_fields = ("application__candidate__full_name",)
    search_help_text = "Name of the person"
    empty_title = "No tailored resumes yet"
    empty_hint = "A resume is tailored on the page of an application, under Tailored resume."

    def get_queryset(self, request: HttpRequest) -> QuerySet[TailoringRun]:
        rows: Any = super().get_queryset(request)
        found: QuerySet[TailoringRun] = rows.with_writers()
        return found

    @admin.display(description="Person")
    def person(self, run: TailoringRun) -> SafeString:
        candidate = run.application.candidate
        return cells.person(candidate.full_name, candidate.headline, key=candidate.pk)

    @admin.display(description="Job")
    def job(self, run: TailoringRun) -> str:
        return run.application.job.title

    @admin.display(description="State", ordering="state")
    def state_badge(self, run: TailoringRun) -> SafeString:
        return run_badge(run)

    @admin.display(description="Written by", ordering="provider")
    def written_by(self, run: TailoringRun) -> str:
        return run.written_by

    @admin.display(description="Started", ordering="created_at")
    def made(self, run: TailoringRun) -> SafeString:
        return cells.ago(run.created_at)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        try:
            return show(request, run_or_404(request, UUID(object_id)))
        except ValueError as error:
            raise Http404 from error


@require_safe
def tab_view(request: HttpRequest, application_id: UUID) -> HttpResponse:
    """The newest tailored resume of an application, or the way to the first one."""
    user: Any = request.user
    application = pages.load(request, "application", application_id)
    if not user.has_perm("jobs.view_tailoringrun"):
        raise PermissionDenied
    newest = _visible(user).filter(application=application).first()
    if newest is not None:
        return show(request, newest)
    audit.viewed("application.tailored_viewed", target=application, by=user, subject=application.candidate_id,
                 job=application.job_id)  # fmt: skip
    context = tailoring_reading.start_form(application, user=user)
    return pages.render(
        request, "application", application, tab="tailored", template="admin/jobs/tailoring/none.html", context=context
    )


def show(request: HttpRequest, run: TailoringRun) -> HttpResponse:
    """One run under the head of its application: its five agents, then its lines beside the original."""
    user: Any = request.user
    application = pages.load(request, "application", run.application_id)
    audit.viewed("tailoring.viewed", target=run, by=user, subject=application.candidate_id, job=application.job_id)
    context = tailoring_reading.page(run, user=user, now=timezone.now())
    return pages.render(
        request, "application", application, tab="tailored", template="admin/jobs/tailoring/run.html", context=context
    )


@require_POST
def start_view(request: HttpRequest, application_id: UUID) -> HttpResponseBase:
    user: Any = request.user
    application = pages.load(request, "application", application_id)
    if not user.has_perm("jobs.add_tailoringrun"):
        raise PermissionDenied
    said = request.POST
    return do(
        request,
        lambda: actions.start(
            application=application, by=user, now=timezone.now(), provider=said.get("provider", "") or "offline",
            language=said.get("language", ""), with_letter=said.get("letter") == "on",
        ),
        done="The agents are at work.",
        back=reverse("admin:jobs_application_tailored", args=[application_id]),
        onward=page_of,
    )  # fmt: skip


@require_POST
def step_view(request: HttpRequest, tailoringrun_id: UUID) -> HttpResponseBase:
    """One step of a run: stop, continue, finish without a model, decide lines, approve."""
    user: Any = request.user
    run = run_or_404(request, tailoringrun_id)
    said = request.POST
    asked = said.get("do", "")
    needed = "jobs.approve_tailoringrun" if asked == "approve" else "jobs.change_tailoringrun"
    if not user.has_perm(needed):
        raise PermissionDenied
    common: dict[str, Any] = {"run": run, "by": user, "now": timezone.now()}

    def step() -> object:
        match asked:
            case "cancel":
                return actions.cancel(**common)
            case "continue":
                return actions.go_on(**common)
            case "offline":
                return actions.go_on(**common, offline=True)
            case "approve":
                return actions.approve(
                    **common, expected_updated_at=said.get("seen", ""), template=_template(said.get("template", "")),
                    knows_unread=said.get("unread") == "known",
                )  # fmt: skip
            case "accept" | "reject" | "reopen":
                return actions.decide(**common, line_ids=_numbers(said.getlist("line")), decision=DECISIONS[asked])
        raise DomainError("Choose what to do with this tailored resume.", code="no_step")

    if said.get("quick") == "1":
        # The page's script has drawn it already and only wants to know that it holds.
        try:
            changed = step()
        except DomainError as error:
            return JsonResponse({"message": error.message, "code": error.code}, status=error.status)
        assert isinstance(changed, TailoringRun)  # noqa: S101
        return JsonResponse(
            {"seen": changed.updated_at.isoformat(), "open": len(actions.undecided(changed))}
        )  # fmt: skip
    return do(request, step, done=DONE.get(asked, "Done."), back=page_of(run))


def _template(said: str) -> ResumeTemplate | None:
    if not said:
        return None
    found = ResumeTemplate.objects.filter(pk=said).first() if said.isdecimal() and len(said) < 10 else None
    if found is None:
        raise DomainError("This template is not there any more. Choose another.", code="no_template")
    return found


DECISIONS = {"accept": "accepted", "reject": "rejected", "reopen": "waiting"}
DONE = {
    "cancel": "It stops at its next piece of text. What is done is kept.",
    "continue": "The agents go on where they stopped.",
    "offline": "It is finished without a language model.",
    "approve": "Approved. The files are being made and read once more.",
    "accept": "The wording is accepted.",
    "reject": "The original stays.",
    "reopen": "The line is open again.",
}


def _numbers(said: list[str]) -> list[int]:
    return [int(one) for one in said[:500] if one.isdecimal() and len(one) < 19]


@require_safe
def events_view(request: HttpRequest, tailoringrun_id: UUID) -> HttpResponse:
    """What a run told after `?after=`, as JSON: for pages that cannot follow the stream."""
    run = run_or_404(request, tailoringrun_id)
    after = request.GET.get("after", "")
    events = told(run.pk, int(after) if after.isdecimal() and len(after) < 10 else 0)
    answer = JsonResponse({"state": run.state, "events": events})
    answer["Cache-Control"] = "private, no-store"
    return answer


@require_safe
def docx_view(request: HttpRequest, tailoringrun_id: UUID) -> HttpResponseBase:
    return _file(request, tailoringrun_id, "docx")


@require_safe
def pdf_view(request: HttpRequest, tailoringrun_id: UUID) -> HttpResponseBase:
    return _file(request, tailoringrun_id, "pdf")


@require_safe
def letter_docx_view(request: HttpRequest, tailoringrun_id: UUID) -> HttpResponseBase:
    return _file(request, tailoringrun_id, "letter_docx")


@require_safe
def letter_pdf_view(request: HttpRequest, tailoringrun_id: UUID) -> HttpResponseBase:
    return _file(request, tailoringrun_id, "letter_pdf")


@require_safe
def picture_view(request: HttpRequest, tailoringrun_id: UUID) -> HttpResponseBase:
    """The first page as a picture, for the page of the run."""
    return _file(request, tailoringrun_id, "png", inline=True)


def _file(request: HttpRequest, run_id: UUID, kind: str, *, inline: bool = False) -> HttpResponseBase:
    user: Any = request.user
    if not user.has_perm("jobs.download_tailoringrun"):
        raise PermissionDenied
    try:
        file = actions.open_file(run_id=run_id, kind=kind, by=user)
        return file_answer(replace(file, inline=inline))
    except DomainError as error:
        if error.status == 404:
            raise Http404(error.message) from error
        raise


@require_safe
def preview_view(request: HttpRequest, tailoringrun_id: UUID) -> HttpResponse:
    """The paper as it would be now, as a page."""
    user: Any = request.user
    run = run_or_404(request, tailoringrun_id)
    application = pages.load(request, "application", run.application_id)
    audit.viewed("tailoring.previewed", target=run, by=user, subject=application.candidate_id,
                 job=application.job_id)  # fmt: skip
    context = {"run": run, "badge_of_run": run_badge(run), **tailoring_reading.papers(run, now=timezone.now())}
    return pages.render(
        request, "application", application, tab="tailored", template="admin/jobs/tailoring/preview.html",
        context=context,
    )  # fmt: skip


def run_or_404(request: HttpRequest, run_id: UUID) -> TailoringRun:
    user: Any = request.user
    run: TailoringRun | None = _visible(user).filter(pk=run_id).first()
    if run is None:
        raise Http404
    return run


def page_of(run: Any) -> str:
    return reverse("admin:jobs_tailoringrun_change", args=[run.pk])


def _visible(user: Any) -> Any:
    return TailoringRun.objects.visible_to(user).select_related(
        "application__candidate", "application__job", "created_by", "approved_by", "resume"
    )


add_page("jobs/application/<uuid:application_id>/tailored/", tab_view, name="jobs_application_tailored")
add_page("jobs/application/<uuid:application_id>/tailored/start/", start_view, name="jobs_tailoring_start")
add_page("jobs/tailoringrun/<uuid:tailoringrun_id>/step/", step_view, name="jobs_tailoring_step")
add_page("jobs/tailoringrun/<uuid:tailoringrun_id>/events/", events_view, name="jobs_tailoring_events")
add_page("jobs/tailoringrun/<uuid:tailoringrun_id>/preview/", preview_view, name="jobs_tailoring_preview")
add_page("jobs/tailoringrun/<uuid:tailoringrun_id>/docx/", docx_view, name="jobs_tailoring_docx")
add_page("jobs/tailoringrun/<uuid:tailoringrun_id>/pdf/", pdf_view, name="jobs_tailoring_pdf")
add_page("jobs/tailoringrun/<uuid:tailoringrun_id>/picture/", picture_view, name="jobs_tailoring_picture")
add_page("jobs/tailoringrun/<uuid:tailoringrun_id>/letter/docx/", letter_docx_view, name="jobs_tailoring_letter_docx")
add_page("jobs/tailoringrun/<uuid:tailoringrun_id>/letter/pdf/", letter_pdf_view, name="jobs_tailoring_letter_pdf")
pages.add_tab(
    pages.Tab(
        noun="application", name="tailored", label="Tailored resume", url_name="admin:jobs_application_tailored",
        permission="jobs.view_tailoringrun", order=25,
    )
)  # fmt: skip
navigation.add(
    NavItem(
        label="Tailored resumes",
        url_name="admin:jobs_tailoringrun_changelist",
        icon="file",
        permission="jobs.view_tailoringrun",
        section="Hiring",
        order=57,
    )
)
