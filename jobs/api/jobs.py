"""Jobs: what is being hired for, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from hrassist.lib.endpoints import ApiView, ListView, columns_of, found
from hrassist.lib.errors import NotFound
from hrassist.lib.filtering import CREATED, FLAG, TEXT, UPDATED, Filter, one_of
from jobs.actions import jobs
from jobs.models import HiringTeamMember, Job, Stage

VIEW, ADD, CHANGE = "jobs.view_job", "jobs.add_job", "jobs.change_job"


class JobSerializer(serializers.Serializer[Job]):
    id = serializers.UUIDField()
    external_id = serializers.CharField(help_text="Your identifier for it; empty if you gave none.")
    title = serializers.CharField()
    department = serializers.CharField()
    city = serializers.CharField()
    country = serializers.CharField()
    remote = serializers.BooleanField()
    employment_type = serializers.ChoiceField(choices=Job.EmploymentType.choices)
    status = serializers.ChoiceField(choices=Job.Status.choices)
    confidential = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    opened_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)


class StageOfJobSerializer(serializers.Serializer[Stage]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=Stage.Kind.choices)
    position = serializers.IntegerField()


class OpeningSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    number = serializers.IntegerField()
    opened_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)
    close_reason = serializers.CharField()
    filled_by = serializers.UUIDField(allow_null=True, help_text="The application that filled it.")


class TeamMemberSerializer(serializers.Serializer[HiringTeamMember]):
    user = serializers.IntegerField()
    role = serializers.ChoiceField(choices=HiringTeamMember.Role.choices)


class JobDetailSerializer(JobSerializer):
    description = serializers.CharField()
    must_have = serializers.CharField(help_text="One requirement a line.")
    nice_to_have = serializers.CharField(help_text="One requirement a line.")
    stages = StageOfJobSerializer(many=True)
    openings = OpeningSerializer(many=True)
    team = TeamMemberSerializer(many=True)

    computed: ClassVar = ("stages", "openings", "team")


class JobFactsSerializer(serializers.ModelSerializer[Job]):
    """What may be said about a job; `updated_at`, as it was read, protects against overwriting a newer change."""

    updated_at = serializers.DateTimeField(required=False, help_text="As you read it; 409 if it changed since.")

    class Meta:
        model = Job
        fields: ClassVar[tuple[str, ...]] = (*jobs.FACTS, "updated_at")
        extra_kwargs: ClassVar = {"country": {"min_length": 2}, "description": {"max_length": 50_000}}


class NewStageSerializer(serializers.Serializer[Stage]):
    name = serializers.CharField(max_length=60)
    kind = serializers.ChoiceField(choices=Stage.Kind.choices)


class NewJobSerializer(JobFactsSerializer):
    openings = serializers.IntegerField(min_value=1, max_value=1000, required=False, default=1)
    stages = NewStageSerializer(many=True, required=False, help_text="In order; without them the five usual ones.")

    class Meta(JobFactsSerializer.Meta):
        fields: ClassVar[tuple[str, ...]] = (*jobs.FACTS, "openings", "stages")


class ReopenSerializer(serializers.Serializer[Job]):
    openings = serializers.IntegerField(min_value=0, max_value=1000, required=False, default=0)


class NewTeamMemberSerializer(serializers.Serializer[HiringTeamMember]):
    user = serializers.IntegerField(min_value=1, max_value=2**31 - 1)
    role = serializers.ChoiceField(choices=HiringTeamMember.Role.choices)


def job_document(job: Job) -> dict[str, Any]:
    """A job as it is answered alone, with its stages, openings and team."""
    row: dict[str, Any] = {name: getattr(job, name) for name in columns_of(JobDetailSerializer)}
    row["stages"] = list(job.stages.values(*columns_of(StageOfJobSerializer)))
    row["openings"] = list(job.openings.values(*columns_of(OpeningSerializer)))
    row["team"] = list(job.team.order_by("id").values(*columns_of(TeamMemberSerializer)))
    return row


class JobsView(ListView):
    noun = "jobs"
    permissions: ClassVar = {"GET": VIEW, "POST": ADD}
    serializer_class = JobSerializer
    orders = ("-created_at", "created_at", "-updated_at", "updated_at")
    filters = (
        Filter("status", "status", one_of(Job.Status.values), "Only jobs in this status."),
        Filter("confidential", "confidential", FLAG, "Only confidential jobs, or only the others."),
        Filter("external_id", "external_id", TEXT, "The job with your identifier."),
        Filter("q", "title__icontains", TEXT, "Only jobs whose title contains this."),
        *CREATED,
        *UPDATED,
    )

    def rows(self) -> QuerySet[Any, Any]:
        return Job.objects.visible_to(self.actor)

    def get(self, request: Request, **path: Any) -> Response:
        """The jobs you may see."""
        return super().get(request, **path)

    @extend_schema(request=NewJobSerializer, responses={201: JobDetailSerializer})
    def post(self, request: Request) -> Response:
        """Create a job as a draft; you join its hiring team as a recruiter."""
        facts = self.valid(NewJobSerializer)
        openings = facts.pop("openings", 1)
        stages = [(one["name"], one["kind"]) for one in facts.pop("stages", [])]
        job = jobs.create(
            by=self.actor, now=timezone.now(), facts=facts, openings=openings, stages=stages or Stage.DEFAULTS
        )
        return Response(job_document(job), status=201, headers={"Location": f"/api/v1/jobs/{job.pk}"})


class JobView(ApiView):
    noun = "jobs"
    permissions: ClassVar = {"GET": VIEW, "PATCH": CHANGE}

    @extend_schema(responses={200: JobDetailSerializer})
    def get(self, _request: Request, job_id: UUID) -> Response:
        """One job with its text, stages, openings and hiring team."""
        return Response(job_document(found(Job.objects.visible_to(self.actor), pk=job_id)))

    @extend_schema(request=JobFactsSerializer(partial=True), responses={200: JobDetailSerializer})
    def patch(self, _request: Request, job_id: UUID) -> Response:
        """Change what a job says; what is not named stays."""
        job = found(Job.objects.visible_to(self.actor), pk=job_id)
        facts = self.valid(JobFactsSerializer, partial=True)
        expected = facts.pop("updated_at", None)
        job = jobs.update(job=job, by=self.actor, now=timezone.now(), facts=facts, expected_updated_at=expected)
        return Response(job_document(job))


class JobVerbView(ApiView):
    """A change of a job's status."""

    noun = "jobs"
    permissions: ClassVar = {"POST": CHANGE}
    verb: ClassVar[Callable[..., Job]]

    def done(self, job_id: UUID, **said: Any) -> Response:
        job = found(Job.objects.visible_to(self.actor), pk=job_id)
        return Response(job_document(type(self).verb(job=job, by=self.actor, now=timezone.now(), **said)))


class OpenJobView(JobVerbView):
    verb = staticmethod(jobs.open_job)

    @extend_schema(request=None, responses={200: JobDetailSerializer})
    def post(self, _request: Request, job_id: UUID) -> Response:
        """Open a draft or held job for applications."""
        return self.done(job_id)


class HoldJobView(JobVerbView):
    verb = staticmethod(jobs.hold)

    @extend_schema(request=None, responses={200: JobDetailSerializer})
    def post(self, _request: Request, job_id: UUID) -> Response:
        """Take no new applications for now."""
        return self.done(job_id)


class CloseJobView(JobVerbView):
    verb = staticmethod(jobs.close)

    @extend_schema(request=None, responses={200: JobDetailSerializer})
    def post(self, _request: Request, job_id: UUID) -> Response:
        """End the search; 409 while applications are active. Openings that are still open are cancelled."""
        return self.done(job_id)


class ReopenJobView(JobVerbView):
    verb = staticmethod(jobs.reopen)

    @extend_schema(request=ReopenSerializer, responses={200: JobDetailSerializer})
    def post(self, _request: Request, job_id: UUID) -> Response:
        """Search again after closing (with at least one open seat), or bring an archived job back to closed."""
        return self.done(job_id, **self.valid(ReopenSerializer))


class ArchiveJobView(JobVerbView):
    verb = staticmethod(jobs.archive)

    @extend_schema(request=None, responses={200: JobDetailSerializer})
    def post(self, _request: Request, job_id: UUID) -> Response:
        """Put a draft or a closed job out of sight of daily work."""
        return self.done(job_id)


class TeamView(ApiView):
    noun = "jobs"
    permissions: ClassVar = {"POST": "jobs.add_hiringteammember"}

    @extend_schema(request=NewTeamMemberSerializer, responses={201: TeamMemberSerializer})
    def post(self, _request: Request, job_id: UUID) -> Response:
        """Give somebody a part in the job, and with it sight of the job and its people."""
        job = found(Job.objects.visible_to(self.actor), pk=job_id)
        said = self.valid(NewTeamMemberSerializer)
        # nosemgrep: no-unscoped-rows -- whoever adds to a team names any colleague
        user = found(get_user_model().objects.all(), pk=said["user"])
        member = jobs.add_team_member(job=job, user=user, role=said["role"], by=self.actor, now=timezone.now())
        return Response({"user": member.user_id, "role": member.role}, status=201)


class TeamMemberView(ApiView):
    noun = "jobs"
    permissions: ClassVar = {"DELETE": "jobs.delete_hiringteammember"}

    @extend_schema(request=None, responses={204: None})
    def delete(self, _request: Request, job_id: UUID, user_id: int) -> Response:
        """Take every part of somebody in the job away."""
        job = found(Job.objects.visible_to(self.actor), pk=job_id)
        user = get_user_model().objects.filter(pk=user_id).first()
        if user is None or not jobs.remove_team_member(job=job, user=user, by=self.actor, now=timezone.now()):
            raise NotFound("This person is not on the hiring team of the job.")
        return Response(status=204)
