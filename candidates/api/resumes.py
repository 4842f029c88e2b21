"""Resumes: what was read from the files, with the evidence for each value."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from audit import actions as audit
from candidates.actions import files
from candidates.models import Resume, ResumeParse, ResumeText
from hrassist.lib.endpoints import ApiView, FileView, ListView, columns_of, found
from hrassist.lib.errors import Conflict
from hrassist.lib.filtering import CREATED, FLAG, IDENTIFIER, TEXT, Filter, one_of
from hrassist.lib.serving import file_answer, head_answer

VIEW = "candidates.view_resume"


class NotRead(Conflict):
    """The file could not be read, so there is no text."""

    code = "resume_unreadable"
    default_message = "This file could not be read ({reason}); the original can still be downloaded."


class ResumeSerializer(serializers.Serializer[Resume]):
    id = serializers.UUIDField()
    candidate = serializers.UUIDField(allow_null=True)
    filename = serializers.CharField()
    kind = serializers.CharField(help_text="Told from the bytes: pdf, docx, odt, rtf, txt, html.")
    size = serializers.IntegerField()
    sha256 = serializers.CharField()
    page_count = serializers.IntegerField()
    language = serializers.CharField()
    state = serializers.ChoiceField(choices=Resume.State.choices)
    unreadable_for = serializers.CharField(help_text="Reason code; empty for what was read.")
    is_current = serializers.BooleanField()
    has_hidden_text = serializers.BooleanField(help_text="Text that a reader cannot see; it counts for nothing.")
    parser_version = serializers.CharField()
    scanned_by = serializers.CharField()
    created_at = serializers.DateTimeField()


class FieldSerializer(serializers.Serializer[Any]):
    label = serializers.CharField(help_text="NAME, EMAIL, TITLE, …")  # type: ignore[assignment]  # the parse's word
    value = serializers.CharField()
    start = serializers.IntegerField(help_text="Offset into `text`, in characters.")
    end = serializers.IntegerField()
    page = serializers.IntegerField(help_text="From 1.")
    confidence = serializers.FloatField()
    path = serializers.CharField(help_text="Where it stands in `json_resume`.")
    concept = serializers.CharField(allow_blank=True, help_text="ESCO or O*NET identifier of a skill.")


class ResumeDetailSerializer(ResumeSerializer):
    json_resume = serializers.DictField(help_text="In the JSON Resume schema.")
    fields = FieldSerializer(many=True, help_text="The evidence.")  # type: ignore[assignment]  # the parse's word
    skills = serializers.ListField(child=serializers.CharField())
    warnings = serializers.ListField(child=serializers.CharField())
    download = serializers.CharField(help_text="The original file, for a signed-in browser; programs read {id}/file.")

    computed: ClassVar = ("json_resume", "fields", "skills", "warnings", "download")


class ResumeTextSerializer(serializers.Serializer[ResumeText]):
    id = serializers.UUIDField()
    text = serializers.CharField(help_text="What a reader sees, page after page.")
    page_starts = serializers.ListField(child=serializers.IntegerField(), help_text="Offset of each page.")
    hidden = serializers.ListField(child=serializers.DictField(), help_text="What a reader does not see, apart.")


class ResumesView(ListView):
    noun = "resumes"
    permissions: ClassVar = {"GET": VIEW}
    serializer_class = ResumeSerializer
    filters = (
        Filter("candidate", "candidate_id", IDENTIFIER, "Only resumes of this person."),
        Filter("state", "state", one_of(Resume.State.values), "Only resumes that were read, or could not be."),
        Filter("current", "is_current", FLAG, "Only the current version of each person, or only older ones."),
        Filter("sha256", "sha256", TEXT, "The resume with exactly these bytes."),
        *CREATED,
    )

    def rows(self) -> QuerySet[Any, Any]:
        return Resume.objects.visible_to(self.actor)

    def get(self, request: Request, **path: Any) -> Response:
        """The resumes you may see, without their content: reading that is per resume and on record."""
        return super().get(request, **path)


class ResumeView(ApiView):
    noun = "resumes"
    permissions: ClassVar = {"GET": VIEW}

    @extend_schema(responses={200: ResumeDetailSerializer})
    def get(self, _request: Request, resume_id: UUID) -> Response:
        """One resume as JSON Resume, each value with its place in the text. The access is on record first."""
        resume = found(Resume.objects.visible_to(self.actor), pk=resume_id)
        audit.viewed("resume.viewed", target=resume, by=self.actor, subject=resume.candidate_id)
        row: dict[str, Any] = Resume.objects.filter(pk=resume.pk).values(*columns_of(ResumeDetailSerializer))[0]
        parse = ResumeParse.objects.filter(resume=resume).first()
        row["json_resume"] = parse.json_resume if parse else {}
        row["fields"] = parse.fields if parse else []
        row["skills"] = parse.skills if parse else []
        row["warnings"] = parse.warnings if parse else []
        row["download"] = f"/files/resumes/{resume.pk}"
        return Response(row)


class ResumeTextView(ApiView):
    noun = "resumes"
    limits: ClassVar = {"GET": "download"}
    permissions: ClassVar = {"GET": VIEW}

    @extend_schema(responses={200: ResumeTextSerializer})
    def get(self, _request: Request, resume_id: UUID) -> Response:
        """The text of a resume; 409 for a file that could not be read. The access is on record first."""
        resume = found(Resume.objects.visible_to(self.actor), pk=resume_id)
        text = ResumeText.objects.filter(resume=resume).first()
        if text is None:
            raise NotRead(reason=resume.unreadable_for or "no text")
        audit.viewed("resume.viewed", target=resume, by=self.actor, subject=resume.candidate_id, part="text")
        return Response({"id": resume.pk, "text": text.text, "page_starts": text.page_starts, "hidden": text.hidden})


class ResumeFileView(FileView):
    noun = "resumes"
    # The right to download is asked by the action, which puts a refusal on record.
    permissions: ClassVar = {"GET": VIEW}

    @extend_schema(
        responses={
            (200, kind): OpenApiResponse(OpenApiTypes.BINARY, "The bytes, in the type that was told from them.")
            for kind in files.MEDIA_TYPES
        }
    )
    def get(self, request: Request, resume_id: UUID) -> HttpResponseBase:
        """The original file, unaltered since it was checked. Each download is on record before its first byte."""
        if request.method == "HEAD":
            return head_answer(files.describe_original(resume_id=resume_id, by=self.actor))
        return file_answer(files.open_original(resume_id=resume_id, by=self.actor))
