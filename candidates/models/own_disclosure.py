"""What a person is given of this app's rows."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePath

from django.db.models import Q

from candidates.models import disclosing
from candidates.models.disclosing import File, Section, Withheld
from candidates.models.erasing import Person, of_person
from candidates.models.resume import Resume

_CONTACT = ("type", "status", "source", "created_at")


def _originals(person: Person) -> Iterable[File]:
    for one in Resume.objects.filter(candidate__in=person.ids).order_by("created_at", "pk"):
        name = PurePath(one.filename).name or f"resume.{one.kind}"
        yield File(name=f"resumes/{one.pk}/{name}", key=one.key)


def _of_resume(person: Person) -> Q:
    return Q(resume__candidate__in=person.ids)


def register() -> None:
    disclosing.give_files(_originals)
    disclosing.register(
        Section(
            name="records", model="candidates.candidate", find=of_person("pk"),
            about="What stands at the head of the record, and of records that were merged into it.",
            columns=("id", "full_name", "headline", "city", "country", "source", "external_id", "created_by",
                     "created_at", "updated_at", "last_activity_at"),
        ),
        Section(name="emails", model="candidates.candidateemail", find=of_person(), columns=("address", *_CONTACT)),
        Section(name="phones", model="candidates.candidatephone", find=of_person(), columns=("number", *_CONTACT)),
        Section(name="links", model="candidates.candidatelink", find=of_person(), columns=("url", *_CONTACT)),
        Section(
            name="resumes", model="candidates.resume", find=of_person(),
            about="The files themselves lie in the folder originals.",
            columns=("id", "filename", "kind", "size", "sha256", "page_count", "language", "state", "is_current",
                     "has_hidden_text", "scanned_by", "created_by", "created_at"),
        ),
        Section(name="resume_texts", model="candidates.resumetext", find=_of_resume,
                about="What was read from a file; the masked text is what searches and rankings see.",
                columns=("resume_id", "text", "masked_text", "hidden")),
        Section(name="resume_readings", model="candidates.resumeparse", find=_of_resume,
                about="What our reader took each passage for.",
                columns=("resume_id", "json_resume", "fields", "skill_names")),
        Section(name="uploads", model="candidates.uploadticket",
                find=lambda person: Q(candidate__in=person.ids) | Q(resume__candidate__in=person.ids),
                columns=("id", "filename", "declared_type", "declared_size", "state", "rejected_message", "created_by",
                         "created_at", "settled_at")),
        Section(name="tags", model="candidates.candidatetag", find=of_person(), columns=("tag__name",)),
        Section(name="talent_pools", model="candidates.poolmembership", find=of_person(),
                columns=("pool__name", "pool__description", "basis", "note", "added_by", "added_at", "expires_at",
                         "removed_at")),
        Section(name="notices", model="candidates.noticedelivery", find=of_person(),
                about="What you were told, in which words.",
                columns=("notice__title", "notice__version", "notice__language", "notice__text", "channel", "at",
                         "begins_at", "by")),
        Section(name="consents", model="candidates.consentrecord", find=of_person(),
                columns=("purpose", "notice__title", "notice__version", "notice__text", "channel", "evidence",
                         "given_at", "expires_at", "recorded_by", "withdrawn_at", "withdrawn_channel")),
        Section(name="corrections", model="candidates.correctionrequest", find=of_person(),
                columns=("proposed", "message", "state", "answer", "created_at", "decided_at", "decided_by")),
        Section(name="copies_of_data", model="candidates.dataexport", find=of_person(),
                columns=("id", "state", "channel", "requested_by", "requested_at", "due_at", "handed_over_at")),
        Section(name="erasures", model="candidates.erasure", find=of_person(),
                columns=("id", "state", "grounds", "channel", "reason", "requested_by", "requested_at", "due_at")),
        Section(name="retention", model="candidates.retentiondue", find=of_person(),
                about="Kept until then by the rules, if nothing happens before.",
                columns=("due_at", "clock", "since", "rule__name", "rule__source")),
        Withheld(model="candidates.selfservicelink",
                 why="Keys to your own page: only their digests are kept, which open nothing."),
        Withheld(model="candidates.resumevector",
                 why="Figures that a model makes of the masked text; nobody can read them, the text itself is given."),
        Withheld(model="candidates.resumepage", why="Pictures of the pages of the files, which are given themselves."),
        Withheld(model="candidates.duplicatemember",
                 why="That this record may be another person's too: it would tell of that other person."),
        Withheld(model="candidates.notduplicate", why="That two records are two people: it would tell of the other."),
        Withheld(model="candidates.candidatemerge",
                 why="How records were put together; the records themselves are given, each with its rows."),
        Withheld(model="candidates.importedrow",
                 why="The number of a row in a file of many people; what it said is in the record."),
        Withheld(model="candidates.legalhold", why="It concerns a dispute; telling of it could harm a legal claim."),
    )  # fmt: skip
