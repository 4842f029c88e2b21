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
            Eraser(model=f"candidates.{name}", find=of_person(), delete=True, called=called)
            for name, called in (
                ("candidateemail", ("e-mail address", "e-mail addresses")),
                ("candidatephone", ("phone number", "phone numbers")),
                ("candidatelink", ("link", "links")),
                ("candidatetag", ("tag", "tags")),
                ("poolmembership", ("place in a talent pool", "places in talent pools")),
                ("duplicatemember", ("suspected duplicate", "suspected duplicates")),
                ("importedrow", ("row of an import", "rows of imports")),
                ("retentiondue", ("date of erasure by the rules", "dates of erasure by the rules")),
            )
        ),
        Eraser(model="candidates.notduplicate", find=_pairs, delete=True,
               called=("word that two records are two people", "words that two records are two people")),
        Eraser(model="candidates.candidatemerge", find=_merges, delete=True, called=("merge", "merges")),
        Eraser(model="candidates.resume", find=of_person(), delete=True, keys=("key",)),
        Eraser(model="candidates.resumepage", find=_of_resume, delete=True, keys=("key",),
               called=("picture of a page", "pictures of pages")),
        *(
            Eraser(model=f"candidates.{name}", find=_of_resume, delete=True, called=called)
            for name, called in (
                ("resumetext", ("text of a resume", "texts of resumes")),
                ("resumeparse", ("reading of a resume", "readings of resumes")),
                ("resumevector", ("vector of a resume", "vectors of resumes")),
            )
        ),
        # Behind the resumes, so before them: a ticket is known by its resume too.
        Eraser(model="candidates.uploadticket", find=_tickets, delete=True, keys=("key",),
               called=("upload", "uploads")),
        Eraser(model="candidates.dataexport", find=of_person(), delete=True, keys=("key",),
               called=("copy of their data", "copies of their data")),
        Eraser(model="candidates.noticedelivery", find=of_person(), delete=False,
               why="That somebody was told before a ranking: the law asks to show it.",
               called=("notice that was given", "notices that were given")),
        Eraser(model="candidates.consentrecord", find=of_person(), delete=False,
               why="That there was consent, and when it was withdrawn, without what shows it.",
               called=("consent", "consents")),
        Eraser(model="candidates.selfservicelink", find=of_person(), delete=True,
               called=("link to their own page", "links to their own page")),
        Eraser(model="candidates.correctionrequest", find=of_person(), delete=True,
               called=("correction asked for", "corrections asked for")),
        Eraser(
            model="candidates.erasure", find=of_person(), delete=False, why="It is the proof of the erasure.",
        ),
        Eraser(
            model="candidates.legalhold",
            find=lambda person: Q(scope="candidate", target_ref__in=person.ids),
            delete=False, why="Who held whom from when to when, without the words.",
            instead={"reason": "Erased"},
        ),
    )  # fmt: skip
