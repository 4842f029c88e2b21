"""How long it took to hire."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from jobs.reports.scope import STANDS, Scope, rows


@dataclass(frozen=True, slots=True)
class Taken:
    """Days from coming in to being hired, over `hires` people."""

    hires: int
    median: float | None
    p90: float | None


@dataclass(frozen=True, slots=True)
class TimeToHire:
    total: Taken
    months: dict[date, Taken]
    departments: dict[str, Taken]


def time_to_hire(scope: Scope) -> TimeToHire:
    """Everybody hired in the period, whenever they came in: calendar days from their first step to the hire.

    A hire that was undone does not count; hired again, the last hire does. Time in which an application was rejected
    before it was brought back counts, because the person waited.
    """
    return scope.kept("time_to_hire", _count)


def _count(scope: Scope) -> TimeToHire:
    found = rows(
        f"""
        WITH hired AS (
            SELECT step.application_id, step.at, application.job_id, first.at AS came
            FROM jobs_stagetransition step
            JOIN jobs_application application ON application.id = step.application_id
            CROSS JOIN LATERAL (
                SELECT came.at FROM jobs_stagetransition came WHERE came.application_id = step.application_id
                ORDER BY came.at, came.id LIMIT 1
            ) first
            WHERE step.to_status = 'hired' AND step.from_status <> 'hired' AND {STANDS}
              AND step.at >= %(begins)s AND step.at < %(ends)s AND application.job_id = ANY(%(jobs)s)
              AND NOT EXISTS (
                SELECT FROM jobs_stagetransition left_again
                LEFT JOIN jobs_stagetransition back ON back.undoes_id = left_again.id
                WHERE left_again.application_id = step.application_id
                  AND (left_again.at, left_again.id) > (step.at, step.id)
                  AND left_again.from_status = 'hired' AND left_again.to_status <> 'hired'
                  AND left_again.undoes_id IS NULL AND back.id IS NULL)
        ), taken AS (
            SELECT date_trunc('month', hired.at AT TIME ZONE %(zone)s)::date AS month, job.department,
                   extract(epoch FROM hired.at - hired.came) / 86400.0 AS days
            FROM hired JOIN jobs_job job ON job.id = hired.job_id
        )
        SELECT grouping(month) AS no_month, grouping(department) AS no_department, month, department,
               count(*) AS hires,
               percentile_cont(0.5) WITHIN GROUP (ORDER BY days) AS median,
               percentile_cont(0.9) WITHIN GROUP (ORDER BY days) AS p90
        FROM taken GROUP BY GROUPING SETS ((), (month), (department))
        ORDER BY month, department
        """,  # noqa: S608  constants of jobs.reports.scope
        scope.params,
    )
    total = Taken(0, None, None)
    months: dict[date, Taken] = {}
    departments: dict[str, Taken] = {}
    for row in found:
        taken = Taken(row["hires"], row["median"], row["p90"])
        if row["no_month"] and row["no_department"]:
            total = taken
        elif row["no_department"]:
            months[row["month"]] = taken
        else:
            departments[row["department"] or "No department"] = taken
    return TimeToHire(total, months, departments)
