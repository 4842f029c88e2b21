import io

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from candidates.models import Candidate
from hrassist import long_tasks
from hrassist.models import LongTask
from tests.factories import JobFactory

TABLE = b"Name,E-mail,Notes\nJane Doe,jane@example.org,<script>alert(1)</script>\n"


def upload(client, content=TABLE, name="people.csv"):
    return client.post("/candidates/import/", {"file": SimpleUploadedFile(name, content)})


def work_off() -> LongTask:
    task = LongTask.objects.latest("created_at")
    long_tasks.run(task.pk)
    task.refresh_from_db()
    return task


@pytest.fixture
def client(recruiter, client_as):
    return client_as(recruiter)


def workbook() -> bytes:
    book, out = openpyxl.Workbook(), io.BytesIO()
    for row in (["Name", "E-mail"], ["Jane Doe", "jane@example.org"]):
        book.active.append(row)
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize(("content", "name"), [(TABLE, "people.csv"), (workbook(), "anything.txt")])
def test_from_the_file_to_people_without_a_script(client, content, name):
    assert upload(client, content, name).status_code == 302
    read = work_off()
    page = client.get(f"/tasks/{read.pk}/").content.decode()
    assert f'href="/candidates/import/{read.pk}/"' in page
    columns = client.get(f"/candidates/import/{read.pk}/").content.decode()
    assert "<script>alert" not in columns
    said = {"column_0": "full_name", "column_1": "email", "column_2": "", "existing": "fill", "source": "Fair"}
    assert client.post(f"/candidates/import/{read.pk}/", said).status_code == 302
    checked = work_off()
    assert "Import 1 row" in client.get(f"/tasks/{checked.pk}/").content.decode()
    client.post(f"/candidates/import/{checked.pk}/run/")
    done = work_off()
    assert Candidate.objects.get().full_name == "Jane Doe"
    assert "Undo this import" in client.get(f"/tasks/{done.pk}/").content.decode()
    client.post(f"/candidates/import/{done.pk}/undo/")
    work_off()
    assert not Candidate.objects.exists()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"%PDF-1.7", "neither CSV nor an Excel workbook"),
        (b"\xd0\xcf\x11\xe0", "old (.xls)"),
        (b"x" * (20 * 1024 * 1024 + 1), "larger than 20 MB"),
        (b"", "empty"),
    ],
)
def test_a_file_that_is_none_is_told_on_the_form(client, content, told):
    answer = upload(client, content)
    assert answer.status_code == 200
    assert told in answer.content.decode()
    assert not LongTask.objects.exists()


def test_a_wrong_choice_of_columns_is_told(client):
    upload(client)
    read = work_off()
    address = f"/candidates/import/{read.pk}/"
    said = {"column_0": "", "column_1": "email", "column_2": "", "existing": "fill"}
    assert "Say which column holds the name." in client.post(address, said).content.decode()
    twice = said | {"column_0": "full_name", "column_2": "full_name"}
    assert "Full name was chosen for two columns." in client.post(address, twice).content.decode()


def test_only_who_may_import_finds_it(coordinator, client_as, client):
    upload(client)
    read = work_off()
    other = client_as(coordinator)
    assert 'href="/candidates/import/"' not in other.get("/candidates/candidate/").content.decode()
    assert other.get("/candidates/import/").status_code == 403
    assert other.post(f"/candidates/import/{read.pk}/run/").status_code == 403


def test_the_file_of_somebody_else_is_not_there(client, client_as):
    from tests.factories import UserFactory

    upload(client)
    read = work_off()
    other = client_as(UserFactory(role="Recruiter"))
    for address in ("", "run/", "undo/"):
        assert other.post(f"/candidates/import/{read.pk}/{address}").status_code == 404


def test_jobs_one_may_not_see_are_no_goal(client):
    JobFactory(title="Secret search", confidential=True)
    JobFactory(title="Nurse")
    upload(client)
    page = client.get(f"/candidates/import/{work_off().pk}/").content.decode()
    assert "Nurse" in page
    assert "Secret search" not in page


def test_asking_for_a_page_in_the_wrong_way_breaks_nothing(client):
    upload(client)
    read = work_off()
    assert client.post("/candidates/import/").status_code == 200
    assert client.post(f"/candidates/import/{read.pk}/").status_code == 200
    assert client.get(f"/candidates/import/{read.pk}/run/").status_code == 404
    assert client.post(f"/candidates/import/{read.pk}/run/").status_code == 404
