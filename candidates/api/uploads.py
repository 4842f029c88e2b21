"""Uploads: a ticket, the bytes straight into the store, a confirmation, and what became of it."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from candidates.actions import uploads
from candidates.models import Candidate, UploadTicket
from hrassist.lib.endpoints import ApiView, ListView, found
from hrassist.lib.filtering import CREATED, IDENTIFIER, Filter, one_of
from hrassist.lib.rest import idempotency_key

VIEW, ADD = "candidates.view_uploadticket", "candidates.add_uploadticket"


class NewUploadSerializer(serializers.Serializer[UploadTicket]):
    filename = serializers.CharField(max_length=255, help_text="As people know it; the type is told from the bytes.")
    size = serializers.IntegerField(min_value=0, max_value=2**31 - 1, help_text="In bytes.")
    content_type = serializers.CharField(max_length=100, required=False, allow_blank=True, default="")
    md5_b64 = serializers.CharField(max_length=24, help_text="MD5 of the bytes in Base64, as Content-MD5 sends it.")
    sha256_hex = serializers.CharField(max_length=64, required=False, allow_blank=True, default="")
    candidate = serializers.UUIDField(
        required=False, allow_null=True, help_text="Whose resume it is; without it reading the file shall tell."
    )


class UploadSerializer(serializers.Serializer[UploadTicket]):
    id = serializers.UUIDField()
    state = serializers.ChoiceField(choices=UploadTicket.State.choices)
    filename = serializers.CharField()
    size = serializers.IntegerField()
    candidate = serializers.UUIDField(allow_null=True, help_text="Whose resume it is, once that is known.")
    resume = serializers.UUIDField(allow_null=True, help_text="What it became; of /resumes.")
    reason_code = serializers.CharField(allow_null=True, help_text="Why it was rejected.")
    reason = serializers.CharField(allow_null=True, help_text="The same in a sentence for a person.")
    created_at = serializers.DateTimeField()
    confirmed_at = serializers.DateTimeField(allow_null=True)
    settled_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField()


class TicketSerializer(serializers.Serializer[UploadTicket]):
    id = serializers.UUIDField()
    method = serializers.ChoiceField(choices=UploadTicket.Method.choices)
    url = serializers.CharField(help_text="Send the bytes here, with exactly these headers (PUT) or fields (POST).")
    headers = serializers.DictField(child=serializers.CharField())
    fields = serializers.DictField(child=serializers.CharField())  # type: ignore[assignment]  # the protocol's word
    expires_at = serializers.DateTimeField()
    max_bytes = serializers.IntegerField()
    confirm = serializers.CharField(help_text="POST here once the store has accepted the bytes.")
    status_url = serializers.CharField()


class ConfirmSerializer(serializers.Serializer[UploadTicket]):
    etag = serializers.CharField(max_length=80, required=False, allow_blank=True, default="")
    version_id = serializers.CharField(max_length=100, required=False, allow_blank=True, default="")


_COLUMNS = (
    "id", "state", "filename", "declared_size", "candidate", "rejected_for", "rejected_message", "created_at",
    "confirmed_at", "settled_at", "expires_at", "resume__id", "resume__candidate", "duplicate_of",
    "duplicate_of__candidate",
)  # fmt: skip


def upload_document(row: dict[str, Any]) -> dict[str, Any]:
    """An upload as it is answered, from a row of _COLUMNS."""
    return {
        "id": row["id"],
        "state": row["state"],
        "filename": row["filename"],
        "size": row["declared_size"],
        "candidate": row["resume__candidate"] or row["duplicate_of__candidate"] or row["candidate"],
        "resume": row["resume__id"] or row["duplicate_of"],
        "reason_code": row["rejected_for"] or None,
        "reason": row["rejected_message"] or None,
        "created_at": row["created_at"],
        "confirmed_at": row["confirmed_at"],
        "settled_at": row["settled_at"],
        "expires_at": row["expires_at"],
    }


def _row(ticket: UploadTicket) -> dict[str, Any]:
    return upload_document(UploadTicket.objects.filter(pk=ticket.pk).values(*_COLUMNS)[0])


class UploadsView(ListView):
    noun = "uploads"
    permissions: ClassVar = {"GET": VIEW, "POST": ADD}
    limits: ClassVar = {"POST": "ticket"}
    keeps_answers = False
    serializer_class = UploadSerializer
    columns = _COLUMNS
    filters = (
        Filter("state", "state", one_of(UploadTicket.State.values), "Only uploads in this state."),
        Filter("candidate", "candidate_id", IDENTIFIER, "Only uploads that were declared for this person."),
        *CREATED,
    )

    def rows(self) -> QuerySet[Any, Any]:
        return UploadTicket.objects.visible_to(self.actor)

    def dress(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [upload_document(row) for row in rows]

    def get(self, request: Request, **path: Any) -> Response:
        """The uploads you may see."""
        return super().get(request, **path)

    @extend_schema(request=NewUploadSerializer, responses={201: TicketSerializer})
    def post(self, request: Request) -> Response:
        """Ask for permission to put one file into the store, once, within 15 minutes.

        Send the bytes with the method, address, headers and fields of the answer as they are, then confirm.
        """
        said = self.valid(NewUploadSerializer)
        now = timezone.now()
        ticket, signed = uploads.issue(
            by=self.actor,
            filename=said["filename"],
            size=said["size"],
            content_type=said["content_type"],
            md5=said["md5_b64"],
            sha256=said["sha256_hex"],
            candidate=self._candidate(said.get("candidate")),
            # The action knows a repeated key by itself: a stored answer would hold a signed address.
            idempotency_key=idempotency_key(request),
            now=now,
        )
        here = f"/api/v1/uploads/{ticket.pk}"
        answer = {
            "id": ticket.pk,
            "method": signed.method,
            "url": signed.url,
            "headers": signed.headers,
            "fields": signed.fields,
            "expires_at": ticket.expires_at,
            "max_bytes": settings.UPLOAD_MAX_BYTES,
            "confirm": f"{here}/confirm",
            "status_url": here,
        }
        again = {"Idempotency-Replayed": "true"} if ticket.created_at != now else {}
        return Response(answer, status=201, headers={"Location": here, **again})

    def _candidate(self, pk: UUID | None) -> Candidate | None:
        if pk is None:
            return None
        candidate = Candidate.objects.visible_to(self.actor).filter(pk=pk).first()
        if candidate is None:
            raise ValidationError({"candidate": ["There is none with this identifier that you may use."]})
        return candidate


class UploadView(ApiView):
    noun = "uploads"
    permissions: ClassVar = {"GET": VIEW}

    @extend_schema(responses={200: UploadSerializer})
    def get(self, _request: Request, upload_id: UUID) -> Response:
        """What became of an upload; a rejected one says why."""
        return Response(_row(found(UploadTicket.objects.visible_to(self.actor), pk=upload_id)))


class ConfirmUploadView(ApiView):
    noun = "uploads"
    permissions: ClassVar = {"POST": ADD}
    # Confirming is repeatable by nature, and asks the store: not within a transaction.
    keeps_answers = False

    @extend_schema(request=ConfirmSerializer, responses={202: UploadSerializer})
    def post(self, _request: Request, upload_id: UUID) -> Response:
        """Say that the bytes have arrived; they are then checked and read. Confirming again tells the state."""
        said = self.valid(ConfirmSerializer)
        ticket = uploads.confirm(
            ticket_id=upload_id, by=self.actor, etag=said["etag"], version_id=said["version_id"], now=timezone.now()
        )
        return Response(_row(ticket), status=202)
