"""The one door to language models: what a provider is asked, what it streams back, and how it fails.

A provider is whatever streams text for messages: an endpoint that speaks OpenAI's protocol, or a program of our own.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar, Protocol

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


@dataclass(frozen=True, slots=True)
class Usage:
    """What an answer took; the cost in the currency of the price list."""

    tokens_in: int
    tokens_out: int
    cost: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Nothing came for a while; whoever reads may tell that they live."""


Chunk = Piece | Usage | Waiting


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
    leaves: bool

    def stream(
        self, messages: Sequence[Message], *, schema: Mapping[str, Any], max_tokens: int, deadline: Deadline
    ) -> Iterator[Chunk]: ...


class ModelFailed(DomainError):
    """The model gave no usable answer. `again` says whether the same question may be asked once more by itself."""

    code = "model_failed"
    status = 502
    again: ClassVar[bool] = False
    default_message = "The language model gave no usable answer. Nothing was lost: go on later, or without a model."


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


class ModelAnsweredBadly(ModelFailed):
    code = "model_bad_answer"
    default_message = (
        "The language model did not answer in the form it was asked for, twice. Press Continue to try again, or finish "
        "without a model."
    )


class ModelRefusedKey(ModelFailed):
    code = "model_wrong_key"
    default_message = "The language model refused our key. An operator can renew it under Language model; then continue."


class BudgetSpent(ModelFailed):
    code = "budget_spent"
    default_message = (
        "The budget for the language model is spent, so it was not asked. Finish without a model, or continue when an "
        "operator has raised it."
    )
