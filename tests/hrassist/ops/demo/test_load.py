from __future__ import annotations

from datetime import timedelta

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from candidates.actions import uploads
from candidates.models import Candidate, Resume, RetentionRule, UploadTicket
from candidates.retention.presets import PRESETS
from hrassist.models import User
from hrassist.ops.demo import accounts, files, load
from jobs.models import Application, HiringTeamMember, Job

State = UploadTicket.State
# Made by use, by the API or by somebody who tells two people apart; and seven people are too few for every offer.
NOT_SHOWN = {"IdempotencyRecord", "ModelEndpoint", "ApiToken", "NotDuplicate", "Referral", "OfferApproval"}
# The demo asks no language model.
NOT_SHOWN |= {"ModelCall"}
# Kept by the timers that look at the whole.
NOT_SHOWN |= {"CheckOutcome"}
# Made by who signs in, and by who breaks the seal in an emergency.
NOT_SHOWN |= {"Session", "BreakGlass", "ResumeTemplate"}
# These come with the migrations, and go with the first test before this one that empties every table.
NOT_SHOWN |= {"Source", "EmailTemplate", "DuplicateSearch"}


def counts() -> dict[str, int]:
    """How many rows there are of each noun; what passes by itself is left out."""
    models = [model for app in ("hrassist", "candidates", "jobs") for model in apps.get_app_config(app).get_models()]
    return {model.__name__: model._default_manager.count() for model in models if model.__name__ != "Throttle"}


def keep_rules() -> None:
    """The rules that come with the migrations, and go with every test that empties all tables."""
    for one in PRESETS:
        about = {name: getattr(one, name) for name in ("name", "effect", "clock", "months", "country", "active")}
        RetentionRule.objects.get_or_create(key=one.key, defaults=about)


def run(by: User, *, candidates: int = 7) -> load.Loaded:
    heard: list[tuple[int, int]] = []
    loaded = load.load(
        by=by,
        candidates=candidates,
        jobs=12,
        seed=3,
        workers=2,
        progress=lambda done, total: heard.append((done, total)),
    )
    assert not heard or heard[-1] == (candidates + 3, candidates + 3)
    return loaded


@pytest.mark.django_db(transaction=True)
def test_the_demo_goes_through_the_real_pipeline_completes_after_a_kill_and_again_adds_nothing() -> None:
    keep_rules()
    recruiter, password = accounts.ensure_recruiter()
    assert recruiter.check_password(password)
    # A run that was killed left one ticket without bytes, one with bytes that nobody confirmed, and one that expired.
    left = {file.number: file for file in files.make(files.plan(7, seed=3), only={0, 1, 2})}
    load._upload(left[0], earlier=None, by=recruiter, seed=3)
    UploadTicket.objects.update(state=State.ISSUED, confirmed_at=None, etag="")
    for number, issued in ((1, timezone.now()), (2, timezone.now() - timedelta(hours=2))):
        uploads.issue(
            by=recruiter, filename=left[number].filename, size=len(left[number].data), now=issued,
            content_type=left[number].content_type, md5=load.md5_of(left[number].data),
            sha256="", idempotency_key=f"demo:3:{number}:0",
        )  # fmt: skip

    first = run(recruiter)
    assert (first.available, first.rejected, first.parked, first.jobs) == (7, 3, 0, 12)
    assert {ticket.rejected_for for ticket in UploadTicket.objects.filter(state=State.REJECTED)} == {
        "pdf_encrypted", "pdf_javascript", "pdf_damaged"
    }  # fmt: skip
    people = files.plan(7, seed=3)[:7]
    uploaded = Candidate.objects.filter(resumes__ticket__idempotency_key__startswith="demo:3:")
    assert set(uploaded.values_list("full_name", flat=True)) == {person.name for person in people}
    assert Resume.objects.ready().filter(has_hidden_text=True).count() == 1
    assert first.new_applications == Application.objects.filter(external_id__startswith="demo-").count() == 4
    assert Job.objects.open().count() == 12

    before = counts()
    # Every noun that a page lists has rows to show.
    assert {name for name, count in before.items() if not count} <= NOT_SHOWN
    again = run(recruiter)
    assert (again.new_files, again.new_applications) == (0, 0)
    assert counts() == before


@pytest.mark.django_db
def test_the_recruiters_password_is_told_once_and_can_only_be_replaced() -> None:
    recruiter, first = accounts.ensure_recruiter()
    assert accounts.ensure_recruiter() == (recruiter, "")
    second = accounts.replace_password()
    assert second != first
    assert User.objects.get(username="recruiter").check_password(second)
    assert not User.objects.get(username="recruiter").check_password(first)
    assert recruiter.groups.get().name == "Recruiter"


@pytest.mark.django_db
def test_colleagues_cannot_sign_in_and_stand_on_each_team(recruiter: User) -> None:
    from hrassist.ops.demo import vacancies

    team = accounts.ensure_colleagues()
    assert not any(user.has_usable_password() for user in team)
    job = vacancies.ensure_jobs(1, by=recruiter, team=team, now=timezone.now())[0]
    assert set(HiringTeamMember.objects.filter(job=job).values_list("user__username", flat=True)) == {
        "rosa", "demo.manager", "demo.interviewer", "demo.coordinator"
    }  # fmt: skip


def test_invented_people_are_kept_out_of_production_and_of_object_stores(settings: Settings) -> None:
    settings.DEVELOPMENT = False
    with pytest.raises(load.NoDemoHere, match="HRASSIST_ENV=development"):
        load.require_a_place_for_it()
    settings.DEVELOPMENT, settings.STORAGE_BACKEND = True, "s3"
    with pytest.raises(load.NoDemoHere, match="Unset AWS_S3_BUCKET_NAME"):
        load.require_a_place_for_it()


def test_numbers_out_of_range_are_refused_by_name() -> None:
    with pytest.raises(CommandError, match="--jobs is between 1 and 12"):
        call_command("demo", "--jobs", "13")
    with pytest.raises(CommandError, match="--candidates is at least 1"):
        call_command("demo", "--candidates", "0")
