"""What of people may leave as a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from candidates.models import CandidateEmail, CandidateLink, CandidatePhone, CandidateTag
from hrassist import exports
from hrassist.exports import Column, Export, field

CURRENT = CandidateEmail.Status.CURRENT


def _contacts(model: Any, column: str) -> Callable[[Any, Sequence[Any]], Mapping[Any, str]]:
    """Every current contact of a piece of the list, in one query."""

    def find(_user: Any, people: Sequence[Any]) -> dict[Any, str]:
        rows = model.objects.filter(candidate__in=people, status=CURRENT).order_by("pk")
        return _joined(rows.values_list("candidate_id", column))

    return find


def _tags(_user: Any, people: Sequence[Any]) -> dict[Any, str]:
    rows = CandidateTag.objects.filter(candidate__in=people).order_by("tag__name")
    return _joined(rows.values_list("candidate_id", "tag__name"))


def _joined(pairs: Any) -> dict[Any, str]:
    found: dict[Any, list[str]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return {key: "; ".join(values) for key, values in found.items()}


exports.add(
    Export(
        model="candidates.candidate",
        noun="candidates",
        action="candidate.exported",
        columns=(
            field("full_name", "Name"),
            field("headline", "Headline"),
            Column(key="email", label="E-mail", find=_contacts(CandidateEmail, "address"),
                   permission="candidates.view_candidateemail"),
            Column(key="phone", label="Phone", find=_contacts(CandidatePhone, "number"),
                   permission="candidates.view_candidatephone"),
            Column(key="links", label="Links", find=_contacts(CandidateLink, "url"),
                   permission="candidates.view_candidatelink", chosen=False),
            field("city", "City"),
            field("country", "Country"),
            field("source", "Source"),
            Column(key="tags", label="Tags", find=_tags, permission="candidates.view_candidatetag"),
            field("external_id", "External ID"),
            field("created_at", "Added"),
            field("last_activity_at", "Last activity", chosen=False),
            Column(key="id", label="ID", of=lambda one: str(one.pk), chosen=False),
        ),
    )
)  # fmt: skip
