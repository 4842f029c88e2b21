"""Where people stand for a job, as its page tells it: a place or the reason for none, and evidence side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from candidates.models import Candidate
from jobs.admin import ranking
from jobs.matching.standing import Absence, Standing, standings
from jobs.models import Application, Job, Match

WHY = {
    Absence.NO_RESUME: "There is no resume of theirs, so there is nothing to compare. Upload one.",
    Absence.UNREADABLE: "Their resume could not be read. Upload it in another format.",
    Absence.ENDED: "Their application for this job has ended; a ranking does not bring anybody back.",
    Absence.FILTERED: "The filters of the ranking leave them out.",
    Absence.OTHER_MODEL: "Their resume was read with an older model and waits to be read again.",
    Absence.TOO_FAR: (
        "They were looked at, but many others are closer to the job in meaning and words, and only the closest are"
        " scored."
    ),
    Absence.OPTED_OUT: (
        "They asked to be read without a ranking. Read their application yourself, as you read the others."
    ),
    Absence.NO_GROUND: (
        "Nothing says on which ground they may be considered: no application in process, consent or talent pool. Ask"
        " them for their consent, or put them into a pool on a lawful basis."
    ),
    Absence.NOT_YET: "The waiting time after their notice still runs; until then no ranking may look at them.",
}


@dataclass(frozen=True, slots=True)
class Placed:
    """One person beside the ranking; `then` is their place in the stored one."""

    candidate: Candidate
    standing: Standing
    parts: list[ranking.Part]
    proofs: list[ranking.Proof]
    application: Application | None
    then: int | None
    why: str


@dataclass(frozen=True, slots=True)
class Shown:
    considered: int
    scored: int
    people: list[Placed]
    rows: list[tuple[str, bool, list[ranking.Proof]]]


def of(job: Job, candidates: Sequence[Candidate], *, user: Any) -> Shown:
    """The standing of these people now, and requirement by requirement what their resumes say."""
    found = standings(job, candidates, user=user)
    asked = [one.as_json() for one in found.criteria]
    here = ranking.in_pipeline(job, [one.pk for one in candidates])
    run = ranking.latest_run(job, user=user)
    then = (
        dict(Match.objects.filter(run=run, candidate__in=candidates).values_list("candidate_id", "rank")) if run else {}
    )
    longest = max(
        (sum(max(0.0, part) for part in one.components.as_json().values()) for one in found.people if one.components),
        default=0.0,
    )
    people = [
        Placed(
            candidate=candidate,
            standing=one,
            parts=ranking.parts_of(one.components.as_json(), longest=longest or 1.0) if one.components else [],
            proofs=[
                ranking.proof_of(proof, asked, candidate=candidate.pk, resume=one.resume) for proof in one.evidence
            ],
            application=here.get(candidate.pk),
            then=then.get(candidate.pk),
            why=WHY[one.absence] if one.absence else "",
        )
        for candidate, one in zip(candidates, found.people, strict=True)
    ]
    readable = [one for one in people if one.proofs]
    rows = [
        (str(one["text"]), one["kind"] == "must", [person.proofs[at] for person in readable])
        for at, one in enumerate(asked)
    ]
    return Shown(considered=found.considered, scored=found.scored, people=people, rows=rows if readable else [])
