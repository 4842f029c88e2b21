"""From review to files: decisions line by line, approval, the paper read again, and who may have it."""

from __future__ import annotations

import io
import zipfile

import pikepdf
import pytest
from django.utils import timezone

from candidates.actions.reading import read_file
from hrassist.lib import storage
from hrassist.lib.errors import Conflict, NotFound
from hrassist.lib.storage.named import named
from jobs import tasks
from jobs.actions import tailorings
from jobs.models import TailoringLine, TailoringRun
from jobs.tailoring import export
from jobs.tailoring.facts import check_paper
from jobs.tailoring.offline import _FROM_WORK, _OPENING
from jobs.tailoring.paper import pdf
from jobs.tailoring.paper.languages import LANGUAGES, WORDS
from jobs.tailoring.stored import material_of
from tests.factories import ApplicationFactory, CandidateFactory, JobFactory, UserFactory
from tests.jobs.tailoring.judge import invented
from tests.jobs.tailoring.resumes import AMARA, RESUMES, parsed, resume_of
from tests.jobs.tailoring.scripted import ScriptedProvider, implementation

pytestmark = pytest.mark.django_db
State, Decision = TailoringRun.State, TailoringLine.Decision


@pytest.fixture
def in_review(begun, tailor):
    provider = ScriptedProvider(
        implementation=implementation(
            [
                {"bullet_id": "w1.b1", "text": "Coached two juniors", "evidence": ["w1.b1"]},
                {"bullet_id": "w1.b0", "text": "Architected REST APIs in Django", "evidence": ["w1.b0"]},
            ],
            letter=[{"text": "I apply for the position of Platform Engineer.", "evidence": ["s0"]}],
        )
    )
    return tailor(begun, provider)


@pytest.fixture
def approved(in_review, recruiter):
    for line in tailorings.undecided(in_review):
        tailorings.decide(
            run=in_review, line_ids=[line.pk], decision=Decision.REJECTED, by=recruiter, now=timezone.now()
        )
    return tailorings.approve(run=in_review, by=recruiter, now=timezone.now())


@pytest.fixture
def ready(approved):
    export.make(approved.pk)
    return TailoringRun.objects.get(pk=approved.pk)


def bytes_of(run, kind):
    return b"".join(storage.clean().open(getattr(run, f"{kind}_key")))


def test_an_open_question_keeps_it_from_being_approved(in_review, recruiter):
    with pytest.raises(Conflict) as refused:
        tailorings.approve(run=in_review, by=recruiter, now=timezone.now())
    assert refused.value.code == "questions_open"


def test_who_decided_meanwhile_is_told_and_not_overwritten(in_review, recruiter):
    before = in_review.updated_at.isoformat()
    line = in_review.lines.get(replaces="w1.b1")
    tailorings.decide(run=in_review, line_ids=[line.pk], decision=Decision.REJECTED, by=recruiter, now=timezone.now())
    with pytest.raises(Conflict) as refused:
        tailorings.approve(run=in_review, by=recruiter, now=timezone.now(), expected_updated_at=before)
    assert refused.value.code == "tailoring_changed"


def test_a_line_of_another_run_is_not_decided(in_review, recruiter):
    with pytest.raises(NotFound):
        tailorings.decide(
            run=in_review, line_ids=[999_999], decision=Decision.ACCEPTED, by=recruiter, now=timezone.now()
        )


def test_the_finished_docx_reads_back_field_by_field(ready):
    assert ready.state == State.READY
    assert ready.read_back["read"] == ready.read_back["fields"] > 10
    back = read_file(bytes_of(ready, "docx")).parsed.json_resume
    for key in ("basics", "work", "education", "certificates", "languages"):
        wanted = parsed()[key]
        if key == "work":
            wanted = [{k: v for k, v in one.items() if k != "highlights"} for one in wanted]
            back[key] = [{k: v for k, v in one.items() if k != "highlights"} for one in back[key]]
        assert back[key] == wanted


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", RESUMES)
def test_a_run_in_any_language_ends_with_files_that_read_back(name, language, recruiter, noon, tailor):
    text = RESUMES[name]
    person = parsed(text)["basics"]["name"]
    candidate = CandidateFactory(full_name=person)
    resume_of(candidate, text)
    application = ApplicationFactory(candidate=candidate, job=JobFactory(title="Deputy Lead", must_have="Python"))
    run = tailor(tailorings.start(application=application, by=recruiter, now=noon, language=language))
    tailorings.approve(run=run, by=recruiter, now=noon)
    export.make(run.pk)
    run.refresh_from_db()
    assert (run.state, run.message) == (State.READY, "")
    unknown = [one for one in parsed(text)["skills"] if not one.get("keywords")]
    assert run.read_back["fields"] - run.read_back["read"] <= len(unknown)
    letter = read_file(bytes_of(run, "letter_docx")).document.text
    opening, work = _OPENING[language].format(title="Deputy Lead"), _FROM_WORK[language].partition("{")[0]
    for said in (opening, work, WORDS[language]["greeting"], WORDS[language]["closing"], person):
        assert said in letter
    for kind in ("docx", "letter_docx"):
        paper = read_file(bytes_of(run, kind)).document.text
        assert str(noon.year) in paper
        ours = f"{noon.day} {noon.year} {export.made_by(run)} {material_of(run).quotable}"
        assert invented(paper, f"{text}\n{ours}") == set()


def test_what_was_rejected_is_not_on_paper_and_what_was_not_asked_is(ready):
    text = read_file(bytes_of(ready, "docx")).document.text
    assert "Architected" not in text
    assert "Wrote REST APIs in Django for the mobile app, 40 endpoints" in text
    assert "Coached two juniors" in text


def test_nothing_on_paper_is_stated_by_the_paper_alone(ready):
    for kind in ("docx", "letter_docx"):
        text = read_file(bytes_of(ready, kind)).document.text
        ours = [
            line for line in text.splitlines() if "AI-made" in line or "November" in line or "Application for" in line
        ]
        material = material_of(ready)
        assert check_paper(text, source=material.source, ours=ours, also=material.quotable) == []


@pytest.mark.parametrize("kind", ["docx", "letter_docx"])
def test_a_docx_says_visibly_and_in_its_properties_that_it_is_ai_made(ready, kind):
    with zipfile.ZipFile(io.BytesIO(bytes_of(ready, kind))) as package:
        core = package.read("docProps/core.xml").decode()
        footer = next(package.read(name).decode() for name in package.namelist() if "footer" in name)
    assert "AI-made" in core
    assert "AI-generated" in core
    assert "AI-made" in footer


@pytest.mark.parametrize("kind", ["pdf", "letter_pdf"])
def test_a_pdf_says_so_too_and_is_tagged(ready, kind):
    content = bytes_of(ready, kind)
    with pikepdf.open(io.BytesIO(content)) as opened:
        assert "AI-made" in str(opened.docinfo["/Keywords"])
        assert opened.Root.MarkInfo.Marked
        assert opened.open_metadata()["pdfuaid:part"] == "1"
        assert str(opened.Root.Lang).startswith("en")
    assert "AI-made" in read_file(content).document.text


def test_a_store_that_is_away_is_waited_for_and_leaves_nothing_half_made(approved, own_store, client, recruiter):
    (own_store / "clean").parent.mkdir(parents=True, exist_ok=True)
    (own_store / "clean").write_bytes(b"a file where the folder was")
    with pytest.raises(storage.StorageUnavailable):
        export.make(approved.pk)
    approved.refresh_from_db()
    assert (approved.state, approved.docx_key, approved.digests) == (State.APPROVED, "", {})
    client.force_login(recruiter)
    assert "Ready to use" not in client.get(f"/jobs/tailoringrun/{approved.pk}/change/").content.decode()
    # The queue tries it again, and only then.
    assert storage.StorageUnavailable in tasks.make_tailored_files.retry_strategy.retry_exceptions
    (own_store / "clean").unlink()
    tasks.make_tailored_files(run_id=str(approved.pk))
    run = TailoringRun.objects.get(pk=approved.pk)
    assert run.state == State.READY
    assert "Coached two juniors" in read_file(bytes_of(run, "docx")).document.text


def test_a_store_that_goes_away_amid_the_files_hands_out_none_of_them(approved, own_store, monkeypatch):
    store, kept = storage.clean(), []

    class Going:
        def put(self, key, data, *, content_type):
            if len(kept) == 2:
                raise storage.StorageUnavailable
            kept.append(key)
            return store.put(key, data, content_type=content_type)

    with monkeypatch.context() as patch:
        patch.setattr(export.storage, "clean", Going)
        with pytest.raises(storage.StorageUnavailable):
            export.make(approved.pk)
    approved.refresh_from_db()
    assert (approved.state, approved.docx_key, approved.pdf_key) == (State.APPROVED, "", "")
    export.make(approved.pk)
    run = TailoringRun.objects.get(pk=approved.pk)
    assert run.state == State.READY
    # Those of the first time belong to nobody, and the sweep takes them.
    assert named([*kept, run.docx_key]) == {run.docx_key}


def test_a_pdf_that_is_not_the_paper_is_not_kept_and_the_docx_is(approved, monkeypatch, tmp_path, client, recruiter):
    for kind in ("resume", "letter"):
        form = (pdf.TEMPLATES / f"{kind}.typ").read_text(encoding="utf-8")
        broken = form.replace("list(..item.lines.map(line => [#line]))", "[]").replace("#paper.closing", "")
        (tmp_path / f"{kind}.typ").write_text(broken, encoding="utf-8")
    monkeypatch.setattr(pdf, "TEMPLATES", tmp_path)
    export.make(approved.pk)
    run = TailoringRun.objects.get(pk=approved.pk)
    assert run.state == State.READY
    assert (run.pdf_key, run.letter_pdf_key, run.png_key) == ("", "", "")
    assert "Coached two juniors" in read_file(bytes_of(run, "docx")).document.text
    client.force_login(recruiter)
    assert "There is no PDF" in client.get(f"/jobs/tailoringrun/{run.pk}/change/").content.decode()


def test_a_docx_has_one_column_real_headings_and_lists_and_no_table(ready):
    with zipfile.ZipFile(io.BytesIO(bytes_of(ready, "docx"))) as package:
        body = package.read("word/document.xml").decode()
    assert 'w:val="Heading1"' in body
    assert 'w:val="ListBullet"' in body
    assert "<w:tbl>" not in body
    assert "w:txbxContent" not in body


def test_the_same_approval_gives_the_same_bytes(ready):
    files, _ = export.faithful_files(ready, list(ready.lines.all()), made_at=ready.approved_at)
    assert {kind: content for kind, content in files.items() if kind != "x"} == {
        kind: bytes_of(ready, kind) for kind in files
    }


def test_a_line_that_was_forged_in_the_database_does_not_get_out(approved, recruiter):
    TailoringLine.objects.filter(run=approved, replaces="w1.b1").update(text="Coached ninety juniors at Google")
    export.make(approved.pk)
    run = TailoringRun.objects.get(pk=approved.pk)
    assert (run.state, run.failed_for) == (State.REVIEW, "not_faithful")
    assert run.docx_key == ""
    assert run.approved_by is None
    assert "states something" in run.message


def test_making_files_twice_keeps_them_once(ready):
    before = ready.docx_key
    export.make(ready.pk)
    assert TailoringRun.objects.get(pk=ready.pk).docx_key == before


def test_a_download_is_on_record_before_its_first_byte(ready, recruiter, events):
    opened = tailorings.open_file(run_id=ready.pk, kind="docx", by=recruiter)
    assert opened.content.read() == bytes_of(ready, "docx")
    assert opened.filename == "tailored-resume-amara-okafor.docx"
    (event,) = events("tailoring.downloaded")
    assert event.subject_ref == str(ready.application.candidate_id)
    assert event.changes == {"kind": "docx"}


def test_a_file_that_was_altered_in_the_store_is_not_handed_out(ready, recruiter, events):
    storage.clean().delete(ready.docx_key)
    storage.clean().put(ready.docx_key, b"another file", content_type=export.DOCX)
    with pytest.raises(tailorings.FileAltered):
        tailorings.open_file(run_id=ready.pk, kind="docx", by=recruiter)
    assert events("tailoring.altered")[0].reason_code == "sha256_differs"


def test_somebody_of_another_job_does_not_learn_that_it_exists(ready, events):
    stranger = UserFactory(role="Hiring manager")
    with pytest.raises(NotFound):
        tailorings.open_file(run_id=ready.pk, kind="docx", by=stranger)
    assert events("tailoring.downloaded", outcome="deny")


def test_events_hold_no_word_of_the_person(ready, events):
    said = " ".join(str(event.changes) for event in events("tailoring."))
    for word in ("Amara", "Okafor", "Northwind", "juniors"):
        assert word not in said
    assert AMARA


def test_the_first_page_is_kept_as_a_picture_and_shown_within_the_page(ready, client, recruiter):
    assert bytes_of(ready, "png").startswith(b"\x89PNG")
    client.force_login(recruiter)
    address = f"/jobs/tailoringrun/{ready.pk}/picture/"
    answer = client.get(address)
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["Content-Disposition"].startswith("inline")
    assert address in client.get(f"/jobs/tailoringrun/{ready.pk}/change/").content.decode()
    client.force_login(UserFactory(role="Interviewer"))
    assert client.get(address).status_code in (403, 404)
