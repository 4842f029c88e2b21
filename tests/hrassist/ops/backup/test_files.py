"""Each resume lies in the second place once, and one or all of them come back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as configured
from django.core.management import CommandError, call_command
from django.utils import timezone

from candidates.models import Resume
from hrassist.lib import failpoint, storage
from hrassist.models import Branding, LongTask
from hrassist.ops.backup import files, manifests, servers
from hrassist.ops.backup.places import FolderPlace
from hrassist.ops.backup.servers import Server
from tests import factories, hiring
from tests.hrassist.ops.backup.test_dump import url_of

pytestmark = pytest.mark.django_db(transaction=True)


def objects(place: FolderPlace) -> list[str]:
    return [entry.key for entry in place.entries(files.OBJECTS)]


def test_a_second_run_copies_only_what_is_new(place: FolderPlace) -> None:
    factories.ResumeFactory(content=b"one", pages=1)
    first = files.copy(place, now=timezone.now())
    assert (first.copied, first.kept) == (2, 0)
    factories.ResumeFactory(content=b"two")
    second = files.copy(place, now=timezone.now())
    assert (second.copied, second.kept) == (1, 2)
    assert len(objects(place)) == 3
    assert all(b"one" not in (place.path / key).read_bytes() for key in objects(place))


@pytest.mark.parametrize(("where", "done"), [("backup.file", 1), ("backup.files", 2)])
def test_a_run_that_was_killed_left_no_list_and_is_not_copied_again(
    place: FolderPlace, own_store: Path, tmp_path: Path, where: str, done: int
) -> None:
    factories.ResumeFactory(content=b"one")
    factories.ResumeFactory(content=b"two")
    environment = {
        **os.environ,
        "HRASSIST_ENV": "development",
        "DATABASE_URL": url_of(servers.own()),
        "HRASSIST_VAR_DIR": str(tmp_path / "var"),
        "HRASSIST_STORAGE_DIR": str(own_store),
        "HRASSIST_BACKUP_A": place.where,
        "HRASSIST_BACKUP_KEY_FILE": configured.BACKUP_KEY_FILE,
        failpoint.VARIABLE: where,
    }
    command = [sys.executable, "manage.py", "backup", "--kind", "files"]
    killed = subprocess.run(command, cwd=configured.BASE_DIR, env=environment, check=False, capture_output=True)
    assert killed.returncode == -signal.SIGKILL
    assert len(objects(place)) == done
    assert manifests.listed(place, manifests.FILES) == []
    again = files.copy(place, now=timezone.now())
    assert (again.copied, again.kept) == (2 - done, done)


def test_one_resume_comes_back_by_its_sum(place: FolderPlace, capsys: pytest.CaptureFixture[str]) -> None:
    resume = factories.ResumeFactory(content=b"the only one")
    files.copy(place, now=timezone.now())
    storage.clean().delete(resume.key)
    call_command("restore", file=resume.sha256)
    assert "came back from place A" in capsys.readouterr().out
    assert b"".join(storage.clean().open(resume.key)) == b"the only one"
    with pytest.raises(CommandError, match="No place has a copy"):
        call_command("restore", file="0" * 64)


def test_every_file_that_rows_name_comes_back_and_what_has_no_copy_is_named(place: FolderPlace) -> None:
    lost, altered, whole = (factories.ResumeFactory(content=text) for text in (b"one", b"two", b"three"))
    page = factories.ResumeFactory(content=b"four", pages=1).pages.get()
    files.copy(place, now=timezone.now())
    storage.clean().delete(lost.key)
    storage.clean().delete(page.key)
    factories.put(altered.key, b"TWO")
    never_copied = factories.ResumeFactory(content=b"five")
    storage.clean().delete(never_copied.key)
    done = files.bring_all_back()
    assert (done.returned, done.lost) == (3, [never_copied.key])
    assert b"".join(storage.clean().open(altered.key)) == b"two"
    assert storage.clean().head(page.key) is not None
    assert storage.clean().head(whole.key) is not None
    with pytest.raises(CommandError, match="1 files have no copy"):
        call_command("restore", files=True)


def test_what_is_missing_or_altered_in_the_store_is_named_and_the_older_copy_stays(place: FolderPlace) -> None:
    missing, altered = factories.ResumeFactory(content=b"one"), factories.ResumeFactory(content=b"two")
    storage.clean().delete(missing.key)
    factories.put(altered.key, b"TWO")
    with pytest.raises(CommandError, match=r"1 files are missing: .* 1 files are altered"):
        call_command("backup", kind="files")
    assert objects(place) == []


def test_a_damaged_copy_is_never_given_out(place: FolderPlace) -> None:
    resume = factories.ResumeFactory(content=b"one")
    files.copy(place, now=timezone.now())
    path = place.path / files.name_of(resume.sha256)
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    storage.clean().delete(resume.key)
    with pytest.raises(CommandError):
        call_command("restore", file=resume.sha256)
    assert storage.clean().head(resume.key) is None


def test_an_erased_persons_file_leaves_the_place_when_the_time_of_backups_is_over(place: FolderPlace) -> None:
    resume, other = factories.ResumeFactory(content=b"one"), factories.ResumeFactory(content=b"two")
    now = timezone.now()
    files.copy(place, now=now)
    Resume.objects.filter(pk=resume.pk).delete()
    assert files.copy(place, now=now + timedelta(days=1)).removed == 0
    files.copy(place, now=now + timedelta(days=9))
    assert objects(place) == [files.name_of(other.sha256)]


def test_letters_reports_tailored_resumes_and_the_logo_are_copied_and_what_ends_in_days_is_not(
    place: FolderPlace,
) -> None:
    kept = [
        f"clean/{name}"
        for name in ("letter.pdf", "letter.docx", "report.pdf", "report.docx", "tailored.pdf", "logo.png")
    ]
    passing = "clean/export.json"
    for key in (*kept, passing):
        factories.put(key, key.encode())
    offer = hiring.OfferFactory(letter_pdf_key="clean/letter.pdf", letter_docx_key="clean/letter.docx")
    hiring.ReportDocumentFactory(
        state="ready", ended_at=timezone.now(), pdf_key="clean/report.pdf", docx_key="clean/report.docx"
    )
    by, now = offer.created_by, timezone.now()
    hiring.TailoringRunFactory(
        application=offer.application, approved_at=now, approved_by=by, pdf_key="clean/tailored.pdf"
    )
    Branding.objects.create(logo_key="clean/logo.png", logo_sha256="0" * 64)
    LongTask.objects.create(kind="export", title="An export", file_key=passing, created_by=by)
    files.copy(place, now=timezone.now())
    for key in (*kept, passing):
        storage.clean().delete(key)
    done = files.bring_all_back()
    assert (done.returned, done.lost) == (6, [])
    assert [b"".join(storage.clean().open(key)).decode() for key in kept] == kept
    assert storage.clean().head(passing) is None


def test_after_a_restore_to_a_moment_the_files_of_that_time_come_back(
    place: FolderPlace, elsewhere: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also those that no row named any more, and no list of a run since then."""
    kept, goes = factories.ResumeFactory(content=b"kept"), factories.ResumeFactory(content=b"goes")
    offer = hiring.OfferFactory(letter_pdf_key="clean/letter.pdf")
    factories.put("clean/letter.pdf", b"letter")
    call_command("backup")
    then = timezone.now()
    Resume.objects.filter(pk=goes.pk).delete()
    type(offer).objects.filter(pk=offer.pk).update(letter_pdf_key="")
    factories.ResumeFactory(content=b"later")
    call_command("backup")
    for key in (kept.key, goes.key, "clean/letter.pdf"):
        storage.clean().delete(key)
    call_command("restore", to=url_of(elsewhere), target_time=then.isoformat(), files=True)
    assert "3 files came back, 0 were whole." in capsys.readouterr().out
    wanted = {kept.key: b"kept", goes.key: b"goes", "clean/letter.pdf": b"letter"}
    assert {key: b"".join(storage.clean().open(key)) for key in wanted} == wanted
    assert place.label == "A"
