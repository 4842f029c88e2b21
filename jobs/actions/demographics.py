"""Answers about sex and race: asked after an application, given or not, taken back at any time, read by nobody.

No event tells what somebody answered, or for which application: it names the answer by its own identifier alone.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core import signing
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet

from audit import actions as audit
from hrassist.lib import at_once
from hrassist.lib.errors import Conflict, DomainError, NotFound
from jobs.actions import intake
from jobs.matching import lawful
from jobs.models import Application, IntakeSubmission, Job, JobPrivacy, JurisdictionSetting
from jobs.models.demographic import CONSENT, FORM, DemographicAnswer, Race, Sex

if TYPE_CHECKING:
    from hrassist.models import User

Channel = DemographicAnswer.Channel
ADD = "jobs.add_demographicanswer"
_SALT = "hrassist.demographics"
FORM_LASTS = timedelta(hours=12)
BATCH = 2000


class NotAsked(Conflict):
    """Nobody is asked here, or not any more."""

    code = "not_asked"
    default_message = "This question is not asked for this job. Nothing was kept."


class BadAnswer(DomainError):
    """An answer that cannot be chosen."""

    code = "bad_answer"
    default_message = "Choose one of the answers, or leave the question open."


def asks(job: Job) -> bool:
    """Whether people are asked who apply for this job: off unless its place or the job itself was switched on."""
    return job.pk in asking([job])


def asking(jobs: Collection[Job]) -> set[UUID]:
    """Those of the jobs for which people are asked. Never under a law for which the questions were not made."""
    places, own = at_once.rows(*_switches(jobs))
    return _asking(jobs, places, own)


def of_applications(applications: Collection[Application]) -> tuple[set[UUID], set[UUID]]:
    """Of one person's applications those for which they may answer, and those for which they have."""
    jobs = [one.job for one in applications]
    answers = DemographicAnswer.objects.filter(application__in=[one.pk for one in applications])
    places, own, rows = at_once.rows(*_switches(jobs), answers.values("application_id"))
    asked = _asking(jobs, places, own)
    answered = {UUID(str(row["application_id"])) for row in rows}
    return {one.pk for one in applications if one.job_id in asked or one.pk in answered}, answered


def _switches(jobs: Collection[Job]) -> tuple[QuerySet[Any, Any], QuerySet[Any, Any]]:
    return (
        JurisdictionSetting.objects.filter(asks_demographics=True).values("code"),
        JobPrivacy.objects.filter(job__in=[one.pk for one in jobs]).values("job_id", "asks_demographics"),
    )


def _asking(jobs: Collection[Job], switched: list[dict[str, Any]], said: list[dict[str, Any]]) -> set[UUID]:
    on = {row["code"] for row in switched}
    own = {UUID(str(row["job_id"])): row["asks_demographics"] for row in said}
    if not on and JobPrivacy.Asks.YES not in own.values():
        return set()
    found = set()
    for pk, places in lawful.of_jobs(jobs).items():
        choice = own.get(pk, JobPrivacy.Asks.AS_PLACE)
        by_place = choice == JobPrivacy.Asks.AS_PLACE and any(one.code in on for one in places)
        wanted = choice == JobPrivacy.Asks.YES or by_place
        if wanted and all(one.demographics for one in places):
            found.add(pk)
    return found


def asked(now: datetime) -> str:
    """What a form carries to tell when it was shown."""
    return signing.dumps(now.timestamp(), salt=_SALT)


def of_submission(submission: IntakeSubmission) -> bool | None:
    """Whether its sender has answered; None where they are not asked: a refused file, or somebody's second form.

    Whose application a second form belongs to is for reading to say, and it may be another person's: what is sent with
    it says nothing about that application.
    """
    if submission.state == IntakeSubmission.State.REJECTED:
        return None
    if DemographicAnswer.objects.filter(submission=submission).exists():
        return True
    application = submission.application
    if application is not None and (
        intake.is_repeat(submission) or DemographicAnswer.objects.filter(application=application).exists()
    ):
        return None
    return False if asks(submission.job) else None


def given(application: Application) -> DemographicAnswer | None:
    """What somebody answered, for their own eyes alone."""
    return DemographicAnswer.objects.filter(application=application).first()


@transaction.atomic
def answer_after_form(
    *, submission: IntakeSubmission, sex: str, race: str, form: str, now: datetime
) -> DemographicAnswer | None:
    """Keep what the sender of a form says about themselves; with both questions open, nothing, or nothing any more.

    Raises BadAnswer, NotAsked.
    """
    row = (
        IntakeSubmission.objects.select_for_update(of=("self",))
        .select_related("job", "application")
        .get(pk=submission.pk)
    )
    if of_submission(row) is None:
        raise NotAsked
    return _keep(
        {"submission": row}, {"application_id": row.application_id}, sex=sex, race=race, asked_at=_asked_at(form, now),
        channel=Channel.APPLY_FORM, by=None, now=now,
    )  # fmt: skip


@transaction.atomic
def answer_on_own_page(
    *, application: Application, sex: str, race: str, form: str, now: datetime
) -> DemographicAnswer | None:
    """Keep, or change, what a person says on their own page. Raises BadAnswer, NotAsked."""
    row = Application.objects.select_for_update(of=("self",), no_key=True).select_related("job").get(pk=application.pk)
    if not asks(row.job):
        raise NotAsked
    return _keep(
        {"application": row}, {}, sex=sex, race=race, asked_at=_asked_at(form, now), channel=Channel.SELF_SERVICE,
        by=None, now=now,
    )  # fmt: skip


@transaction.atomic
def bring(
    *, application: Application, sex: str, race: str, by: User, now: datetime, asked_at: datetime | None = None
) -> None:
    """Take over what a program of ours was answered by the person; an answer that they gave here themselves stands.

    Raises BadAnswer, NotAsked, PermissionDenied.
    """
    if not by.has_perm(ADD):
        raise PermissionDenied("Only a program that asks people may bring their answers.")
    row = Application.objects.visible_to(by).filter(pk=application.pk)
    one = row.select_for_update(of=("self",), no_key=True).select_related("job").first()
    if one is None:
        raise NotFound
    if not asks(one.job):
        raise NotAsked
    own = DemographicAnswer.objects.filter(application=one).exclude(channel=Channel.API)
    # The same silence as for an answer that is kept: whether somebody answered here is nobody's business either.
    if own.exists():
        _checked(sex, race)
        return
    _keep(
        {"application": one}, {}, sex=sex, race=race, asked_at=min(asked_at or now, now), channel=Channel.API, by=by,
        now=now,
    )  # fmt: skip


@transaction.atomic
def unbring(*, application: Application, by: User, now: datetime) -> None:
    """Take back what a program brought; what the person gave here themselves, they take back themselves."""
    del now
    if not by.has_perm(ADD):
        raise PermissionDenied("Only a program that asks people may take their answers back.")
    if not Application.objects.visible_to(by).filter(pk=application.pk).exists():
        raise NotFound
    _withdraw(by=by, channel_was=Channel.API, application=application, channel=Channel.API)


@transaction.atomic
def withdraw_after_form(*, submission: IntakeSubmission, now: datetime) -> bool:
    """Delete what was answered with this form; whether there was anything."""
    del now
    return _withdraw(by=None, channel_was=Channel.APPLY_FORM, submission=submission)


@transaction.atomic
def withdraw(*, application: Application, now: datetime) -> bool:
    """Delete what was answered for this application, however it came; whether there was anything."""
    del now
    return _withdraw(by=None, channel_was=Channel.SELF_SERVICE, application=application)


def settle(*, submission: IntakeSubmission, application: Application, fresh: bool) -> None:
    """Let an answer follow what was sent to the application that came of it; not to one that had been there before."""
    rows = DemographicAnswer.objects.select_for_update().filter(submission=submission)
    answer = rows.first()
    if answer is None:
        return
    if not fresh or DemographicAnswer.objects.filter(application=application).exclude(pk=answer.pk).exists():
        audit.record("demographic_answer.discarded", target=answer)
        answer.delete()
        return
    rows.update(application=application)


@transaction.atomic
def delete_expired(*, now: datetime) -> int:
    """Delete answers that no audit needs any more; gives how many."""
    old = DemographicAnswer.objects.filter(answered_at__lt=now - DemographicAnswer.KEPT).order_by("answered_at")
    pks = list(old.values_list("pk", flat=True)[:BATCH])
    done = DemographicAnswer.objects.filter(pk__in=pks).delete()[0]
    if done:
        audit.record("demographic_answer.expired", target=None, count=done)
    return done


def _keep(
    of: dict[str, Any], also: dict[str, UUID | None], *, sex: str, race: str,
    asked_at: datetime, channel: str, by: User | None, now: datetime,
) -> DemographicAnswer | None:  # fmt: skip
    sex, race = _checked(sex, race)
    if not sex and not race:
        _withdraw(by=by, channel_was=channel, **of)
        return None
    answer, _ = DemographicAnswer.objects.update_or_create(
        **of,
        defaults={
            "sex": sex, "race": race, "form_version": FORM, "channel": channel, "asked_at": asked_at,
            "answered_at": now, "consent_version": "" if channel == Channel.API else CONSENT, **also,
        },
    )  # fmt: skip
    audit.record("demographic_answer.given", target=answer, by=by, channel=channel)
    return answer


def _withdraw(*, by: User | None, channel_was: str, **of: Application | IntakeSubmission | str) -> bool:
    answer = DemographicAnswer.objects.select_for_update().filter(**of).first()
    if answer is None:
        return False
    audit.record("demographic_answer.withdrawn", target=answer, by=by, channel=channel_was)
    answer.delete()
    return True


def _checked(sex: str, race: str) -> tuple[str, str]:
    if sex and sex not in Sex.values:
        raise BadAnswer(fields={"sex": ["Choose one of the answers, or leave the question open."]})
    if race and race not in Race.values:
        raise BadAnswer(fields={"race": ["Choose one of the answers, or leave the question open."]})
    return sex, race


def _asked_at(form: str, now: datetime) -> datetime:
    """When the form was shown that this answer came with; now where it does not say so credibly."""
    try:
        shown = datetime.fromtimestamp(signing.loads(form, salt=_SALT, max_age=FORM_LASTS), tz=UTC)
    except (signing.BadSignature, TypeError, ValueError, OverflowError):
        return now
    return min(shown, now)
