from io import BytesIO

import pytest

from hrassist.lib.serving import HEADERS, FileFacts, OpenFile, file_answer, head_answer, text_answer


def answer(**changes):
    named = {"filename": "cv.pdf", "content_type": "application/pdf", "size": 3, "key": "clean/a b"} | changes
    return file_answer(OpenFile(**({"content": BytesIO(b"pdf")} | named)))


def test_every_answer_carries_every_guarding_header():
    facts = FileFacts(filename="a", content_type="image/png")
    answers = [answer(), head_answer(facts), text_answer("x", filename="a")]
    assert all(one[name] == value for one in answers for name, value in HEADERS.items())


def test_a_file_is_saved_unless_it_is_shown_in_place():
    assert answer()["Content-Disposition"].startswith("attachment;")
    assert answer(inline=True)["Content-Disposition"].startswith("inline;")


def test_a_file_without_a_name_is_still_an_attachment():
    assert answer(filename="")["Content-Disposition"] == "attachment"


def test_nginx_gets_the_key_escaped_and_the_file_is_closed(settings):
    settings.ACCEL_REDIRECT_PREFIX = "/internal"
    content = BytesIO(b"pdf")
    response = answer(content=content)
    assert response["X-Accel-Redirect"] == "/internal/clean/a%20b"
    assert (response.content, content.closed) == (b"", True)


def test_from_an_object_store_the_app_streams_even_behind_nginx(settings):
    settings.ACCEL_REDIRECT_PREFIX, settings.STORAGE_BACKEND = "/internal", "s3"
    response = answer()
    assert "X-Accel-Redirect" not in response
    assert b"".join(response.streaming_content) == b"pdf"


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", ""])
def test_text_is_never_a_page(text):
    response = text_answer(text, filename="resume.txt")
    assert (response["Content-Type"], response["X-Content-Type-Options"]) == ("text/plain; charset=utf-8", "nosniff")
