"""Each make of endpoint has habits of its own: what it sends is read as it means it."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest

from hrassist.lib import llm
from jobs.tailoring import asking
from tests.hrassist.lib.egress.conftest import named, names, server  # noqa: F401  its fixtures
from tests.hrassist.lib.test_llm import ask  # noqa: F401  its fixture
from tests.jobs.tailoring import model_server

pytestmark = pytest.mark.django_db
ANSWERS = Path(__file__).parent / "answers"
PRICE = llm.Price(Decimal(1), Decimal(10))
SCHEMA = {"type": "object", "required": ["ok"], "properties": {"ok": {"type": "boolean"}}}
QUESTION = "Answer in JSON only. " * 1000
# The kind that an operator chooses for it, what it took, and what that cost: as told, or by the price list.
WHOLE = {
    "openai": ("openai", (1200, 6), "0.00126"),
    "openrouter": ("openrouter", (1200, 40), "0.00042"),
    "gemini": ("gemini", (1200, 9), "0.00129"),
    "ollama": ("ollama", (1200, 12), "0.00132"),
    "vllm": ("openai", (1200, 6), "0.00126"),
}
BROKEN = {
    "openai_breaks": ("openai", llm.ModelCutOff),
    "openrouter_breaks": ("openrouter", llm.ModelCutOff),
    "gemini_filters": ("gemini", llm.ModelCutOff),
    "ollama_breaks": ("ollama", llm.ModelCutOff),
    "ollama_cuts_the_question": ("ollama", llm.ModelContextTooSmall),
    "vllm_breaks": ("openai", llm.ModelCutOff),
}
REFUSED = {
    "gemini_400_wrong_key": ("gemini", llm.ModelRefusedKey),
    "openai_401_wrong_key": ("openai", llm.ModelRefusedKey),
    "openrouter_401_wrong_key": ("openrouter", llm.ModelRefusedKey),
    "openrouter_402_no_credit": ("openrouter", llm.BudgetSpent),
    "openai_429_rate_limited": ("openai", llm.ModelRateLimited),
    "openai_400_too_long": ("openai", llm.ModelContextTooSmall),
    "llamacpp_400_too_long": ("openai", llm.ModelContextTooSmall),
    "ollama_404_no_model": ("ollama", llm.ModelFailed),
}


def sent(name):
    return lambda connection: connection.sendall(model_server.HEAD + (ANSWERS / f"{name}.sse").read_bytes())


def test_every_answer_that_is_kept_is_tried():
    kept = {path.stem for path in ANSWERS.iterdir()} - {"README"}
    assert kept == {*WHOLE, *BROKEN, *REFUSED, "openai_refuses"}


@pytest.mark.parametrize(("name", "told"), WHOLE.items(), ids=WHOLE)
def test_an_answer_is_read_whole_with_what_it_took(ask, name, told):  # noqa: F811
    dialect, tokens, cost = told
    text, usage = ask(sent(name), dialect=dialect, price=PRICE)
    assert asking.read(text, SCHEMA) == {"ok": True}
    assert ((usage.tokens_in, usage.tokens_out), usage.cost) == (tokens, Decimal(cost))


def test_a_refusal_in_words_is_no_answer_in_its_form(ask):  # noqa: F811
    text, usage = ask(sent("openai_refuses"))
    assert (text, usage.tokens_in) == ("", 1200)
    with pytest.raises(ValueError, match="no JSON"):
        asking.read(text, SCHEMA)


@pytest.mark.parametrize(("name", "told"), BROKEN.items(), ids=BROKEN)
def test_an_answer_that_breaks_is_none(ask, name, told):  # noqa: F811
    dialect, error = told
    with pytest.raises(error) as failed:
        ask(sent(name), dialect=dialect, question=QUESTION if error is llm.ModelContextTooSmall else "{}")
    assert type(failed.value) is error


@pytest.mark.parametrize(("name", "told"), REFUSED.items(), ids=REFUSED)
def test_a_refusal_says_what_to_mend_and_quotes_nothing(ask, name, told):  # noqa: F811
    dialect, error = told
    status = re.findall(r"_(\d{3})_", name)
    with pytest.raises(error) as failed:
        ask(model_server.refuses(int(status[0]), said=(ANSWERS / f"{name}.json").read_text()), dialect=dialect)
    assert type(failed.value) is error
    assert "sk-" not in failed.value.message
