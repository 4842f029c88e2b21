"""How this app's rows go with their person: what was decided stays, what was said about them does not."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import F, Q, QuerySet

from candidates.models import erasing
from candidates.models.erasing import Eraser, Person, of_person
from candidates.models.holding import Holdable
from candidates.models.holding import register as register_holdable
from jobs.models.application import Application, StageTransition
from jobs.models.drive import IntakeSubmission
from jobs.models.job import Job
from jobs.models.message import Message
from jobs.models.report_document import named_in_report
from jobs.models.tailoring import FILE_KEYS, TailoringRun

DECISION = "That it was decided, when and by whom: figures, and the proof that people were treated alike."


def _submissions(person: Person) -> Q:
    mine = Q(candidate__in=person.ids) | Q(application__candidate__in=person.ids) | Q(ticket__candidate__in=person.ids)
    # Sent under the person's address and never read: it has no candidate yet.
    return mine | Q(candidate__isnull=True, email__in=person.addresses)


def _demographics(person: Person) -> Q:
    sent = IntakeSubmission.objects.filter(_submissions(person)).order_by().values("pk")
    return Q(application__candidate__in=person.ids) | Q(submission__in=sent)


def _attachments(rows: QuerySet[Any]) -> Iterable[str]:
    return (one["key"] for listed in rows.values_list("attachments", flat=True) for one in listed if "key" in one)


def _withdrawn(person: Person) -> dict[str, int]:
    """Nobody goes on with a person whom nobody knows any more: their applications end, withdrawn by nobody of ours."""
    active = Application.objects.active().filter(candidate__in=person.ids).select_for_update(of=("self",))
    ended = list(active.select_related("stage").order_by("pk"))
    withdrawn = Application.Status.WITHDRAWN
    for one in ended:
        StageTransition.objects.create(
            application=one, from_stage=one.stage, to_stage=one.stage, from_status=one.status, to_status=withdrawn,
            by=None, at=person.now,
        )  # fmt: skip
    Application.objects.filter(pk__in=[one.pk for one in ended]).update(
        status=withdrawn, ended_at=person.now, ended_by=None, updated_at=person.now
    )
    return {"applications ended": len(ended)}


def _unsent(person: Person) -> dict[str, int]:
    """Mail that waits is not sent any more."""
    queued = Message.objects.queued().filter(candidate__in=person.ids)
    return {"mails stopped": queued.update(state=Message.State.CANCELLED)}


def _untailored(person: Person) -> dict[str, int]:
    """Nothing more is worked out of their resume: a worker that has it finds its lease gone."""
    runs = TailoringRun.objects.filter(application__candidate__in=person.ids)
    running = runs.filter(state__in=["queued", "running", "review", "approved"])
    cancelled = TailoringRun.State.CANCELLED
    ended = running.update(state=cancelled, ended_at=person.now, lease_token=None, lease_until=None)
    return {"tailorings stopped": ended}


def _settled_submissions(before: datetime) -> dict[str, int]:
    """What was sent through a form and never became an application."""
    old = IntakeSubmission.objects.filter(created_at__lt=before, candidate__isnull=True, application__isnull=True)
    return {"submissions of nobody": old.exclude(state=IntakeSubmission.State.WAITING).delete()[0]}


def register() -> None:
    erasing.leftover(_settled_submissions)
    erasing.stop(_withdrawn)
    erasing.stop(_unsent)
    erasing.stop(_untailored)
    application, interview = "application__candidate", "interview__application__candidate"
    erasing.register(
        Eraser(model="jobs.application", find=of_person(), delete=False, why=DECISION),
        Eraser(model="jobs.stagetransition", find=of_person(application), delete=False, why=DECISION,
               called=("step of an application", "steps of applications")),
        Eraser(model="jobs.stagewait", find=of_person(application), delete=False, why="The figures of its steps.",
               called=("time at a step", "times at steps")),
        Eraser(model="jobs.humandecision", find=of_person(application), delete=False, why=DECISION,
               called=("decision of a reviewer", "decisions of reviewers")),
        Eraser(model="jobs.scorecard", find=of_person(application), delete=False,
               why="The recommendation and who gave it, without a word of it."),
        Eraser(model="jobs.scorecardrating", find=of_person(f"scorecard__{application}"), delete=False,
               why="The figures of a card."),
        Eraser(model="jobs.interview", find=of_person(application), delete=False, instead={"title": "Interview"},
               why="That it took place and who had to be there: the workload of our own people."),
        Eraser(model="jobs.interviewer", find=of_person(interview), delete=False,
               why="Who of ours was in it."),
        Eraser(model="jobs.calendarinvitation", find=of_person(interview), delete=False,
               why="That calendars of ours were told, so that they can be told again."),
        Eraser(model="jobs.opening", find=of_person("filled_by__candidate"), delete=False,
               why="That the opening is filled."),
        Eraser(model="jobs.match", find=of_person(), delete=False,
               called=("place in a ranking", "places in rankings"),
               why="The order that a ranking gave and its figures: the log that the law on such systems asks for."),
        Eraser(model="jobs.matchevidence", find=of_person("match__candidate"), delete=True,
               called=("quote in a ranking", "quotes in rankings")),
        Eraser(model="jobs.referral", find=of_person(application), delete=False,
               why="That a colleague referred somebody: their reward."),
        Eraser(model="jobs.rankingoptout", find=of_person(), delete=False,
               called=("opt-out of rankings", "opt-outs of rankings"),
               why="That somebody was left out of rankings, which their log has to show."),
        Eraser(model="jobs.reviewrequest", find=of_person(application), delete=False,
               called=("review that was asked for", "reviews that were asked for"),
               why="That a review was asked for and answered in time."),
        Eraser(model="jobs.note", find=of_person(), delete=True),
        Eraser(model="jobs.notemention", find=of_person("note__candidate"), delete=True),
        Eraser(model="jobs.offer", find=of_person(application), delete=True,
               keys=("letter_docx_key", "letter_pdf_key")),
        Eraser(model="jobs.offerapproval", find=of_person(f"offer__{application}"), delete=True),
        Eraser(model="jobs.tailoringrun", find=of_person(application), delete=False,
               keys=FILE_KEYS,
               why="That software worked on a resume, when, and who answered for it."),
        Eraser(model="jobs.tailoringstep", find=of_person(f"run__{application}"), delete=False,
               called=("step of a tailored resume", "steps of tailored resumes"),
               why="Which software worked on it, and what that took."),
        Eraser(model="jobs.modelcall", find=of_person(f"step__run__{application}"), delete=False,
               called=("call of a language model", "calls of a language model"),
               why="What a language model took: the budget of a month."),
        Eraser(model="jobs.tailoringevent", find=of_person(f"run__{application}"), delete=True),
        Eraser(model="jobs.tailoringline", find=of_person(f"run__{application}"), delete=True),
        Eraser(model="jobs.provenancelink", find=of_person(f"line__run__{application}"), delete=True),
        Eraser(model="jobs.reportperson", find=of_person(), delete=True,
               called=("place in a report", "places in reports")),
        Eraser(model="jobs.reportdocument", find=named_in_report, delete=True, keys=("docx_key", "pdf_key"),
               called=("report that names them", "reports that name them")),
        Eraser(model="jobs.message", find=of_person(), delete=True, more_keys=_attachments),
        # Before what was sent, through which those are found that have no application yet.
        Eraser(model="jobs.demographicanswer", find=_demographics, delete=True,
               called=("answer about sex and race", "answers about sex and race")),
        Eraser(model="jobs.intakesubmission", find=_submissions, delete=True,
               called=("submission of a form", "submissions of a form")),
    )  # fmt: skip
    register_holdable(
        Holdable(
            scope="application",
            visible=Application.objects.visible_to,
            touching=lambda people: (
                Application.objects.filter(candidate__in=people)
                .order_by()
                .annotate(thing=F("pk"), person=F("candidate_id"))
            ),
            url_name="admin:jobs_application_change",
        ),
        Holdable(
            scope="job",
            visible=Job.objects.visible_to,
            touching=lambda people: (
                Application.objects.filter(candidate__in=people)
                .order_by()
                .annotate(thing=F("job_id"), person=F("candidate_id"))
            ),
            url_name="admin:jobs_job_change",
        ),
    )
