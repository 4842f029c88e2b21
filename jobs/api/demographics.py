"""What a program was answered about sex and race: brought or taken back, and never given out again."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from hrassist.lib.endpoints import ApiView, found
from jobs.actions import demographics
from jobs.models import Application
from jobs.models.demographic import Race, Sex


class DemographicAnswerSerializer(serializers.Serializer[Any]):
    sex = serializers.ChoiceField(choices=Sex.choices, required=False, allow_blank=True, default="")
    race = serializers.ChoiceField(
        choices=Race.choices, required=False, allow_blank=True, default="",
        help_text="All but `hispanic`: not Hispanic or Latino.",
    )  # fmt: skip
    asked_at = serializers.DateTimeField(required=False, allow_null=True, help_text="When you asked; without it now.")


class DemographicAnswerView(ApiView):
    """Written and taken back; there is nothing to read."""

    noun = "applications"
    permissions: ClassVar = {"POST": demographics.ADD, "DELETE": demographics.ADD}
    # The digest of so short a body would tell the answer, and sending it twice changes nothing.
    keeps_answers: ClassVar = False

    @extend_schema(request=DemographicAnswerSerializer, responses={204: None})
    def post(self, _request: Request, application_id: UUID) -> Response:
        """Bring what the person answered to you of their own free will; with both questions open, it is taken back.

        409 where people are not asked for this job. An answer that they gave here themselves stands.
        """
        said = self.valid(DemographicAnswerSerializer)
        demographics.bring(
            application=self._application(application_id), sex=said["sex"], race=said["race"],
            asked_at=said.get("asked_at"), by=self.actor, now=timezone.now(),
        )  # fmt: skip
        return Response(status=204)

    @extend_schema(responses={204: None})
    def delete(self, _request: Request, application_id: UUID) -> Response:
        """Take back what you brought, because the person asked you to."""
        demographics.unbring(application=self._application(application_id), by=self.actor, now=timezone.now())
        return Response(status=204)

    def _application(self, application_id: UUID) -> Application:
        return found(Application.objects.visible_to(self.actor), pk=application_id)
