"""Erasing a person, and asking how far that is."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from audit import actions as audit
from candidates.actions import erasures
from candidates.models import Candidate, Erasure
from candidates.models.candidate import standing_for
from hrassist.lib.endpoints import ApiView, found
from hrassist.lib.errors import NotFound

ERASE, VIEW = "candidates.add_erasure", "candidates.view_erasure"


class AnonymizeSerializer(serializers.Serializer[Erasure]):
    reason = serializers.CharField(
        required=False, allow_blank=True, max_length=300, help_text="For colleagues; it is erased with the rest."
    )


class ErasureSerializer(serializers.Serializer[Erasure]):
    id = serializers.UUIDField()
    candidate = serializers.UUIDField(help_text="The record that stands for the person.")
    state = serializers.ChoiceField(choices=Erasure.State.choices)
    grounds = serializers.ChoiceField(choices=Erasure.Grounds.choices)
    requested_at = serializers.DateTimeField()
    run_after = serializers.DateTimeField(help_text="Until then it can be taken back.")
    due_at = serializers.DateTimeField(help_text="Done by then.")
    done_at = serializers.DateTimeField(allow_null=True)
    certificate = serializers.JSONField(allow_null=True, help_text="Signed; it says nothing about who it was.")


def _document(erasure: Erasure) -> dict[str, Any]:
    names = ("id", "state", "grounds", "requested_at", "run_after", "due_at", "done_at", "certificate")
    return {"candidate": erasure.candidate_id, **{name: getattr(erasure, name) for name in names}}


class AnonymizeView(ApiView):
    noun = "candidates"
    permissions: ClassVar = {"GET": VIEW, "POST": ERASE}

    @extend_schema(responses={200: ErasureSerializer})
    def get(self, _request: Request, candidate_id: UUID) -> Response:
        """How far the latest erasure of this person is; also for whoever is erased, as long as you saw them before."""
        stands = standing_for({candidate_id}).get(candidate_id, candidate_id)
        latest = Erasure.objects.visible_to(self.actor).filter(candidate=stands).order_by("-requested_at").first()
        if latest is None:
            raise NotFound
        audit.viewed("erasure.viewed", target=latest, by=self.actor, subject=stands)
        return Response(_document(latest))

    @extend_schema(request=AnonymizeSerializer, responses={202: ErasureSerializer})
    def post(self, _request: Request, candidate_id: UUID) -> Response:
        """Have everything removed that says who this person is; asked again it is the same request.

        It begins after the time in which it can be taken back, and is done within 24 hours. 409 `legal_hold` while a
        hold stands, 410 `candidate_erased` for who is erased.
        """
        erasures.require_there(candidate_id, by=self.actor)
        candidate = found(Candidate.objects.visible_to(self.actor), pk=candidate_id)
        said = self.valid(AnonymizeSerializer)
        made = erasures.request(
            candidate=candidate, by=self.actor, channel=Erasure.Channel.API, reason=said.get("reason", ""),
            now=timezone.now(),
        )  # fmt: skip
        return Response(_document(made), status=202)
