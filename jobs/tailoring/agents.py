"""The five agents: what each is asked, in which form it has to answer, and what its answer makes of the draft."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from jobs.tailoring.draft import MOST_LETTER, SUMMARY, Draft, Line, Material, checked, original
from jobs.tailoring.facts import Skeleton

PROMPTS = Path(__file__).parent / "prompts"
TEXT, SHORT = 400, 200
REPAIR = "repair"


@dataclass(frozen=True, slots=True)
class Prompt:
    version: str
    text: str


@cache
def prompt(agent: str) -> Prompt:
    """The instructions of an agent, or of its repair; their first line says their version."""
    head, _, text = (PROMPTS / f"{agent}.md").read_text(encoding="utf-8").partition("\n")
    return Prompt(head.removeprefix("version:").strip(), text.strip())


Outputs = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Agent:
    """`asks` makes its question, `schema` the form of the answer, `makes` the draft after it.

    `most_tokens` is what its longest answer in that form takes; an answer cut off there is none.
    """

    name: str
    asks: Callable[[Material, Draft, Outputs], dict[str, Any]]
    schema: Callable[[Material, Draft], dict[str, Any]]
    makes: Callable[[Mapping[str, Any], Material, Draft], tuple[Draft, list[Line]]]
    most_tokens: int


# --- What a schema is made of -----------------------------------------------------------------------------------------


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "properties": properties, "required": list(properties)}


def _array(items: Any, most: int) -> dict[str, Any]:
    return {"type": "array", "items": items, "maxItems": most}


def _text(longest: int = TEXT) -> dict[str, Any]:
    return {"type": "string", "maxLength": longest}


def _one_of(values: Sequence[str]) -> dict[str, Any]:
    # A form without a single permitted value would permit everything.
    return {"type": "string", "enum": list(values) or ["none"]}


def _bullets(skeleton: Skeleton) -> list[str]:
    return [bullet.id for entry in skeleton.entries for bullet in entry.bullets]


def _evidence(skeleton: Skeleton) -> dict[str, Any]:
    return _array(_one_of(list(skeleton.spans)), 8) | {"minItems": 1}


def _resume(skeleton: Skeleton) -> dict[str, Any]:
    """The resume as an agent sees it: no name, address or number of the person."""
    return {
        "summary": [{"id": one.id, "text": one.text} for one in skeleton.summary],
        "jobs": [
            {
                "title": entry.position,
                "employer": entry.name,
                "lines": [{"id": bullet.id, "text": bullet.text} for bullet in entry.bullets],
            }
            for entry in skeleton.entries
        ],
        "skills": [{"id": one.id, "text": one.text} for one in skeleton.skills],
        "other": [{"id": one.id, "text": one.text} for one in (*skeleton.certificates, *skeleton.languages)],
    }


# --- Job analysis -----------------------------------------------------------------------------------------------------


def _ask_analysis(material: Material, draft: Draft, outputs: Outputs) -> dict[str, Any]:
    del draft, outputs
    return {"job": dict(material.brief)}


def _analysis_schema(material: Material, draft: Draft) -> dict[str, Any]:
    del material, draft
    requirement = _object(text=_text(SHORT), need=_one_of(["must", "nice"]), skills=_array(_text(60), 10))
    return _object(requirements=_array(requirement, 30), focus=_text(SHORT))


def _analysed(answer: Mapping[str, Any], material: Material, draft: Draft) -> tuple[Draft, list[Line]]:
    del answer, material
    return draft, []


# --- Optimisation -----------------------------------------------------------------------------------------------------


def _ask_optimisation(material: Material, draft: Draft, outputs: Outputs) -> dict[str, Any]:
    del draft
    return {"requirements": outputs["analysis"]["requirements"], "resume": _resume(material.source.skeleton)}


def _optimisation_schema(material: Material, draft: Draft) -> dict[str, Any]:
    del draft
    skeleton = material.source.skeleton
    bullets, skills = _bullets(skeleton), [one.id for one in skeleton.skills]
    return _object(
        bullet_order=_array(_one_of(bullets), len(bullets) + 1),
        skill_order=_array(_one_of(skills), len(skills) + 1),
        rewrite=_array(_object(bullet_id=_one_of(bullets), aim=_text(SHORT)), 40),
    )


def _optimised(answer: Mapping[str, Any], material: Material, draft: Draft) -> tuple[Draft, list[Line]]:
    skills = [one.id for one in material.source.skeleton.skills]
    order = [one for one in dict.fromkeys(answer["skill_order"]) if one in skills]
    return replace(draft, bullet_order=tuple(dict.fromkeys(answer["bullet_order"])), skill_order=tuple(order)), []


# --- Implementation ---------------------------------------------------------------------------------------------------


def _ask_implementation(material: Material, draft: Draft, outputs: Outputs) -> dict[str, Any]:
    return {
        "job": {"title": material.brief.get("title", ""), "company": material.brief.get("company", "")},
        "requirements": outputs["analysis"]["requirements"],
        "resume": _resume(material.source.skeleton),
        "rewrite": outputs["optimisation"]["rewrite"],
        "bullet_order": list(draft.bullet_order),
        "language": material.language,
        "with_letter": material.with_letter,
    }


def _implementation_schema(material: Material, draft: Draft) -> dict[str, Any]:
    del draft
    skeleton = material.source.skeleton
    evidence = _evidence(skeleton)
    line = _object(bullet_id=_one_of(_bullets(skeleton)), text=_text(), evidence=evidence)
    return _object(
        summary=_object(text=_text(600), evidence=evidence),
        lines=_array(line, 40),
        letter=_array(_object(text=_text(600), evidence=evidence), MOST_LETTER if material.with_letter else 0),
    )


def _implemented(answer: Mapping[str, Any], material: Material, draft: Draft) -> tuple[Draft, list[Line]]:
    proposed = []
    if answer["summary"]["text"].strip():
        proposed.append(Line(SUMMARY, answer["summary"]["text"], tuple(answer["summary"]["evidence"])))
    # A line is worded once: what comes later for the same one is another opinion.
    first = {one["bullet_id"]: one for one in reversed(answer["lines"])}
    proposed += [Line(key, one["text"], tuple(one["evidence"])) for key, one in first.items()]
    proposed += [
        Line(f"letter{at}", one["text"], tuple(one["evidence"])) for at, one in enumerate(answer["letter"])
    ]  # fmt: skip
    return draft, [checked(line, material) for line in proposed if not _is_original(line, material)]


def _is_original(line: Line, material: Material) -> bool:
    own = original(line.id, material)
    return own is not None and line.text == own.text


# --- Validation -------------------------------------------------------------------------------------------------------


def _ask_validation(material: Material, draft: Draft, outputs: Outputs) -> dict[str, Any]:
    del outputs
    spans = material.source.skeleton.spans
    return {
        "lines": [
            {"line": one.id, "text": one.text, "evidence": [spans[key] for key in one.evidence if key in spans]}
            for one in draft.every()
        ]
    }


def _validation_schema(material: Material, draft: Draft) -> dict[str, Any]:
    del material
    keys = [one.id for one in draft.every()]
    verdict = _object(line=_one_of(keys), verdict=_one_of(["keep", "revert"]), reason=_text(SHORT))
    return _object(verdicts=_array(verdict, len(keys) + 1))


def _validated(answer: Mapping[str, Any], material: Material, draft: Draft) -> tuple[Draft, list[Line]]:
    del material
    for one in answer["verdicts"]:
        if one["verdict"] == "revert":
            draft = draft.without(one["line"])
    return draft, []


# --- Polish -----------------------------------------------------------------------------------------------------------


def _ask_polish(material: Material, draft: Draft, outputs: Outputs) -> dict[str, Any]:
    del outputs
    return {"language": material.language, "lines": [{"line": one.id, "text": one.text} for one in draft.every()]}


def _polish_schema(material: Material, draft: Draft) -> dict[str, Any]:
    del material
    keys = [one.id for one in draft.every()]
    return _object(lines=_array(_object(line=_one_of(keys), text=_text(600)), len(keys) + 1))


def _polished(answer: Mapping[str, Any], material: Material, draft: Draft) -> tuple[Draft, list[Line]]:
    proposed = []
    for one in answer["lines"]:
        known = draft.line(one["line"])
        if known is not None and one["text"] != known.text:
            proposed.append(checked(replace(known, text=one["text"], findings=()), material))
    return draft, proposed


AGENTS: tuple[Agent, ...] = (
    Agent("analysis", _ask_analysis, _analysis_schema, _analysed, most_tokens=4000),
    Agent("optimisation", _ask_optimisation, _optimisation_schema, _optimised, most_tokens=3000),
    Agent("implementation", _ask_implementation, _implementation_schema, _implemented, most_tokens=6000),
    Agent("validation", _ask_validation, _validation_schema, _validated, most_tokens=4000),
    Agent("polish", _ask_polish, _polish_schema, _polished, most_tokens=6000),
)
VERSIONS: tuple[str, ...] = tuple(prompt(name).version for name in (*(agent.name for agent in AGENTS), REPAIR))


def repair_schema(lines: Sequence[Line], skeleton: Skeleton) -> dict[str, Any]:
    """The form in which an agent may word refused lines anew, once."""
    line = _object(line=_one_of([one.id for one in lines]), text=_text(600), evidence=_evidence(skeleton))
    return _object(lines=_array(line, len(lines)))


def repair_question(lines: Sequence[Line]) -> str:
    """Names each refused line with what is wrong in it."""
    refused = [
        {"line": one.id, "text": one.text, "wrong": [finding.message for finding in one.blocked]} for one in lines
    ]
    return json.dumps({"task": prompt(REPAIR).text, "refused": refused}, ensure_ascii=False)
