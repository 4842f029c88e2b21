"""Scores ranking on jobs and resumes with categories: a resume of the job's category is relevant."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from django.conf import settings

from hrassist.lib.embeddings import Embedder, MiniLMEmbedder, usable_cores
from hrassist.ops.evaluation.faithfulness import Faithfulness, Ranked, measure
from jobs.matching import offline
from jobs.matching.embed import embed_job
from jobs.matching.lexical import LexicalIndex, terms
from jobs.matching.rank import standardised
from jobs.matching.types import JobQuery
from jobs.matching.weights import Weights

TOP = 10
RESAMPLES = 2000
SEED = 1
PRODUCT = "hrassist (as configured)"
REFERENCE = "head vector, plain query"

Figures = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Row:
    """One method: mean nDCG@10 over the jobs, over every second job, and the difference to the reference with its
    95 % bootstrap interval over jobs."""

    method: str
    ndcg: float
    first_half: float
    second_half: float
    difference: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Report:
    """The methods side by side on one set."""

    path: str
    jobs: int
    resumes: int
    duplicates: int
    documents_per_second: float
    rows: tuple[Row, ...]
    faithfulness: Faithfulness

    def lines(self) -> list[str]:
        head = (
            f"{self.path}: {self.jobs} jobs, {self.resumes} resumes ({self.duplicates} duplicates left out), "
            f"{self.documents_per_second:.1f} documents/s"
        )
        columns = f"{'nDCG@10':<34}{'all':>7}{'half 1':>9}{'half 2':>9}{'difference [95 %]':>26}"
        return [head, columns, *(self._line(row) for row in self.rows), *self.faithfulness.lines()]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def _line(self, row: Row) -> str:
        interval = f"{row.difference:+.3f} [{row.low:+.3f}, {row.high:+.3f}]"
        shown = "" if row.method == REFERENCE else interval
        return f"{row.method:<34}{row.ndcg:>7.3f}{row.first_half:>9.3f}{row.second_half:>9.3f}{shown:>26}"


def evaluate(path: Path, *, embedder: Embedder | None = None) -> Report:
    """Rank `resumes.jsonl[.gz]` for each job of `jobs.jsonl[.gz]` in a folder; lines carry "category" beside the text.

    Resumes of the same normalised text count once. Raises DomainError with the line for a line that is not as it
    should be, and for a folder without the two files.
    """
    jobs_path, resumes_path = _file(path, "jobs"), _file(path, "resumes")
    jobs = offline.read_jobs(jobs_path)
    texts, duplicates = _distinct(offline.read_resumes(resumes_path))
    relevant = _relevant(offline.categories(jobs_path), offline.categories(resumes_path), jobs=jobs, resumes=texts)
    begun = time.monotonic()
    resumes, _ = offline.mask_resumes(texts, processes=usable_cores(), progress=_silent)
    model = embedder or MiniLMEmbedder(threads=usable_cores())
    vectors = offline.embed_heads(resumes, embedder=model, progress=_silent)
    took = time.monotonic() - begun
    weights = Weights.read(settings.RANKING_CONFIG)
    words = LexicalIndex(one.masked for one in resumes)
    plain = model.embed([line.job.text for line in jobs])
    queries = [embed_job(line.job, embedder=model, weights=weights.query) for line in jobs]

    def bm25(query: JobQuery) -> Figures:
        return words.bm25(query.terms, k1=weights.bm25.k1, b=weights.bm25.b)

    def plain_bm25(at: int) -> Figures:
        asked = dict.fromkeys(terms(jobs[at].job.text), 1.0)
        return words.bm25(asked, k1=weights.bm25.k1, b=weights.bm25.b)

    def product(at: int) -> Figures:
        return standardised(vectors @ queries[at].vector) + weights.score.lexical * standardised(bm25(queries[at]))

    methods: dict[str, Callable[[int], Figures]] = {
        "BM25": plain_bm25,
        REFERENCE: lambda at: np.asarray(vectors @ plain[at], dtype=np.float64),
        "z(head) + 0.25 z(BM25)": lambda at: standardised(vectors @ plain[at]) + 0.25 * standardised(plain_bm25(at)),
        "head vector, focused query": lambda at: np.asarray(vectors @ queries[at].vector, dtype=np.float64),
        PRODUCT: product,
    }
    figures = {
        name: np.array([ndcg(score(at), relevant[at]) for at in range(len(jobs))]) for name, score in methods.items()
    }
    ranked = Ranked(jobs=jobs, queries=queries, texts=[text for _, text in texts], vectors=vectors, words=words)
    return Report(
        path=path.name,
        jobs=len(jobs),
        resumes=len(resumes),
        duplicates=duplicates,
        documents_per_second=len(resumes) / max(took, 1e-9),
        rows=tuple(_row(name, values, figures[REFERENCE]) for name, values in figures.items()),
        faithfulness=measure(ranked, embedder=model, weights=weights),
    )


def ndcg(scores: npt.NDArray[Any], relevant: npt.NDArray[np.bool_]) -> float:
    """nDCG@10 with binary relevance; 0 where nothing is relevant. Equal scores stand in file order."""
    order = np.argsort(-scores, kind="stable")[:TOP]
    discounts = 1 / np.log2(np.arange(2, TOP + 2))
    ideal = discounts[: min(TOP, int(relevant.sum()))].sum()
    return float((relevant[order] * discounts[: len(order)]).sum() / ideal) if ideal else 0.0


def _row(method: str, values: Figures, reference: Figures) -> Row:
    gained = values - reference
    draws = np.random.default_rng(SEED).integers(0, len(gained), (RESAMPLES, len(gained)))
    low, high = np.quantile(gained[draws].mean(axis=1), [0.025, 0.975])
    second = values[1::2] if len(values) > 1 else values
    return Row(
        method=method,
        ndcg=float(values.mean()),
        first_half=float(values[::2].mean()),
        second_half=float(second.mean()),
        difference=float(gained.mean()),
        low=float(low),
        high=float(high),
    )


def _file(folder: Path, name: str) -> Path:
    for path in (folder / f"{name}.jsonl", folder / f"{name}.jsonl.gz"):
        if path.is_file():
            return path
    raise offline.UnusableLine("{folder} has no {name}.jsonl or {name}.jsonl.gz.", folder=folder, name=name)


def _distinct(resumes: Iterable[tuple[str, str]]) -> tuple[list[tuple[str, str]], int]:
    seen: set[str] = set()
    kept, left_out = [], 0
    for one, text in resumes:
        normal = " ".join("".join(sign if sign.isalnum() else " " for sign in text.casefold()).split())
        if normal in seen:
            left_out += 1
            continue
        seen.add(normal)
        kept.append((one, text))
    return kept, left_out


def _relevant(
    of_jobs: dict[str, str],
    of_resumes: dict[str, str],
    *,
    jobs: Sequence[offline.JobLine],
    resumes: Sequence[tuple[str, str]],
) -> list[npt.NDArray[np.bool_]]:
    held = np.array([of_resumes[one] for one, _ in resumes])
    return [held == of_jobs[line.id] for line in jobs]


def _silent(_done: int, _total: int) -> None:
    """Nobody watches."""
