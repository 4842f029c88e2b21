"""How long people wait at each kind of step."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from jobs.models import Stage
from jobs.reports.scope import ENTERED, KINDS, STANDS, Scope, rows


@dataclass(frozen=True, slots=True)
class Waited:
    """Days at one kind of step, over `people` who have left it."""

    kind: str
    label: str
    people: int
    median: float | None
    p75: float | None


@dataclass(frozen=True, slots=True)
class TimeInStage:
    """`jobs` has the median of each kind for each job by its title, those with most people first."""

    kinds: list[Waited]
    jobs: list[tuple[str, dict[str, Waited]]]


SHOWN_JOBS = 50


def time_in_stage(scope: Scope) -> TimeInStage:
    """The applications that came in in the period: days at each kind of step, once they left it.

    A stay begins with the step that leads there and ends with the one that leads away or ends the application; several
    stays of one person at a kind add up. Time in which an application had ended does not count, nor does a step that
    was taken back. A stay that was left backwards within ten minutes was a slip and does not count. Who still stands at
    a step does not count there yet.
    """
    return scope.kept("time_in_stage", _count)


def _count(scope: Scope) -> TimeInStage:
    found = rows(
        f"""
        WITH {ENTERED}, stay AS (
            SELECT entered.job_id, step.application_id, stage.kind, stage.position, step.to_status AS status,
                   step.at AS since,
                   lead(step.at) OVER life AS until, lead(stage.position) OVER life AS next_position
            FROM entered
            JOIN jobs_stagetransition step ON step.application_id = entered.application_id
            JOIN jobs_stage stage ON stage.id = step.to_stage_id
            WHERE {STANDS}
            WINDOW life AS (PARTITION BY step.application_id ORDER BY step.at, step.id)
        ), waited AS (
            SELECT job_id, application_id, kind,
                   sum(extract(epoch FROM until - since)::float8) / 86400.0 AS days,
                   bool_or(until IS NULL) AS still
            FROM stay
            WHERE status = 'active'
              AND NOT (until IS NOT NULL AND next_position < position AND until - since < interval '10 minutes')
            GROUP BY job_id, application_id, kind
        )
        SELECT grouping(job_id) AS no_job, job_id, kind, count(*) AS people,
               percentile_cont(0.5) WITHIN GROUP (ORDER BY days) AS median,
               percentile_cont(0.75) WITHIN GROUP (ORDER BY days) AS p75
        FROM waited WHERE NOT still AND kind <> 'hired'
        GROUP BY GROUPING SETS ((kind), (job_id, kind))
        """,  # noqa: S608  constants of jobs.reports.scope
        scope.params,
    )
    kinds: dict[str, Waited] = {}
    jobs: dict[UUID, dict[str, Waited]] = {}
    for row in found:
        kind = row["kind"]
        waited = Waited(kind, Stage.Kind(kind).label, row["people"], row["median"], row["p75"])
        if row["no_job"]:
            kinds[kind] = waited
        else:
            jobs.setdefault(row["job_id"], {})[kind] = waited
    most = sorted(jobs, key=lambda job: -max(one.people for one in jobs[job].values()))[:SHOWN_JOBS]
    titles = _titles(most)
    return TimeInStage(
        kinds=[kinds.get(kind) or Waited(kind, Stage.Kind(kind).label, 0, None, None) for kind in KINDS[:-1]],
        jobs=[(titles[job], jobs[job]) for job in most],
    )


def _titles(jobs: list[UUID]) -> dict[UUID, str]:
    return {
        row["id"]: row["title"]
        for row in rows("SELECT id, title FROM jobs_job WHERE id = ANY(%(jobs)s)", {"jobs": jobs})
    }
