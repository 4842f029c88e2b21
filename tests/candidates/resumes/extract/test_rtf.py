from candidates.resumes.document import Document
from candidates.resumes.extract import Limits, extract
from tests.hostile.good import TEXT, rtf


def read(body: str = "") -> Document:
    return extract(rtf(body), limits=Limits())


def test_paragraphs_are_lines():
    assert read().text == TEXT


def test_characters_by_code_page_and_by_unicode_number():
    assert read(r"Zo\'eb M\u252?ller \endash  \u26085?\u26412?").text == "Zoë Müller – 日本"


def test_hidden_white_and_tiny_runs_are_set_aside():
    body = r"{\colortbl;\red0\green0\blue0;\red255\green255\blue255;}Ada {\v one }{\cf2 two }{\fs2 three }Example"
    document = read(body)
    assert document.text == "Ada Example"
    assert document.hidden[0].text == "one two three"


def test_white_text_in_a_file_with_shading_is_visible():
    assert read(r"{\colortbl;\red255\green255\blue255;\red0\green0\blue99;}{\cbpat2\cf1 Skills}").text == "Skills"


def test_pictures_and_properties_are_not_text():
    assert read(r"{\info{\author Someone}}{\pict\pngblip 89504e47}Ada").text == "Ada"


def test_pages_tables_and_profile_links():
    link = r'{\field{\*\fldinst HYPERLINK "https://github.com/ada"}{\fldrslt GitHub}}'
    assert read(rf"Python\cell SQL\row {link}\page two").text == "Python\nSQL\nGitHub\nhttps://github.com/ada\ftwo"
