"""Candidates: people, and how they are reached."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.core.validators import RegexValidator
from django.db.models import Q, QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from audit import actions as audit
from candidates.actions import candidates, erasures
from candidates.models import Candidate
from candidates.models.candidate import standing_for
from candidates.models.contact import Contact
from hrassist.lib.endpoints import ApiView, ListView, columns_of, found
from hrassist.lib.filtering import CREATED, FLAG, TEXT, UPDATED, Filter, Rows

VIEW, ADD, CHANGE = "candidates.view_candidate", "candidates.add_candidate", "candidates.change_candidate"


class CandidateSerializer(serializers.Serializer[Candidate]):
    id = serializers.UUIDField()
    external_id = serializers.CharField(help_text="Your identifier for the person; empty if you gave none.")
    full_name = serializers.CharField()
    headline = serializers.CharField()
    city = serializers.CharField()
    country = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]  # the product's word
    merged_into = serializers.UUIDField(allow_null=True, help_text="The record that stands for the person now.")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    last_activity_at = serializers.DateTimeField()


class _ContactSerializer(serializers.Serializer[Contact]):
    type = serializers.ChoiceField(choices=Contact.Type.choices, required=False)
    status = serializers.ChoiceField(choices=Contact.Status.choices, required=False)


class EmailSerializer(_ContactSerializer):
    address = serializers.EmailField(max_length=254)


class PhoneSerializer(_ContactSerializer):
    number = serializers.CharField(max_length=40, help_text="International where known: +49 30 1234567.")


class LinkSerializer(_ContactSerializer):
    url = serializers.URLField(max_length=300)


class CandidateDetailSerializer(CandidateSerializer):
    emails = EmailSerializer(many=True)
    phones = PhoneSerializer(many=True)
    links = LinkSerializer(many=True)

    computed: ClassVar = ("emails", "phones", "links")


class CandidateFactsSerializer(serializers.ModelSerializer[Candidate]):
    """What may be said about a person; a list of contacts that is given replaces the one that is there."""

    country = serializers.CharField(
        required=False, allow_blank=True, validators=[RegexValidator("^([A-Z]{2})?$", "Use two capitals, such as DE.")]
    )
    emails = serializers.ListField(child=EmailSerializer(), required=False, max_length=50)
    phones = serializers.ListField(child=PhoneSerializer(), required=False, max_length=50)
    links = serializers.ListField(child=LinkSerializer(), required=False, max_length=50)
    updated_at = serializers.DateTimeField(required=False, help_text="As you read it; 409 if it changed since.")

    class Meta:
        model = Candidate
        fields: ClassVar[tuple[str, ...]] = (*candidates.FACTS, "emails", "phones", "links", "updated_at")


class NewCandidateSerializer(CandidateFactsSerializer):
    updated_at = None  # type: ignore[assignment]  # a new record has not been read

    class Meta(CandidateFactsSerializer.Meta):
        fields: ClassVar[tuple[str, ...]] = (*candidates.FACTS, "emails", "phones", "links")


class MovedSerializer(serializers.Serializer[Candidate]):
    merged_into = serializers.UUIDField()
    location = serializers.CharField()


_PLAIN = tuple(name for name in columns_of(CandidateDetailSerializer) if name != "merged_into")


def candidate_document(candidate: Candidate) -> dict[str, Any]:
    """A person as answered alone, with every way to reach them."""
    row: dict[str, Any] = {name: getattr(candidate, name) for name in _PLAIN}
    row["merged_into"] = candidate.merged_into_id
    for noun, (_, column) in candidates.CONTACTS.items():
        row[noun] = list(getattr(candidate, noun).order_by("id").values(column, "type", "status"))
    return row


def split(said: dict[str, Any]) -> tuple[dict[str, str], dict[str, list[candidates.ContactFacts]]]:
    """A checked body as facts and contacts, in the words of the action."""
    contacts = {
        noun: [{"value": entry.pop(column), **entry} for entry in map(dict, said.pop(noun))]
        for noun, (_, column) in candidates.CONTACTS.items()
        if noun in said
    }
    return said, contacts  # type: ignore[return-value]  # TypedDicts lose their shape in a comprehension


def _at_address(rows: Rows, address: str) -> Rows:
    return rows.filter(emails__address=address.lower())


def _named_or_titled(rows: Rows, words: str) -> Rows:
    for word in words.split():
        rows = rows.filter(Q(full_name__icontains=word) | Q(headline__icontains=word))
    return rows


class CandidatesView(ListView):
    noun = "candidates"
    permissions: ClassVar = {"GET": VIEW, "POST": ADD}
    serializer_class = CandidateSerializer
    orders = ("-created_at", "created_at", "-updated_at", "updated_at")
    filters = (
        Filter("email", "", TEXT, "The people with this address.", apply=_at_address),
        Filter("q", "", TEXT, "Only people with all these words in name or headline.", apply=_named_or_titled),
        Filter("external_id", "external_id", TEXT, "The person with your identifier."),
        Filter("source", "source", TEXT, "Only people from this source."),
        Filter("merged", "merged_into__isnull", FLAG, "Only merged records, or only the others.",
               apply=lambda rows, merged: rows.filter(merged_into__isnull=not merged)),
        *CREATED,
        *UPDATED,
    )  # fmt: skip

    def rows(self) -> QuerySet[Any, Any]:
        return Candidate.objects.visible_to(self.actor)

    def get(self, request: Request, **path: Any) -> Response:
        """The people you may see, without contacts: reading those is per person and on record, and so is a search."""
        for way in ("email", "q"):
            if request.query_params.get(way):
                # The words may be a name and stay out of the record.
                audit.viewed("candidate.searched", target=None, by=self.actor, by_what=way.replace("q", "name"))
        return super().get(request, **path)

    @extend_schema(request=NewCandidateSerializer, responses={201: CandidateDetailSerializer})
    def post(self, _request: Request) -> Response:
        """Add a person. Two people may share an address; whether they are one, a person decides."""
        facts, contacts = split(self.valid(NewCandidateSerializer))
        made = candidates.create(by=self.actor, now=timezone.now(), facts=facts, contacts=contacts)
        return Response(candidate_document(made), status=201, headers={"Location": f"/api/v1/candidates/{made.pk}"})


class CandidateView(ApiView):
    noun = "candidates"
    permissions: ClassVar = {"GET": VIEW, "PATCH": CHANGE}

    @extend_schema(
        responses={
            200: CandidateDetailSerializer,
            301: OpenApiResponse(MovedSerializer, "Merged: `Location` names the record that stands for the person."),
        }
    )
    def get(self, _request: Request, candidate_id: UUID) -> Response:
        """One person with every way to reach them. The access is on record before it is answered."""
        seen = Candidate.objects.visible_to(self.actor)
        candidate = seen.filter(pk=candidate_id).first()
        if candidate is None or candidate.merged_into_id is not None:
            # Who sees the person now may follow an old identifier: what made it visible has moved along.
            erasures.require_there(candidate_id, by=self.actor)
            stands = found(seen, pk=standing_for({candidate_id}).get(candidate_id, candidate_id)).pk
            location = f"/api/v1/candidates/{stands}"
            return Response({"merged_into": stands, "location": location}, status=301, headers={"Location": location})
        audit.viewed("candidate.viewed", target=candidate, by=self.actor, subject=candidate)
        return Response(candidate_document(candidate))

    @extend_schema(request=CandidateFactsSerializer(partial=True), responses={200: CandidateDetailSerializer})
    def patch(self, _request: Request, candidate_id: UUID) -> Response:
        """Change facts, and replace the contact lists that are given; what is not named stays."""
        candidate = found(Candidate.objects.visible_to(self.actor), pk=candidate_id)
        said = self.valid(CandidateFactsSerializer, partial=True)
        expected = said.pop("updated_at", None)
        facts, contacts = split(said)
        changed = candidates.update(
            candidate=candidate, by=self.actor, now=timezone.now(), facts=facts, contacts=contacts,
            expected_updated_at=expected,
        )  # fmt: skip
        return Response(candidate_document(changed))
