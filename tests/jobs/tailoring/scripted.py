"""A provider that says what a test wrote down for it, agent by agent."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from hrassist.lib.llm import Chunk, Deadline, Message, Piece, Usage, Waits
from jobs.models import TailoringLine, TailoringRun
from jobs.tailoring.offline import OfflineProvider

Says = Callable[[dict[str, Any]], Any]
AGENT_OF = {"requirements": "analysis", "bullet_order": "optimisation", "summary": "implementation",
            "verdicts": "validation"}  # fmt: skip


def agent_of(schema: Mapping[str, Any], asked: Mapping[str, Any]) -> str:
    if "refused" in asked:
        return "repair"
    return next((name for key, name in AGENT_OF.items() if key in schema["properties"]), "polish")


class ScriptedProvider:
    """Answers as the built-in provider does, but for the agents that a test gives words to.

    A word may be a text, data, a function of the question, or an exception to raise; a list gives one per call.
    """

    name = "scripted"
    model = "scripted-1"
    leaves = True

    def __init__(self, *, usage: Usage | None = None, **says: Any) -> None:
        self.says, self.usage = says, usage or Usage(100, 50, Decimal("0.01"))
        self.heard: list[tuple[str, str]] = []
        self.most: dict[str, int] = {}

    def stream(
        self, messages: Sequence[Message], *, schema: Mapping[str, Any], max_tokens: int, deadline: Deadline,
        waits: Waits,
    ) -> Iterator[Chunk]:  # fmt: skip
        asked = json.loads(messages[1].content)
        agent = agent_of(schema, asked)
        self.heard.append((agent, "\n".join(message.content for message in messages)))
        self.most[agent] = max_tokens
        said = self.says.get(agent)
        if isinstance(said, list):
            said = said.pop(0) if said else None
        if callable(said) and not isinstance(said, type):
            said = said(asked)
        if isinstance(said, BaseException) or (isinstance(said, type) and issubclass(said, BaseException)):
            raise said
        if said is None:
            if agent == "repair":
                yield Piece(json.dumps({"lines": []}))
            else:
                said = OfflineProvider().stream(
                    messages[:2], schema=schema, max_tokens=max_tokens, deadline=deadline, waits=waits
                )
                yield from (one for one in said if isinstance(one, Piece))
        else:
            yield Piece(said if isinstance(said, str) else json.dumps(said))
        yield self.usage


def lines_of(run: TailoringRun) -> dict[str, TailoringLine]:
    """The run's lines by what they stand in place of, else by their part and position."""
    return {line.replaces or f"{line.part}{line.position}": line for line in run.lines.all()}


def bullet(key: str, text: str, *evidence: str) -> dict[str, Any]:
    """A line of a job as the implementation words it, by itself as its evidence where none is given."""
    return {"bullet_id": key, "text": text, "evidence": list(evidence or (key,))}


def implementation(lines: list[dict[str, Any]] = (), *, summary: str = "", letter: list[Any] = ()) -> dict[str, Any]:  # type: ignore[assignment]
    return {"summary": {"text": summary, "evidence": ["s0", "s1"]}, "lines": list(lines), "letter": list(letter)}
