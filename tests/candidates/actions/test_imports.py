import io
import json
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from candidates.actions import candidates, imports
from candidates.imports.reading import NoTable
from candidates.models import Candidate, CandidateTag, ConsentRecord, ImportedRow
from hrassist import long_tasks
from hrassist.lib.errors import Conflict, DomainError
from hrassist.models import LongTask
from jobs.actions import applications
from jobs.models import Application
from tests.factories import ApplicationFactory, CandidateFactory, JobFactory
from tests.hiring import TagFactory

MAPPING = ["full_name", "email", "city", "external_id"]
HEADING = "Name;E-Mail;Ort;Nr\n"
TABLE = HEADING + "Jörg Müller;joerg@example.org;Köln;1\nZoë Weiß;zoe@example.org;Bonn;2\n;nobody@example.org;;3\n"


def finished(task: LongTask) -> LongTask:
    long_tasks.run(task.pk)
    task.refresh_from_db()
    return task


@pytest.fixture
def read(recruiter):
    def upload(text: str | bytes, by=recruiter) -> LongTask:
        data = text if isinstance(text, bytes) else text.encode()
        return finished(
            imports.receive(file=io.BytesIO(data), filename="people.csv", size=len(data), by=by, now=timezone.now())
        )

    return upload


@pytest.fixture
def check(read, recruiter):
    def go(text: str | bytes = TABLE, *, by=recruiter, **options) -> LongTask:
        options = {"mapping": MAPPING, "existing": "fill", "source": "Fair", "goal": "", "goal_key": ""} | options
        return finished(imports.check(read=read(text, by=by), by=by, now=timezone.now(), **options))

    return go


@pytest.fixture
def run(check, recruiter):
    def go(text: str | bytes = TABLE, *, by=recruiter, **options) -> LongTask:
        return finished(imports.run(checked=check(text, by=by, **options), by=by, now=timezone.now()))

    return go


def test_a_file_is_read_its_columns_guessed_and_its_first_rows_shown(read):
    task = read(TABLE)
    assert task.state == LongTask.State.DONE
    table = task.result["table"]
    assert table["guesses"] == MAPPING
    assert table["sample"][0] == ["Jörg Müller", "joerg@example.org", "Köln", "1"]
    assert table["rows"] == 3
    assert task.result["next"] == f"/candidates/import/{task.pk}/"


def test_what_is_no_table_is_refused_at_the_door_or_by_the_worker(read, recruiter, noon):
    with pytest.raises(NoTable):
        read(b"%PDF-1.7")
    with pytest.raises(NoTable):
        imports.receive(file=io.BytesIO(b"x"), filename="x.csv", size=21 * 1024 * 1024, by=recruiter, now=noon)
    broken = read(b"PK\x03\x04 nothing")
    assert (broken.state, "damaged" in broken.message) == (LongTask.State.FAILED, True)


def test_the_check_counts_new_known_and_refused_and_changes_nothing(check):
    CandidateFactory(full_name="Zoë", email="ZOE@example.org")
    task = check(TABLE + "Jörg again;joerg@example.org;;\n")
    assert task.state == LongTask.State.DONE
    assert {key: task.result[key] for key in ("new", "known", "twice_in_the_file", "refused")} == {
        "new": 1, "known": 1, "twice_in_the_file": 1, "refused": 1,
    }  # fmt: skip
    assert task.result["refused_rows"] == [["4", "No name"]]
    assert Candidate.objects.count() == 1


def test_the_import_adds_people_with_their_contacts_on_record(run, recruiter, events):
    task = run()
    assert (task.result["new"], task.result["updated"], task.result["refused"]) == (2, 0, 1)
    one = Candidate.objects.get(full_name="Jörg Müller")
    assert (one.city, one.source, one.external_id, one.created_by) == ("Köln", "Fair", "1", recruiter)
    assert [email.address for email in one.emails.all()] == ["joerg@example.org"]
    assert len(events("candidate.created")) == 2
    (done,) = events("import.done")
    assert done.changes == {"rows": {"new": 2, "updated": 0, "unchanged": 0}}
    assert "Müller" not in json.dumps([event.changes for event in events("import.")])


def test_importing_the_same_file_again_adds_nobody(run):
    run()
    again = run()
    assert (again.result["new"], again.result["updated"], again.result["unchanged"]) == (0, 0, 2)
    assert Candidate.objects.count() == 2


@pytest.mark.parametrize(
    ("existing", "headline", "city", "addresses"),
    [
        ("fill", "Old", "Köln", ["known@example.org", "new@example.org"]),
        ("overwrite", "New", "Köln", ["known@example.org", "new@example.org"]),
        ("skip", "Old", "", ["known@example.org"]),
    ],
)
def test_people_who_are_known_get_what_was_chosen(run, existing, headline, city, addresses):
    known = CandidateFactory(full_name="Jane Doe", headline="Old", city="", external_id="7", email="known@example.org")
    run(
        "Name,Title,City,Mail,Id\nJane Doe,New,Köln,new@example.org,7\n",
        mapping=["full_name", "headline", "city", "email", "external_id"],
        existing=existing,
    )
    known.refresh_from_db()
    assert (known.headline, known.city) == (headline, city)
    assert [email.address for email in known.emails.order_by("pk")] == addresses
    assert Candidate.objects.count() == 1


def test_nobody_learns_by_an_import_of_people_they_may_not_see(run, check, recruiter):
    hidden = CandidateFactory(full_name="Hidden", headline="", email="zoe@example.org")
    ApplicationFactory(candidate=hidden, job=JobFactory(confidential=True))
    assert check().result["known"] == 0
    run()
    hidden.refresh_from_db()
    assert hidden.full_name == "Hidden"
    assert Candidate.objects.filter(emails__address="zoe@example.org").count() == 2


def test_a_row_is_done_whole_or_not_at_all(run, recruiter):
    job = JobFactory()
    task = run(goal="job", goal_key=str(job.pk))
    assert Application.objects.filter(job=job, candidate__full_name="Zoë Weiß").exists()
    job.status = "closed"
    job.save()
    job2 = JobFactory()
    checked_then_closed = run("Name;E-Mail;Ort;Nr\nEva;eva@example.org;;9\n", goal="job", goal_key=str(job2.pk))
    assert (task.result["new"], checked_then_closed.result["new"]) == (2, 1)


def test_a_job_that_closes_before_the_import_refuses_its_rows_and_leaves_nobody_behind(check, recruiter, noon):
    job = JobFactory()
    checked = check(goal="job", goal_key=str(job.pk))
    task = imports.run(checked=checked, by=recruiter, now=noon)
    job.status = "closed"
    job.save()
    finished(task)
    assert (task.result["new"], task.result["refused"]) == (0, 3)
    assert Candidate.objects.count() == 0


def test_who_is_in_the_job_already_stays_there_once(run):
    job = JobFactory()
    run(goal="job", goal_key=str(job.pk))
    again = run(goal="job", goal_key=str(job.pk))
    assert again.result["unchanged"] == 2
    assert Application.objects.filter(job=job).count() == 2


def test_a_killed_import_goes_on_where_it_was_and_adds_nobody_twice(check, recruiter, noon, monkeypatch):
    checked = check("Name,Mail,City,Id\nAnna,,,\nBert,,,\nCleo,,,\n")
    task = imports.run(checked=checked, by=recruiter, now=noon)
    create, made = candidates.create, []

    def dying(**facts):
        if len(made) == 2:
            raise SystemExit
        made.append(1)
        return create(**facts)

    monkeypatch.setattr(candidates, "create", dying)
    with pytest.raises(SystemExit):
        long_tasks.run(task.pk)
    monkeypatch.setattr(candidates, "create", create)
    finished(task)
    assert task.result["new"] == 3
    assert sorted(Candidate.objects.values_list("full_name", flat=True)) == ["Anna", "Bert", "Cleo"]


def test_an_import_is_run_once_from_one_check(check, recruiter, noon):
    checked = check()
    imports.run(checked=checked, by=recruiter, now=noon)
    with pytest.raises(Conflict):
        imports.run(checked=checked, by=recruiter, now=noon)


def test_undo_takes_back_those_to_whom_nothing_was_added(run, recruiter, noon, events):
    job = JobFactory()
    CandidateFactory(full_name="Known", email="known@example.org")
    task = run(
        HEADING
        + "A;a@example.org;;\nB;b@example.org;;\nC;c@example.org;;\nD;d@example.org;;\nKnown;known@example.org;;9\n",
        goal="job",
        goal_key=str(job.pk),
    )
    tagged, moved, changed = (Candidate.objects.get(full_name=name) for name in "ABC")
    CandidateTag.objects.create(candidate=tagged, tag=TagFactory())
    one = moved.applications.get()
    applications.advance(application=one, by=recruiter, now=timezone.now())
    candidates.update(candidate=changed, by=recruiter, now=timezone.now(), facts={"city": "Bonn"})
    undone = finished(imports.undo(imported=task, by=recruiter, now=noon))
    assert undone.state == LongTask.State.DONE
    assert undone.result["removed"] == 1
    assert [number for number, _ in undone.result["refused_rows"]] == ["2", "3", "4"]
    assert sorted(Candidate.objects.values_list("full_name", flat=True)) == ["A", "B", "C", "Known"]
    assert len(events("candidate.import_undone")) == 1
    assert len(events("application.import_undone")) == 1
    again = finished(imports.undo(imported=task, by=recruiter, now=noon))
    assert again.result["removed"] == 0


def test_what_was_chosen_is_checked(read, recruiter, noon):
    task = read(TABLE)
    options = {"read": task, "by": recruiter, "now": timezone.now(), "existing": "fill", "source": "", "goal": ""}
    wrong = [
        {"mapping": ["", "email", "", ""], "goal_key": ""},
        {"mapping": ["full_name"], "goal_key": ""},
        {"mapping": ["full_name", "full_name", "", ""], "goal_key": ""},
        {"mapping": ["full_name", "shoe_size", "", ""], "goal_key": ""},
        {"mapping": MAPPING, "goal_key": "7"},
        {"mapping": MAPPING, "goal_key": "", "existing": "erase"},
    ]
    for one in wrong:
        with pytest.raises(DomainError):
            imports.check(**(options | one))
    with pytest.raises(DomainError, match="kept for a day"):
        imports.check(**(options | {"mapping": MAPPING, "goal_key": "", "now": timezone.now() + timedelta(days=2)}))


def test_only_who_may_import_does(coordinator, noon):
    with pytest.raises(PermissionDenied):
        imports.receive(file=io.BytesIO(b"Name\nx"), filename="x.csv", size=6, by=coordinator, now=noon)


def test_hostile_cells_are_told_and_the_rest_goes_in(run):
    rows = [b"Anna,,,", b"Nul\x00,,,", b"x" * 1_000_000 + b",,,", b"=cmd|' /C calc'!A0,,,"]
    task = run(b"Name,Mail,City,Id\n" + b"\n".join(rows) + b"\n")
    assert task.result["new"] == 2
    assert [number for number, _ in task.result["refused_rows"]] == ["3", "4"]
    assert ImportedRow.objects.filter(task=task).count() == 2


def test_a_column_of_consents_is_written_down_with_its_row_as_evidence(run):
    table = "Name;Einwilligung\nJane Doe;2026-10-01\nMax Moritz;01.09.2026\nZoe;soon\n"
    task = run(table, mapping=["full_name", "consented_on"])
    given = {one.candidate.full_name: one for one in ConsentRecord.objects.select_related("candidate")}
    assert set(given) == {"Jane Doe", "Max Moritz"}
    assert given["Jane Doe"].channel == "import"
    assert given["Jane Doe"].evidence == f"Row 2 of the import {task.pk}"
    assert given["Max Moritz"].given_at.month == 9
    assert task.result["refused"] == 1


def test_a_refused_row_spoils_none_of_those_it_shares_a_transaction_with(run):
    rows = [f"Jane {n};jane{n}@example.org;Bonn;{n}" for n in range(30)]
    rows[7] = "Jane 7;jane7 at example;Bonn;7"
    rows[25] = "Jane Again;jane3@example.org;Bonn;25"
    task = run(HEADING + "\n".join(rows) + "\n")
    assert (task.result["new"], task.result["refused"]) == (28, 1)
    # Line 1 of the file is its heading.
    assert [number for number, _ in task.result["refused_rows"]] == ["9"]
    assert Candidate.objects.count() == 28
    assert ImportedRow.objects.filter(task=task, created=True).count() == 28


def test_a_row_of_somebody_new_costs_few_statements(check, recruiter, noon):
    checked = check(HEADING + "".join(f"Jane {n};jane{n}@example.org;Bonn;{n}\n" for n in range(40)))
    task = imports.run(checked=checked, by=recruiter, now=noon)
    with CaptureQueriesContext(connection) as taken:
        finished(task)
    said = [query["sql"] for query in taken if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))]
    # The person, their address, the event; and now and then where the work is.
    assert len(said) < 40 * 3 + 30
    assert sum("candidates_importedrow" in one and one.startswith("INSERT") for one in said) == 2


def test_a_number_that_is_too_long_for_the_standard_is_kept_as_it_was_written(run, recruiter, noon):
    made = candidates.create(
        by=recruiter, now=noon, facts={"full_name": "Jane"}, contacts={"phones": [{"value": "+49 30 9876543210123"}]}
    )
    assert (made.phones.get().number, made.phones.get().e164) == ("+49 30 9876543210123", "")
