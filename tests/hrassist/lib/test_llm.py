"""The client of language models against a server that misbehaves in every way that servers do."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from hrassist.lib import egress, llm
from tests.hrassist.lib.egress.conftest import named, names, server  # noqa: F401  its fixtures
from tests.hrassist.lib.egress.outside import HOST
from tests.jobs.tailoring import model_server

pytestmark = pytest.mark.django_db
SCHEMA = {"type": "object", "properties": {"ok": {"type": "boolean"}}}


@pytest.fixture
def ask(server, monkeypatch):  # noqa: F811
    """Ask the server; gives the text and what it took."""

    def asked(answer, *, dialect="openai", waits=lambda: None, seconds=10.0, key="sk-test", price=None, question="{}"):
        server.answer = answer
        endpoint = llm.Endpoint(
            name="test", dialect=dialect, base_url=f"https://{HOST}:{server.port}/v1", model="m", key=key, price=price
        )
        messages = [llm.Message("system", "Answer."), llm.Message("user", question)]
        chunks = list(
            endpoint.stream(
                messages, schema=SCHEMA, max_tokens=50, deadline=llm.Deadline.in_seconds(seconds), waits=waits
            )
        )
        text = "".join(one.text for one in chunks if isinstance(one, llm.Piece))
        return text, next(one for one in chunks if isinstance(one, llm.Usage))

    return asked


def body_of(server) -> dict:  # noqa: F811
    return json.loads(server.requests[-1].split(b"\r\n\r\n", 1)[1])


def test_an_answer_comes_in_pieces_with_what_it_took(ask, server):  # noqa: F811
    price = llm.Price(Decimal(2), Decimal(10))
    text, usage = ask(
        model_server.says('{"ok": true}', usage={"prompt_tokens": 1000, "completion_tokens": 100}), price=price
    )
    assert text == '{"ok": true}'
    assert (usage.tokens_in, usage.tokens_out, usage.cost) == (1000, 100, Decimal("0.003"))
    head = server.requests[-1].split(b"\r\n\r\n", 1)[0]
    assert b"Authorization: Bearer sk-test" in head
    assert body_of(server)["max_tokens"] == 50


def test_without_a_word_about_usage_it_is_estimated(ask):
    _, usage = ask(model_server.says("x" * 400))
    assert usage.tokens_out == 100


PRICE = llm.Price(Decimal(2), Decimal(10))
TOOK = {"prompt_tokens": 1000, "completion_tokens": 100}


@pytest.mark.parametrize(
    ("dialect", "said", "cost"),
    [
        ("openrouter", {"cost": 0.0014}, "0.0014"),
        ("openrouter", {"cost": 0}, "0"),
        ("openrouter", {"cost": 0.0014, "cost_details": {"upstream_inference_cost": 0.0014}}, "0.0014"),
        ("openrouter", {"cost": 0.001, "is_byok": True, "cost_details": {"upstream_inference_cost": 0.02}}, "0.021"),
        ("openrouter", {"cost": 0.001, "is_byok": True, "cost_details": None}, "0.001"),
        ("openrouter", {}, "0.003"),
        ("openrouter", {"cost": None}, "0.003"),
        ("openrouter", {"cost": -1}, "0.003"),
        ("openrouter", {"cost": float("nan")}, "0.003"),
        ("openrouter", {"cost": float("inf")}, "0.003"),
        ("openrouter", {"cost": True}, "0.003"),
        ("openrouter", {"cost": "0.1"}, "0.003"),
        ("openai", {"cost": 0.0014}, "0.003"),
    ],
)
def test_a_cost_that_is_reported_goes_before_the_price_list(ask, dialect, said, cost):
    _, usage = ask(model_server.says("{}", usage=TOOK | said), dialect=dialect, price=PRICE)
    assert usage.cost == Decimal(cost)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (model_server.cut('{"ok": tr'), llm.ModelCutOff),
        (model_server.says('{"ok": true}', reason="length"), llm.ModelCutOff),
        (model_server.says('{"ok": true}', reason="content_filter"), llm.ModelCutOff),
        (model_server.refuses(401), llm.ModelRefusedKey),
        (model_server.refuses(403), llm.ModelRefusedKey),
        (model_server.refuses(402), llm.BudgetSpent),
        (model_server.refuses(429, "Retry-After: 7"), llm.ModelRateLimited),
        (model_server.refuses(500), llm.ModelUnreachable),
        (model_server.refuses(503), llm.ModelUnreachable),
        (model_server.refuses(404), llm.ModelFailed),
        (model_server.refuses(302, "Location: https://elsewhere.example/"), llm.ModelUnreachable),
        (lambda connection: connection.sendall(model_server.HEAD + b"data: {nonsense\n\n"), llm.ModelCutOff),
        (
            lambda connection: connection.sendall(model_server.HEAD + b'data: {"error": {"code": 500}}\n\n'),
            llm.ModelCutOff,
        ),
        (lambda connection: None, llm.ModelUnreachable),
    ],
)
def test_every_way_of_failing_has_its_own_word(ask, answer, error):
    with pytest.raises(error) as failed:
        ask(answer)
    assert type(failed.value) is error
    assert failed.value.message.endswith(".")


def test_how_long_to_wait_is_read_from_a_rate_limit(ask):
    with pytest.raises(llm.ModelRateLimited) as failed:
        ask(model_server.refuses(429, "Retry-After: 7"))
    assert failed.value.retry_after == 7


def test_silence_in_the_middle_ends_the_call_and_is_told_every_second_before(ask):
    waited = []
    with pytest.raises(llm.ModelStalled):
        ask(model_server.stalls('{"ok'), seconds=2.5, waits=lambda: waited.append(1))
    assert len(waited) >= 1


def test_who_waits_may_end_the_call(ask):
    class Enough(Exception):
        pass

    def enough():
        raise Enough

    with pytest.raises(Enough):
        ask(model_server.stalls('{"ok'), waits=enough)


QUESTION = "Answer in JSON only. " * 1000
CUT = {"prompt_tokens": 2050, "completion_tokens": 12}


@pytest.mark.parametrize(
    ("usage", "reason"),
    [
        (CUT, "stop"),
        (CUT, "length"),
        # The answer filled what was left of the context.
        ({"prompt_tokens": 4060, "completion_tokens": 36}, "length"),
    ],
)
def test_a_question_that_was_cut_is_no_question_and_says_what_to_set(ask, usage, reason):
    with pytest.raises(llm.ModelContextTooSmall) as failed:
        ask(model_server.says("{}", usage=usage, reason=reason), dialect="ollama", question=QUESTION)
    assert "OLLAMA_CONTEXT_LENGTH=16384" in failed.value.message
    assert not failed.value.again
    assert len(failed.value.message) <= 300


@pytest.mark.parametrize(
    ("dialect", "usage"),
    [
        ("ollama", {"prompt_tokens": 5000, "completion_tokens": 12}),
        # The longest words: a token for five characters and a half.
        ("ollama", {"prompt_tokens": 3820, "completion_tokens": 12}),
        # It counted nothing anew of what it remembers.
        ("ollama", {"prompt_tokens": 0, "completion_tokens": 12}),
        ("ollama", None),
        # Others refuse what does not fit.
        ("openai", CUT),
        ("gemini", CUT),
    ],
)
def test_a_question_that_was_taken_in_whole_is_answered(ask, dialect, usage):
    assert ask(model_server.says("{}", usage=usage), dialect=dialect, question=QUESTION)[0] == "{}"


def test_out_of_the_tokens_that_it_may_write_is_no_small_context(ask):
    usage = {"prompt_tokens": 5000, "completion_tokens": 50}
    with pytest.raises(llm.ModelCutOff):
        ask(model_server.says("{}", usage=usage, reason="length"), dialect="ollama", question=QUESTION)


@pytest.mark.parametrize(("dialect", "told"), [("ollama", "OLLAMA_CONTEXT_LENGTH"), ("openai", "a larger context")])
def test_a_question_that_is_refused_for_its_length_says_so_too(ask, dialect, told):
    said = '{"error": {"code": 400, "type": "exceed_context_size_error", "message": "exceeds the Context size"}}'
    with pytest.raises(llm.ModelContextTooSmall, match=told):
        ask(model_server.refuses(400, said=said), dialect=dialect)


# What each is sent beyond what all are.
OWN_WORDS: dict[str, tuple[str, dict[str, object]]] = {
    "openrouter": ("json_schema", {"usage": {"include": True}}),
    "gemini": ("json_object", {}),
    "ollama": ("json_schema", {}),
    "openai": ("json_schema", {}),
}


@pytest.mark.parametrize("dialect", sorted(llm.DIALECTS))
def test_each_make_is_asked_in_its_own_dialect(ask, server, dialect):  # noqa: F811
    ask(model_server.says("{}"), dialect=dialect)
    form, own = OWN_WORDS[dialect]
    body = body_of(server)
    assert body.pop("response_format") == (
        {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": SCHEMA}}
        if form == "json_schema"
        else {"type": "json_object"}
    )
    # Who knows no schema is told of it in words.
    told = "" if form == "json_schema" else f"\n\nThe schema of the answer: {json.dumps(SCHEMA)}"
    assert body == {
        "model": "m", "stream": True, "stream_options": {"include_usage": True}, "max_tokens": 50, "temperature": 0.2,
        "messages": [{"role": "system", "content": f"Answer.{told}"}, {"role": "user", "content": "{}"}], **own,
    }  # fmt: skip
    assert (b"X-Title: hrassist" in server.requests[-1]) is (dialect == "openrouter")


def test_a_host_that_is_not_named_is_not_called(ask, settings):
    settings.EGRESS_HOSTS = settings.EGRESS_INTERNAL_HOSTS = []
    with pytest.raises(llm.ModelUnreachable) as failed:
        ask(model_server.says("{}"))
    assert not failed.value.again
    assert egress.EgressRefused.code == "egress_refused"
