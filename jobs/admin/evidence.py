"""What somebody's resume says about a job's requirements: from the viewer's last ranking, otherwise looked up now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jobs.admin import ranking
from jobs.admin.ranking import Proof
from jobs.matching.standing import evidence_of
from jobs.models import Application, Match


@dataclass(frozen=True, slots=True)
class Found:
    """The proofs in the order of the requirements; `match` is the place in the ranking, where there is one."""

    proofs: list[Proof]
    match: Match | None
    parts: list[ranking.Part]
    ranked: int = 0

    @property
    def musts(self) -> list[Proof]:
        return [one for one in self.proofs if one.is_must]

    @property
    def covered(self) -> int:
        return sum(one.strength != "none" for one in self.musts)


def of(application: Application, *, user: Any) -> Found:
    """Evidence for one application; a resume newer than the ranking is looked at anew."""
    run = ranking.latest_run(application.job, user=user)
    match = (
        Match.objects.filter(run=run, candidate=application.candidate_id, resume__is_current=True)
        .prefetch_related("evidence")
        .first()
        if run is not None and run.created_at > application.job.updated_at
        else None
    )
    if run is not None and match is not None:
        proofs = [
            ranking.proof_of(one, run.criteria, candidate=application.candidate_id, resume=match.resume_id)
            for one in match.evidence.all()
        ]
        longest = sum(max(0.0, part) for part in match.components.values()) or 1.0
        return Found(
            proofs=proofs, match=match, parts=ranking.parts_of(match.components, longest=longest), ranked=run.ranked
        )
    criteria, resume, evidence = evidence_of(application.job, application.candidate_id)
    asked = [one.as_json() for one in criteria]
    proofs = [ranking.proof_of(one, asked, candidate=application.candidate_id, resume=resume) for one in evidence]
    return Found(proofs=proofs, match=None, parts=[])
