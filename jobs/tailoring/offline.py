"""The provider that needs no key and no network: it picks and orders lines of the resume, and writes none of its own.

It streams as a language model does, so that a first run shows everything that a run can show.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.conf import settings

from candidates.actions.reading import skills_in
from hrassist.lib.llm import Chunk, Deadline, Message, Piece, Usage, Waits
from jobs.models.tailoring import OFFLINE

PIECE = 24
_WORD = re.compile(r"[^\W\d_][\w+#.-]{2,}")
# Words that every resume and every advertisement has.
_COMMON = frozenset(
    """
    and the for with our you your will have has are from that this work working experience years team teams using use
    used new strong good knowledge skills ability able und der die das mit für von et les des pour avec los las con para
    """.split()  # noqa: SIM905
)
# What stands before a quoted line in the letter; it states nothing.
_OPENING = {
    "en": "I am applying for the position of {title}.",
    "de": "Ich bewerbe mich um die Stelle {title}.",
    "fr": "Je postule au poste de {title}.",
    "es": "Me presento al puesto de {title}.",
}
_FROM_WORK = {
    "en": "From my work as {position} at {name}: {text}",
    "de": "Aus meiner Arbeit als {position} bei {name}: {text}",
    "fr": "De mon travail comme {position} chez {name} : {text}",
    "es": "De mi trabajo como {position} en {name}: {text}",
}


class OfflineProvider:
    """Answers each agent's question from the question itself, the same one always in the same words."""

    name = OFFLINE
    # Its answers are those of this version of ours.
    model = f"hrassist {settings.VERSION}"
    leaves = False

    def stream(
        self, messages: Sequence[Message], *, schema: Mapping[str, Any], max_tokens: int, deadline: Deadline,
        waits: Waits,
    ) -> Iterator[Chunk]:  # fmt: skip
        del max_tokens, deadline, waits
        asked = json.loads(messages[-1].content)
        answer = json.dumps(_answer(asked, schema["properties"]), ensure_ascii=False)
        for at in range(0, len(answer), PIECE):
            if settings.TAILORING_OFFLINE_PACE:
                time.sleep(settings.TAILORING_OFFLINE_PACE)
            yield Piece(answer[at : at + PIECE])
        yield Usage(0, 0)


def _answer(asked: Mapping[str, Any], form: Mapping[str, Any]) -> dict[str, Any]:
    if "requirements" in form:
        return _analysis(asked["job"])
    if "bullet_order" in form:
        return _optimisation(asked)
    if "summary" in form:
        return _implementation(asked)
    return {"verdicts": [{"line": one["line"], "verdict": "keep", "reason": "It is a line of the resume itself."}
                         for one in asked["lines"]]} if "verdicts" in form else {"lines": []}  # fmt: skip


def _analysis(job: Mapping[str, Any]) -> dict[str, Any]:
    found = [
        {"text": one["text"][:200], "need": one["kind"], "skills": [skill[:60] for skill in one["skills"][:10]]}
        for one in job.get("requirements", [])[:30]
    ]
    title = job.get("title", "")
    return {"requirements": found, "focus": f"{title}: {len(found)} requirements named in the job."[:200]}


def _optimisation(asked: Mapping[str, Any]) -> dict[str, Any]:
    wanted = _Wanted(asked["requirements"])
    resume = asked["resume"]
    order = [
        line["id"]
        for job in resume["jobs"]
        # What meets no requirement stays where it was: sorting keeps the order of equals.
        for line in sorted(job["lines"], key=lambda line: -wanted.score(line["text"]))
    ]
    skills = sorted(resume["skills"], key=lambda one: -wanted.score(one["text"]))
    telling = [line for job in resume["jobs"] for line in job["lines"] if wanted.score(line["text"]) > 0]
    return {
        "bullet_order": order,
        "skill_order": [one["id"] for one in skills],
        "rewrite": [{"bullet_id": line["id"], "aim": wanted.aim(line["text"])} for line in telling[:40]],
    }


def _implementation(asked: Mapping[str, Any]) -> dict[str, Any]:
    wanted, resume = _Wanted(asked["requirements"]), asked["resume"]
    chosen = list(resume["summary"])[:4]
    summary = {"text": " ".join(one["text"] for one in chosen)[:600], "evidence": [one["id"] for one in chosen]}
    if not chosen:
        any_line = next((line["id"] for job in resume["jobs"] for line in job["lines"]), None)
        first = any_line or next((one["id"] for one in resume["skills"]), "none")
        summary = {"text": "", "evidence": [first]}
    return {
        "summary": summary,
        "lines": [],
        "letter": _letter(asked, wanted) if asked["with_letter"] else [],
    }


def _letter(asked: Mapping[str, Any], wanted: _Wanted) -> list[dict[str, Any]]:
    resume, language = asked["resume"], asked["language"]
    lines = [
        (wanted.score(line["text"]), job, line) for job in resume["jobs"] for line in job["lines"] if job["employer"]
    ]
    best = sorted(lines, key=lambda one: -one[0])[:3]
    if not best:
        return []
    opening = _OPENING.get(language, _OPENING["en"]).format(title=asked["job"]["title"])
    said = [*resume["summary"][:2]]
    paragraphs = [
        {
            "text": " ".join([opening, *(one["text"] for one in said)])[:600],
            "evidence": [one["id"] for one in said] or [best[0][2]["id"]],
        }
    ]
    form = _FROM_WORK.get(language, _FROM_WORK["en"])
    for _, job, line in best:
        text = form.format(position=job["title"], name=job["employer"], text=line["text"].rstrip("."))
        if job["title"] and len(text) < 560:
            paragraphs.append({"text": f"{text}.", "evidence": [line["id"]]})
    return paragraphs


class _Wanted:
    """How well a text meets what is asked for: skills by what they mean, other words by their letters."""

    def __init__(self, requirements: Sequence[Mapping[str, Any]]) -> None:
        self._skills: dict[str, tuple[str, float]] = {}
        self._words: dict[str, float] = {}
        for one in requirements:
            weight = 2.0 if one["need"] == "must" else 1.0
            for span in skills_in(one["text"]):
                self._skills.setdefault(span.concept.id, (span.concept.label, weight))
            for word in _words(one["text"]):
                self._words[word] = max(self._words.get(word, 0), weight / 4)

    def score(self, text: str) -> float:
        met = {span.concept.id for span in skills_in(text)} & set(self._skills)
        return sum(self._skills[one][1] for one in met) + sum(self._words.get(word, 0) for word in _words(text))

    def aim(self, text: str) -> str:
        met = {span.concept.id for span in skills_in(text)} & set(self._skills)
        names = ", ".join(sorted(self._skills[one][0] for one in met))
        return f"Shows {names}; put further up."[:200] if names else "Uses words of the job; put further up."


def _words(text: str) -> set[str]:
    return {word.casefold() for word in _WORD.findall(text)} - _COMMON
