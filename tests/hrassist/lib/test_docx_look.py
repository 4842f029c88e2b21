"""Words from right to left stand where the format has them, with the weight and size of their own."""

from __future__ import annotations

import docx
from docx.oxml.ns import qn
from docx.shared import Pt

from hrassist.lib import docx_look

NAME = "محمد الأمين"


def names(element):
    return [one.tag.partition("}")[2] for one in element]


def test_a_paragraph_says_its_direction_before_its_distances():
    document = docx.Document()
    line = document.add_paragraph()
    line.paragraph_format.space_after, line.paragraph_format.keep_with_next = Pt(0), True
    run = line.add_run(NAME)
    run.bold, run.font.size = True, Pt(20)
    other = document.add_paragraph("Amara")
    docx_look.set_by_own_words(document.element.body)
    assert names(line._p.pPr) == ["keepNext", "bidi", "spacing"]
    assert names(run._r.rPr) == ["b", "bCs", "sz", "szCs", "rtl"]
    assert run._r.rPr.find(qn("w:szCs")).get(qn("w:val")) == "40"
    assert other._p.pPr is None


def test_a_line_below_a_heading_stands_before_its_distances():
    style = docx.Document().styles["Heading 1"]
    docx_look.line_below(style, colour="A6A6A6")
    found = names(style.element.pPr)
    assert found.index("pBdr") < found.index("spacing")
