"""A small workload holds together like a large one."""

from datetime import UTC, datetime
from io import StringIO
from itertools import pairwise

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.db.models import F

from candidates.models import Candidate, CandidateMerge, DuplicateGroup, Resume, ResumeText
from hrassist.models import User
from hrassist.ops.workload import load
from hrassist.ops.workload.people import token_of
from hrassist.ops.workload.team import RECRUITER
from jobs.models import Application, Job, Offer, Opening, StageTransition
from tests.factories import CandidateFactory, JobFactory

SIZES = {"candidates": 600, "jobs": 40, "applications": 1500, "until": "2026-09-01", "verbosity": 0}
TABLES = [
    model
    for label in ("candidates", "jobs")
    for model in apps.get_app_config(label).get_models()
]  # fmt: skip


def generate(**options):
    call_command("generate_workload", stdout=StringIO(), **{**SIZES, **options})


@pytest.fixture
def workload(db):
    generate()


def test_it_makes_exactly_what_was_asked_for(workload):
    assert Candidate.objects.count() == SIZES["candidates"]
    assert Job.objects.count() == SIZES["jobs"]
    assert Application.objects.count() == SIZES["applications"]


def test_the_board_of_job_1_has_500_active_applications_in_every_stage_before_hired(workload):
    job = Job.objects.get(external_id="workload-1-1")
    kinds = list(job.applications.active().values_list("stage__kind", flat=True))
    assert len(kinds) == 500
    assert {kind: kinds.count(kind) for kind in kinds} == {
        "applied": 200,
        "screen": 100,
        "interview": 100,
        "offer": 100,
    }


def test_every_foreign_key_leads_somewhere(workload):
    """They were not checked while the rows were copied."""
    loose = []
    with connection.cursor() as cursor:
        for model in TABLES:
            for field in model._meta.concrete_fields:
                if field.remote_field is None:
                    continue
                table, target = model._meta.db_table, field.related_model._meta
                cursor.execute(
                    f'SELECT count(*) FROM "{table}" here LEFT JOIN "{target.db_table}" there '  # noqa: S608
                    f'ON there."{target.pk.column}" = here."{field.column}" '
                    f'WHERE here."{field.column}" IS NOT NULL AND there."{target.pk.column}" IS NULL'
                )
                if cursor.fetchone()[0]:
                    loose.append(f"{table}.{field.column}")
    assert loose == []


def test_every_row_is_one_that_a_form_would_take(workload):
    for model in TABLES:
        for row in model._default_manager.all()[:5]:
            # What is empty is so by the model's default; where it must not be, the table's own constraint says so.
            empty = {field.name for field in model._meta.concrete_fields if not getattr(row, field.attname)}
            row.clean_fields(exclude=empty)


def test_an_application_knows_the_kind_of_its_stage_as_the_trigger_would_say(workload):
    """Triggers rest while rows are copied: pages measured over a kind that nobody has would be measured empty."""
    assert not Application.objects.exclude(stage_kind=F("stage__kind")).exists()


def test_an_application_stands_where_its_last_step_led(workload):
    astray = []
    for application in Application.objects.prefetch_related("transitions"):
        steps = list(application.transitions.all())
        if (steps[-1].to_stage_id, steps[-1].to_status) != (application.stage_id, application.status):
            astray.append(application.pk)
        assert steps[0].from_stage_id is None
        assert [step.at for step in steps] == sorted(step.at for step in steps)
        assert all(step.to_stage_id == after.from_stage_id for step, after in pairwise(steps))
    assert astray == []


def test_who_is_hired_fills_a_seat_of_their_job(workload):
    hired = set(Application.objects.filter(status="hired").values_list("pk", "job_id"))
    assert hired
    assert hired == set(Opening.objects.filter(filled_by__isnull=False).values_list("filled_by", "job"))


def test_nobody_applied_twice_for_a_job_and_nothing_lies_in_the_future(workload):
    pairs = list(Application.objects.values_list("candidate", "job"))
    assert len(pairs) == len(set(pairs))
    assert not StageTransition.objects.filter(at__gt=datetime(2026, 9, 1, tzinfo=UTC)).exists()


def test_one_word_finds_one_resume_and_offsets_agree_with_the_masked_text(workload):
    found = ResumeText.objects.extra(where=["search @@ to_tsquery('english', %s)"], params=[token_of(17)])
    text = found.get()
    assert token_of(17) in text.text
    assert len(text.text) == len(text.masked_text)
    assert text.resume.candidate.full_name in text.text
    assert text.resume.candidate.full_name not in text.masked_text


def test_some_are_twins_and_some_were_merged_and_had_nothing_left(workload):
    merges = CandidateMerge.objects.all()
    # One of forty each, for so few; of a million one of 400 and one of 500.
    assert DuplicateGroup.objects.count() == len(merges) == SIZES["candidates"] // 40
    assert all(merge.gone.merged_into == merge.kept and not merge.gone.applications.exists() for merge in merges)
    assert Resume.objects.ready().count() == SIZES["candidates"]
    assert Offer.objects.exists()


def test_the_same_seed_and_day_give_the_same_rows(workload):
    def rows():
        return list(Candidate.objects.order_by("pk").values_list("pk", "full_name", "created_at")), list(
            Application.objects.order_by("pk").values_list("pk", "job", "status", "entered_stage_at")
        )

    first = rows()
    Job.objects.update(created_by=None)
    for model in (StageTransition, Opening, Application):
        model.objects.all().delete()
    CandidateMerge.objects.all().delete()
    Candidate.objects.update(merged_into=None)
    Candidate.objects.all().delete()
    apps.get_model("jobs", "Requisition").objects.all().delete()
    DuplicateGroup.objects.all().delete()
    Job.objects.all().delete()
    generate()
    assert rows() == first


def test_more_can_be_added_with_another_seed(workload):
    generate(append=True, seed=2)
    assert Candidate.objects.count() == 2 * SIZES["candidates"]
    assert User.objects.filter(username=RECRUITER).count() == 1
    # The next job's stages get numbers that nobody has.
    assert JobFactory().stages.count() == 5


def test_a_database_with_people_is_refused(db):
    CandidateFactory()
    with pytest.raises(CommandError, match="has people in it"):
        generate()
    assert Candidate.objects.count() == 1


def test_production_is_refused(db, settings):
    settings.DEVELOPMENT = False
    with pytest.raises(CommandError, match="for development"):
        generate(append=True)


@pytest.fixture
def databases(transactional_db):
    """The names of all databases of the server, asked anew at each call."""

    def names():
        with connection.cursor() as cursor:
            cursor.execute("SELECT datname FROM pg_database")
            return {name for (name,) in cursor.fetchall()}

    return names


def test_a_database_that_could_not_be_filled_is_not_left_half_full(databases, monkeypatch):
    seen = []

    def half_migrated(*_command, **_options):
        seen.append(databases() >= {"test_half_a_workload"})
        raise OperationalError("The server went away.")

    monkeypatch.setattr(load, "call_command", half_migrated)
    with pytest.raises(OperationalError):
        generate(database="test_half_a_workload")
    assert seen == [True]
    assert "test_half_a_workload" not in databases()


def test_in_production_no_database_is_made(databases, monkeypatch, settings):
    settings.DEVELOPMENT = False
    monkeypatch.setattr(load, "call_command", lambda *_command, **_options: pytest.fail("migrated"))
    with pytest.raises(CommandError, match="for development"):
        generate(database="test_half_a_workload")
    assert "test_half_a_workload" not in databases()


@pytest.mark.parametrize(
    ("options", "said"),
    [({"jobs": 1}, "at least 2"), ({"applications": 10_000}, "at most ten"), ({"until": "soon"}, "is a day")],
)
def test_impossible_sizes_are_told(db, options, said):
    with pytest.raises(CommandError, match=said):
        generate(**options)
