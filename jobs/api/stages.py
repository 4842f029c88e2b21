"""Stages and reasons: the words in which applications move."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from hrassist.lib.endpoints import ListView
from hrassist.lib.filtering import FLAG, IDENTIFIER, Filter, one_of
from jobs.models import Job, RejectionReason, Stage


class StageSerializer(serializers.Serializer[Stage]):
    id = serializers.IntegerField()
    job = serializers.UUIDField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=Stage.Kind.choices)
    position = serializers.IntegerField()


class StagesView(ListView):
    noun = "jobs"
    permissions: ClassVar = {"GET": "jobs.view_stage"}
    serializer_class = StageSerializer
    orders = ("position", "-position")
    filters = (
        Filter("job", "job_id", IDENTIFIER, "Only the stages of this job."),
        Filter("kind", "kind", one_of(Stage.Kind.values), "Only stages of this kind."),
    )

    def rows(self) -> QuerySet[Any, Any]:
        return Stage.objects.filter(job__in=Job.objects.visible_to(self.actor))

    def get(self, request: Request, **path: Any) -> Response:
        """The stages of the jobs you may see; with `?job=` one job's pipeline in its order."""
        return super().get(request, **path)


class RejectionReasonSerializer(serializers.Serializer[RejectionReason]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=RejectionReason.Kind.choices)
    active = serializers.BooleanField()


class RejectionReasonsView(ListView):
    noun = "applications"
    permissions: ClassVar = {"GET": "jobs.view_rejectionreason"}
    serializer_class = RejectionReasonSerializer
    orders = ("id", "-id")
    filters = (
        Filter("kind", "kind", one_of(RejectionReason.Kind.values), "We rejected, or they withdrew."),
        Filter("active", "active", FLAG, "Only reasons still in use, or only the others."),
    )

    def rows(self) -> QuerySet[Any, Any]:
        # nosemgrep: no-unscoped-rows -- the list of reasons is everybody's
        return RejectionReason.objects.all()

    def get(self, request: Request, **path: Any) -> Response:
        """Why applications end."""
        return super().get(request, **path)
