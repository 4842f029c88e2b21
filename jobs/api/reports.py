"""Reports as documents for programs: asked for, followed, and their files."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from audit import actions as audit
from candidates.models import Candidate
from hrassist.lib.endpoints import ApiView, FileView, ListView, columns_of, found, named
from hrassist.lib.filtering import CREATED, IDENTIFIER, Filter, one_of
from hrassist.lib.serving import file_answer, head_answer
from hrassist.lib.tables import CSV, XLSX
from jobs.actions import report_documents as actions
from jobs.models import Application, Job, RecruitmentDrive, ReportDocument
from jobs.models.report_document import ReportKind
from jobs.reports.documents.making import DOCX, PDF

VIEW, ADD = "jobs.view_reportdocument", "jobs.add_reportdocument"
SUBJECTS: dict[str, Any] = {
    "application": Application, "candidate": Candidate, "job": Job, "drive": RecruitmentDrive,
}  # fmt: skip
PERIOD = ("since", "until")
# What each kind is about: one of these things, or a period.
ABOUT: dict[str, tuple[str, ...]] = {
    ReportKind.CANDIDATE: ("application", "candidate"),
    ReportKind.JOB: ("job",),
    ReportKind.DRIVE: ("drive",),
    ReportKind.MONTHLY: PERIOD,
    ReportKind.BIAS: PERIOD,
    ReportKind.SUMMARY: PERIOD,
}


class ReportSerializer(serializers.Serializer[ReportDocument]):
    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=ReportKind.choices)
    title = serializers.CharField()
    state = serializers.ChoiceField(choices=ReportDocument.State.choices)
    application = serializers.UUIDField(allow_null=True)
    candidate = serializers.UUIDField(allow_null=True)
    job = serializers.UUIDField(allow_null=True)
    drive = serializers.UUIDField(allow_null=True)
    since = serializers.DateField(allow_null=True)
    until = serializers.DateField(allow_null=True)
    pages = serializers.IntegerField()
    message = serializers.CharField(help_text="Why it could not be made, or lacks its PDF; empty otherwise.")
    created_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True, help_text="It is deleted then.")
    files = serializers.ListField(
        child=serializers.ChoiceField(choices=["docx", "pdf"]), help_text="What can be downloaded; none before `ready`."
    )

    computed: ClassVar = ("files",)


COLUMNS = (*columns_of(ReportSerializer), "sizes")


class NewReportSerializer(serializers.Serializer[ReportDocument]):
    kind = serializers.ChoiceField(choices=ReportKind.choices)
    application = serializers.UUIDField(required=False, help_text="Of a candidate report: for one job.")
    candidate = serializers.UUIDField(required=False, help_text="Of a candidate report: in all their applications.")
    job = serializers.UUIDField(required=False, help_text="Of a job report.")
    drive = serializers.UUIDField(required=False, help_text="Of a drive report.")
    since = serializers.DateField(
        required=False, help_text="First day of a monthly report, a bias audit report or its public summary."
    )
    until = serializers.DateField(required=False, help_text="Its last day; two years later at most.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        kind = ReportKind(attrs["kind"])
        about = ABOUT[kind]
        said = {name for name in attrs if name != "kind"}
        if strange := sorted(said - set(about)):
            raise ValidationError({name: [f"A {kind.label.lower()} is not about this."] for name in strange})
        if about == PERIOD and said != set(PERIOD):
            raise ValidationError({name: ["Say from when and until when."] for name in PERIOD if name not in said})
        if about != PERIOD and len(said) != 1:
            raise ValidationError({about[0]: [f"Name one {' or '.join(about)}."]})
        return attrs


def _row(columns: dict[str, Any]) -> dict[str, Any]:
    return {**columns, "files": sorted(columns.pop("sizes"))}


def report_document(key: UUID, *, view: ApiView) -> dict[str, Any]:
    """A report as it is answered alone, on record before it is."""
    document = found(ReportDocument.objects.visible_to(view.actor), pk=key)
    audit.viewed(
        "report.viewed", target=document, by=view.actor, subject=document.candidate_id, job=document.job_id
    )  # fmt: skip
    return _row(ReportDocument.objects.filter(pk=key).values(*COLUMNS)[0])


class ReportsView(ListView):
    noun = "reports"
    permissions: ClassVar = {"GET": VIEW, "POST": ADD}
    serializer_class = ReportSerializer
    columns = COLUMNS
    filters = (
        Filter("kind", "kind", one_of(ReportKind.values), "Only reports of this kind."),
        Filter("state", "state", one_of(ReportDocument.State.values), "Only those in this state."),
        Filter("candidate", "candidate_id", IDENTIFIER, "Only reports about this person."),
        Filter("job", "job_id", IDENTIFIER, "Only reports about this job."),
        *CREATED,
    )

    def rows(self) -> QuerySet[Any, Any]:
        return ReportDocument.objects.visible_to(self.actor)

    def dress(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [_row(one) for one in rows]

    def get(self, request: Request, **path: Any) -> Response:
        """Your own reports, about what you still see."""
        return super().get(request, **path)

    @extend_schema(request=NewReportSerializer, responses={202: ReportSerializer})
    def post(self, _request: Request) -> Response:
        """Have a report made of what you see; the same one that is under way is answered again."""
        said = self.valid(NewReportSerializer)
        about = next((name for name in SUBJECTS if name in said), None)
        if about is not None:
            said["about"] = named(SUBJECTS[about].objects.visible_to(self.actor), said.pop(about), field=about)
        made = actions.ask(by=self.actor, now=timezone.now(), **said)
        return self._shown(made.pk)

    def _shown(self, key: UUID) -> Response:
        document = report_document(key, view=self)
        return Response(document, status=202, headers={"Location": f"/api/v1/reports/{key}"})

    def to_keep(self, response: Response) -> dict[str, Any]:
        # Its title names somebody: it is read, and put on record, again.
        return {"report": str(response.data["id"])}

    def from_kept(self, kept: dict[str, Any]) -> Response:
        return self._shown(UUID(kept["report"]))


class ReportView(ApiView):
    noun = "reports"
    permissions: ClassVar = {"GET": VIEW}

    @extend_schema(responses={200: ReportSerializer})
    def get(self, _request: Request, reportdocument_id: UUID) -> Response:
        """One report and how far it is: ask again until `state` is `ready` or `failed`."""
        return Response(report_document(reportdocument_id, view=self))


class ReportDocxView(FileView):
    noun = "reports"
    permissions: ClassVar = {"GET": VIEW}
    kind: ClassVar = "docx"

    @extend_schema(responses={(200, DOCX): OpenApiResponse(OpenApiTypes.BINARY, "The report.")})
    def get(self, request: Request, reportdocument_id: UUID) -> HttpResponseBase:
        """The report as DOCX. Each download is on record before its first byte.

        403 `sees_less` while you do not see all that is in it, `card_owed` while your own scorecard is due.
        """
        if request.method == "HEAD":
            return head_answer(
                actions.describe_file(document_id=reportdocument_id, kind=self.kind, by=self.actor)
            )  # fmt: skip
        return file_answer(actions.open_file(document_id=reportdocument_id, kind=self.kind, by=self.actor))


class ReportPdfView(ReportDocxView):
    kind: ClassVar = "pdf"

    @extend_schema(responses={(200, PDF): OpenApiResponse(OpenApiTypes.BINARY, "The report.")})
    def get(self, request: Request, reportdocument_id: UUID) -> HttpResponseBase:
        """The report as PDF, of the same words; 404 where a font was missing and only the DOCX was made."""
        return super().get(request, reportdocument_id)


class ReportCsvView(FileView):
    noun = "reports"
    permissions: ClassVar = {"GET": VIEW}
    kind: ClassVar = "csv"

    @extend_schema(responses={(200, CSV): OpenApiResponse(OpenApiTypes.BINARY, "The rates.")})
    def get(self, request: Request, reportdocument_id: UUID) -> HttpResponseBase:
        """The rates of a bias audit report, or of its public summary, as CSV; 404 for other kinds.

        Read out of the report as it was made. Each download is on record, under the rules of the report itself.
        """
        if request.method == "HEAD":
            return head_answer(
                actions.describe_table(document_id=reportdocument_id, kind=self.kind, by=self.actor)
            )  # fmt: skip
        return file_answer(actions.open_table(document_id=reportdocument_id, kind=self.kind, by=self.actor))


class ReportXlsxView(ReportCsvView):
    kind: ClassVar = "xlsx"

    @extend_schema(responses={(200, XLSX): OpenApiResponse(OpenApiTypes.BINARY, "The rates.")})
    def get(self, request: Request, reportdocument_id: UUID) -> HttpResponseBase:
        """The same rates as a workbook for Excel; 404 for other kinds."""
        return super().get(request, reportdocument_id)
