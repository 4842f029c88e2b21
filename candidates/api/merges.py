"""Merging two records of one person, and taking it back."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from candidates.actions import merging
from candidates.api.candidates import CandidateDetailSerializer, candidate_document
from candidates.models import Candidate, CandidateMerge
from hrassist.lib.endpoints import ApiView, found
from hrassist.lib.errors import Conflict

MERGE = "candidates.merge_candidate"


class MergeSerializer(serializers.Serializer[Candidate]):
    gone = serializers.UUIDField(help_text="The record that goes into the one of the address.")
    take = serializers.ListField(
        child=serializers.ChoiceField(choices=merging.CHOICES), required=False, max_length=len(merging.CHOICES),
        help_text="What comes from the record that goes; what the kept one lacks is filled in any case.",
    )  # fmt: skip
    updated_at = serializers.DateTimeField(
        required=False, help_text="Of the kept record as you read it; 409 if changed."
    )
    gone_updated_at = serializers.DateTimeField(required=False, help_text="The same for the record that goes.")


class MergeView(ApiView):
    noun = "candidates"
    permissions: ClassVar = {"POST": MERGE}

    @extend_schema(request=MergeSerializer, responses={200: CandidateDetailSerializer})
    def post(self, _request: Request, candidate_id: UUID) -> Response:
        """Let this record stand for both; everything of the other one moves, and its address leads here."""
        kept = found(Candidate.objects.visible_to(self.actor), pk=candidate_id)
        said = self.valid(MergeSerializer)
        gone = Candidate.objects.visible_to(self.actor).filter(pk=said["gone"]).first()
        if gone is None:
            raise ValidationError({"gone": ["There is none with this identifier that you may use."]})
        expected: dict[UUID, Any] = {}
        if "updated_at" in said:
            expected[kept.pk] = said["updated_at"]
        if "gone_updated_at" in said:
            expected[gone.pk] = said["gone_updated_at"]
        done = merging.merge(
            kept=kept, gone=gone, chosen=said.get("take", []), by=self.actor, now=timezone.now(),
            expected_updated_at=expected,
        )  # fmt: skip
        return Response(candidate_document(Candidate.objects.get(pk=done.kept_id)))


class UnmergeView(ApiView):
    noun = "candidates"
    permissions: ClassVar = {"POST": MERGE}

    @extend_schema(request=None, responses={200: CandidateDetailSerializer})
    def post(self, _request: Request, candidate_id: UUID) -> Response:
        """Give the merged record of this address back what moved; what changed since then stays with the kept one."""
        standing = (
            CandidateMerge.objects.visible_to(self.actor).filter(gone=candidate_id, undone_at__isnull=True).first()
        )
        if standing is None:
            found(Candidate.objects.visible_to(self.actor), pk=candidate_id)
            raise Conflict("This record was not merged into another one.", code="not_merged")
        back = merging.unmerge(merge=standing, by=self.actor, now=timezone.now())
        return Response(candidate_document(back))
