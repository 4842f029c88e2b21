"""Tailored resumes for programs: begun for an application, followed, stopped and continued, and their files."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from audit import actions as audit
from hrassist.lib.endpoints import ApiView, FileView, ListView, columns_of, found
from hrassist.lib.filtering import CREATED, IDENTIFIER, Filter, one_of
from hrassist.lib.serving import file_answer
from jobs.actions import tailorings as actions
from jobs.models import Application, TailoringLine, TailoringRun, TailoringStep
from jobs.tailoring.export import DOCX, PDF

VIEW, ADD, CHANGE = "jobs.view_tailoringrun", "jobs.add_tailoringrun", "jobs.change_tailoringrun"
DOWNLOAD = "jobs.download_tailoringrun"


class TailoringSerializer(serializers.Serializer[TailoringRun]):
    id = serializers.UUIDField()
    application = serializers.UUIDField()
    state = serializers.ChoiceField(choices=TailoringRun.State.choices)
    provider = serializers.CharField(help_text="`offline`, or the name of a language model.")
    language = serializers.CharField()
    with_letter = serializers.BooleanField()
    failed_for = serializers.CharField(help_text="Code of why it stopped; empty otherwise.")
    blocked_count = serializers.IntegerField(help_text="Wordings that stated what the resume does not.")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    approved_at = serializers.DateTimeField(allow_null=True)


class TailoringStepSerializer(serializers.Serializer[TailoringStep]):
    agent = serializers.ChoiceField(choices=TailoringStep.Agent.choices)
    state = serializers.ChoiceField(choices=TailoringStep.State.choices)
    provider = serializers.CharField(
        help_text="Who wrote this step: `offline`, or what the language model was called then; empty before it begins."
    )
    model = serializers.CharField(help_text="The model as its provider names it; for `offline`, our own release.")
    prompt_version = serializers.CharField()
    tokens_in = serializers.IntegerField()
    tokens_out = serializers.IntegerField()
    cost = serializers.DecimalField(max_digits=12, decimal_places=6)


class TailoringLineSerializer(serializers.Serializer[TailoringLine]):
    id = serializers.IntegerField()
    part = serializers.ChoiceField(choices=TailoringLine.Part.choices)
    replaces = serializers.CharField(help_text="The line of the resume that it is put for.")
    original = serializers.CharField()
    text = serializers.CharField()
    findings = serializers.ListField(child=serializers.DictField())
    decision = serializers.ChoiceField(choices=TailoringLine.Decision.choices)
    sources = serializers.ListField(child=serializers.CharField(), help_text="The lines that it rests on.")

    computed: ClassVar = ("sources",)


class TailoringDetailSerializer(TailoringSerializer):
    steps = TailoringStepSerializer(many=True)
    lines = TailoringLineSerializer(many=True)

    computed: ClassVar = ("steps", "lines")


class NewTailoringSerializer(serializers.Serializer[TailoringRun]):
    provider = serializers.CharField(required=False, default="offline", max_length=60)
    language = serializers.CharField(required=False, default="", allow_blank=True, max_length=8)
    with_letter = serializers.BooleanField(required=False, default=True)


class ContinueTailoringSerializer(serializers.Serializer[TailoringRun]):
    offline = serializers.BooleanField(required=False, default=False, help_text="Finish without a language model.")


def tailoring_document(run: TailoringRun, *, view: ApiView) -> dict[str, Any]:
    """A run with its steps and lines, on record before it is answered."""
    audit.viewed(
        "tailoring.viewed", target=run, by=view.actor, subject=run.application.candidate_id, job=run.application.job_id
    )
    fields = [name for name in columns_of(TailoringSerializer) if name != "application"]
    lines = run.lines.prefetch_related("provenance")
    return {
        **{name: getattr(run, name) for name in fields},
        "application": run.application_id,
        "steps": list(run.steps.values(*columns_of(TailoringStepSerializer))),
        "lines": [
            {
                **{name: getattr(line, name) for name in columns_of(TailoringLineSerializer)},
                "sources": [one.source for one in line.provenance.all()],
            }
            for line in lines
        ],
    }


def _run(view: ApiView, key: UUID) -> TailoringRun:
    return found(TailoringRun.objects.visible_to(view.actor).select_related("application"), pk=key)


class TailoringsView(ListView):
    noun = "applications"
    permissions: ClassVar = {"GET": VIEW}
    serializer_class = TailoringSerializer
    orders = ("-created_at", "created_at")
    filters = (
        Filter("application", "application_id", IDENTIFIER, "Only those of this application."),
        Filter("state", "state", one_of(TailoringRun.State.values), "Only those in this state."),
        *CREATED,
    )

    def rows(self) -> QuerySet[Any, Any]:
        return TailoringRun.objects.visible_to(self.actor)

    def get(self, request: Request, **path: Any) -> Response:
        """Tailored resumes of the applications you may see, without their lines."""
        return super().get(request, **path)


class ApplicationTailoringsView(ApiView):
    noun = "applications"
    permissions: ClassVar = {"POST": ADD}

    @extend_schema(request=NewTailoringSerializer, responses={202: TailoringDetailSerializer})
    def post(self, _request: Request, application_id: UUID) -> Response:
        """Begin to tailor the person's resume to the job; the same input that is under way is answered again."""
        application = found(Application.objects.visible_to(self.actor), pk=application_id)
        said = self.valid(NewTailoringSerializer)
        run = actions.start(application=application, by=self.actor, now=timezone.now(), **said)
        return Response(
            tailoring_document(run, view=self), status=202, headers={"Location": f"/api/v1/tailorings/{run.pk}"}
        )


class TailoringView(ApiView):
    noun = "applications"
    permissions: ClassVar = {"GET": VIEW}

    @extend_schema(responses={200: TailoringDetailSerializer})
    def get(self, _request: Request, tailoringrun_id: UUID) -> Response:
        """One tailored resume with its steps, its lines, and the lines of the resume that each rests on."""
        return Response(tailoring_document(_run(self, tailoringrun_id), view=self))


class CancelTailoringView(ApiView):
    noun = "applications"
    permissions: ClassVar = {"POST": CHANGE}

    @extend_schema(request=None, responses={200: TailoringDetailSerializer})
    def post(self, _request: Request, tailoringrun_id: UUID) -> Response:
        """Stop it at its next piece of text; what is done is kept."""
        run = actions.cancel(run=_run(self, tailoringrun_id), by=self.actor, now=timezone.now())
        return Response(tailoring_document(run, view=self))


class ContinueTailoringView(ApiView):
    noun = "applications"
    permissions: ClassVar = {"POST": CHANGE}

    @extend_schema(request=ContinueTailoringSerializer, responses={200: TailoringDetailSerializer})
    def post(self, _request: Request, tailoringrun_id: UUID) -> Response:
        """Go on at its first step without a result, after it failed or was stopped; `offline` asks no model."""
        run = _run(self, tailoringrun_id)
        said = self.valid(ContinueTailoringSerializer)
        run = actions.go_on(run=run, by=self.actor, now=timezone.now(), **said)
        return Response(tailoring_document(run, view=self))


class TailoringDocxView(FileView):
    noun = "applications"
    permissions: ClassVar = {"GET": DOWNLOAD}
    kind: ClassVar = "docx"

    @extend_schema(responses={(200, DOCX): OpenApiResponse(OpenApiTypes.BINARY, "The approved resume.")})
    def get(self, _request: Request, tailoringrun_id: UUID) -> HttpResponseBase:
        """The approved resume as DOCX. Each download is on record before its first byte."""
        return file_answer(actions.open_file(run_id=tailoringrun_id, kind=self.kind, by=self.actor))


class TailoringPdfView(TailoringDocxView):
    kind: ClassVar = "pdf"

    @extend_schema(responses={(200, PDF): OpenApiResponse(OpenApiTypes.BINARY, "The approved resume.")})
    def get(self, request: Request, tailoringrun_id: UUID) -> HttpResponseBase:
        """The approved resume as PDF. Each download is on record before its first byte."""
        return super().get(request, tailoringrun_id)


class TailoringLetterDocxView(TailoringDocxView):
    kind: ClassVar = "letter_docx"

    @extend_schema(responses={(200, DOCX): OpenApiResponse(OpenApiTypes.BINARY, "The approved cover letter.")})
    def get(self, request: Request, tailoringrun_id: UUID) -> HttpResponseBase:
        """The approved cover letter as DOCX; 404 where none was asked for."""
        return super().get(request, tailoringrun_id)


class TailoringLetterPdfView(TailoringDocxView):
    kind: ClassVar = "letter_pdf"

    @extend_schema(responses={(200, PDF): OpenApiResponse(OpenApiTypes.BINARY, "The approved cover letter.")})
    def get(self, request: Request, tailoringrun_id: UUID) -> HttpResponseBase:
        """The approved cover letter as PDF; 404 where none was asked for."""
        return super().get(request, tailoringrun_id)
