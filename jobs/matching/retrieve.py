"""Which people are scored at all: the nearest vectors and the hits of full text, among those the user may see."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils import timezone
from pgvector import HalfVector

from candidates.models import Candidate, Resume, ResumeParse, ResumeText, ResumeVector
from hrassist.lib.embeddings import Vectors
from jobs.matching import lawful
from jobs.matching.lexical import LexicalIndex
from jobs.matching.types import JobQuery, ResumeSource
from jobs.matching.weights import CandidateLimits
from jobs.models import Application, Job

if TYPE_CHECKING:
    from hrassist.models import User

# A word that half of all resumes hold gives more hits than anybody ranks: the newest of them are looked at.
HITS_LOOKED_AT = 5_000
WORDS_SEARCHED = 12
NAMES = {"EMPLOYER", "SCHOOL", "LOCATION"}
# Holds the identifiers of about a million people.
POOL_MEMORY = "256MB"


@dataclass(frozen=True, slots=True)
class Filters:
    """Hard filters that a person chose; a country keeps those whose country nobody knows."""

    applicants_only: bool = False
    country: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Retrieved:
    """The people to score, in one order: `considered` is how many the filters left, `ids` (candidate, resume)."""

    considered: int
    ids: Sequence[tuple[UUID, UUID]]
    vectors: Vectors
    words: LexicalIndex


def retrieve(
    job: Job,
    query: JobQuery,
    *,
    user: User,
    filters: Filters,
    model_hash: str,
    limits: CandidateLimits,
    now: datetime | None = None,
) -> Retrieved:
    """The nearest `limits.nearest` and up to `limits.full_text` word hits among the visible READY resumes.

    Only vectors of the model that made the query count. Nobody already rejected for the job, or withdrawn, comes back,
    and nobody whom a ranking may not look at (`jobs.matching.lawful`).
    """
    pool = pool_of(job, user=user, filters=filters, now=now)
    considered = pool.count()
    comparable = pool.filter(vector__model_hash=model_hash)
    near = _nearest_of_all if considered <= limits.exact_below else _nearest_by_index
    chosen = near(comparable, query, limits=limits) | _word_hits(comparable, query, limits=limits)
    return _loaded(chosen, considered=considered)


def pool_of(job: Job, *, user: User, filters: Filters, now: datetime | None = None) -> QuerySet[Resume]:
    """The current resumes that the law, the hard filters and the user's sight leave."""
    return _resumes_of(lawful.people_for(job, user=user, now=now or timezone.now()), job, filters=filters)


def reachable(job: Job, *, user: User, filters: Filters) -> QuerySet[Resume]:
    """What `pool_of` gives, with those whom a ranking may not look at."""
    return _resumes_of(Candidate.objects.visible_to(user).unmerged(), job, filters=filters)


def _resumes_of(people: QuerySet[Candidate], job: Job, *, filters: Filters) -> QuerySet[Resume]:
    if filters.country:
        people = people.filter(Q(country__iexact=filters.country) | Q(country=""))
    here = Application.objects.filter(job=job, candidate=OuterRef("candidate"))
    ended = here.filter(status__in=[Application.Status.REJECTED, Application.Status.WITHDRAWN])
    pool = Resume.objects.ready().current().filter(candidate__in=people)
    if filters.applicants_only:
        return pool.filter(Exists(here.active()))
    return pool.filter(~Exists(ended) | Exists(here.active()))


def sources(resumes: Sequence[UUID]) -> list[ResumeSource]:
    """What evidence is looked for in, in the order asked."""
    texts = {
        row.pk: row for row in ResumeText.objects.filter(pk__in=resumes).only("text", "masked_text", "page_starts")
    }
    parses = {row.pk: row for row in ResumeParse.objects.filter(pk__in=resumes).only("fields", "sections")}
    return [_source(texts[one], parses.get(one)) for one in resumes]


def _source(row: ResumeText, parse: ResumeParse | None) -> ResumeSource:
    found: Sequence[dict[str, Any]] = parse.fields if parse else ()
    headed: Iterable[dict[str, Any]] = parse.sections if parse else ()
    return ResumeSource(
        text=row.text,
        masked=row.masked_text,
        page_starts=tuple(row.page_starts) or (0,),
        experience=tuple((one["start"], one["end"]) for one in headed if one["kind"] == "experience"),
        skills=tuple(
            (one["start"], one["end"], one["concept"]) for one in found if one["label"] == "SKILL" and one["concept"]
        ),
        names=tuple((one["start"], one["end"]) for one in found if one["label"] in NAMES),
    )


def _nearest_of_all(pool: QuerySet[Resume], query: JobQuery, *, limits: CandidateLimits) -> set[UUID]:
    inner, parameters = pool.values("id", "vector__embedding").query.sql_with_params()
    # MATERIALIZED hides the HNSW index from the planner: every vector is compared, and recall is 1.
    return _ids(
        f"WITH pool(id, embedding) AS MATERIALIZED ({inner}) "  # noqa: S608  the inner query is the ORM's, with its parameters
        "SELECT id FROM pool ORDER BY embedding <=> %s::halfvec, id LIMIT %s",
        [*parameters, _literal(query), limits.nearest],
    )


def _nearest_by_index(pool: QuerySet[Resume], query: JobQuery, *, limits: CandidateLimits) -> set[UUID]:
    inner, parameters = pool.values("id").query.sql_with_params()
    # IS TRUE keeps the planner from joining and sorting everybody, which leaves the index unused.
    with transaction.atomic(), connection.cursor() as cursor:
        # Without iterative scans a filter leaves too few of the first ef_search rows.
        cursor.execute("SET LOCAL hnsw.iterative_scan = relaxed_order")
        breadth = min(1000, max(limits.ef_search, limits.nearest))
        cursor.execute("SELECT set_config('hnsw.ef_search', %s, true)", [str(breadth)])
        # The pool is a hash beside the index scan; one that does not fit would be read again for every row.
        cursor.execute("SELECT set_config('work_mem', %s, true)", [POOL_MEMORY])
        # Few thousand rows look cheaper to sort than they are to search.
        cursor.execute("SET LOCAL enable_sort = off")
        return _ids(
            f"SELECT resume_id FROM {ResumeVector._meta.db_table} WHERE (resume_id IN ({inner})) IS TRUE "  # noqa: S608  as above
            "ORDER BY embedding <=> %s::halfvec LIMIT %s",
            [*parameters, _literal(query), limits.nearest],
        )


def _word_hits(pool: QuerySet[Resume], query: JobQuery, *, limits: CandidateLimits) -> set[UUID]:
    """Resumes with the job's weightiest words, the most of them first."""
    words = sorted(query.words, key=lambda word: (-query.words[word], word))[:WORDS_SEARCHED]
    if not words or not limits.full_text:
        return set()
    inner, parameters = pool.values("id", "text__search").query.sql_with_params()
    asked = " | ".join(["plainto_tsquery('english', %s)"] * len(words)).replace(" | ", " || ")
    return _ids(
        f"WITH asked AS (SELECT {asked} AS words), "  # noqa: S608  as above
        f"pool(id, search) AS ({inner}), "
        "hits AS (SELECT id, search FROM pool, asked WHERE search @@ words ORDER BY id DESC LIMIT %s) "
        "SELECT id FROM hits, asked ORDER BY ts_rank(search, words) DESC, id LIMIT %s",
        [*words, *parameters, HITS_LOOKED_AT, limits.full_text],
    )


def _ids(sql: str, parameters: Sequence[Any]) -> set[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return {row[0] for row in cursor.fetchall()}


def _literal(query: JobQuery) -> str:
    return HalfVector(query.vector).to_text()


def _loaded(chosen: set[UUID], *, considered: int) -> Retrieved:
    rows = list(
        Resume.objects.filter(pk__in=chosen)
        .order_by("pk")
        .values_list("candidate_id", "pk", Cast("vector__embedding", TextField()), "text__masked_text")
    )
    vectors = np.zeros((len(rows), 0), dtype=np.float32)
    if rows:
        # Parsed by numpy: as HalfVector objects a thousand of them cost half a second.
        vectors = np.stack([np.fromstring(written[1:-1], dtype=np.float32, sep=",") for *_, written, _ in rows])
    return Retrieved(
        considered=considered,
        ids=[(candidate, resume) for candidate, resume, *_ in rows],
        vectors=vectors,
        words=LexicalIndex(text for *_, text in rows),
    )
