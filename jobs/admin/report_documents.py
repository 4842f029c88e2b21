"""Reports as documents: asked for here or on the page of a person, job or drive; watched, opened, deleted."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST, require_safe

from audit import actions as audit
from hrassist.admin import cells, navigation, pages
from hrassist.admin.navigation import NavItem
from hrassist.admin.site import add_page
from hrassist.lib.errors import DomainError
from hrassist.lib.serving import file_answer, guarded
from jobs.actions import report_documents as actions
from jobs.admin import job_choice
from jobs.admin.doing import do
from jobs.models import HiringTeamMember, RecruitmentDrive, ReportDocument
from jobs.models.report_document import OF_RATES, ReportKind, kinds_for

State = ReportDocument.State
COLOURS = {State.QUEUED: "", State.MAKING: "blue", State.READY: "good", State.FAILED: "bad"}
SHOWN = 50
PREVIEWED = 20
YEAR = 365


class Day(forms.DateInput):
    input_type = "date"


class Month(forms.DateInput):
    input_type = "month"


class JobForm(forms.Form):
    def __init__(self, data: Any = None, *, user: Any, **options: Any) -> None:
        super().__init__(data, label_suffix="", **options)
        self.fields["job"] = job_choice.field(HiringTeamMember, user=user, empty_label="Choose a job")


class DriveForm(forms.Form):
    drive = forms.ModelChoiceField(RecruitmentDrive.objects.none(), empty_label=None)

    def __init__(self, data: Any = None, *, user: Any, **options: Any) -> None:
        super().__init__(data, label_suffix="", **options)
        drives: Any = self.fields["drive"]
        drives.queryset = RecruitmentDrive.objects.visible_to(user).order_by("-starts_on", "-pk")


class MonthForm(forms.Form):
    month = forms.DateField(
        widget=Month(format="%Y-%m"), input_formats=["%Y-%m"], help_text="The month before stands beside it."
    )

    def __init__(self, data: Any = None, *, user: Any, **options: Any) -> None:
        del user
        super().__init__(data, label_suffix="", **options)

    def clean_month(self) -> date:
        month: date = self.cleaned_data["month"]
        if month > timezone.localdate():
            raise forms.ValidationError("This month has not begun.")
        return month


class PeriodForm(forms.Form):
    since = forms.DateField(label="From", widget=Day(format="%Y-%m-%d"))
    until = forms.DateField(label="To", widget=Day(format="%Y-%m-%d"))

    def __init__(self, data: Any = None, *, user: Any, **options: Any) -> None:
        del user
        super().__init__(data, label_suffix="", **options)


FORMS: dict[str, type[Any]] = {
    ReportKind.JOB: JobForm, ReportKind.DRIVE: DriveForm, ReportKind.MONTHLY: MonthForm, ReportKind.BIAS: PeriodForm,
    ReportKind.SUMMARY: PeriodForm,
}  # fmt: skip
SAYS = {
    ReportKind.JOB: "Pipeline, seats, people by rank with their evidence, what interviewers say, sources.",
    ReportKind.DRIVE: "Progress against targets, jobs, links and sources, what came in.",
    ReportKind.MONTHLY: "Jobs, applications, hires, offers and workload of a month beside those of the month before.",
    ReportKind.BIAS: "Rates of selection and scoring by group, with how they were counted and what they cannot say.",
    ReportKind.SUMMARY: (
        "Rates and impact ratios by sex and race as New York City wants them on your website. It names nobody and may "
        "be published."
    ),
}


@require_safe
def list_view(request: HttpRequest) -> HttpResponse:
    user = _allowed(request)
    rows = ReportDocument.objects.visible_to(user).select_related("schedule")
    kind = request.GET.get("kind", "")
    if kind in ReportKind.values:
        rows = rows.filter(kind=kind)
    before = _uuid(request.GET.get("before", ""))
    older = rows.filter(pk__lt=before) if before else rows
    shown = list(older.order_by("-pk")[: SHOWN + 1])
    context = {
        "title": "Documents",
        "rows": [(one, badge(one)) for one in shown[:SHOWN]],
        "older": shown[SHOWN - 1].pk if len(shown) > SHOWN else None,
        "kinds": [("", "All", not kind), *((one.value, one.label, one == kind) for one in kinds_for(user))],
        "kind": kind,
        "tab": "documents",
    }
    return TemplateResponse(request, "admin/jobs/report/list.html", {**admin.site.each_context(request), **context})


@require_safe
def new_view(request: HttpRequest) -> HttpResponse:
    return _new(request, _allowed(request))


def _new(request: HttpRequest, user: Any, *, wrong: tuple[str, Any] | None = None, status: int = 200) -> HttpResponse:
    if not user.has_perm("jobs.add_reportdocument"):
        raise PermissionDenied
    today = timezone.localdate()
    first = (today.replace(day=1) - timedelta(days=1)).replace(day=1)
    initial = {
        ReportKind.MONTHLY: {"month": first},
        ReportKind.BIAS: {"since": today - timedelta(days=YEAR - 1), "until": today},
        ReportKind.SUMMARY: {"since": today - timedelta(days=YEAR - 1), "until": today},
    }
    cards = [
        {
            "kind": kind,
            "says": SAYS[kind],
            "form": wrong[1]
            if wrong and wrong[0] == kind
            else FORMS[kind](user=user, initial=initial.get(kind), auto_id=f"id_{kind}_%s"),
        }
        for kind in kinds_for(user)
        if kind in FORMS
    ]
    context = {"title": "New report", "cards": cards, "media": cards[0]["form"].media if cards else ""}
    return TemplateResponse(
        request, "admin/jobs/report/new.html", {**admin.site.each_context(request), **context}, status=status
    )


@require_POST
def ask_view(request: HttpRequest) -> HttpResponseBase:
    """Ask for a report by the form of its kind, or for the thing whose page has the button."""
    user = _allowed(request)
    said = request.POST
    kind = said.get("kind", "")
    about: dict[str, Any] = {}
    back = reverse("admin:jobs_report_document_new")
    noun = next((one for one in ("application", "candidate", "job", "drive") if _uuid(said.get(f"{one}_id", ""))), "")
    if noun:
        key = _uuid(said[f"{noun}_id"])
        about["about"] = _drive(user, key) if noun == "drive" else pages.load(request, noun, key)
        back = PAGES[noun](key)
    elif kind in FORMS:
        form = FORMS[kind](said, user=user, auto_id=f"id_{kind}_%s")
        if not form.is_valid():
            return _new(request, user, wrong=(kind, form), status=422)
        about = _asked(form.cleaned_data)
    return do(
        request,
        lambda: actions.ask(kind=kind, by=user, now=timezone.now(), **about),
        done="The report is being made.",
        back=back,
        onward=lambda made: reverse("admin:jobs_report_document", args=[made.pk]),
    )


PAGES: dict[str, Any] = {
    "application": lambda key: reverse("admin:jobs_application_change", args=[key]),
    "candidate": lambda key: reverse("admin:candidates_candidate_change", args=[key]),
    "job": lambda key: reverse("admin:jobs_job_change", args=[key]),
    "drive": lambda key: reverse("admin:jobs_recruitmentdrive_change", args=[key]),
}


def _asked(said: dict[str, Any]) -> dict[str, Any]:
    if "month" in said:
        first: date = said["month"]
        return {"since": first, "until": (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)}
    if "since" in said:
        return {"since": said["since"], "until": said["until"]}
    return {"about": said.get("job") or said.get("drive")}


def _drive(user: Any, key: Any) -> RecruitmentDrive:
    found: RecruitmentDrive | None = RecruitmentDrive.objects.visible_to(user).filter(pk=key).first()
    if found is None:
        raise Http404
    return found


@require_safe
def page_view(request: HttpRequest, reportdocument_id: UUID) -> HttpResponse:
    document = _document_or_404(request, reportdocument_id)
    user: Any = request.user
    audit.viewed("report.viewed", target=document, by=user, subject=document.candidate_id, job=document.job_id)
    files = [
        (kind, label, reverse(f"admin:jobs_report_document_{kind}", args=[document.pk]), document.sizes.get(kind, 0))
        for kind, label in (("pdf", "PDF"), ("docx", "DOCX"))
        if getattr(document, f"{kind}_key")
    ]
    if document.state == State.READY and document.kind in OF_RATES:
        files += [
            (kind, label, reverse(f"admin:jobs_report_document_{kind}", args=[document.pk]), 0)
            for kind, label in (("csv", "Rates as CSV"), ("xlsx", "Rates as XLSX"))
        ]
    context = {
        "title": document.title,
        "document": document,
        "badge": badge(document),
        "files": files,
        "about": _about(document),
        "people": document.people.count(),
        "previews": range(1, min(document.pages, PREVIEWED) + 1),
        "may_delete": user.has_perm("jobs.delete_reportdocument"),
    }
    answer = TemplateResponse(
        request, "admin/jobs/report/document.html", {**admin.site.each_context(request), **context}
    )
    answer["Cache-Control"] = "private, no-store"
    return answer


def _about(document: ReportDocument) -> tuple[str, str] | None:
    """The page of what it is about."""
    if document.application_id:
        return "The application", PAGES["application"](document.application_id)
    if document.candidate_id:
        return "The person", PAGES["candidate"](document.candidate_id)
    if document.job_id:
        return "The job", PAGES["job"](document.job_id)
    if document.drive_id:
        return "The drive", PAGES["drive"](document.drive_id)
    return None


@require_safe
def state_view(request: HttpRequest, reportdocument_id: UUID) -> JsonResponse:
    """How far it is, for the page's script."""
    document = _document_or_404(request, reportdocument_id)
    answer = JsonResponse(
        {
            "state": document.state, "word": document.get_state_display(), "colour": COLOURS[State(document.state)],
            "step": document.step, "over": not document.is_working,
        }
    )  # fmt: skip
    answer["Cache-Control"] = "private, no-store"
    return answer


@require_POST
def step_view(request: HttpRequest, reportdocument_id: UUID) -> HttpResponseBase:
    """Try again, or delete."""
    user: Any = request.user
    document = _document_or_404(request, reportdocument_id)
    asked = request.POST.get("do", "")
    needed = "jobs.delete_reportdocument" if asked == "delete" else "jobs.add_reportdocument"
    if not user.has_perm(needed):
        raise PermissionDenied
    here = reverse("admin:jobs_report_document", args=[document.pk])
    if asked == "delete":
        return do(
            request, lambda: actions.delete(document=document, by=user), done="The report and its files are deleted.",
            back=here, onward=lambda _: reverse("admin:jobs_report_documents"),
        )  # fmt: skip

    def step() -> object:
        if asked == "again":
            return actions.try_again(document=document, by=user, now=timezone.now())
        raise DomainError("Choose what to do with this report.", code="no_step")

    return do(request, step, done="It is made anew.", back=here)


@require_safe
def pdf_view(request: HttpRequest, reportdocument_id: UUID) -> HttpResponseBase:
    return _file(request, reportdocument_id, "pdf")


@require_safe
def docx_view(request: HttpRequest, reportdocument_id: UUID) -> HttpResponseBase:
    return _file(request, reportdocument_id, "docx")


@require_safe
def csv_view(request: HttpRequest, reportdocument_id: UUID) -> HttpResponseBase:
    return _file(request, reportdocument_id, "csv", opens=actions.open_table)


@require_safe
def xlsx_view(request: HttpRequest, reportdocument_id: UUID) -> HttpResponseBase:
    return _file(request, reportdocument_id, "xlsx", opens=actions.open_table)


@require_safe
def preview_view(request: HttpRequest, reportdocument_id: UUID, page: int) -> HttpResponseBase:
    """One page of the stored PDF as a picture; it is read as a download is, and put on record."""
    user: Any = request.user
    try:
        picture = actions.page_picture(document_id=reportdocument_id, page=page, by=user)
    except DomainError as error:
        if error.status == 404:
            raise Http404(error.message) from error
        raise
    return guarded(HttpResponse(picture, content_type="image/png"), filename=f"page-{page}.png", inline=True)


def _file(
    request: HttpRequest, reportdocument_id: UUID, kind: str, *, opens: Any = actions.open_file
) -> HttpResponseBase:
    user: Any = request.user
    try:
        return file_answer(opens(document_id=reportdocument_id, kind=kind, by=user))
    except DomainError as error:
        if error.status == 404:
            raise Http404(error.message) from error
        raise


def badge(document: ReportDocument) -> SafeString:
    state = State(document.state)
    return cells.badge(state.label, COLOURS[state])


def _allowed(request: HttpRequest) -> Any:
    user: Any = request.user
    if not user.has_perm("jobs.view_reportdocument"):
        raise PermissionDenied
    return user


def _document_or_404(request: HttpRequest, reportdocument_id: UUID) -> ReportDocument:
    user: Any = request.user
    rows = ReportDocument.objects.visible_to(user).select_related("owner", "schedule")
    found: ReportDocument | None = rows.filter(pk=reportdocument_id).first()
    if found is None:
        raise Http404
    return found


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


add_page("reports/documents/", list_view, name="jobs_report_documents")
add_page("reports/documents/new/", new_view, name="jobs_report_document_new")
add_page("reports/documents/ask/", ask_view, name="jobs_report_document_ask")
add_page("reports/documents/<uuid:reportdocument_id>/", page_view, name="jobs_report_document")
add_page("reports/documents/<uuid:reportdocument_id>/state/", state_view, name="jobs_report_document_state")
add_page("reports/documents/<uuid:reportdocument_id>/step/", step_view, name="jobs_report_document_step")
add_page("reports/documents/<uuid:reportdocument_id>/pdf/", pdf_view, name="jobs_report_document_pdf")
add_page("reports/documents/<uuid:reportdocument_id>/page/<int:page>/", preview_view, name="jobs_report_document_page")
add_page("reports/documents/<uuid:reportdocument_id>/docx/", docx_view, name="jobs_report_document_docx")
add_page("reports/documents/<uuid:reportdocument_id>/csv/", csv_view, name="jobs_report_document_csv")
add_page("reports/documents/<uuid:reportdocument_id>/xlsx/", xlsx_view, name="jobs_report_document_xlsx")
navigation.add(
    NavItem(
        label="Documents",
        url_name="admin:jobs_report_documents",
        icon="file",
        permission="jobs.view_reportdocument",
        section="Insight",
        order=72,
    )
)
