"""The demo's interviews: plans, meetings before and after today, and what the interviewers thought of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from random import Random

from django.db import transaction

from hrassist.lib import local_time
from hrassist.models import User
from jobs.actions import interview_plans, interviews, scorecards
from jobs.models import Application, CalendarInvitation, Interview, Job, Message, Scorecard, ScorecardAttribute, Stage

ZONE = "Europe/Berlin"
PLANS = (
    (Stage.Kind.SCREEN, "Phone call", 30, "What do they look for, and when could they begin?"),
    (
        Stage.Kind.INTERVIEW, "Interview with the team", 60,
        "Which piece of work are they proud of, and what was their own part?\nWhat went wrong, and what did they do?",
    ),
    (Stage.Kind.INTERVIEW, "Meet the manager", 45, "What would their first three months look like?"),
)  # fmt: skip
TRAITS = ("Clear communication", "Works well with others")
TAKEAWAYS = {
    "strong_yes": "The best conversation of the week. Answers came with numbers and with what went wrong.",
    "yes": "Solid, and honest about what is new to them. Would learn the rest quickly.",
    "no_decision": "Hard to say: much of the hour went into one project. Somebody should ask about the others.",
    "no": "Friendly, but the examples stayed general when asked for details.",
}
PER_JOB = 5
# From a week ago to the end of the next one, none of them far away.
DAYS = (-7, -3, -1, 0, 1, 2, 5)


def ensure_interviews(jobs: Sequence[Job], *, by: User, team: Sequence[User], now: datetime) -> int:
    """Plan interviews in each of these jobs that has none yet; gives how many are new."""
    return sum(_ensure(job, number, by=by, team=team, now=now) for number, job in enumerate(jobs))


@transaction.atomic
def _ensure(job: Job, number: int, *, by: User, team: Sequence[User], now: datetime) -> int:
    job = Job.objects.select_for_update(no_key=True).get(pk=job.pk)
    _ensure_plan(job, by=by, now=now)
    if Interview.objects.filter(application__job=job).exists():
        return 0
    rng = Random(number)  # noqa: S311 - repeatable demo data, no secret
    people = Application.objects.active().filter(job=job, stage__kind__in=[Stage.Kind.SCREEN, Stage.Kind.INTERVIEW])
    chosen = list(people.select_related("candidate", "job", "stage").order_by("external_id")[:PER_JOB])
    for place, application in enumerate(chosen):
        _meet(application, rng, place=place, number=number, by=by, team=team, now=now)
    return len(chosen)


def _ensure_plan(job: Job, *, by: User, now: datetime) -> None:
    for kind, name, minutes, instructions in PLANS:
        stage = job.stages.filter(kind=kind).first()
        if stage is not None and not stage.plan.filter(name=name).exists():
            interview_plans.add_step(stage=stage, name=name, minutes=minutes, instructions=instructions, by=by, now=now)
    if not job.scorecard_attributes.exists():
        interview_plans.propose_attributes(job=job, by=by, now=now)
        for trait in TRAITS:
            interview_plans.add_attribute(
                job=job, name=trait, category=ScorecardAttribute.Category.TRAIT, by=by, now=now
            )


def _meet(
    application: Application, rng: Random, *, place: int, number: int, by: User, team: Sequence[User], now: datetime
) -> None:
    manager, interviewer, _ = team
    step = application.stage.plan.order_by("position").first()
    day = now.date() + timedelta(days=DAYS[(place + number) % len(DAYS)])
    # Nobody is in two places at once: each job has hours of its own.
    at = time(9 + (number + 2 * place) % 8, 30 * (number % 2))
    starts_at = local_time.moment(day, at, zone_name=ZONE)
    if day == now.date() and starts_at < now:
        starts_at = _later_today(number, by=by, now=now)
    minutes = step.minutes if step else 45
    who = [interviewer, by] if place == 0 or day == now.date() else [interviewer, manager]
    interview = interviews.schedule(
        application=application,
        facts=interviews.Facts(
            title=step.name if step else "Interview", starts_at=starts_at,
            ends_at=starts_at + timedelta(minutes=minutes), time_zone=ZONE,
            place=rng.choice(("https://meet.example.com/hiring", "Room Linden, 3rd floor", "Main office, reception")),
            note_to_candidate="Ask at the reception for Teresa.",
        ),
        interviewers=who, by=by, now=now, plan_step=step, anyway=True,
    )  # fmt: skip
    # Invented people must not be written to, nor the demo's colleagues.
    CalendarInvitation.objects.filter(interview=interview).update(settled_at=now)
    application.messages.queued().update(state=Message.State.SENT, claimed_at=now, sent_at=now)
    if starts_at < now - timedelta(hours=2):
        interview = interviews.settle(interview=interview, to=Interview.Status.DONE, by=by, now=now)
        # One of two has written theirs: the other one is asked for it.
        for user in who if place % 2 else who[:1]:
            _judge(interview, rng, by=user, now=now)
    else:
        interviews.respond(
            interview=interview, response="accepted" if place % 3 else "tentative", by=interviewer, now=now
        )


def _later_today(number: int, *, by: User, now: datetime) -> datetime:
    """Whoever looks at the demo in the evening meets somebody today all the same: at one of the next half hours."""
    zone = local_time.or_utc(by.time_zone)
    last = local_time.moment(now.astimezone(local_time.zone(zone)).date(), time(23, 30), zone_name=zone)
    half_hours = int(now.timestamp() // 1800) + 1 + number % 3
    return min(datetime.fromtimestamp(half_hours * 1800, now.tzinfo), last)


def _judge(interview: Interview, rng: Random, *, by: User, now: datetime) -> Scorecard:
    verdict = rng.choice(tuple(TAKEAWAYS))
    middle = {"strong_yes": 4, "yes": 3, "no_decision": 2, "no": 2}[verdict]
    attributes = interview.application.job.scorecard_attributes.all()
    return scorecards.submit(
        application=interview.application, interview=interview, by=by, now=now,
        said=scorecards.Said(
            recommendation=verdict, takeaways=TAKEAWAYS[verdict],
            ratings={one.pk: min(4, max(1, middle + rng.choice((-1, 0, 0, 0, 1)))) for one in attributes},
        ),
    )  # fmt: skip
