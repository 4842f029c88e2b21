"""How long it took to hire."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from jobs.reports.scope import Scope, rows


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
        """
        WITH hired AS (
            SELECT hire.application_id, hire.at, application.job_id, first.at AS came
            FROM jobs_stagetransition hire
            JOIN jobs_application application ON application.id = hire.application_id
            CROSS JOIN LATERAL (
                SELECT step.at FROM jobs_stagetransition step WHERE step.application_id = hire.application_id
                ORDER BY step.at, step.id LIMIT 1
            ) first
            WHERE hire.to_status = 'hired' AND hire.from_status <> 'hired'
              AND hire.at >= %(begins)s AND hire.at < %(ends)s AND application.job_id = ANY(%(jobs)s)
              AND NOT EXISTS (
                SELECT FROM jobs_stagetransition undone
                WHERE undone.application_id = hire.application_id AND (undone.at, undone.id) > (hire.at, hire.id)
                  AND undone.from_status = 'hired' AND undone.to_status <> 'hired')
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
        """,
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
