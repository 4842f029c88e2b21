"""The one door to language models: what a provider is asked, what it streams back, and how it fails.

A provider is whatever streams text for messages: an endpoint that speaks OpenAI's protocol, or a program of our own.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

from hrassist.lib import egress, egress_stream
from hrassist.lib.errors import DomainError


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation; `role` is system, user or assistant."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class Piece:
    """Text as it comes."""

    text: str


# What the template of a model puts around each message: its role, where it starts and ends.
TOKENS_AROUND = 16


@dataclass(frozen=True, slots=True)
class Usage:
    """What an answer took; the cost as the provider reports it, else by its price list, None where it has neither."""

    tokens_in: int
    tokens_out: int
    cost: Decimal | None = None


def most(messages: Sequence[Message], schema: Mapping[str, Any], *, max_tokens: int) -> Usage:
    """The most that a call can take: no token is less than a byte, and the form may be told among the words."""
    said = sum(len(one.content.encode()) + TOKENS_AROUND for one in messages) + len(json.dumps(schema).encode())
    return Usage(said + TOKENS_AROUND, max_tokens)


Chunk = Piece | Usage
# Told about every second while nothing comes; what it raises ends the call.
Waits = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment on the monotonic clock."""

    at: float

    @classmethod
    def in_seconds(cls, seconds: float) -> Deadline:
        return cls(time.monotonic() + seconds)

    @property
    def left(self) -> float:
        return self.at - time.monotonic()

    def sooner(self, seconds: float) -> Deadline:
        return Deadline(min(self.at, time.monotonic() + seconds))


class Provider(Protocol):
    """Whatever answers messages with text. `leaves` says whether what it is asked leaves this installation."""

    name: str
    model: str
    leaves: bool

    def stream(
        self, messages: Sequence[Message], *, schema: Mapping[str, Any], max_tokens: int, deadline: Deadline,
        waits: Waits,
    ) -> Iterator[Chunk]: ...  # fmt: skip


class ModelFailed(DomainError):
    """The model gave no usable answer. `again` says whether the same question may be asked once more by itself."""

    code = "model_failed"
    status = 502
    again = False
    default_message = "The language model gave no usable answer. Nothing was lost: go on later, or without a model."

    def __init__(self, message: str = "", *, again: bool | None = None) -> None:
        self.again = type(self).again if again is None else again
        super().__init__(message)


class ModelUnreachable(ModelFailed):
    code = "model_unreachable"
    again = True
    default_message = (
        "The language model cannot be reached. What is done is kept: press Continue later, or finish without a model."
    )


class ModelRateLimited(ModelFailed):
    code = "model_rate_limited"
    again = True
    default_message = "The language model takes no more requests for now. Press Continue in some minutes."

    def __init__(self, message: str = "", *, retry_after: float = 0) -> None:
        self.retry_after = retry_after
        super().__init__(message)


class ModelStalled(ModelFailed):
    code = "model_stalled"
    again = True
    default_message = "The language model stopped in the middle and went silent. Press Continue to ask it again."


class ModelCutOff(ModelFailed):
    code = "model_cut_off"
    again = True
    default_message = "The answer of the language model broke off before its end. Press Continue to ask it again."


class ModelContextTooSmall(ModelFailed):
    code = "model_context"
    default_message = (
        "What the language model was asked is more than it takes in. {how}; then continue. Or finish without a model."
    )

    def __init__(self, how: str = "") -> None:
        super().__init__(self.default_message.format(how=how or "An operator can choose a model with a larger context"))


class ModelAnsweredBadly(ModelFailed):
    code = "model_bad_answer"
    default_message = (
        "The language model did not answer in the form it was asked for, twice. Press Continue to try again, or finish "
        "without a model."
    )


class ModelRefusedKey(ModelFailed):
    code = "model_wrong_key"
    default_message = (
        "The language model refused our key. An operator can renew it under Language model; then continue."
    )


class BudgetSpent(ModelFailed):
    code = "budget_spent"
    default_message = (
        "The budget for the language model is spent, so it was not asked. Finish without a model, or continue when an "
        "operator has raised it."
    )


# --- Endpoints that speak OpenAI's protocol ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a make of endpoint differs from the others: all there is to know about it."""

    name: str
    base_url: str = ""
    # Gemini and small servers know a part of JSON schema only: they are told to answer in JSON and are asked again.
    json_schema: bool = True
    stream_usage: bool = True
    # What the others say about money, if anything, is in a unit that nobody promised.
    reports_cost: bool = False
    # How an operator makes room where what does not fit is dropped without a word, the instructions first.
    larger_context: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)


DIALECTS: dict[str, Dialect] = {
    "openrouter": Dialect("OpenRouter", "https://openrouter.ai/api/v1", headers={"X-Title": "hrassist"},
                          body={"usage": {"include": True}}, reports_cost=True),
    "gemini": Dialect("Google Gemini", "https://generativelanguage.googleapis.com/v1beta/openai", json_schema=False),
    # Its context is 4,096 tokens on most machines, and this protocol of its has no word for asking for more.
    "ollama": Dialect("Ollama", larger_context="An operator sets OLLAMA_CONTEXT_LENGTH=16384 where Ollama runs and "
                      "starts it anew"),
    "openai": Dialect("Another endpoint that speaks OpenAI's protocol"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Price:
    """What a million tokens cost."""

    tokens_in: Decimal = Decimal(0)
    tokens_out: Decimal = Decimal(0)

    def of(self, tokens_in: int, tokens_out: int) -> Decimal:
        return (self.tokens_in * tokens_in + self.tokens_out * tokens_out) / 1_000_000


class Endpoint:
    """A language model behind an address: every byte to and from it goes through the egress client."""

    leaves = True

    def __init__(self, *, name: str, dialect: str, base_url: str, model: str, key: str, price: Price | None = None):
        self.name, self.model, self._key = name, model, key
        self._dialect = DIALECTS[dialect]
        self._url = (base_url or self._dialect.base_url).rstrip("/") + "/chat/completions"
        self.price = price or Price()

    def stream(
        self, messages: Sequence[Message], *, schema: Mapping[str, Any], max_tokens: int, deadline: Deadline,
        waits: Waits,
    ) -> Iterator[Chunk]:  # fmt: skip
        """Pieces of the answer, then what it took. Raises ModelFailed; an answer that was cut is never taken as one."""
        body = self._body(messages, schema, max_tokens)
        try:
            with egress_stream.stream(
                "POST", self._url, purpose="language model", waits=waits, body=json.dumps(body).encode(),
                headers=self._headers(), connect_seconds=CONNECT_SECONDS, first_seconds=FIRST_SECONDS,
                silent_seconds=SILENT_SECONDS, seconds=max(deadline.left, 0.1), most_bytes=MOST_BYTES, plain=True,
            ) as answer:  # fmt: skip
                if answer.status != 200:
                    raise _refusal(answer, how=self._dialect.larger_context)
                asked = sum(len(one.content) for one in messages)
                yield from self._read(answer, asked=asked, max_tokens=max_tokens)
        except egress_stream.EgressSilent as error:
            raise ModelStalled from error
        except egress.EgressRefused as error:
            raise ModelUnreachable(f"The language model may not be called: {error.message}", again=False) from error
        except egress.EgressFailed as error:
            raise ModelUnreachable from error

    def _headers(self) -> dict[str, str]:
        own = {"Content-Type": "application/json", "Accept": "text/event-stream", **self._dialect.headers}
        return own | ({"Authorization": f"Bearer {self._key}"} if self._key else {})

    def _body(self, messages: Sequence[Message], schema: Mapping[str, Any], max_tokens: int) -> dict[str, Any]:
        said = [{"role": one.role, "content": one.content} for one in messages]
        form: dict[str, Any] = {"type": "json_object"}
        if self._dialect.json_schema:
            form = {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": dict(schema)}}
        else:
            said[0]["content"] += f"\n\nThe schema of the answer: {json.dumps(schema)}"
        body: dict[str, Any] = {
            "model": self.model, "messages": said, "stream": True, "max_tokens": max_tokens, "temperature": 0.2,
            "response_format": form, **self._dialect.body,
        }  # fmt: skip
        return body | ({"stream_options": {"include_usage": True}} if self._dialect.stream_usage else {})

    def _read(self, answer: egress_stream.Streamed, *, asked: int, max_tokens: int) -> Iterator[Chunk]:
        finished, written, usage = "", 0, None
        for line in answer.lines:
            if not line.startswith(b"data:"):
                # Comments keep the line open for as long as a provider likes.
                continue
            answer.heard()
            said = line[5:].strip()
            if said == b"[DONE]":
                break
            try:
                data = json.loads(said)
                choices = data.get("choices") or []
                text = (choices[0].get("delta") or {}).get("content") or "" if choices else ""
                finished = (choices[0].get("finish_reason") or finished) if choices else finished
                usage = data.get("usage") or usage
                broken = data.get("error")
            except (ValueError, AttributeError, IndexError, TypeError) as error:
                raise ModelCutOff from error
            if broken:
                raise ModelCutOff
            if text:
                written += len(text)
                yield Piece(str(text))
        yield self._usage(usage, asked=asked, written=written)
        if self._dialect.larger_context and _was_full(usage, finished, asked=asked, max_tokens=max_tokens):
            raise ModelContextTooSmall(self._dialect.larger_context)
        if finished != "stop":
            # Cut in mid-sentence, or out of tokens: half an answer is none.
            raise ModelCutOff

    def _usage(self, usage: Any, *, asked: int, written: int) -> Usage:
        """What the endpoint says that it took; where it says nothing, four characters are a token."""
        told = usage if isinstance(usage, Mapping) else {}
        tokens_in = _count(told.get("prompt_tokens"), otherwise=asked // 4)
        tokens_out = _count(told.get("completion_tokens"), otherwise=written // 4)
        cost = _money(told) if self._dialect.reports_cost else None
        return Usage(tokens_in, tokens_out, self.price.of(tokens_in, tokens_out) if cost is None else cost)


MOST_BYTES = 4_000_000
CONNECT_SECONDS, FIRST_SECONDS, SILENT_SECONDS = 5.0, 60.0, 30.0


# What is asked here has 3.7 to 4.5 with a vocabulary of 200,000; Ollama lets half a context of what it cuts stand.
MOST_CHARACTERS_A_TOKEN = 6


def _was_full(usage: Any, finished: str, *, asked: int, max_tokens: int) -> bool:
    """Whether less was taken in than was asked, or the answer ended before it had to; nothing told tells nothing."""
    told = usage if isinstance(usage, Mapping) else {}
    came, went = _count(told.get("prompt_tokens"), otherwise=0), _count(told.get("completion_tokens"), otherwise=0)
    return 0 < came * MOST_CHARACTERS_A_TOKEN < asked or (finished == "length" and 0 < went < max_tokens)


def _count(value: Any, *, otherwise: int) -> int:
    return value if isinstance(value, int) and 0 <= value < 10_000_000 else otherwise


def _money(told: Mapping[str, Any]) -> Decimal | None:
    """What the provider charges, and with a key of one's own at the model's maker also what that one does."""
    charged = _amount(told.get("cost"))
    if charged is None or told.get("is_byok") is not True:
        return charged
    details = told.get("cost_details")
    makers = _amount(details.get("upstream_inference_cost")) if isinstance(details, Mapping) else None
    return charged + (makers or 0)


def _amount(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 10_000:
        return None
    return Decimal(str(value))


def _refusal(answer: egress_stream.Streamed, *, how: str) -> ModelFailed:
    said = answer.body().lower() if answer.status == 400 else b""
    if answer.status in (401, 403) or b"api key" in said:
        # Gemini calls a wrong key a bad request.
        return ModelRefusedKey()
    if answer.status == 402:
        return BudgetSpent("The account at the language model is out of credit. Finish without a model, or continue "
                           "when it is paid for.")  # fmt: skip
    if answer.status == 429:
        after = answer.headers.get("retry-after", "")
        return ModelRateLimited(retry_after=float(after) if after.isdecimal() and len(after) < 6 else 0)
    if answer.status >= 500:
        return ModelUnreachable()
    if b"context" in said:
        return ModelContextTooSmall(how)
    return ModelFailed(
        f"The language model refused the request (status {answer.status}). An operator can test the connection under "
        "Language model; or finish without a model."
    )
