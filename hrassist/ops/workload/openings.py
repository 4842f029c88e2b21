"""The jobs of a workload with their stages, seats, teams and requisitions, opened one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from hrassist.ops.demo.vacancies import vacancies
from hrassist.ops.workload.clock import DAY, Identifiers, stamp
from hrassist.ops.workload.copying import NULL, Table, text
from hrassist.ops.workload.pools import countries
from hrassist.ops.workload.team import Team
from jobs.models import (
    DriveJob,
    HiringTeamMember,
    Job,
    Opening,
    Requisition,
    RequisitionApproval,
    Stage,
)

JOB, REQUISITION = 10, 11
# How long people apply for a job, and how often one is confidential.
SHORTEST, LONGEST = 60, 150
CONFIDENTIAL_EVERY = 50
STAGES = tuple((name, str(kind)) for name, kind in Stage.DEFAULTS)
SEATS = 4
# How many jobs a drive has, however many jobs there are.
JOBS_OF_A_DRIVE = 6


class Openings:
    """Writes the jobs; afterwards `begins`, `ends` and `first_stage` tell of the job with a number from 1.

    Job 1 is the board of the bench: open, newest of all, with applications of its own.
    """

    def __init__(
        self, *, count: int, seed: int, begin: float, until: float, team: Team, first_stage: int
    ) -> None:  # fmt: skip
        self.count, self.until, self.team, self.seed = count, until, team, seed
        self.ids = Identifiers(seed)
        rng = Random(seed + 1)  # noqa: S311 - repeatable invented jobs, no secret
        self.lengths = [rng.uniform(SHORTEST, LONGEST) * DAY for _ in range(count + 1)]
        self.begins = [begin + (until - begin) * number / (count + 1) for number in range(count + 1)]
        self.begins[1] = until - 90 * DAY
        self.lengths[1] = LONGEST * DAY
        self._stages_from = first_stage
        self.driven_every = max(8, count // (len(team.drives) * JOBS_OF_A_DRIVE))
        self.rng = rng
        self.jobs = Table(
            Job, "id", "external_id", "title", "description", "must_have", "nice_to_have", "department", "city",
            "country", "status", "confidential", "created_by_id", "created_at", "updated_at", "opened_at", "closed_at",
        )  # fmt: skip
        self.stages = Table(Stage, "id", "job_id", "name", "kind", "position")
        self.seats = Table(Opening, "job_id", "number", "opened_at", "closed_at", "close_reason", "filled_by_id")
        self.members = Table(HiringTeamMember, "job_id", "user_id", "role", "created_at")
        self.requisitions = Table(
            Requisition, "id", "title", "department", "city", "country", "headcount", "justification", "status",
            "job_id", "created_by_id", "created_at", "updated_at", "submitted_at", "decided_at",
        )  # fmt: skip
        self.approvals = Table(
            RequisitionApproval, "requisition_id", "position", "approver_id", "decision", "decided_at"
        )  # fmt: skip
        self.drive_jobs = Table(DriveJob, "drive_id", "job_id", "target_hires")

    @property
    def tables(self) -> list[Table]:
        return [
            self.jobs, self.stages, self.seats, self.members, self.requisitions, self.approvals, self.drive_jobs,
        ]  # fmt: skip

    def ends(self, number: int) -> float:
        return self.begins[number] + self.lengths[number]

    def is_open(self, number: int) -> bool:
        return self.ends(number) > self.until

    def key(self, number: int) -> str:
        return self.ids.of(JOB, number, self.begins[number])

    def stage(self, number: int, position: int) -> str:
        return str(self._stages_from + (number - 1) * len(STAGES) + position)

    def add(self, number: int) -> None:
        """One job with everything that is its own."""
        vacancy = vacancies()[number % len(vacancies())]
        country = self.rng.choice(countries())
        key, then, end = self.key(number), stamp(self.begins[number]), self.ends(number)
        closed = NULL if self.is_open(number) else stamp(end)
        confidential = number > 1 and number % CONFIDENTIAL_EVERY == 0
        by = self.team.recruiters[number % len(self.team.recruiters)]
        facts = (vacancy["department"], self.rng.choice(country.cities), country.code)
        title = vacancy["title"] if number == 1 else f"{vacancy['title']} {number}"
        self.jobs.add(
            key, f"workload-{self.seed}-{number}", title, text(vacancy["description"].strip()),
            _lines(vacancy["must_have"]),
            _lines(vacancy["nice_to_have"]), *facts, self._status(number), "t" if confidential else "f", by, then, then,
            then, closed,
        )  # fmt: skip
        for position, (name, kind) in enumerate(STAGES):
            self.stages.add(self.stage(number, position), key, name, kind, str(position))
        for user, role in self._members(number, by=by):
            self.members.add(key, user, role, then)
        if number % self.driven_every == 1:
            self.drive_jobs.add(self.team.drives[number // self.driven_every % len(self.team.drives)], key, "2")
        self._requisition(number, key=key, title=title, facts=facts, by=by)

    def add_seats(self, number: int, hired: Sequence[tuple[str, float]]) -> None:
        """The job's seats: one filled by each of the hired (application and time), the others open or cancelled."""
        then = stamp(self.begins[number])
        for seat in range(1, SEATS + 1):
            if seat <= len(hired):
                application, at = hired[seat - 1]
                self.seats.add(self.key(number), str(seat), then, stamp(at), "filled", application)
            elif self.is_open(number):
                self.seats.add(self.key(number), str(seat), then, NULL, "", NULL)
            else:
                self.seats.add(self.key(number), str(seat), then, stamp(self.ends(number)), "cancelled", NULL)

    def _status(self, number: int) -> str:
        if self.is_open(number):
            return "on_hold" if number % 17 == 0 else "open"
        return "archived" if number % 5 == 0 else "closed"

    def _members(self, number: int, *, by: str) -> Sequence[tuple[str, str]]:
        managers, interviewers = self.team.managers, self.team.interviewers
        return (
            (by, "recruiter"),
            (managers[number % len(managers)], "hiring_manager"),
            (interviewers[number % len(interviewers)], "interviewer"),
            (interviewers[(number * 7 + 1) % len(interviewers)], "interviewer"),
            (self.team.coordinators[number % len(self.team.coordinators)], "coordinator"),
        )

    def _requisition(self, number: int, *, key: str, title: str, facts: tuple[str, str, str], by: str) -> None:
        at = self.begins[number] - 14 * DAY
        requisition, decided = self.ids.of(REQUISITION, number, at), stamp(at + 5 * DAY)
        waits = number % 40 == 0
        self.requisitions.add(
            requisition, title, *facts, str(SEATS), "The team cannot take on more work without.",
            "in_approval" if waits else "approved", NULL if waits else key, by, stamp(at), stamp(at), stamp(at),
            NULL if waits else decided,
        )  # fmt: skip
        for position in (1, 2):
            approver = self.team.managers[(number + position * 11) % len(self.team.managers)]
            asked = ("waiting", NULL) if waits else ("approved", decided)
            self.approvals.add(requisition, str(position), approver, *asked)


def _lines(rows: Sequence[str]) -> str:
    return text("\n".join(rows))
