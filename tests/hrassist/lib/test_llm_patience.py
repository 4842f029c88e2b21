"""How long a model is waited for: until its first word, between two, and whatever keeps the line open meanwhile."""

from __future__ import annotations

import time

import pytest

from hrassist.lib import llm
from tests.hrassist.lib.egress.conftest import named, names, server  # noqa: F401  its fixtures
from tests.hrassist.lib.test_llm import ask  # noqa: F401  its fixture
from tests.jobs.tailoring import model_server

pytestmark = pytest.mark.django_db
COMMENT = b": PROCESSING\n\n"


@pytest.fixture(autouse=True)
def little_patience(monkeypatch):
    monkeypatch.setattr(llm, "FIRST_SECONDS", 1.8)
    monkeypatch.setattr(llm, "SILENT_SECONDS", 0.7)


def says(*parts, every, then=0.0):
    """The head at once, then each part after so many seconds, and silence at the end."""

    def answer(connection):
        connection.sendall(model_server.HEAD)
        for part in parts:
            time.sleep(every)
            connection.sendall(part)
        time.sleep(then)

    return answer


def seconds_of(asking):
    begun = time.monotonic()
    with pytest.raises(llm.ModelStalled):
        asking()
    return time.monotonic() - begun


def test_a_head_is_no_word_and_the_first_one_may_take_longer_than_the_next(ask):  # noqa: F811
    text, _ = ask(says(model_server.chunk("{}") + model_server.end(), every=1.1))
    assert text == "{}"


def test_without_a_first_word_the_call_ends(ask):  # noqa: F811
    assert 1.7 < seconds_of(lambda: ask(says(every=0, then=4))) < 4


def test_comments_are_no_first_word(ask):  # noqa: F811
    assert 1.7 < seconds_of(lambda: ask(says(*[COMMENT] * 40, every=0.1))) < 4


def test_after_the_first_word_silence_ends_the_call_sooner(ask):  # noqa: F811
    assert 0.6 < seconds_of(lambda: ask(says(model_server.chunk("{"), every=0, then=4))) < 1.7


def test_comments_between_words_are_silence_too(ask):  # noqa: F811
    assert 0.6 < seconds_of(lambda: ask(says(model_server.chunk("{"), *[COMMENT] * 40, every=0.1))) < 1.7


def test_words_may_come_for_longer_than_any_of_them_is_waited_for(ask):  # noqa: F811
    words = [model_server.chunk(letter) for letter in "slowly but surely"]
    text, _ = ask(says(*words, model_server.end(), every=0.1))
    assert text == "slowly but surely"


def test_what_the_reader_does_between_two_words_is_not_the_models_silence(server, monkeypatch):  # noqa: F811
    server.answer = says(model_server.chunk("a"), model_server.chunk("b") + model_server.end(), every=0.2)
    endpoint = llm.Endpoint(
        name="t", dialect="openai", base_url=f"https://hooks.example.com:{server.port}/v1", model="m", key=""
    )
    pieces = endpoint.stream(
        [llm.Message("user", "{}")], schema={}, max_tokens=5, deadline=llm.Deadline.in_seconds(10), waits=lambda: None
    )
    assert next(pieces) == llm.Piece("a")
    time.sleep(1.1)
    assert next(pieces) == llm.Piece("b")


def test_all_of_it_ends_at_the_deadline_however_much_is_said(ask):  # noqa: F811
    words = [model_server.chunk("x") for _ in range(40)]
    assert 0.9 < seconds_of(lambda: ask(says(*words, every=0.1), seconds=1.0)) < 2
