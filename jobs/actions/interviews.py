"""Every step of an interview: locked, checked against everybody's calendar, told to whom it concerns, on record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from audit import actions as audit
from hrassist import notifications
from hrassist.colleagues import who_may
from hrassist.lib import local_time
from hrassist.lib.errors import Conflict, DomainError
from hrassist.models import Notification, User
from jobs.actions import availability, invitations
from jobs.actions.applications import NotActive
from jobs.actions.availability import Clash
from jobs.models import Application, CalendarInvitation, Interview, Interviewer, InterviewPlanStep, Job

if TYPE_CHECKING:
    from uuid import UUID

Status, Response = Interview.Status, Interviewer.Response
Method = CalendarInvitation.Method
SHORTEST, LONGEST = timedelta(minutes=5), timedelta(hours=10)


class Clashes(Conflict):
    """The time does not suit somebody; `clashes` says whom, and `anyway` plans it all the same."""

    code = "interview_clash"
    default_message = "This time clashes: {reasons} Choose another one, or schedule it anyway."

    def __init__(self, clashes: Sequence[Clash]) -> None:
        self.clashes = tuple(clashes)
        super().__init__(reasons=" ".join(one.text for one in clashes))


class ChangedMeanwhile(Conflict):
    """Somebody changed the interview since it was read."""

    code = "interview_changed"
    default_message = "Somebody changed this interview while you looked at it. Look at it again before you change it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What an interview is: everything that whoever plans it may choose."""

    title: str
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    place: str = ""
    note_to_candidate: str = ""

    def checked(self) -> Facts:
        """The same, tidy. Raises DomainError."""
        local_time.zone(self.time_zone)
        if not self.title.strip():
            raise DomainError("Give the interview a name.", code="no_title", fields={"title": ["Give it a name."]})
        if not SHORTEST <= self.ends_at - self.starts_at <= LONGEST:
            raise DomainError("An interview takes between 5 minutes and 10 hours.", code="bad_length",
                              fields={"minutes": ["Between 5 and 600 minutes."]})  # fmt: skip
        return Facts(
            title=" ".join(self.title.split())[:120], starts_at=self.starts_at, ends_at=self.ends_at,
            time_zone=self.time_zone, place=" ".join(self.place.split())[:300],
            note_to_candidate=self.note_to_candidate.strip()[:1000],
        )  # fmt: skip

    def values(self) -> dict[str, object]:
        return {name: getattr(self, name) for name in self.__slots__}


@transaction.atomic
def schedule(
    *,
    application: Application,
    facts: Facts,
    interviewers: Sequence[User],
    by: User,
    now: datetime,
    plan_step: InterviewPlanStep | None = None,
    invite_candidate: bool = True,
    anyway: bool = False,
) -> Interview:
    """Plan a meeting and invite everybody to it. Raises NotActive, Clashes, NoAddress, DomainError."""
    application = _active(application.pk)
    facts = facts.checked()
    users = _bookable(interviewers, application=application)
    if plan_step is not None and plan_step.stage.job_id != application.job_id:
        raise DomainError("This step belongs to the plan of another job.", code="bad_plan_step")
    _require_suitable(facts, users, application=application, by=by, now=now, anyway=anyway)
    interview = Interview.objects.create(
        application=application, plan_step=plan_step, invite_candidate=invite_candidate, created_by=by, created_at=now,
        **facts.values(),
    )  # fmt: skip
    Interviewer.objects.bulk_create(_invited(interview, user, by=by, now=now) for user in users)
    invitations.to_interviewers(
        interview, users, method=Method.REQUEST, sentence=_sentence(interview, "You have an interview"), by=by, now=now
    )
    if invite_candidate:
        invitations.to_candidate(interview, cancelled=False, word="", by=by, now=now)
    audit.record("interview.scheduled", by=by, interviewers=[user.pk for user in users], anyway=anyway,
                 invited=invite_candidate, **invitations.about(interview))  # fmt: skip
    return interview


@transaction.atomic
def reschedule(
    *,
    interview: Interview,
    facts: Facts,
    interviewers: Sequence[User],
    by: User,
    now: datetime,
    expected_updated_at: datetime | None = None,
    invite_candidate: bool | None = None,
    anyway: bool = False,
) -> Interview:
    """Change time, place, words or interviewers in one step: one new SEQUENCE, one mail to each.

    Whoever is taken out gets a cancellation of their own; the candidate is written to when something of theirs changed.
    A new time asks everybody again. Nothing changed tells nobody. Raises Conflict, Clashes, NoAddress, DomainError.
    """
    interview = _locked(interview.pk, expected_updated_at=expected_updated_at)
    _require_scheduled(interview)
    facts, application = facts.checked(), interview.application
    users = _bookable(interviewers, application=application)
    before = {one.user_id: one for one in interview.interviewers.select_related("user")}
    staying = {user.pk for user in users}
    gone = [one.user for one in before.values() if one.user_id not in staying]
    added = [user for user in users if user.pk not in before]
    changed = sorted(name for name, value in facts.values().items() if getattr(interview, name) != value)
    newly_invited = bool(invite_candidate) and not interview.invite_candidate
    if not (changed or gone or added or newly_invited):
        return interview
    moved = {"starts_at", "ends_at"} & set(changed)
    if moved or added:
        whom = users if moved else added
        _require_suitable(facts, whom, application=application, by=by, now=now, anyway=anyway, ignore=interview)
    for name, value in facts.values().items():
        setattr(interview, name, value)
    interview.sequence += 1
    interview.invite_candidate = interview.invite_candidate or newly_invited
    interview.save()
    interview.interviewers.filter(user__in=gone).delete()
    if moved:
        # An answer was to the old time.
        interview.interviewers.exclude(user=by.pk).update(response=Response.WAITING, responded_at=None)
    Interviewer.objects.bulk_create(_invited(interview, user, by=by, now=now) for user in added)
    _tell_of_change(interview, stay=[user for user in users if user.pk in before], added=added, gone=gone,
                    changed=bool(changed), by=by, now=now)  # fmt: skip
    if interview.invite_candidate and (changed or newly_invited):
        invitations.to_candidate(interview, cancelled=False, word="", by=by, now=now)
    audit.record("interview.rescheduled" if moved else "interview.changed", by=by, changed=changed, anyway=anyway,
                 added=[user.pk for user in added], removed=[user.pk for user in gone],
                 sequence=interview.sequence, **invitations.about(interview))  # fmt: skip
    return interview


def change_interviewers(
    *, interview: Interview, interviewers: Sequence[User], by: User, now: datetime,
    expected_updated_at: datetime | None = None, anyway: bool = False,
) -> Interview:  # fmt: skip
    """Let others meet the person at the same time."""
    return reschedule(
        interview=interview, facts=facts_of(interview), interviewers=interviewers, by=by, now=now,
        expected_updated_at=expected_updated_at, anyway=anyway,
    )  # fmt: skip


@transaction.atomic
def cancel(
    *, interview: Interview, reason: str, by: User, now: datetime, word_to_candidate: str = "",
    expected_updated_at: datetime | None = None,
) -> Interview:  # fmt: skip
    """Call it off and take it out of every calendar. The reason stays with us; the word goes to the candidate."""
    interview = _locked(interview.pk, expected_updated_at=expected_updated_at)
    interview.require_move(Status.CANCELLED)
    if not reason.strip():
        raise DomainError("Say why it is cancelled: the others will ask.", code="no_reason",
                          fields={"reason": ["Say why."]})  # fmt: skip
    interview.status, interview.cancelled_at, interview.cancelled_by = Status.CANCELLED, now, by
    interview.cancelled_for = " ".join(reason.split())[:300]
    interview.sequence += 1
    interview.save()
    invitations.to_interviewers(
        interview, _users(interview), method=Method.CANCEL, sentence=_sentence(interview, "Cancelled"), by=by, now=now
    )
    if interview.invite_candidate:
        invitations.to_candidate(interview, cancelled=True, word=word_to_candidate.strip()[:1000], by=by, now=now)
    audit.record("interview.cancelled", by=by, sequence=interview.sequence, **invitations.about(interview))
    return interview


@transaction.atomic
def settle(
    *, interview: Interview, to: str, by: User, now: datetime, expected_updated_at: datetime | None = None
) -> Interview:
    """Say that it took place, that the person did not come, or (back to scheduled) that this was a mistake."""
    interview = _locked(interview.pk, expected_updated_at=expected_updated_at)
    if to == Status.CANCELLED:
        raise DomainError("Use cancel, which tells everybody.", code="use_cancel")
    interview.require_move(to)
    if to != Status.SCHEDULED and interview.starts_at > now:
        raise Conflict("This interview has not begun yet.", code="interview_not_begun")
    interview.status = to
    interview.save(update_fields=["status", "updated_at"])
    audit.record("interview.settled", by=by, status=to, **invitations.about(interview))
    return interview


@transaction.atomic
def respond(*, interview: Interview, response: str, by: User, now: datetime) -> Interviewer:
    """Answer one's own invitation; whoever planned it is told of a no and of a maybe."""
    interview = _locked(interview.pk)
    _require_scheduled(interview)
    own = interview.interviewers.filter(user=by.pk).first()
    if own is None:
        raise DomainError("You are not an interviewer of this interview.", code="not_an_interviewer")
    if response not in {Response.ACCEPTED, Response.DECLINED, Response.TENTATIVE}:
        raise DomainError("Answer with yes, no or maybe.", code="bad_response")
    if own.response == response:
        return own
    own.response, own.responded_at = response, now
    own.save(update_fields=["response", "responded_at"])
    if response != Response.ACCEPTED:
        answer = "cannot come to" if response == Response.DECLINED else "may not be able to come to"
        notifications.tell(
            users=[interview.created_by], kind=Notification.Kind.INTERVIEW, by=by, now=now,
            text=_sentence(interview, f"{by.display_name} {answer}"), url=invitations.page(interview),
            subject=interview.application.candidate_id, job=interview.application.job_id,
        )  # fmt: skip
    audit.record("interview.answered", by=by, response=response, **invitations.about(interview))
    return own


def facts_of(interview: Interview) -> Facts:
    return Facts(**{name: getattr(interview, name) for name in Facts.__slots__})


def eligible() -> list[User]:
    """Who may interview: active colleagues with the right to fill in a scorecard."""
    return list(who_may("jobs.add_scorecard"))


def _active(pk: UUID) -> Application:
    application = (
        Application.objects.select_for_update(of=("self",)).select_related("candidate", "job", "stage").get(pk=pk)
    )
    if application.status != Application.Status.ACTIVE:
        raise NotActive(status=application.get_status_display().lower())
    return application


def _locked(pk: UUID, *, expected_updated_at: datetime | None = None) -> Interview:
    locked = (
        Interview.objects.select_for_update(of=("self",))
        .select_related("application__candidate", "application__job", "created_by")
        .get(pk=pk)
    )
    if expected_updated_at is not None and locked.updated_at != expected_updated_at:
        raise ChangedMeanwhile
    return locked


def _require_scheduled(interview: Interview) -> None:
    if interview.status != Status.SCHEDULED:
        raise Conflict(f"This interview is {interview.get_status_display().lower()}; it can no longer be changed.",
                       code="interview_status")  # fmt: skip


def _bookable(interviewers: Sequence[User], *, application: Application) -> list[User]:
    """These users, locked so that nobody else plans them at the same moment. Raises DomainError."""
    wanted = {user.pk for user in interviewers}
    if not wanted:
        raise DomainError("Choose at least one interviewer.", code="no_interviewer",
                          fields={"interviewers": ["Choose somebody."]})  # fmt: skip
    users = list(User.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk"))
    for user in users:
        if not user.is_active or not user.has_perm("jobs.add_scorecard"):
            raise DomainError("{name} cannot interview: the account has no such role.", code="may_not_interview",
                              name=user.display_name)  # fmt: skip
        if application.job.confidential and not Job.objects.visible_to(user).filter(pk=application.job_id).exists():
            raise DomainError(
                "{name} is not on the hiring team of this confidential job. Add them to the team first.",
                code="not_on_the_team", name=user.display_name,
            )  # fmt: skip
    return users


def _require_suitable(
    facts: Facts, users: Sequence[User], *, application: Application, by: User, now: datetime, anyway: bool,
    ignore: Interview | None = None,
) -> None:  # fmt: skip
    if anyway:
        return
    found = availability.clashes(
        starts_at=facts.starts_at, ends_at=facts.ends_at, interviewers=users, candidate=application.candidate,
        viewer=by, now=now, ignore=ignore,
    )  # fmt: skip
    if found:
        raise Clashes(found)


def _invited(interview: Interview, user: User, *, by: User, now: datetime) -> Interviewer:
    # Who plans a meeting for themselves has agreed to it.
    mine = user.pk == by.pk
    return Interviewer(
        interview=interview, user=user, response=Response.ACCEPTED if mine else Response.WAITING,
        responded_at=now if mine else None,
    )  # fmt: skip


def _tell_of_change(
    interview: Interview, *, stay: Sequence[User], added: Sequence[User], gone: Sequence[User], changed: bool,
    by: User, now: datetime,
) -> None:  # fmt: skip
    said = "Changed" if changed else "Other interviewers"
    for users, method, words in (
        (stay, Method.REQUEST, said),
        (added, Method.REQUEST, "You have an interview"),
        (gone, Method.CANCEL, "You are no longer needed"),
    ):
        invitations.to_interviewers(
            interview, users, method=method, sentence=_sentence(interview, words), by=by, now=now
        )


def _users(interview: Interview) -> list[User]:
    return [one.user for one in interview.interviewers.select_related("user").order_by("pk")]


def _sentence(interview: Interview, words: str) -> str:
    when = local_time.span(interview.starts_at, interview.ends_at, zone_name=interview.time_zone, with_place=False)
    return f"{words}: {interview.title} with {interview.application.candidate.full_name}, {when}"
