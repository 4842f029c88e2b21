"""How long people wait at each kind of step."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from jobs.models import Stage
from jobs.reports.scope import KINDS, Scope, rows


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
    (all_jobs,) = rows(OF_KINDS, scope.params)
    jobs: dict[UUID, dict[str, Waited]] = {}
    for row in rows(OF_JOBS, scope.params | {"most": SHOWN_JOBS}):
        jobs.setdefault(row["job_id"], {})[row["kind"]] = _waited(row["kind"], row["people"], row["days"])
    most = sorted(jobs, key=lambda job: -max(one.people for one in jobs[job].values()))
    titles = _titles(most)
    return TimeInStage(
        kinds=[_waited(kind, all_jobs[f"{kind}_people"], all_jobs[f"{kind}_days"]) for kind in LEFT],
        jobs=[(titles[job], jobs[job]) for job in most],
    )


# The database keeps the days of each application at each kind of step (jobs.models.StageWait).
IN_SCOPE = "came_at >= %(begins)s AND came_at < %(ends)s AND job_id = ANY(%(jobs)s)"
MEDIAN = "percentile_cont(ARRAY[0.5, 0.75]) WITHIN GROUP (ORDER BY days)"
# Nobody leaves the last one.
LEFT = KINDS[:-1]
# Not grouped by kind: days alone are quicker to sort than days of kinds.
OF_KIND = "count(*) FILTER (WHERE kind = '{0}') AS {0}_people, {1} FILTER (WHERE kind = '{0}') AS {0}_days"
OF_KINDS = f"""
    SELECT {", ".join(OF_KIND.format(kind, MEDIAN) for kind in LEFT)} FROM jobs_stagewait WHERE {IN_SCOPE}
"""  # noqa: S608  constants
# Medians sort: they are asked for those jobs alone that are shown.
OF_JOBS = f"""
    WITH counted AS (
        SELECT job_id, kind, count(*) AS people FROM jobs_stagewait WHERE {IN_SCOPE} GROUP BY job_id, kind
    ), most AS (
        SELECT job_id FROM counted GROUP BY job_id ORDER BY max(people) DESC, job_id LIMIT %(most)s
    )
    SELECT job_id, kind, count(*) AS people, {MEDIAN} AS days FROM jobs_stagewait
    WHERE {IN_SCOPE} AND job_id IN (SELECT job_id FROM most)
    GROUP BY job_id, kind
"""  # noqa: S608  constants


def _waited(kind: str, people: int, days: list[float] | None) -> Waited:
    median, p75 = days or (None, None)
    return Waited(kind, Stage.Kind(kind).label, people, median, p75)


def _titles(jobs: list[UUID]) -> dict[UUID, str]:
    return {
        row["id"]: row["title"]
        for row in rows("SELECT id, title FROM jobs_job WHERE id = ANY(%(jobs)s)", {"jobs": jobs})
    }
