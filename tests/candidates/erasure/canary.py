"""A person with a word in every column that could hold one: found by introspection, so that a new column is covered."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from auditlog.models import LogEntry
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.search import SearchVectorField
from django.db import connection, models
from django.utils import timezone

from candidates.models import (
    Candidate,
    CandidateLink,
    CandidateMerge,
    CandidatePhone,
    CandidateTag,
    ConsentRecord,
    CorrectionRequest,
    DataExport,
    DuplicateGroup,
    DuplicateMember,
    Erasure,
    ImportedRow,
    LegalHold,
    NotDuplicate,
    Notice,
    NoticeDelivery,
    PoolMembership,
    RetentionDue,
    SelfServiceLink,
    Tag,
    TalentPool,
    UploadTicket,
    erasing,
)
from candidates.models.erasing import Person
from hrassist.models import IdempotencyRecord, LongTask, Notification, SavedView, User
from jobs.models import (
    Application,
    CalendarInvitation,
    Interviewer,
    Match,
    MatchEvidence,
    MatchRun,
    ModelCall,
    NoteMention,
    Offer,
    OfferApproval,
    Opening,
    ProvenanceLink,
    RankingOptOut,
    Referral,
    ReportPerson,
    ReviewRequest,
    ScorecardRating,
    StageTransition,
    TailoringEvent,
    TailoringLine,
)
from jobs.models.demographic import FORM, DemographicAnswer
from tests.factories import ApplicationFactory, CandidateFactory, ResumeFactory, UploadTicketFactory, UserFactory, put
from tests.hiring import (
    HumanDecisionFactory,
    InterviewFactory,
    MessageFactory,
    NoteFactory,
    OfferFactory,
    ReportDocumentFactory,
    ScorecardAttributeFactory,
    ScorecardFactory,
    TailoringRunFactory,
    TrackingLinkFactory,
)

WORD = "zqcanary"
# Where a word of the person cannot stand, with the reason; everything else is written to.
NOT_OF_A_PERSON = {
    "candidates.candidate.source": "a name of our list of sources",
    "jobs.application.source": "a name of our list of sources",
    "jobs.interview.time_zone": "a name of a zone",
    "jobs.interview.uid": "made by us, random",
    "jobs.match.components": "figures by names of ours",
    "jobs.opening.close_reason": "about the vacancy",
    "jobs.tailoringrun.brief": "what the job asks for",
    "jobs.tailoringrun.failed_for": "a code of ours",
    "jobs.tailoringrun.provider": "a name of ours",
    "jobs.tailoringrun.read_back": "figures by names of ours",
    "jobs.tailoringstep.prompt_version": "a name of ours",
    "jobs.tailoringstep.provider": "a name of ours",
    "jobs.tailoringstep.model": "a name of ours",
    "jobs.modelcall.provider": "a name of ours",
    "jobs.modelcall.model": "a name of ours",
    "candidates.erasure.counts": "figures by names of ours",
    "candidates.erasure.certificate": "what the erasure itself writes",
    "candidates.erasure.step": "a name of ours",
    "candidates.erasure.failed_for": "a code of ours",
    "candidates.erasure.objects_left": "random keys, which the erasure itself writes",
    "candidates.resume.version_id": "made by the store",
    "candidates.resume.sha256": "a hash",
    "candidates.uploadticket.declared_sha256": "a hash",
    "candidates.consentrecord.evidence": "written once, with the word in it",
}
KEYS = {"key", "docx_key", "pdf_key", "letter_docx_key", "letter_pdf_key"}


def whole_person(by: User) -> Candidate:
    """A candidate with a row in every table that leads to one, a merged record, and files in both stores."""
    candidate = CandidateFactory(full_name=f"{WORD} name", external_id=f"{WORD}-id")
    application = ApplicationFactory(candidate=candidate, tracking_link=TrackingLinkFactory())
    merged = CandidateFactory(full_name=f"{WORD} former", merged_into=candidate)
    now = timezone.now()
    CandidatePhone.objects.create(candidate=candidate, number="+49 30 7654321", e164="+49307654321")
    CandidateLink.objects.create(candidate=candidate, url=f"https://example.org/{WORD}")
    CandidateTag.objects.create(candidate=candidate, tag=Tag.objects.create(name="python"))
    pool = TalentPool.objects.create(name="Engineers", owner=by)
    PoolMembership.objects.create(
        pool=pool, candidate=candidate, basis="consent", expires_at=now + timedelta(days=9), added_by=by
    )
    group = DuplicateGroup.objects.create(size=2)
    other = CandidateFactory()
    DuplicateMember.objects.create(group=group, candidate=candidate)
    DuplicateMember.objects.create(group=group, candidate=other)
    first, second = sorted((candidate.pk, other.pk))
    NotDuplicate.objects.create(first_id=first, second_id=second, by=by)
    CandidateMerge.objects.create(kept=candidate, gone=merged, before={"city": WORD}, moved=[], by=by)
    task = LongTask.objects.create(kind="candidates.import", title="Import of people.csv", created_by=by)
    ImportedRow.objects.create(task=task, number=2, candidate=candidate, created=True, left_at=now)
    RetentionDue.objects.create(candidate=candidate, due_at=now, clock="rejected", since=now, found_at=now)
    LegalHold.objects.create(scope="candidate", target_ref=candidate.pk, reason=f"{WORD} v. us", placed_by=by,
                             released_at=now, released_by=by)  # fmt: skip
    DataExport.objects.create(candidate=candidate, channel="admin", due_at=now, key="clean/copy")
    Erasure.objects.create(
        candidate=candidate, channel="admin", reason=f"{WORD} slipped", run_after=now, due_at=now, state="cancelled",
        cancelled_at=now, cancelled_by=by,
    )  # fmt: skip
    agreed(candidate)
    put("clean/copy", f"{WORD} copy".encode())
    ticket = UploadTicketFactory(candidate=candidate, created_by=by, state="available", filename=f"{WORD}.pdf")
    resume = ResumeFactory(
        candidate=candidate, ticket=ticket, content=f"{WORD} resume".encode(), pages=2, parse={}, vector=[0.1] * 384
    )
    under_way = UploadTicketFactory(candidate=candidate, created_by=by, state="confirmed")
    put_incoming(under_way)
    hired(application, resume=resume, by=by)
    return candidate


def agreed(candidate: Candidate) -> None:
    """What a person was told, agreed to and asked to have corrected."""
    now = timezone.now()
    notice = Notice.objects.create(kind="privacy", title="Your data", text="We keep it.", sha256="0")
    about = {"candidate": candidate, "notice": notice}
    NoticeDelivery.objects.create(**about, channel="apply_form", begins_at=now)
    ConsentRecord.objects.create(**about, purpose="talent_pool", channel="phone", evidence=f"{WORD} said so")
    SelfServiceLink.objects.create(candidate=candidate, email=candidate.emails.get(), digest="0" * 64, expires_at=now)
    CorrectionRequest.objects.create(candidate=candidate, proposed={"city": WORD}, message=WORD)


def hired(application: Application, *, resume: Any, by: User) -> None:
    """What the pipeline holds about somebody."""
    candidate, job, now = application.candidate, application.job, timezone.now()
    interview = InterviewFactory(application=application, interviewers=[by])
    assert Interviewer.objects.filter(interview=interview).exists()
    CalendarInvitation.objects.create(interview=interview, user=by, method="request", sequence=0)
    card = ScorecardFactory(application=application, interview=interview, by=by)
    ScorecardRating.objects.create(scorecard=card, attribute=ScorecardAttributeFactory(job=job), rating=3)
    HumanDecisionFactory(application=application, by=by)
    stage = application.stage
    came = {"application": application, "from_stage": None, "to_stage": stage, "to_status": "active"}
    StageTransition.objects.create(**came, by=by, at=now - timedelta(days=2))
    StageTransition.objects.create(**came | {"from_stage": stage, "to_status": "rejected"}, by=by, at=now)
    Opening.objects.create(job=job, number=1, filled_by=application)
    run = MatchRun.objects.create(
        job=job, model_hash="m", weights={}, criteria=[{"text": "Python"}], considered=1, ranked=1, milliseconds=1,
        created_by=by,
    )  # fmt: skip
    match = Match.objects.create(
        run=run, candidate=candidate, resume=resume, rank=1, score=0.5, components={"lexical": 0.5}, must_covered=1,
        must_total=1,
    )  # fmt: skip
    MatchEvidence.objects.create(match=match, criterion=0, strength="strong", quote=f"{WORD} wrote Python")
    Referral.objects.create(application=application, referred_by=by)
    RankingOptOut.objects.create(candidate=candidate, job=job, channel="self_service")
    ReviewRequest.objects.create(application=application, channel="self_service", message=WORD, due_at=now)
    note = NoteFactory(candidate=candidate, application=application, by=by)
    NoteMention.objects.create(note=note, user=UserFactory())
    offer: Offer = OfferFactory(application=application, letter_pdf_key="clean/pdf", letter_docx_key="clean/docx")
    OfferApproval.objects.create(offer=offer, position=1, approver=by)
    tailored = TailoringRunFactory(
        application=application, resume=resume, state="ready", approved_at=timezone.now(), approved_by=by,
        docx_key="clean/tailored", source={"basics": {"name": WORD}}, source_text=WORD, created_by=by,
    )  # fmt: skip
    put("clean/tailored", f"{WORD} tailored".encode())
    ModelCall.objects.create(step=tailored.steps.get(position=0), provider="OpenRouter", model="some/model")
    TailoringEvent.objects.create(run=tailored, seq=1, kind="text", data={"text": WORD})
    line = TailoringLine.objects.create(run=tailored, position=0, part="work", original=WORD, text=WORD)
    ProvenanceLink.objects.create(line=line, source="w0.b0", quote=WORD)
    report = ReportDocumentFactory(
        job=job, owner=by, state="ready", ended_at=now, docx_key="clean/report", title=f"{WORD} report"
    )
    ReportPerson.objects.create(document=report, candidate=candidate)
    put("clean/report", f"{WORD} report".encode())
    for key in ("clean/pdf", "clean/docx", "clean/attached"):
        put(key, f"{WORD} letter".encode())
    MessageFactory(
        candidate=candidate, application=application, by=by,
        attachments=[{"filename": f"{WORD}.pdf", "content_type": "application/pdf", "key": "clean/attached"}],
    )  # fmt: skip
    DemographicAnswer.objects.create(
        application=application, sex="female", form_version=FORM, channel="self_service", asked_at=now, answered_at=now
    )
    apps.get_model("jobs.IntakeSubmission")._default_manager.create(
        link=application.tracking_link, job=job, full_name=WORD, email=f"{WORD}@example.org", consented_at=now,
        candidate=candidate, state="applied",
    )  # fmt: skip


def traces(candidate: Candidate, *, by: User) -> None:
    """Where somebody's name stands without a key that leads to them."""
    candidate.refresh_from_db()
    name, address = candidate.full_name, candidate.emails.get().address
    Notification.objects.create(user=by, kind="mention", text=f"{name} applied", url="/", subject_ref=candidate.pk)
    Notification.objects.create(user=by, kind="mention", text=f"{name}", url=f"/admin/candidates/{candidate.pk}/")
    SavedView.objects.create(owner=by, model="candidates.candidate", name="one", query=f"q={name}")
    SavedView.objects.create(owner=by, model="candidates.candidate", name=name, query="q=python")
    kept = LongTask.objects.create(
        kind="candidates.export", title="Export", created_by=by, state="done", ended_at=timezone.now(),
        params={"q": name, "file": f"{name}.csv"},
        result={"refused_rows": [[name, address]], "refused_key": "clean/refused"},
        file_key="clean/export", source_key="clean/source", file_name=f"{name}.csv",
        file_expires_at=timezone.now() + timedelta(hours=20),
    )  # fmt: skip
    assert kept.pk
    for key in ("clean/export", "clean/source", "clean/refused"):
        put(key, f"name\n{name}\n".encode())
    IdempotencyRecord.objects.create(
        user=by, key="k", route="candidates", body_sha256="0", status=201, answer={"id": str(candidate.pk), "n": WORD}
    )
    LogEntry.objects.create(
        content_type=ContentType.objects.get_for_model(Candidate), object_pk=str(candidate.pk), object_repr=name,
        action=1, changes={"full_name": ["", name]},
    )  # fmt: skip


def put_incoming(ticket: UploadTicket) -> None:
    from hrassist.lib import storage

    path = storage.incoming().path(ticket.key)  # type: ignore[attr-defined]  # the disk store of tests
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(f"{WORD} under way".encode())


def person_of(candidate: Candidate) -> Person:
    from candidates.models.candidate import everybody_of

    return Person(ids=everybody_of(candidate.pk), erasure_id=candidate.pk, now=timezone.now())


def poison(candidate: Candidate, *, by: User) -> list[str]:
    """Put the word into every text column of every row that leads to the person; gives the columns written to."""
    person, written = person_of(candidate), []
    for eraser in erasing.registered():
        rows = eraser.rows(person)
        assert rows.exists(), f"nobody made a {eraser.model}: add it to whole_person"
        for column in _writable(rows.model):
            _write(rows, column)
            written.append(f"{eraser.model}.{column.name}")
    traces(candidate, by=by)
    return written


def _writable(model: type[models.Model]) -> Iterator[Any]:
    for column in model._meta.concrete_fields:
        name = f"{model._meta.label_lower}.{column.name}"
        if name in NOT_OF_A_PERSON or column.name in KEYS or getattr(column, "choices", None) or column.primary_key:
            continue
        if isinstance(column, models.JSONField | ArrayField | SearchVectorField | models.TextField):
            yield column
            continue
        if isinstance(column, models.CharField) and (column.max_length or 999) >= len(WORD) + 4:
            yield column


def _write(rows: Any, column: Any) -> None:
    if isinstance(column, SearchVectorField):
        rows.update(**{column.name: models.Func(models.Value(WORD), function="to_tsvector")})
    elif isinstance(column, ArrayField):
        rows.update(**{column.name: [WORD]})
    elif isinstance(column, models.JSONField):
        said: Any = [{"said": WORD}] if column.get_default() == [] else {"said": WORD}
        if column.name == "attachments":
            said = [{"filename": WORD, "content_type": WORD, "key": "clean/attached"}]
        rows.update(**{column.name: said})
    else:
        for number, pk in enumerate(rows.values_list("pk", flat=True)):
            text = f"{WORD}{number}"
            if isinstance(column, models.EmailField):
                text += "@example.org"
            longest = column.max_length or 999
            with_pair = {"failed_for": {"failed_at": timezone.now()}, "bounced_for": {"bounced_at": timezone.now()},
                         "rejected_for": {"rejected_at": timezone.now()}, "parked_for": {"parked_at": timezone.now()},
                         "unreadable_for": {"unreadable_at": timezone.now()}}  # fmt: skip
            names = {one.name for one in rows.model._meta.concrete_fields}
            pair = {key: value for key, value in with_pair.get(column.name, {}).items() if key in names}
            rows.model._default_manager.filter(pk=pk).update(**{column.name: text[:longest]}, **pair)


def columns_that_hold(word: str) -> list[str]:
    """Every table and column of the whole database in which the word stands, also where no model of ours knows it."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns c JOIN information_schema.tables t"
            " USING (table_schema, table_name) WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
        )
        for table, column in cursor.fetchall():
            cursor.execute(f'SELECT count(*) FROM "{table}" WHERE "{column}"::text ILIKE %s', [f"%{word}%"])  # noqa: S608
            if cursor.fetchone()[0]:
                found.append(f"{table}.{column}")
    return sorted(found)
