"""Applications: who is a candidate for which job, and every step of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from candidates.models import Candidate
from hrassist.lib.endpoints import ApiView, ListView, columns_of, found, named
from hrassist.lib.filtering import CREATED, IDENTIFIER, NUMBER, TEXT, UPDATED, Filter, one_of, times
from jobs.actions import applications
from jobs.models import Application, Job, RejectionReason, Stage, StageTransition

VIEW, ADD, CHANGE = "jobs.view_application", "jobs.add_application", "jobs.change_application"


class NumberField(serializers.IntegerField):
    """The number of a stage or reason."""

    def __init__(self, **said: Any) -> None:
        super().__init__(min_value=1, max_value=2**63 - 1, **said)


class ApplicationSerializer(serializers.Serializer[Application]):
    id = serializers.UUIDField()
    external_id = serializers.CharField()
    candidate = serializers.UUIDField()
    job = serializers.UUIDField()
    stage = serializers.IntegerField()
    status = serializers.ChoiceField(choices=Application.Status.choices)
    source = serializers.CharField()  # type: ignore[assignment]  # the product's word
    credited_to = serializers.IntegerField(allow_null=True)
    reason = serializers.IntegerField(allow_null=True, help_text="Of /rejection-reasons.")
    applied_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class TransitionSerializer(serializers.Serializer[StageTransition]):
    id = serializers.IntegerField()
    from_stage = serializers.IntegerField(allow_null=True)
    to_stage = serializers.IntegerField()
    from_status = serializers.CharField()
    to_status = serializers.ChoiceField(choices=Application.Status.choices)
    reason = serializers.IntegerField(allow_null=True)
    note = serializers.CharField()
    by = serializers.IntegerField(allow_null=True)
    at = serializers.DateTimeField()


class ApplicationDetailSerializer(ApplicationSerializer):
    transitions = TransitionSerializer(many=True, help_text="Every step, oldest first.")

    computed: ClassVar = ("transitions",)


class NewApplicationSerializer(serializers.Serializer[Application]):
    candidate = serializers.UUIDField()
    job = serializers.UUIDField()
    stage = NumberField(required=False, allow_null=True, help_text="Without it the first one.")
    source = serializers.CharField(  # type: ignore[assignment]  # the product's word
        max_length=60, required=False, allow_blank=True, default=""
    )
    external_id = serializers.CharField(max_length=100, required=False, allow_blank=True, default="")
    applied_at = serializers.DateTimeField(required=False, allow_null=True, help_text="Without it now.")

    def validate_applied_at(self, moment: Any) -> Any:
        if moment is not None and moment > timezone.now():
            raise ValidationError("Nobody applies in the future.")
        return moment


class StepSerializer(serializers.Serializer[Application]):
    expected_stage = NumberField(
        required=False, allow_null=True, help_text="The stage you saw; 409 if it is in another one by now."
    )
    note = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")


class MoveSerializer(StepSerializer):
    stage = NumberField()


class RejectSerializer(StepSerializer):
    reason = NumberField(help_text="Of /rejection-reasons.")


class WithdrawSerializer(StepSerializer):
    reason = NumberField(required=False, allow_null=True)


class NoteSerializer(serializers.Serializer[Application]):
    note = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")


def application_document(application: Application) -> dict[str, Any]:
    """An application as it is answered alone, with its steps."""
    columns = columns_of(ApplicationDetailSerializer)
    row: dict[str, Any] = Application.objects.filter(pk=application.pk).values(*columns)[0]
    row["transitions"] = list(application.transitions.values(*columns_of(TransitionSerializer)))
    return row


class ApplicationsView(ListView):
    noun = "applications"
    permissions: ClassVar = {"GET": VIEW, "POST": ADD}
    serializer_class = ApplicationSerializer
    orders = ("-created_at", "created_at", "-updated_at", "updated_at", "-applied_at", "applied_at")
    filters = (
        Filter("job", "job_id", IDENTIFIER, "Only applications for this job."),
        Filter("candidate", "candidate_id", IDENTIFIER, "Only applications of this person."),
        Filter("stage", "stage_id", NUMBER, "Only applications in this stage."),
        Filter("status", "status", one_of(Application.Status.values), "Only applications in this status."),
        Filter("source", "source", TEXT, "Only applications from this source."),
        Filter("external_id", "external_id", TEXT, "The application with your identifier."),
        *times("applied_at", word="applied"),
        *CREATED,
        *UPDATED,
    )

    def rows(self) -> QuerySet[Any, Any]:
        return Application.objects.visible_to(self.actor)

    def get(self, request: Request, **path: Any) -> Response:
        """The applications for jobs you may see."""
        return super().get(request, **path)

    @extend_schema(request=NewApplicationSerializer, responses={201: ApplicationDetailSerializer})
    def post(self, _request: Request) -> Response:
        """Put a person into the pipeline of an open job; 409 while they have an active application for it."""
        said = self.valid(NewApplicationSerializer)
        job = named(Job.objects.visible_to(self.actor), said["job"], field="job")
        candidate = named(Candidate.objects.visible_to(self.actor), said["candidate"], field="candidate")
        stage = _stage_of(job, said.get("stage"), field="stage")
        made = applications.apply(
            candidate=candidate, job=job, stage=stage, source=said["source"], external_id=said["external_id"],
            applied_at=said.get("applied_at"), by=self.actor, now=timezone.now(),
        )  # fmt: skip
        return Response(application_document(made), status=201, headers={"Location": f"/api/v1/applications/{made.pk}"})


class ApplicationView(ApiView):
    noun = "applications"
    permissions: ClassVar = {"GET": VIEW}

    @extend_schema(responses={200: ApplicationDetailSerializer})
    def get(self, _request: Request, application_id: UUID) -> Response:
        """One application with every step it took."""
        return Response(application_document(found(Application.objects.visible_to(self.actor), pk=application_id)))


class StepView(ApiView):
    """A step of an application."""

    noun = "applications"
    permissions: ClassVar = {"POST": CHANGE}
    verb: ClassVar[Callable[..., Application]]

    def done(self, application_id: UUID, serializer: type[serializers.Serializer[Any]]) -> Response:
        application = found(Application.objects.visible_to(self.actor).select_related("job"), pk=application_id)
        said = self.valid(serializer)
        job = application.job
        if "expected_stage" in said:
            said["expected_stage"] = _stage_of(job, said["expected_stage"], field="expected_stage")
        if "stage" in said:
            said["to"] = _stage_of(job, said.pop("stage"), field="stage")
        if said.get("reason") is not None:
            said["reason"] = named(RejectionReason.objects.filter(active=True), said["reason"], field="reason")
        step = type(self).verb(application=application, by=self.actor, now=timezone.now(), **said)
        return Response(application_document(step))


class AdvanceView(StepView):
    verb = staticmethod(applications.advance)

    @extend_schema(request=StepSerializer, responses={200: ApplicationDetailSerializer})
    def post(self, _request: Request, application_id: UUID) -> Response:
        """Take the next stage of the pipeline; the last one is reached by `hire`."""
        return self.done(application_id, StepSerializer)


class MoveView(StepView):
    verb = staticmethod(applications.move)

    @extend_schema(request=MoveSerializer, responses={200: ApplicationDetailSerializer})
    def post(self, _request: Request, application_id: UUID) -> Response:
        """Put it into a stage of its job, forwards or back."""
        return self.done(application_id, MoveSerializer)


class RejectView(StepView):
    verb = staticmethod(applications.reject)

    @extend_schema(request=RejectSerializer, responses={200: ApplicationDetailSerializer})
    def post(self, _request: Request, application_id: UUID) -> Response:
        """End it by your decision, with the reason."""
        return self.done(application_id, RejectSerializer)


class WithdrawView(StepView):
    verb = staticmethod(applications.withdraw)

    @extend_schema(request=WithdrawSerializer, responses={200: ApplicationDetailSerializer})
    def post(self, _request: Request, application_id: UUID) -> Response:
        """End it because the person no longer wants it."""
        return self.done(application_id, WithdrawSerializer)


class UnrejectView(StepView):
    verb = staticmethod(applications.unreject)

    @extend_schema(request=NoteSerializer, responses={200: ApplicationDetailSerializer})
    def post(self, _request: Request, application_id: UUID) -> Response:
        """Bring a rejected or withdrawn application back to the stage where it ended."""
        return self.done(application_id, NoteSerializer)


class HireView(StepView):
    verb = staticmethod(applications.hire)

    @extend_schema(request=StepSerializer, responses={200: ApplicationDetailSerializer})
    def post(self, _request: Request, application_id: UUID) -> Response:
        """Fill the first free opening of the job with this person; 409 if there is none."""
        return self.done(application_id, StepSerializer)


def _stage_of(job: Job, pk: int | None, *, field: str) -> Stage | None:
    return None if pk is None else named(job.stages.all(), pk, field=field)
