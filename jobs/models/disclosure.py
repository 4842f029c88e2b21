"""What a person is given of this app's rows: their applications and what was said, scored and decided about them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Q

from candidates.models import disclosing
from candidates.models.disclosing import File, Section, Withheld
from candidates.models.erasing import Person, of_person
from jobs.models.application import Application
from jobs.models.match import Match
from jobs.models.offer import Offer
from jobs.models.report_document import named_in_report
from jobs.models.tailoring import TailoringRun

HIDDEN_JOB = "a job that is not public"


def _letters(person: Person) -> Iterable[File]:
    for one in Offer.objects.filter(application__candidate__in=person.ids, sent_at__isnull=False).order_by("pk"):
        yield File(name=f"offers/{one.pk}/offer.pdf", key=one.letter_pdf_key)


def _tailored(person: Person) -> Iterable[File]:
    ready = TailoringRun.objects.filter(application__candidate__in=person.ids, state=TailoringRun.State.READY)
    for one in ready.order_by("pk"):
        for name, key in (("resume.docx", one.docx_key), ("letter.docx", one.letter_docx_key)):
            yield File(name=f"tailored/{one.pk}/{name}", key=key)


def _job_of(match: Match) -> str:
    """The job of a ranking; of a confidential one only to whom applied for it."""
    job = match.run.job
    applied = Application.objects.filter(job=job, candidate=match.candidate_id).exists()
    return job.title if applied or not job.confidential else HIDDEN_JOB


def _reasons(match: Match) -> list[dict[str, Any]]:
    """Each criterion of the ranking and what was found for it."""
    hidden = _job_of(match) == HIDDEN_JOB
    criteria = match.run.criteria
    return [
        {
            "criterion": "" if hidden or one.criterion >= len(criteria) else criteria[one.criterion].get("text", ""),
            "found": one.get_strength_display(),
            "quote": one.quote,
            "page": one.page,
        }
        for one in match.evidence.all()
    ]


def register() -> None:
    of_application = of_person("application__candidate")
    disclosing.give_files(_letters)
    disclosing.give_files(_tailored)
    disclosing.register(
        Section(name="applications", model="jobs.application", find=of_person(),
                columns=("id", "external_id", "job__title", "stage__name", "status", "source", "applied_at",
                         "entered_stage_at", "ended_at", "ended_by", "reason__name")),
        Section(name="steps", model="jobs.stagetransition", find=of_application,
                about="How each application went on.",
                columns=("application_id", "from_stage__name", "to_stage__name", "to_status", "reason__name", "note",
                         "by", "at")),
        Section(name="decisions", model="jobs.humandecision", find=of_application,
                about="What people decided in the review of applications.",
                columns=("application_id", "verdict", "reason__name", "note", "by", "at", "undone_at")),
        Section(name="interviews", model="jobs.interview", find=of_application,
                columns=("id", "application_id", "title", "starts_at", "ends_at", "time_zone", "place",
                         "note_to_candidate", "status", "cancelled_for", "created_by")),
        Section(name="interviewers", model="jobs.interviewer", find=of_person("interview__application__candidate"),
                columns=("interview_id", "user", "response")),
        Section(name="scorecards", model="jobs.scorecard", find=of_application,
                about="What interviewers judged; their own notes too, because they are about you.",
                columns=("id", "application_id", "by", "recommendation", "takeaways", "private_note", "created_at",
                         "submitted_at")),
        Section(name="ratings", model="jobs.scorecardrating", find=of_person("scorecard__application__candidate"),
                columns=("scorecard_id", "attribute__name", "rating", "note")),
        Section(name="scores", model="jobs.match", find=of_person(),
                about="Places in rankings: the score is the sum of its components; people decide, not the ranking.",
                columns=("run__created_at", "run__model_hash", "run__considered", "rank", "score", "components",
                         "must_covered", "must_total"),
                also={"job": _job_of, "reasons": _reasons}),
        Section(name="ranking_opt_outs", model="jobs.rankingoptout", find=of_person(),
                columns=("job__title", "channel", "at", "by", "ended_at", "ended_channel")),
        Section(name="reviews_by_a_human", model="jobs.reviewrequest", find=of_application,
                columns=("application_id", "channel", "message", "state", "answer", "asked_at", "answered_at",
                         "answered_by")),
        Section(name="offers", model="jobs.offer", find=of_application,
                columns=("id", "application_id", "version", "status", "position_title", "salary", "currency", "period",
                         "bonus", "starts_on", "answer_by", "employer", "benefits", "terms", "sent_at", "answered_at",
                         "answer_note")),
        Section(name="tailored_resumes", model="jobs.tailoringrun", find=of_application,
                about="Your resume as software put it in order for a job; people decided about each change.",
                columns=("id", "application_id", "state", "provider", "language", "created_at", "created_by",
                         "approved_at", "approved_by")),
        Section(name="tailored_lines", model="jobs.tailoringline", find=of_person("run__application__candidate"),
                columns=("run_id", "part", "original", "text", "decision", "decided_at")),
        Section(name="messages", model="jobs.message", find=of_person(),
                columns=("id", "to", "subject", "body", "state", "by", "created_at", "sent_at")),
        Section(name="notes", model="jobs.note", find=lambda person: Q(candidate__in=person.ids),
                columns=("application_id", "text", "private", "by", "at", "edited_at", "deleted_at")),
        Section(name="submissions", model="jobs.intakesubmission",
                find=lambda person: Q(candidate__in=person.ids) | Q(application__candidate__in=person.ids),
                about="What was sent through a form of ours, and what was agreed to there.",
                columns=("job__title", "full_name", "email", "phone", "message", "consented_at", "consent_text",
                         "state", "created_at")),
        Section(name="answers_about_sex_and_race", model="jobs.demographicanswer",
                find=lambda person: Q(application__candidate__in=person.ids)
                | Q(submission__candidate__in=person.ids),
                about="What you said about yourself for counting; nobody of ours reads it, you can take it back.",
                columns=("application_id", "sex", "race", "form_version", "consent_version", "channel", "asked_at",
                         "answered_at")),
        Section(name="referrals", model="jobs.referral", find=of_application,
                columns=("application_id", "referred_by", "note", "at")),
        Section(name="reports", model="jobs.reportdocument", find=named_in_report,
                about="Papers of ours that name you, drawn from what is given here; they hold others' data too.",
                columns=("id", "kind", "owner", "created_at", "ended_at", "expires_at")),
        Withheld(model="jobs.reportperson", why="In which reports you stand: see those."),
        Withheld(model="jobs.matchevidence", why="It stands with each score, as its reasons."),
        Withheld(model="jobs.stagewait", why="Days between the steps, which are given themselves."),
        Withheld(model="jobs.tailoringstep", why="What software wrote on the way to a tailored resume: see its lines."),
        Withheld(model="jobs.modelcall", why="What a call of a language model cost us; nothing of you stands in it."),
        Withheld(model="jobs.tailoringevent", why="What was told while software worked; nothing of it is used."),
        Withheld(model="jobs.provenancelink", why="It repeats lines of your own resume, which is in this copy."),
        Withheld(model="jobs.notemention", why="Which colleague was told of a note: data of that colleague."),
        Withheld(model="jobs.offerapproval", why="What colleagues wrote to each other about the budget of an offer."),
        Withheld(model="jobs.calendarinvitation", why="Which calendars of ours were told of an interview."),
        Withheld(model="jobs.opening", why="Which of our vacancies an application filled; nothing of a person."),
    )  # fmt: skip
