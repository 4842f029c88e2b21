"""The score: likeness of meaning, and a little of the words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic

import numpy as np
import numpy.typing as npt

from hrassist.lib.embeddings import Vectors
from jobs.matching.lexical import LexicalIndex
from jobs.matching.types import Components, Id, JobQuery, Scored
from jobs.matching.weights import Weights


@dataclass(frozen=True)
class Pool(Generic[Id]):
    """The candidates of one ranking: ids, one unit vector each (rows), their words; all in the same order."""

    ids: Sequence[Id]
    vectors: Vectors
    words: LexicalIndex


def rank(query: JobQuery, pool: Pool[Id], *, weights: Weights) -> list[Scored[Id]]:
    """Everybody of the pool, best first: z(cosine) + lexical × z(BM25), ties by id.

    z-scores put both on one scale, so a weight means the same for every job; they say nothing across jobs.
    """
    if not pool.ids:
        return []
    dense = standardised(pool.vectors.astype(np.float64) @ query.vector.astype(np.float64))
    lexical = standardised(pool.words.bm25(query.terms, k1=weights.bm25.k1, b=weights.bm25.b))
    rows = [
        (one, Components(dense=meaning, lexical=weights.score.lexical * words))
        for one, meaning, words in zip(pool.ids, dense.tolist(), lexical.tolist(), strict=True)
    ]
    rows.sort(key=lambda row: (-row[1].score, str(row[0])))
    return [Scored(id=one, rank=at, components=parts) for at, (one, parts) in enumerate(rows, start=1)]


def standardised(values: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Values as distances from their mean in standard deviations; all 0 where they do not differ."""
    spread = float(values.std())
    if spread < 1e-9:
        return np.zeros(len(values))
    return np.asarray((values - values.mean()) / spread, dtype=np.float64)
