from __future__ import annotations

import io
import json
import zipfile
from collections import Counter
from pathlib import Path

import docx
import pikepdf
import pypdfium2
import pytest
from defusedxml import ElementTree

from hrassist.ops.demo import docx as docx_writer
from hrassist.ops.demo import files, odt, pdf, sheet, txt
from hrassist.ops.demo.files import DemoFile

COUNT = 80
FILES = list(files.make(files.plan(COUNT)))
BY_LAYOUT = {(file.kind, file.layout): file for file in FILES}


def pdf_text(data: bytes) -> str:
    return " ".join(page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(data))


def text_of(file: DemoFile) -> str:
    if file.kind == "pdf":
        return pdf_text(file.data)
    if file.kind == "txt":
        encoding = {"capitals": "utf-8", "underlined": "utf-8-sig", "labelled": "utf-16"}[file.layout]
        return file.data.decode(encoding)
    archive = zipfile.ZipFile(io.BytesIO(file.data))
    parts = [name for name in archive.namelist() if name.endswith(".xml")]
    return " ".join(" ".join(ElementTree.fromstring(archive.read(part)).itertext()) for part in parts)


def flat(text: str) -> str:
    # Names in capitals, soft line breaks and ligatures are layout, not content.
    return "".join(text.replace("ﬁ", "fi").replace("ﬂ", "fl").replace("ﬀ", "ff").replace("ﬃ", "ffi").split()).casefold()


def test_the_same_seed_writes_the_same_bytes() -> None:
    again = {file.filename: file.data for file in files.make(files.plan(COUNT))}
    assert again == {file.filename: file.data for file in FILES}


def test_every_layout_of_every_format_is_used() -> None:
    used = {(file.kind, file.layout) for file in files.make(files.plan(320))}
    wanted = {("pdf", one) for one in (*pdf.PDF_LAYOUTS, "scanned", "hidden", "encrypted", "scripted", "truncated")}
    wanted |= {("docx", one) for one in docx_writer.DOCX_LAYOUTS}
    wanted |= {("odt", one) for one in odt.ODT_LAYOUTS} | {("txt", one) for one in txt.TXT_LAYOUTS}
    assert used == wanted


def test_file_names_are_distinct_and_end_in_their_format() -> None:
    assert len({file.filename for file in FILES}) == len(FILES)
    assert all(file.filename.endswith("." + file.kind) for file in FILES)


@pytest.mark.parametrize("key", [key for key in BY_LAYOUT if key[1] not in {"scanned", "encrypted", "truncated"}])
def test_every_layout_shows_what_is_true_of_the_person(key: tuple[str, str]) -> None:
    file = BY_LAYOUT[key]
    seen = flat(text_of(file))
    truth = file.truth
    for said in (truth["name"], *truth["emails"], *truth["titles"], *truth["employers"], *truth["schools"]):
        assert flat(said) in seen, said
    for said in (*truth["degrees"], *truth["skills"], *truth["graduation_years"], *truth["periods"]):
        assert flat(said) in seen, said


def test_a_scan_has_pictures_and_no_text() -> None:
    scan = BY_LAYOUT["pdf", "scanned"]
    assert pdf_text(scan.data).strip() == ""
    assert any(True for _ in pypdfium2.PdfDocument(scan.data)[0].get_objects(filter=[3]))


def test_hidden_instructions_are_in_the_file_but_white() -> None:
    hidden = BY_LAYOUT["pdf", "hidden"]
    assert flat(pdf.INJECTION) in flat(pdf_text(hidden.data))
    page = pypdfium2.PdfDocument(hidden.data)[0].render(scale=1).to_pil().convert("L")
    visible = pypdfium2.PdfDocument(
        pdf.write({**sheet.of(files.plan(COUNT)[COUNT - 5]), "hidden": ""}, layout="hidden")
    )
    assert page.tobytes() == visible[0].render(scale=1).to_pil().convert("L").tobytes()


def test_the_refused_files_are_locked_scripted_and_cut_off() -> None:
    with pytest.raises(pikepdf.PasswordError):
        pikepdf.open(io.BytesIO(BY_LAYOUT["pdf", "encrypted"].data))
    with pikepdf.open(io.BytesIO(BY_LAYOUT["pdf", "scripted"].data)) as scripted:
        assert scripted.Root.OpenAction.S == "/JavaScript"
    assert b"%%EOF" not in BY_LAYOUT["pdf", "truncated"].data
    assert [file.layout for file in FILES if file.expected == "rejected"] == ["encrypted", "scripted", "truncated"]


def test_word_files_open_in_a_reader_of_the_format_and_one_has_its_contact_in_a_text_box() -> None:
    for layout in docx_writer.DOCX_LAYOUTS:
        assert docx.Document(io.BytesIO(BY_LAYOUT["docx", layout].data)).paragraphs
    boxed = BY_LAYOUT["docx", "text_box"]
    outside = " ".join(paragraph.text for paragraph in docx.Document(io.BytesIO(boxed.data)).paragraphs)
    assert boxed.truth["emails"][0] not in outside


def test_an_odt_names_its_type_first_and_uncompressed() -> None:
    first = zipfile.ZipFile(io.BytesIO(BY_LAYOUT["odt", "plain"].data)).infolist()[0]
    assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)


def test_most_files_are_pdf_as_in_a_real_inbox() -> None:
    kinds = Counter(file.kind for file in FILES)
    assert kinds["pdf"] > kinds["docx"] > kinds["odt"] >= kinds["txt"] > 0


def test_files_only_writes_every_file_and_one_line_of_truth_for_each(tmp_path: Path) -> None:
    assert files.write_all(tmp_path, count=25) == 28
    lines = [json.loads(line) for line in (tmp_path / "truth.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(lines) == 28
    assert all((tmp_path / line["file"]).stat().st_size > 500 for line in lines)
    assert [line["expected"] for line in lines].count("rejected") == 3
