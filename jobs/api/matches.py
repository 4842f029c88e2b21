"""Matches: a job's people in order, with what their resumes say about each requirement."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from audit import actions as audit
from candidates.models import Candidate
from hrassist.lib.endpoints import ApiView, ListView, columns_of, found
from hrassist.lib.errors import NotFound
from hrassist.lib.filtering import CREATED, IDENTIFIER, Filter
from jobs.actions import matching
from jobs.models import Job, Match, MatchEvidence, MatchRun

VIEW, ADD = "jobs.view_matchrun", "jobs.add_matchrun"


class NoRunYet(NotFound):
    """The job's people were never ranked for this user."""

    code = "no_match_run"
    default_message = "You have not ranked this job's people yet. POST to this address to do so."


class CriterionSerializer(serializers.Serializer[Any]):
    text = serializers.CharField()
    kind = serializers.CharField()
    skills = serializers.ListField(child=serializers.CharField())


class MatchRunSerializer(serializers.Serializer[MatchRun]):
    id = serializers.UUIDField()
    job = serializers.UUIDField()
    model_hash = serializers.CharField(help_text="Of the sentence model.")
    weights = serializers.DictField()
    criteria = serializers.ListField(child=serializers.DictField(), help_text="As the ranking read them from the job.")
    filters = serializers.DictField()
    considered = serializers.IntegerField(help_text="People after filters and visibility.")
    ranked = serializers.IntegerField()
    milliseconds = serializers.IntegerField()
    created_at = serializers.DateTimeField()


class EvidenceSerializer(serializers.Serializer[MatchEvidence]):
    criterion = serializers.IntegerField(help_text="Index into the run's criteria.")
    strength = serializers.ChoiceField(choices=MatchEvidence.Strength.choices)
    quote = serializers.CharField(help_text="From the resume; empty where no evidence was found.")
    page = serializers.IntegerField(allow_null=True)
    start = serializers.IntegerField(allow_null=True, help_text="Offset into the text of the resume.")
    end = serializers.IntegerField(allow_null=True)
    similarity = serializers.FloatField()


class MatchSerializer(serializers.Serializer[Match]):
    rank = serializers.IntegerField()
    candidate = serializers.UUIDField()
    full_name = serializers.CharField()
    headline = serializers.CharField()
    resume = serializers.UUIDField(allow_null=True)
    score = serializers.FloatField(help_text="The exact sum of `components`.")
    components = serializers.DictField()
    must_covered = serializers.IntegerField()
    must_total = serializers.IntegerField()
    evidence = EvidenceSerializer(many=True)

    computed: ClassVar = ("full_name", "headline", "evidence")


class MatchListSerializer(MatchRunSerializer):
    matches = MatchSerializer(many=True, help_text="Best first. Nobody is hidden by a score.")

    computed: ClassVar = ("matches",)


def run_document(run: MatchRun, *, view: ApiView) -> dict[str, Any]:
    """A ranking with its people and their evidence, in a fixed number of queries; on record before it is answered.

    People whom the reader may no longer see are left out.
    """
    seen = Candidate.objects.visible_to(view.actor)
    columns = columns_of(MatchSerializer)
    rows = list(
        run.matches.filter(candidate__in=seen)
        .order_by("rank")
        .values("id", *columns, "candidate__full_name", "candidate__headline")
    )
    audit.viewed(
        "match_run.viewed", target=run, by=view.actor, job=run.job_id, people=[row["candidate"] for row in rows]
    )
    evidence: dict[int, list[dict[str, Any]]] = defaultdict(list)
    found_evidence = MatchEvidence.objects.filter(match__in=[row["id"] for row in rows])
    for one in found_evidence.order_by("match_id", "criterion").values("match_id", *columns_of(EvidenceSerializer)):
        evidence[one.pop("match_id")].append(one)
    document: dict[str, Any] = MatchRun.objects.filter(pk=run.pk).values(*columns_of(MatchListSerializer))[0]
    document["matches"] = [
        {
            **{name: row[name] for name in columns},
            "full_name": row["candidate__full_name"],
            "headline": row["candidate__headline"],
            "evidence": evidence[row["id"]],
        }
        for row in rows
    ]
    return document


class NewMatchRunSerializer(serializers.Serializer[MatchRun]):
    limit = serializers.IntegerField(min_value=1, max_value=200, required=False, help_text="People to show.")
    applicants_only = serializers.BooleanField(required=False, default=False)
    country = serializers.RegexField(
        "^[A-Z]{2}$", required=False, allow_blank=True, default="", help_text="Keeps people without a known one too."
    )


class JobMatchesView(ApiView):
    noun = "matches"
    # A ranking costs a second of a processor.
    limits: ClassVar = {"GET": "rank", "POST": "rank"}
    permissions: ClassVar = {"GET": VIEW, "POST": ADD}

    @extend_schema(responses={200: MatchListSerializer})
    def get(self, _request: Request, job_id: UUID) -> Response:
        """Your latest ranking of a job's people, as it was; 404 with the code no_match_run before the first one."""
        job = found(Job.objects.visible_to(self.actor), pk=job_id)
        run = MatchRun.objects.visible_to(self.actor).filter(job=job).order_by("-created_at", "-id").first()
        if run is None:
            raise NoRunYet
        return Response(run_document(run, view=self))

    @extend_schema(request=NewMatchRunSerializer, responses={201: MatchListSerializer})
    def post(self, _request: Request, job_id: UUID) -> Response:
        """Rank the people you may see for this job now, and keep the ranking. Nobody is moved or rejected by it."""
        said = self.valid(NewMatchRunSerializer)
        run = matching.rank_people(
            job_id=job_id,
            by=self.actor,
            now=timezone.now(),
            limit=said.get("limit"),
            filters=matching.Filters(applicants_only=said["applicants_only"], country=said["country"]),
        )
        return self._shown(run)

    def _shown(self, run: MatchRun) -> Response:
        location = f"/api/v1/match-runs/{run.pk}"
        return Response(run_document(run, view=self), status=201, headers={"Location": location})

    def to_keep(self, response: Response) -> dict[str, Any]:
        # People and quotes are not copied: they are read, and put on record, again.
        return {"run": str(response.data["id"])}

    def from_kept(self, kept: dict[str, Any]) -> Response:
        return self._shown(found(MatchRun.objects.visible_to(self.actor), pk=kept["run"]))


class MatchRunsView(ListView):
    noun = "matches"
    permissions: ClassVar = {"GET": VIEW}
    serializer_class = MatchRunSerializer
    filters = (Filter("job", "job_id", IDENTIFIER, "Only rankings for this job."), *CREATED)

    def rows(self) -> QuerySet[Any, Any]:
        return MatchRun.objects.visible_to(self.actor)

    def get(self, request: Request, **path: Any) -> Response:
        """Your rankings, without the people in them."""
        return super().get(request, **path)


class MatchRunView(ApiView):
    noun = "matches"
    permissions: ClassVar = {"GET": VIEW}

    @extend_schema(responses={200: MatchListSerializer})
    def get(self, _request: Request, run_id: UUID) -> Response:
        """One ranking as it was shown, with its people and their evidence."""
        return Response(run_document(found(MatchRun.objects.visible_to(self.actor), pk=run_id), view=self))
