"""Merging two records, and the way back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import models, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from candidates import duplicates
from candidates.actions import candidates as people
from candidates.actions import merging
from candidates.models import Candidate, CandidateEmail, CandidateMerge, CandidateTag, NotDuplicate, Resume
from hrassist.lib.errors import Conflict, DomainError, NotFound
from jobs.actions import applications
from jobs.models import Application, Note, StageTransition
from tests import hiring
from tests.conftest import NOON
from tests.factories import ApplicationFactory, CandidateFactory, JobFactory, ResumeFactory, UserFactory

pytestmark = pytest.mark.django_db

# Clocks move with every change; groups of duplicates and the merges themselves are about the merge, not of the person.
CLOCKS = {"updated_at", "last_activity_at"}
# What an import did stays told of the record that it did it to, as the merge itself does.
OURS = {
    "candidates.importedrow",
    "candidates.duplicategroup",
    "candidates.duplicatemember",
    "candidates.duplicatesearch",
    "candidates.candidatemerge",
}


def rows_of(*labels: str) -> dict[str, list[dict[str, Any]]]:
    """Every row of these apps without its clocks, by model."""
    found = {}
    for model in (one for label in labels for one in apps.get_app_config(label).get_models()):
        if model._meta.label_lower not in OURS:
            columns = [one.attname for one in model._meta.concrete_fields if one.attname not in CLOCKS]
            found[model._meta.label_lower] = list(model._default_manager.order_by("pk").values(*columns))
    return found


def merge(kept: Candidate, gone: Candidate, by: Any, chosen: Iterable[str] = (), **more: Any) -> CandidateMerge:
    return merging.merge(kept=kept, gone=gone, chosen=list(chosen), by=by, now=NOON, **more)


def test_everything_of_the_other_record_moves_and_its_id_leads_on(recruiter, events):
    kept, gone = CandidateFactory(headline=""), CandidateFactory(headline="Nurse")
    resume = ResumeFactory(candidate=gone)
    one = ApplicationFactory(candidate=gone)
    hiring.CandidateTagFactory(candidate=gone)
    hiring.PoolMembershipFactory(candidate=gone)
    hiring.NoteFactory(candidate=gone, application=one)
    hiring.MessageFactory(candidate=gone)
    done = merge(kept, gone, recruiter)
    gone.refresh_from_db()
    kept.refresh_from_db()
    assert gone.merged_into == kept
    assert kept.headline == "Nurse"
    assert done.before == {"headline": ""}
    for noun in ("emails", "resumes", "applications", "tag_links", "memberships", "notes", "messages"):
        assert getattr(gone, noun).count() == 0, noun
    assert kept.emails.count() == 2
    resume.refresh_from_db()
    assert resume.is_current
    told = events("candidate.merged")
    assert {event.subject_ref for event in told} == {str(kept.pk), str(gone.pk)}
    assert told[0].changes["moved"]["jobs.application"] == 1


def test_what_both_have_is_there_once(recruiter):
    kept, gone = CandidateFactory(email="jane@example.org"), CandidateFactory(email="jane@example.org")
    tag = hiring.TagFactory()
    for one in (kept, gone):
        CandidateTag.objects.create(candidate=one, tag=tag)
    pool = hiring.TalentPoolFactory()
    for one in (kept, gone):
        hiring.PoolMembershipFactory(candidate=one, pool=pool)
    merge(kept, gone, recruiter)
    assert [kept.emails.count(), kept.tag_links.count(), kept.memberships.count()] == [1, 1, 1]


def test_a_chosen_value_replaces_the_kept_one_and_others_stay(recruiter):
    kept = CandidateFactory(full_name="Jane Doe", city="Berlin")
    gone = CandidateFactory(full_name="Jane M. Doe", city="Hamburg")
    merge(kept, gone, recruiter, ["full_name"])
    kept.refresh_from_db()
    assert (kept.full_name, kept.city) == ("Jane M. Doe", "Berlin")


@pytest.mark.parametrize(("city", "country"), [("", "FR"), ("Paris", "FR"), ("Berlin", "")])
def test_a_country_is_not_filled_beside_another_city(recruiter, city, country):
    kept = CandidateFactory(city=city, country="")
    merge(kept, CandidateFactory(city="Paris", country="FR"), recruiter)
    kept.refresh_from_db()
    assert kept.country == country


@pytest.mark.parametrize(("chosen", "whose"), [((), "kept"), (("resume",), "gone")])
def test_one_resume_is_the_current_one(recruiter, chosen, whose):
    resumes = {"kept": ResumeFactory(), "gone": ResumeFactory()}
    merge(resumes["kept"].candidate, resumes["gone"].candidate, recruiter, chosen)
    assert Resume.objects.current().get() == resumes[whose]


def test_of_two_active_applications_for_a_job_the_further_one_goes_on(recruiter):
    job = JobFactory()
    early = ApplicationFactory(job=job)
    far = ApplicationFactory(job=job, stage=job.stages.get(position=2))
    merge(early.candidate, far.candidate, recruiter)
    early.refresh_from_db()
    far.refresh_from_db()
    assert far.candidate == early.candidate
    assert (far.status, early.status) == ("active", "withdrawn")
    assert early.transitions.get().by == recruiter
    merging.unmerge(merge=CandidateMerge.objects.get(), by=recruiter, now=NOON)
    early.refresh_from_db()
    assert (early.status, early.transitions.count()) == ("active", 0)


def test_an_end_that_somebody_gave_meanwhile_is_not_taken_back(recruiter):
    job = JobFactory()
    early, far = ApplicationFactory(job=job), ApplicationFactory(job=job, stage=job.stages.get(position=2))
    done = merge(early.candidate, far.candidate, recruiter)
    applications.withdraw(application=far, by=recruiter, now=NOON)
    again = applications.apply(candidate=early.candidate, job=job, by=recruiter, now=NOON)
    merging.unmerge(merge=done, by=recruiter, now=NOON)
    far.refresh_from_db()
    early.refresh_from_db()
    assert far.candidate_id == done.gone_id
    assert far.status == "withdrawn"
    # The person has a newer application for the job: the old one cannot become active beside it.
    assert early.status == "withdrawn"
    assert Application.objects.active().get(candidate=early.candidate) == again


REFUSED = {
    "itself": lambda kept, _gone, by, _other: merge(kept, kept, by),
    "merged": lambda kept, gone, by, _other: merge(kept, CandidateFactory(merged_into=gone), by),
    "hidden": lambda kept, gone, _by, other: merge(kept, gone, other),
    "changed": lambda kept, gone, by, _other: merge(kept, gone, by, expected_updated_at={gone.pk: NOON}),
    "unknown choice": lambda kept, gone, by, _other: merge(kept, gone, by, ["password"]),
}


@pytest.mark.parametrize("wrong", REFUSED)
def test_a_merge_that_cannot_be_is_refused_whole(recruiter, wrong, hiring_manager):
    kept, gone = CandidateFactory(headline=""), CandidateFactory()
    hiring.NoteFactory(candidate=gone)
    with pytest.raises(DomainError):
        REFUSED[wrong](kept, gone, recruiter, hiring_manager)
    kept.refresh_from_db()
    gone.refresh_from_db()
    assert (kept.headline, gone.merged_into, Note.objects.get().candidate) == ("", None, gone)
    assert not CandidateMerge.objects.exists()


def test_a_record_that_was_merged_is_not_changed_any_more(recruiter):
    kept, gone = CandidateFactory(), CandidateFactory()
    merge(kept, gone, recruiter)
    with pytest.raises(people.CandidateMerged):
        people.update(candidate=gone, by=recruiter, now=NOON, facts={"city": "Rome"})


def test_chains_come_off_in_the_reverse_order(recruiter):
    a, b, c = CandidateFactory.create_batch(3)
    hiring.NoteFactory(candidate=a)
    first = merge(b, a, recruiter)
    second = merging.merge(kept=c, gone=b, by=recruiter, now=NOON + timedelta(hours=1))
    assert Note.objects.get().candidate == c
    with pytest.raises(merging.LaterMerge):
        merging.unmerge(merge=first, by=recruiter, now=NOON)
    merging.unmerge(merge=second, by=recruiter, now=NOON)
    assert Note.objects.get().candidate == b
    merging.unmerge(merge=first, by=recruiter, now=NOON)
    assert Note.objects.get().candidate == a
    with pytest.raises(merging.AlreadyUndone):
        merging.unmerge(merge=first, by=recruiter, now=NOON)


def test_of_two_merges_into_one_record_the_later_comes_off_first(recruiter):
    kept, one, two = CandidateFactory.create_batch(3)
    done = merging.merge_all(
        kept=kept, others=[one, two], chosen={"full_name": two.pk}, by=recruiter, now=NOON,
        expected_updated_at={person.pk: person.updated_at for person in (kept, one, two)},
    )  # fmt: skip
    kept.refresh_from_db()
    assert kept.full_name == two.full_name
    with pytest.raises(merging.LaterMerge):
        merging.unmerge(merge=done[0], by=recruiter, now=NOON)
    merging.unmerge(merge=done[1], by=recruiter, now=NOON)
    merging.unmerge(merge=done[0], by=recruiter, now=NOON)
    assert Candidate.objects.unmerged().count() == 3


def test_somebody_who_does_not_see_the_kept_record_cannot_take_the_merge_back(recruiter, hiring_manager):
    done = merge(CandidateFactory(), CandidateFactory(), recruiter)
    with pytest.raises(NotFound):
        merging.unmerge(merge=done, by=hiring_manager, now=NOON)


def test_a_group_of_two_is_gone_with_the_merge_and_back_without_it(recruiter):
    kept, gone = CandidateFactory(email="jane@example.org"), CandidateFactory(email="jane@example.org")
    duplicates.search_all(now=NOON)
    assert merging.doubles_of(kept, user=recruiter).exists()
    done = merge(kept, gone, recruiter)
    assert not merging.doubles_of(kept, user=recruiter).exists()
    merging.unmerge(merge=done, by=recruiter, now=NOON)
    assert merging.doubles_of(gone, user=recruiter).exists()


def test_two_people_stay_two_until_that_is_taken_back(recruiter, events):
    pair = [CandidateFactory(email="office@example.org") for _ in range(2)]
    duplicates.search_all(now=NOON)
    merging.tell_apart(people=pair, by=recruiter, now=NOON)
    assert not merging.doubles_of(pair[0], user=recruiter).exists()
    assert len(events("candidate.told_apart")) == 2
    merging.forget_apart(people=pair, by=recruiter, now=NOON)
    assert merging.doubles_of(pair[0], user=recruiter).exists()


def test_who_is_not_the_other_is_not_the_merged_one_either(recruiter):
    kept, gone, other = (CandidateFactory(email="office@example.org") for _ in range(3))
    merging.tell_apart(people=[gone, other], by=recruiter, now=NOON)
    done = merge(kept, gone, recruiter)
    duplicates.search_all(now=NOON)
    assert not merging.doubles_of(other, user=recruiter).exists()
    merging.unmerge(merge=done, by=recruiter, now=NOON)
    assert NotDuplicate.objects.count() == 1


# --- Merge and unmerge give the same rows, whatever the two have ------------------------------------------------------


def give_resume(one: Candidate) -> None:
    Resume.objects.filter(candidate=one).update(is_current=False)
    ResumeFactory(candidate=one)


def give_application(one: Candidate, world: dict[str, Any]) -> None:
    if not Application.objects.active().filter(candidate=one, job=world["job"]).exists():
        stage = world["job"].stages.order_by("position")[world["count"] % 4]
        ApplicationFactory(candidate=one, job=world["job"], stage=stage)


GIFTS: dict[str, Any] = {
    "email": lambda one, world: one.emails.create(address=f"mail{world['count']}@example.org"),
    "same email": lambda one, _: one.emails.get_or_create(address="same@example.org"),
    "phone": lambda one, world: one.phones.create(number=f"+49 30 90{world['count']:05}"),
    "link": lambda one, world: one.links.create(url=f"https://example.org/{world['count']}"),
    "tag": lambda one, world: CandidateTag.objects.get_or_create(candidate=one, tag=world["tag"]),
    "pool": lambda one, world: (
        one.memberships.exists() or hiring.PoolMembershipFactory(candidate=one, pool=world["pool"])
    ),
    "resume": lambda one, _: give_resume(one),
    "application": lambda one, _: ApplicationFactory(candidate=one),
    "same job": give_application,
    "note": lambda one, world: hiring.NoteFactory(candidate=one, by=world["by"]),
    "message": lambda one, world: hiring.MessageFactory(candidate=one, by=world["by"]),
}
things = st.lists(st.sampled_from(list(GIFTS)), max_size=7)


def give(one: Candidate, thing: str, world: dict[str, Any]) -> None:
    world["count"] += 1
    GIFTS[thing](one, world)


def a_world() -> dict[str, Any]:
    return {
        "count": 0, "tag": hiring.TagFactory(), "pool": hiring.TalentPoolFactory(), "job": JobFactory(),
        "by": UserFactory(role="Recruiter"),
    }  # fmt: skip


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mine=things, theirs=things, chosen=st.sets(st.sampled_from(merging.CHOICES)))
def test_a_merge_that_is_taken_back_leaves_every_row_as_it_was(db, mine, theirs, chosen):
    with transaction.atomic():
        world = a_world()
        kept, gone = CandidateFactory(email=""), CandidateFactory(email="", city="Rome", headline="")
        for one, some in ((kept, mine), (gone, theirs)):
            for thing in some:
                give(one, thing, world)
        before = rows_of("candidates", "jobs")
        done = merge(kept, gone, world["by"], chosen)
        assert not any(model.objects.filter(candidate=gone).exists() for model in (Application, Note, Resume))
        merging.unmerge(merge=done, by=world["by"], now=NOON)
        assert rows_of("candidates", "jobs") == before
        transaction.set_rollback(True)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mine=things, theirs=things, later=things)
def test_what_the_kept_record_got_meanwhile_stays_with_it(db, mine, theirs, later):
    with transaction.atomic():
        world = a_world()
        kept, gone = CandidateFactory(email=""), CandidateFactory(email="", city="Rome")
        for one, some in ((kept, mine), (gone, theirs)):
            for thing in some:
                give(one, thing, world)
        models_with_people = [CandidateEmail, CandidateTag, Application, Note, Resume]
        was = {model: owners(model) for model in models_with_people}
        done = merge(kept, gone, world["by"], ["city"])
        for thing in later:
            give(kept, thing, world)
        people.update(candidate=kept, by=world["by"], now=NOON, facts={"headline": "Changed since"})
        merging.unmerge(merge=done, by=world["by"], now=NOON)
        for model in models_with_people:
            now = owners(model)
            assert {pk: now[pk] for pk in was[model]} == was[model]
            assert {now[pk] for pk in now.keys() - was[model].keys()} <= {kept.pk}
        kept.refresh_from_db()
        assert (kept.headline, kept.city) == ("Changed since", "Berlin")
        for one in (kept, gone):
            assert Resume.objects.current().filter(candidate=one).count() == min(1, one.resumes.count())
        transaction.set_rollback(True)


def owners(model: type[models.Model]) -> dict[Any, Any]:
    return dict(model._default_manager.values_list("pk", "candidate_id"))


def test_the_ledger_names_every_kind_of_row_that_refers_to_a_person():
    from candidates.models import moving

    told = {mover.model for mover in moving.registered()}
    about_merging = OURS | {"candidates.candidate"}
    refer = {
        one.related_model._meta.label_lower
        for one in Candidate._meta.get_fields(include_hidden=True)
        if one.auto_created and not one.concrete and one.related_model
    }
    assert refer - about_merging == told


def test_no_transition_is_left_behind(recruiter):
    job = JobFactory()
    pair = [ApplicationFactory(job=job) for _ in range(2)]
    done = merge(pair[0].candidate, pair[1].candidate, recruiter)
    assert StageTransition.objects.count() == 1
    merging.unmerge(merge=done, by=recruiter, now=NOON)
    assert StageTransition.objects.count() == 0


def test_two_who_changed_it_at_once_are_told(recruiter):
    kept, gone = CandidateFactory(), CandidateFactory()
    seen = {one.pk: one.updated_at for one in (kept, gone)}
    people.update(candidate=gone, by=recruiter, now=NOON, facts={"city": "Rome"})
    with pytest.raises(Conflict, match="Compare them again"):
        merge(kept, gone, recruiter, expected_updated_at=seen)
