"""A job's text as the vector and the words that candidates are compared with."""

from __future__ import annotations

import numpy as np

from hrassist.lib.embeddings import Embedder, unit_rows
from jobs.matching.lexical import STOP_WORDS, stem, words
from jobs.matching.sentences import sentences
from jobs.matching.types import JobQuery, JobText
from jobs.matching.weights import QueryWeights


def embed_job(job: JobText, *, embedder: Embedder, weights: QueryWeights) -> JobQuery:
    """What the job asks for, with its surroundings played down.

    An advertisement says much about the employer and the benefits. Each sentence therefore weighs by how close it is
    to the title (softmax of the cosine), in the vector as in the words. Without a title the whole text sets the aim.
    """
    # A requirement line counts however short: "SAP" is one.
    asked = [line.strip() for line in f"{job.must_have}\n{job.nice_to_have}".splitlines() if line.strip()]
    lines = [*sentences(job.description), *asked]
    head, aim, *each = embedder.embed([job.text, job.title or job.text, *lines])
    vector = weights.head * head + weights.title * aim
    wanted = dict.fromkeys(_telling(job.title), 1.0)
    if each:
        rows = np.stack(each)
        closeness = rows @ aim
        share = np.exp((closeness - closeness.max()) / weights.focus_temperature)
        focus = unit_rows((share @ rows / share.sum())[None])[0]
        vector = vector + weights.focus * focus
        for line, weight in zip(lines, share.tolist(), strict=True):
            for word in _telling(line):
                wanted[word] = max(wanted.get(word, 0.0), weights.body_words * weight)
    wanted = wanted or dict.fromkeys(_telling(job.text), 1.0)
    stems: dict[str, float] = {}
    for word, weight in wanted.items():
        stems[stem(word)] = max(stems.get(stem(word), 0.0), weight)
    return JobQuery(vector=unit_rows(vector[None])[0], terms=stems, words=wanted)


def _telling(text: str) -> list[str]:
    return [word for word in words(text) if word not in STOP_WORDS]
