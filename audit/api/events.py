"""The feed of the audit trail for systems that collect logs: sealed events, in an order that never changes."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from audit import actions as audit
from audit.actions import exporting
from audit.actions.exporting import Cursor
from audit.models import Event
from hrassist.lib.endpoints import ApiView


class EventSerializer(serializers.ModelSerializer[Event]):
    seal = serializers.IntegerField(help_text="The seal that covers it.")

    class Meta:
        model = Event
        fields: ClassVar = [*[field.name for field in Event._meta.concrete_fields], "seal"]


class FeedSerializer(serializers.Serializer[Any]):
    results = EventSerializer(many=True)
    next = serializers.CharField(help_text="Ask with it as `cursor` for what comes after; keep it when nothing came.")
    more = serializers.BooleanField(help_text="Whether it is worth asking again at once.")


class EventsView(ApiView):
    noun = "audit"
    permissions: ClassVar = {"GET": "audit.export_event"}

    @extend_schema(
        responses={200: FeedSerializer},
        parameters=[
            OpenApiParameter(
                "cursor", str, description="`next` of the answer before; without it from the oldest event."
            ),
            OpenApiParameter("limit", int, description="How many events at most, 1 to 1000; 500 by default."),
        ],
    )
    def get(self, request: Request) -> Response:
        """The audit trail from a cursor on, sealed events alone: a minute late, complete, each at least once.

        An event that was committed late comes late and never in front of one that was given out. `uid` names an event
        for ever, for whoever gets it twice.
        """
        limit = _limit(request.query_params.get("limit", "500"))
        after = Cursor.decode(request.query_params.get("cursor", ""))
        found = exporting.piece(after, most=limit)
        if found.events:
            audit.viewed(
                "event.fed", target=None, by=self.actor, events=len(found.events), after=after.encode(),
                until=found.cursor.encode(),
            )  # fmt: skip
        more = len(found.events) >= limit
        return Response({"results": found.events, "next": found.cursor.encode(), "more": more})


def _limit(said: str) -> int:
    if not (said.isascii() and said.isdigit() and 1 <= int(said[:6]) <= exporting.MOST):
        raise ValidationError({"limit": [f"Use a number between 1 and {exporting.MOST}."]})
    return int(said)
