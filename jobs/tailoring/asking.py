"""Asks a provider one question until the answer has its form, or says why it never will."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hrassist.lib import llm
from jobs.tailoring.redact import Redactor

TRIES = 3
STEP_SECONDS = 180.0
MOST_CHARACTERS = 60_000
LONGEST_WAIT = 30.0
JITTER = 0.25


# Told of each piece of text as it comes, of None where nothing came for a while; what it raises ends the call.
Hears = Callable[[str | None], None]
Begins = Callable[[int], None]
# Told before a call what it can take at most; raises BudgetSpent where there is not as much.
Affords = Callable[[llm.Usage], None]
# Told what a call took, as soon as that is known; None where it took nothing.
Spends = Callable[[llm.Usage | None], None]
Ends = Callable[[llm.ModelFailed | None], None]


@dataclass(frozen=True)
class Asker:
    """One provider for one run, or a step of it: within its deadline, with contact data kept back where it leaves."""

    provider: llm.Provider
    redactor: Redactor
    deadline: llm.Deadline
    affords: Affords
    spends: Spends
    # Told how each call ended: of None where it answered.
    ends: Ends = lambda _error: None
    pause: Callable[[float], None] = time.sleep

    def for_step(self) -> Asker:
        """The same for one step: all its calls and waits share its time, and end with the run's."""
        return replace(self, deadline=self.deadline.sooner(STEP_SECONDS))

    def ask(
        self,
        system: str,
        question: Mapping[str, Any],
        *,
        schema: Mapping[str, Any],
        most_tokens: int,
        hears: Hears,
        begins: Begins,
        more: Sequence[llm.Message] = (),
    ) -> dict[str, Any]:
        """The answer in its form. Raises ModelFailed."""
        asked = self._hidden(question) if self.provider.leaves else question
        messages = [
            llm.Message("system", system),
            llm.Message("user", json.dumps(asked, ensure_ascii=False)),
            *more,
        ]
        for formed in (False, True):
            text = self._patiently(messages, schema=schema, most_tokens=most_tokens, hears=hears, begins=begins)
            try:
                answer = read(text, schema)
            except ValueError as error:
                if formed:
                    raise llm.ModelAnsweredBadly from error
                messages += [
                    llm.Message("assistant", text[:8000]),
                    llm.Message("user", f"That was not in the form asked for ({error}). Answer again, JSON only."),
                ]
            else:
                return self._shown(answer) if self.provider.leaves else answer
        raise llm.ModelAnsweredBadly

    def _patiently(
        self, messages: Sequence[llm.Message], *, schema: Mapping[str, Any], most_tokens: int, hears: Hears,
        begins: Begins,
    ) -> str:  # fmt: skip
        for attempt in range(1, TRIES + 1):
            begins(attempt)
            try:
                return self._once(messages, schema=schema, most_tokens=most_tokens, hears=hears)
            except llm.ModelFailed as error:
                wait = max(getattr(error, "retry_after", 0.0), 2.0 ** (attempt - 1))
                if not error.again or attempt == TRIES or wait > LONGEST_WAIT or wait > self.deadline.left:
                    raise
                # Runs that were turned away together do not come back together, and none before it was told to.
                self._wait(wait + secrets.SystemRandom().uniform(0, JITTER * wait), hears)
        raise llm.ModelFailed

    def _wait(self, seconds: float, hears: Hears) -> None:
        while seconds > 0:
            hears(None)
            self.pause(min(seconds, 1.0))
            seconds -= 1.0
        hears(None)

    def _once(
        self, messages: Sequence[llm.Message], *, schema: Mapping[str, Any], most_tokens: int, hears: Hears
    ) -> str:  # fmt: skip
        if self.deadline.left <= 0:
            raise llm.ModelStalled("It took longer than it may. Press Continue to go on where it stopped.")
        self.affords(llm.most(messages, schema, max_tokens=most_tokens))
        parts: list[str] = []
        size = 0
        said = self.provider.stream(
            messages, schema=schema, max_tokens=most_tokens, deadline=self.deadline, waits=lambda: hears(None)
        )
        told = unpaid = False
        try:
            for chunk in said:
                match chunk:
                    case llm.Piece(text):
                        parts.append(text)
                        size += len(text)
                        if size > MOST_CHARACTERS:
                            raise llm.ModelAnsweredBadly
                        hears(text)
                    case llm.Usage():
                        told = True
                        self.spends(chunk)
        except llm.ModelFailed as error:
            # Who refuses a question, or never got it, asks no money for it.
            unpaid = not size and not isinstance(error, llm.ModelStalled | llm.ModelCutOff)
            self.ends(error)
            raise
        finally:
            if not told:
                # It broke off before it said what it took: four characters are a token, as where nothing is ever said.
                asked = sum(len(one.content) for one in messages)
                self.spends(None if unpaid else llm.Usage(asked // 4, size // 4))
        self.ends(None)
        return "".join(parts)

    def _hidden(self, value: Any) -> Any:
        return _each(value, self.redactor.hide)

    def _shown(self, value: Any) -> Any:
        return _each(value, self.redactor.show)


def _each(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {key: _each(one, change) for key, one in value.items()}
    return [_each(one, change) for one in value] if isinstance(value, list) else value


def read(text: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON of an answer, also out of a fence. Raises ValueError with what is wrong, without the answer's words."""
    import jsonschema  # noqa: PLC0415  it takes a third of the start of every process, and few ask a model

    said = text.strip()
    if said.startswith("```"):
        said = said.strip("`").removeprefix("json").strip()
    try:
        answer = json.loads(said)
    except json.JSONDecodeError as error:
        raise ValueError(f"no JSON: {error.msg}") from error
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    try:
        jsonschema.validate(answer, dict(schema))
    except jsonschema.ValidationError as error:
        where = "/".join(str(part) for part in error.absolute_path)
        raise ValueError(f"{where or 'the whole'}: {error.validator}") from error
    return dict(answer)
