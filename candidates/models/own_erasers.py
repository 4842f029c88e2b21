"""How this app's own rows go with their person."""

from __future__ import annotations

from django.db.models import Q

from candidates.models import erasing
from candidates.models.candidate import Candidate
from candidates.models.erasing import Eraser, Person, of_person


def _merges(person: Person) -> Q:
    return Q(kept__in=person.ids) | Q(gone__in=person.ids)


def _pairs(person: Person) -> Q:
    return Q(first__in=person.ids) | Q(second__in=person.ids)


def _tickets(person: Person) -> Q:
    mine = person.ids
    return Q(candidate__in=mine) | Q(resume__candidate__in=mine) | Q(duplicate_of__candidate__in=mine)


def _of_resume(person: Person) -> Q:
    return Q(resume__candidate__in=person.ids)


def register() -> None:
    erasing.register(
        Eraser(
            model="candidates.candidate", find=of_person("pk"), delete=False,
            why="Applications, decisions and figures refer to it.", instead={"full_name": Candidate.ERASED},
        ),
        *(
            Eraser(model=f"candidates.{name}", find=of_person(), delete=True)
            for name in ("candidateemail", "candidatephone", "candidatelink", "candidatetag", "poolmembership",
                         "duplicatemember", "importedrow", "retentiondue")
        ),
        Eraser(model="candidates.notduplicate", find=_pairs, delete=True),
        Eraser(model="candidates.candidatemerge", find=_merges, delete=True),
        Eraser(model="candidates.resume", find=of_person(), delete=True, keys=("key",)),
        Eraser(model="candidates.resumepage", find=_of_resume, delete=True, keys=("key",)),
        *(
            Eraser(model=f"candidates.{name}", find=_of_resume, delete=True)
            for name in ("resumetext", "resumeparse", "resumevector")
        ),
        # Behind the resumes, so before them: a ticket is known by its resume too.
        Eraser(model="candidates.uploadticket", find=_tickets, delete=True, keys=("key",)),
        Eraser(model="candidates.dataexport", find=of_person(), delete=True, keys=("key",)),
        Eraser(
            model="candidates.erasure", find=of_person(), delete=False, why="It is the proof of the erasure.",
        ),
        Eraser(
            model="candidates.consentrecord", find=of_person(), delete=False,
            why="That a consent was given and withdrawn, without a word of it: the proof that it was lawful.",
        ),
        Eraser(
            model="candidates.noticedelivery", find=of_person(), delete=False,
            why="Which notice was shown, and when: the proof that somebody was told.",
        ),
        *(
            Eraser(model=f"candidates.{name}", find=of_person(), delete=True)
            for name in ("correctionrequest", "selfservicelink")
        ),
        Eraser(
            model="candidates.legalhold",
            find=lambda person: Q(scope="candidate", target_ref__in=person.ids),
            delete=False, why="Who held whom from when to when, without the words.",
            instead={"reason": "Erased"},
        ),
    )  # fmt: skip
