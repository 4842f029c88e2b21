"""Ranking files of resumes for files of jobs, with no database."""

from __future__ import annotations

import gzip
import json
import logging
import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hrassist.lib.embeddings import Embedder, Vectors
from hrassist.lib.errors import DomainError
from jobs.matching.embed import embed_job
from jobs.matching.lexical import LexicalIndex
from jobs.matching.rank import Pool, rank
from jobs.matching.types import JobQuery, JobText, Scored
from jobs.matching.weights import Weights

log = logging.getLogger(__name__)

TITLE_WORDS = 12
# Starting a process costs as much as reading this many resumes.
WORTH_A_PROCESS = 50
# Vectors are asked for in portions so that progress shows.
PORTION = 64


class UnusableLine(DomainError):
    """A line of an input file that is not what it should be."""

    code = "unusable_line"


@dataclass(frozen=True, slots=True)
class JobLine:
    """One job of a file."""

    id: str
    job: JobText


@dataclass(frozen=True, slots=True)
class ResumeLine:
    """One resume of a file: `masked` is what the words count over, `head` what the vector is made of."""

    id: str
    masked: str
    head: str


Progress = Callable[[int, int], None]


def read_jobs(path: Path) -> list[JobLine]:
    """Lines of {"id", "text", "title"?}; a missing title is the first line or sentence where that is short."""
    found = []
    for number, line in _lines(path):
        title = line.get("title", "")
        if not isinstance(title, str):
            raise _unusable(path, number, '"title" must be a text')
        text = line["text"].strip()
        found.append(JobLine(id=line["id"], job=JobText(title=title.strip() or first_words(text), description=text)))
    return found


def read_resumes(path: Path) -> list[tuple[str, str]]:
    """Lines of {"id", "text"} as pairs."""
    return [(line["id"], line["text"]) for _, line in _lines(path)]


def first_words(text: str) -> str:
    """The first line, or else the first sentence, if it is short enough to be a title; else nothing."""
    line = text.split("\n", 1)[0].strip()
    sentence = line.split(". ", 1)[0].strip().rstrip(".")
    return next((one for one in (line, sentence) if 0 < len(one.split()) <= TITLE_WORDS), "")


def mask_resumes(
    resumes: Sequence[tuple[str, str]], *, processes: int, progress: Progress
) -> tuple[list[ResumeLine], list[str]]:
    """The resumes without what must not move a score, and the ids of those that could not be read.

    An unreadable one keeps its place in the files' order with no text, so it ranks last instead of ending the work.
    """
    read: list[ResumeLine] = []
    unreadable: list[str] = []
    with ExitStack() as stack:
        texts = [text for _, text in resumes]
        if processes > 1 and len(resumes) >= WORTH_A_PROCESS:
            # Spawned, not forked: onnxruntime's and BLAS's threads do not survive a fork.
            workers = stack.enter_context(
                ProcessPoolExecutor(max_workers=processes, mp_context=multiprocessing.get_context("spawn"))
            )
            results: Iterator[tuple[str, str] | None] = workers.map(_masked, texts, chunksize=8)
        else:
            results = map(_masked, texts)
        for (one, _), result in zip(resumes, results, strict=True):
            if result is None:
                unreadable.append(one)
            masked, head = result or ("", "")
            read.append(ResumeLine(id=one, masked=masked, head=head))
            if len(read) % PORTION == 0 or len(read) == len(resumes):
                progress(len(read), len(resumes))
    return read, unreadable


def _masked(text: str) -> tuple[str, str] | None:
    # Imported here: a process that only ranks does not load the parser's tables.
    from candidates.actions.reading import read_text  # noqa: PLC0415

    try:
        read = read_text(text)
    except Exception:
        log.exception("a resume could not be read")
        return None
    return read.masked_text, read.head


def embed_heads(resumes: Sequence[ResumeLine], *, embedder: Embedder, progress: Progress) -> Vectors:
    """One row per resume."""
    vectors = np.zeros((len(resumes), embedder.dimension), dtype=np.float32)
    for begin in range(0, len(resumes), PORTION):
        portion = resumes[begin : begin + PORTION]
        vectors[begin : begin + len(portion)] = embedder.embed([one.head for one in portion])
        progress(begin + len(portion), len(resumes))
    return vectors


class Collection:
    """Resumes made ready once, to be ranked for many jobs."""

    def __init__(self, resumes: Sequence[ResumeLine], *, vectors: Vectors, weights: Weights):
        self._ids = [one.id for one in resumes]
        self._vectors = vectors
        self._texts = [one.masked for one in resumes]
        self._words = LexicalIndex(self._texts)
        self._weights = weights

    def ranked(self, query: JobQuery) -> list[Scored[str]]:
        """All resumes, or of a large collection those that vector or words bring into the candidate set."""
        limits = self._weights.candidates
        if len(self._ids) <= limits.nearest + limits.full_text:
            pool = Pool(ids=self._ids, vectors=self._vectors, words=self._words)
        else:
            near = np.argsort(-(self._vectors @ query.vector), kind="stable")[: limits.nearest]
            bm25 = self._weights.bm25
            hits = np.argsort(-self._words.bm25(query.terms, k1=bm25.k1, b=bm25.b), kind="stable")[: limits.full_text]
            chosen = np.union1d(near, hits)
            pool = Pool(
                ids=[self._ids[at] for at in chosen],
                vectors=self._vectors[chosen],
                words=LexicalIndex(self._texts[at] for at in chosen),
            )
        return rank(query, pool, weights=self._weights)


def rank_jobs(
    jobs: Sequence[JobLine], collection: Collection, *, embedder: Embedder, weights: Weights
) -> Iterator[tuple[str, list[Scored[str]]]]:
    """Each job's id and ranking, in the order of the file."""
    for line in jobs:
        yield line.id, collection.ranked(embed_job(line.job, embedder=embedder, weights=weights.query))


def _lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    open_text = gzip.open if path.suffix == ".gz" else open
    seen: dict[str, int] = {}
    with open_text(path, "rt", encoding="utf-8") as lines:
        for number, raw in _numbered(lines, path):
            if not raw.strip():
                continue
            try:
                line = json.loads(raw)
            except json.JSONDecodeError as error:
                raise _unusable(path, number, f"not JSON ({error.msg} at column {error.colno})") from error
            if not isinstance(line, dict):
                raise _unusable(path, number, 'must be an object such as {"id": "1", "text": "…"}')
            if isinstance(line.get("id"), int) and not isinstance(line["id"], bool):
                line["id"] = str(line["id"])
            for name in ("id", "text"):
                if not isinstance(line.get(name), str):
                    raise _unusable(path, number, f'"{name}" is missing or not a text')
            if not line["id"]:
                raise _unusable(path, number, '"id" is empty')
            if line["id"] in seen:
                raise _unusable(path, number, f"id {line['id']} was already on line {seen[line['id']]}")
            seen[line["id"]] = number
            yield number, line
    if not seen:
        raise UnusableLine("{path} holds no line.", path=path)


def _numbered(lines: Any, path: Path) -> Iterator[tuple[int, str]]:
    number = 0
    try:
        for number, raw in enumerate(lines, start=1):
            yield number, raw
    except (UnicodeDecodeError, EOFError, gzip.BadGzipFile) as error:
        raise _unusable(path, number + 1, f"cannot be read ({error})") from error


def _unusable(path: Path, number: int, why: str) -> UnusableLine:
    return UnusableLine("{path} line {number}: {why}.", path=path, number=number, why=why)


def categories(path: Path) -> dict[str, str]:
    """The "category" of each line by id, for measuring."""
    found = {}
    for number, line in _lines(path):
        if not isinstance(line.get("category"), str):
            raise _unusable(path, number, '"category" is missing or not a text')
        found[line["id"]] = line["category"]
    return found
