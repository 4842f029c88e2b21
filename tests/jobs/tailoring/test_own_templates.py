"""Customers' Word files: hostile ones are refused, mistakes are told with their place, and facts stay as they are."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace

import docx
import pytest
from django.utils import timezone
from lxml import etree

from candidates.actions.reading import read_file
from hrassist.lib import storage
from hrassist.lib.errors import Conflict
from jobs.actions import resume_templates, tailorings
from jobs.models import ResumeTemplate, TailoringRun
from jobs.tailoring import export, form
from jobs.tailoring.facts import Source, skeleton
from tests.jobs.tailoring.scripted import ScriptedProvider, implementation
from tests.jobs.tailoring.word_files import SOUND, W14, as_word_keeps_it, with_part, word_file

pytestmark = pytest.mark.django_db
NAMES = {
    "w": "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "wp": "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing",
    "w14": W14,
}


def changed(old: str, new: str) -> bytes:
    assert old in SOUND
    return word_file([new if line == old else line for line in SOUND])


def text_of(content: bytes) -> str:
    return read_file(content).document.text


def test_a_sound_template_is_filled_with_somebody_who_does_not_exist():
    filled, back = form.checked(word_file())
    text = back.document.text
    for said in ("Mira Talvik", "Bridge Engineer, Hanseatic Bridges GmbH, Rostock", "Measured 20 old bridges"):
        assert said in text
    assert "{{" not in text
    assert "{%" not in text
    assert "AI-made" in text
    assert {"job.position", "line", "label"} <= set(filled.used)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("{{ headline }}", "{{ headlin }}", "Unknown field “headlin” in paragraph 2"),
        ("{{ job.dates }}", "{{ job.salary }}", "Unknown field “job.salary” in paragraph 11"),
        ("{{ skills }}", "{{ work }}", "“work” in paragraph 27 cannot stand there"),
        ("{{ skills }}", "{% for one in skills %}", "paragraph 27 has no {% endfor %}"),
        ("{{ skills }}", "{% if name.first %}", "paragraph 27 has no {% endif %}"),
        ("{{ skills }}", "{{ skills", "paragraph 27 has no end"),
        ("{{ skills }}", "Skills: {% if skills %}", "paragraph 27 has to stand in a paragraph of its own"),
        ("{% endif %}", "End", "paragraph 4 has no {% endif %}"),
        ("{{ headline }}", "{% endfor %}", "paragraph 2 ends what was not begun"),
        ("{{ headline }}", "{% include 'x' %}", "paragraph 2 is not understood"),
        ("{{ headline }}", "{{ name.__class__ }}", "Unknown field “name.__class__”"),
        ("{{ headline }}", "{{ ''.__class__.__mro__ }}", "Unknown field"),
        ("{{ headline }}", "{{ name|upper }}", "Unknown field “name|upper”"),
        ("{{ headline }}", "{{ 7 * 7 }}", "Unknown field “7 * 7”"),
        ("Profile", "Certified Scrum Master", "The template itself says “Certified Scrum Master”"),
        ("Profile", "PhD, Stanford University", "The template itself says"),
        ("Profile", "Managed 40 people at Google for 10 years", "states something of whoever it is filled for"),
        ("Profile", "Senior Director, 20 years", "states something of whoever it is filled for"),
        ("Profile", "Fluent French since 2010", "states something of whoever it is filled for"),
        ("Profile", "Kubernetes and Rust expert", "states something of whoever it is filled for"),
        ("{{ study.degree }}, {{ study.school }}, {{ study.dates }}", "{{ study.degree }}", "{{ study.school }}"),
        ("{{ job.position }}, {{ job.employer }}, {{ job.place }}", "{{ job.position }}", "{{ job.employer }}"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place(old, new, says):
    with pytest.raises(form.TemplateWrong) as wrong:
        form.checked(changed(old, new))
    assert says in wrong.value.message


def parts_of(content: bytes):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return etree.fromstring(archive.read("word/document.xml"))


def test_what_is_repeated_shares_no_number_with_its_like():
    root = parts_of(form.checked(as_word_keeps_it())[0].content)
    for path, count in (("//w:bookmarkStart/@w:id", 20), ("//w:bookmarkEnd/@w:id", 20), ("//wp:docPr/@id", 2)):
        found = root.xpath(path, namespaces=NAMES)
        assert len(found) == len(set(found)) >= count, path
    assert not root.xpath("//@w14:paraId", namespaces=NAMES)
    starts, ends = (set(root.xpath(f"//w:bookmark{end}/@w:id", namespaces=NAMES)) for end in ("Start", "End"))
    assert starts == ends


def test_a_cell_of_which_nothing_is_left_keeps_a_paragraph():
    material = form.sample()
    bare = replace(material, source=Source(skeleton.of({"basics": {"name": "Mira Talvik"}}), ""))
    content, _ = form.paper(as_word_keeps_it(), bare, [], skill_order=(), made_by="hrassist", now=timezone.now())
    cells = parts_of(content).xpath("//w:tc", namespaces=NAMES)
    assert [cell[-1].tag.partition("}")[2] for cell in cells] == ["p", "p"]
    assert ["".join(cell.itertext()) for cell in cells] == ["", ""]


def test_it_has_to_say_that_the_paper_is_ai_made():
    with pytest.raises(form.TemplateWrong, match="AI-made"):
        form.checked(word_file(footer=""))


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"MZ\x90\x00" + b"x" * 5000, ""),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj<<>>endobj\ntrailer<<>>", ""),
        (with_part(word_file(), "word/vbaProject.bin", b"\xd0\xcf\x11\xe0"), "macros"),
        (with_part(word_file(), "word/embeddings/oleObject1.bin", b"x"), "embedded_object"),
        (with_part(word_file(), "word/media/run.exe", b"MZ\x90\x00"), "embedded_object"),
        (with_part(word_file(), "word/extra.xml", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'), ""),
    ],
    ids=["program", "pdf", "macros", "object", "program inside", "entities"],
)
def test_a_hostile_file_is_refused(content, code, recruiter):
    with pytest.raises(form.TemplateWrong) as wrong:
        resume_templates.add(name="Hostile", content=content, by=recruiter)
    assert not code or wrong.value.code == code
    assert wrong.value.message.endswith(".")
    assert not ResumeTemplate.objects.exists()


def test_loops_in_loops_do_not_grow_without_end():
    lines = [*SOUND, *(["{% for job in work %}"] * 14), "{{ name }}", *(["{% endfor %}"] * 14)]
    with pytest.raises(form.TemplateWrong, match="more than 5000 paragraphs"):
        form.checked(word_file(lines))


def test_a_placeholder_keeps_its_look_when_word_has_cut_it_in_pieces():
    document = docx.Document(io.BytesIO(word_file()))
    first = document.paragraphs[0]
    first.text = ""
    for piece, bold in (("{", False), ("{ na", True), ("me }", False), ("}!", False)):
        first.add_run(piece).bold = bold
    whole = io.BytesIO()
    document.save(whole)
    filled, _ = form.checked(whole.getvalue())
    paragraph = docx.Document(io.BytesIO(filled.content)).paragraphs[0]
    assert paragraph.text == "Mira Talvik!"


def test_cells_of_a_table_are_filled_too():
    document = docx.Document(io.BytesIO(word_file()))
    document.add_table(1, 2).rows[0].cells[1].text = "{{ email }}"
    whole = io.BytesIO()
    document.save(whole)
    _, back = form.checked(whole.getvalue())
    assert back.document.text.count("mira.talvik@example.org") == 2


@pytest.fixture
def in_review(begun, tailor):
    lines = [{"bullet_id": "w1.b1", "text": "Coached two juniors", "evidence": ["w1.b1"]}]
    return tailor(begun, ScriptedProvider(implementation=implementation(lines)))


@pytest.fixture
def house_style(recruiter):
    return resume_templates.add(name="House style", content=word_file(), by=recruiter)


def approve(run, by, template):
    for line in tailorings.undecided(run):
        tailorings.decide(run=run, line_ids=[line.pk], decision="rejected", by=by, now=timezone.now())
    return tailorings.approve(run=run, by=by, now=timezone.now(), template=template)


def test_the_finished_file_is_the_template_with_this_person_and_is_read_back(in_review, house_style, recruiter):
    approve(in_review, recruiter, house_style)
    export.make(in_review.pk)
    run = TailoringRun.objects.get(pk=in_review.pk)
    assert run.state == TailoringRun.State.READY, run.message
    content = b"".join(storage.clean().open(run.docx_key))
    text = text_of(content)
    assert "Coached two juniors" in text
    assert "Mira Talvik" not in text
    document = docx.Document(io.BytesIO(content))
    assert document.sections[0].header.paragraphs[0].text == "Example Recruiting Ltd"
    assert document.core_properties.category == "AI-made"
    assert "AI-made" in document.core_properties.comments
    assert document.core_properties.author == "Amara Okafor"
    assert run.read_back["read"] >= run.read_back["fields"] - 2


def test_a_template_that_was_bent_after_its_check_puts_nothing_on_paper(in_review, house_style, recruiter):
    bent = word_file([*SOUND, "Worked at Initech as {{ name }}"])
    ResumeTemplate.objects.filter(pk=house_style.pk).update(content=bent)
    approve(in_review, recruiter, ResumeTemplate.objects.get(pk=house_style.pk))
    export.make(in_review.pk)
    run = TailoringRun.objects.get(pk=in_review.pk)
    assert (run.state, run.failed_for, run.docx_key) == (TailoringRun.State.REVIEW, "template_wrong", "")
    assert "Initech" in run.message


def test_a_template_that_leaves_out_this_persons_job_puts_nothing_on_paper(in_review, house_style, recruiter):
    without = [line for line in SOUND if "job.position" not in line]
    ResumeTemplate.objects.filter(pk=house_style.pk).update(content=word_file(without))
    approve(in_review, recruiter, ResumeTemplate.objects.get(pk=house_style.pk))
    export.make(in_review.pk)
    run = TailoringRun.objects.get(pk=in_review.pk)
    assert (run.state, run.docx_key) == (TailoringRun.State.REVIEW, "")


def test_the_same_template_and_person_give_the_same_bytes():
    one, other = form.checked(word_file())[0].content, form.checked(word_file())[0].content
    assert one == other
    with zipfile.ZipFile(io.BytesIO(one)) as archive:
        assert archive.testzip() is None


def test_one_template_is_the_default_and_a_name_is_used_once(house_style, recruiter):
    second = resume_templates.add(name="Second", content=word_file(), by=recruiter)
    resume_templates.make_default(template=house_style, by=recruiter)
    resume_templates.make_default(template=second, by=recruiter)
    assert [one.name for one in ResumeTemplate.objects.filter(is_default=True)] == ["Second"]
    resume_templates.make_default(template=None, by=recruiter)
    assert not ResumeTemplate.objects.filter(is_default=True).exists()
    with pytest.raises(Conflict, match="of this name"):
        resume_templates.add(name="House  style", content=word_file(), by=recruiter)


def test_what_was_made_with_a_removed_template_stays(in_review, house_style, recruiter):
    approve(in_review, recruiter, house_style)
    export.make(in_review.pk)
    resume_templates.remove(template=house_style, by=recruiter)
    run = TailoringRun.objects.get(pk=in_review.pk)
    assert run.template is None
    assert tailorings.open_file(run_id=run.pk, kind="docx", by=recruiter).size > 0
