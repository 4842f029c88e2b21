"""The applications of a workload, how each moved, and what was said, met, decided and offered on the way."""

from __future__ import annotations

from collections import defaultdict
from random import Random

from hrassist.ops.demo.vacancies import SOURCES
from hrassist.ops.workload.clock import DAY, stamp
from hrassist.ops.workload.copying import NULL, Table
from hrassist.ops.workload.openings import SEATS, STAGES, Openings
from hrassist.ops.workload.people import People
from jobs.models import (
    Application,
    HumanDecision,
    Interview,
    Interviewer,
    Message,
    Note,
    Offer,
    Referral,
    Scorecard,
    StageTransition,
)

APPLICATION, INTERVIEW, MESSAGE, NOTE, OFFER, DECISION, SCORECARD = range(20, 27)
ON_BOARD = 500
BOARD = (200, 300, 400)  # Where the board's 500 pass from one stage to the next: 4 to 2 to 2 to 2.
# Of a hundred applications, how many got at least one, two, three, four steps on.
REACHED = (55, 28, 10, 4)
NOTED_EVERY, TOLD_EVERY, MET_EVERY, DECIDED_EVERY, REFERRED_EVERY = 20, 12, 6, 20, 60
LAST = len(STAGES) - 1


class Pipelines:
    """Writes applications: some for each person in their turn, and the 500 of job 1's board."""

    def __init__(self, *, people: People, openings: Openings, count: int, seed: int) -> None:
        self.people, self.openings, self.team, self.until = people, openings, people.team, people.until
        self.ids = people.ids
        self.made = 0
        self.board = min(ON_BOARD, count, people.count)
        self.rest = count - self.board
        self.on_board = 0
        self.hired: dict[int, list[tuple[str, float]]] = defaultdict(list)
        self.rng = Random(seed + 2)  # noqa: S311 - repeatable invented careers, no secret
        # How many jobs open in the time in which any of them takes applications.
        span = (self.until - people.begin) / (openings.count + 1)
        self.window = max(1, int(55 * DAY / span))
        self.applications = Table(
            Application, "id", "candidate_id", "job_id", "stage_id", "stage_kind", "status", "source",
            "credited_to_id", "applied_at", "entered_stage_at", "ended_at", "ended_by_id", "reason_id", "created_at",
            "updated_at",
        )  # fmt: skip
        self.steps = Table(
            StageTransition, "application_id", "from_stage_id", "to_stage_id", "from_status", "to_status",
            "reason_id", "by_id", "at",
        )  # fmt: skip
        self.interviews = Table(
            Interview, "id", "application_id", "title", "starts_at", "ends_at", "time_zone", "status", "uid",
            "created_by_id", "created_at", "updated_at",
        )  # fmt: skip
        self.interviewers = Table(Interviewer, "interview_id", "user_id", "response")
        self.scorecards = Table(
            Scorecard, "id", "application_id", "interview_id", "by_id", "recommendation", "takeaways", "created_at",
            "updated_at", "submitted_at",
        )  # fmt: skip
        self.messages = Table(
            Message, "id", "candidate_id", "application_id", "template_id", "to", "subject", "body", "state",
            "send_at", "sent_at", "by_id", "created_at",
        )  # fmt: skip
        self.notes = Table(Note, "id", "candidate_id", "application_id", "text", "by_id", "at")
        self.offers = Table(
            Offer, "id", "application_id", "version", "status", "position_title", "salary", "currency",
            "created_by_id", "created_at", "updated_at", "sent_at", "answered_at",
        )  # fmt: skip
        self.decisions = Table(HumanDecision, "id", "application_id", "verdict", "moved", "by_id", "at")
        self.referrals = Table(Referral, "application_id", "referred_by_id", "at")

    @property
    def tables(self) -> list[Table]:
        return [
            self.applications, self.steps, self.interviews, self.interviewers, self.scorecards, self.messages,
            self.notes, self.offers, self.decisions, self.referrals,
        ]  # fmt: skip

    def add(self, number: int) -> None:
        """The applications of one person, for different jobs."""
        if self.people.is_merged(number) and number != self.people.count:
            # What a merged record had went to the one that was kept.
            return
        # Evenly over all people, whatever the two counts are.
        wanted = self.rest * number // self.people.count - (self.made - self.on_board)
        came, seen = self.people.came(number), {1}
        for turn in range(wanted):
            at = min(came + turn * 40 * DAY, self.until - (turn + 1) * 3600)
            job = self._job_at(max(at, self.people.begin), seen=seen)
            seen.add(job)
            self._apply(number, job=job, at=max(at, self.openings.begins[job] + 3600))
        if self.on_board < self.board * number // self.people.count:
            self._put_on_board(number)

    def finish(self) -> None:
        """The seats of all jobs, now that it is known who fills them."""
        for job in range(1, self.openings.count + 1):
            self.openings.add_seats(job, self.hired[job])

    def _job_at(self, at: float, *, seen: set[int]) -> int:
        """A job that took applications at this time and is not among those seen."""
        count = self.openings.count
        share = (at - self.people.begin) / (self.until - self.people.begin)
        latest = min(max(int(share * (count + 1)), 2), count)
        job = max(2, latest - self.rng.randrange(self.window))
        while job in seen:
            job = job - 1 if job > 2 else count
        return job

    def _put_on_board(self, number: int) -> None:
        self.on_board += 1
        rank = self.on_board * 7 % ON_BOARD
        depth = sum(rank >= edge for edge in BOARD)
        at = self.openings.begins[1] + (self.until - self.openings.begins[1]) * 0.6 * rank / ON_BOARD
        self._write(number, job=1, at=at, depth=depth, pace=2 * DAY, fate="active")

    def _apply(self, number: int, *, job: int, at: float) -> None:
        lot = self.rng.randrange(100)
        depth = sum(lot < share for share in REACHED)
        pace = self.rng.uniform(2, 11) * DAY
        ends = at + (depth + 1) * pace
        if depth == LAST and len(self.hired[job]) >= SEATS:
            depth = LAST - 1
        if self.openings.is_open(job) and (ends > self.until or self.rng.random() < 0.4):
            # As far as it could get until now; nobody stands in the last stage without being hired.
            depth, fate = min(depth, int((self.until - at) // pace), LAST - 1), "active"
        elif ends > self.until:
            depth, pace = 0, max((self.until - at) / 2, 1)
            fate = "rejected"
        else:
            fate = "hired" if depth == LAST else "rejected" if self.rng.random() < 0.85 else "withdrawn"
        self._write(number, job=job, at=at, depth=depth, pace=pace, fate=fate)

    def _write(self, number: int, *, job: int, at: float, depth: int, pace: float, fate: str) -> None:
        self.made += 1
        made, openings, team = self.made, self.openings, self.team
        key, person = self.ids.of(APPLICATION, made, at), self.people.key(number)
        by = team.recruiters[job % len(team.recruiters)]
        first = openings.stage(job, 0)
        self.steps.add(key, NULL, first, "", "active", NULL, by, stamp(at))
        for step in range(1, depth + 1):
            hire = fate == "hired" and step == depth
            self.steps.add(
                key, openings.stage(job, step - 1), openings.stage(job, step), "active", "hired" if hire else "active",
                NULL, by, stamp(at + step * pace),
            )  # fmt: skip
        stage, moved = openings.stage(job, depth), at + depth * pace
        ended, reason = NULL, NULL
        if fate == "hired":
            ended = stamp(moved)
            self.hired[job].append((key, moved))
        elif fate != "active":
            ended = stamp(moved + pace)
            reasons = team.reasons if fate == "rejected" else team.withdrawals
            reason = reasons[made % len(reasons)]
            self.steps.add(key, stage, stage, "active", fate, reason, by, ended)
        self.applications.add(
            key, person, openings.key(job), stage, STAGES[depth][1], fate, SOURCES[made % len(SOURCES)], by, stamp(at),
            stamp(moved), ended, NULL if ended == NULL else by, reason, stamp(at),
            stamp(moved) if ended == NULL else ended,
        )  # fmt: skip
        self._around(key, person, number=number, job=job, at=at, moved=moved, depth=depth, fate=fate, by=by)

    def _around(
        self, key: str, person: str, *, number: int, job: int, at: float, moved: float, depth: int, fate: str, by: str
    ) -> None:
        made, team = self.made, self.team
        if made % NOTED_EVERY == 0:
            self.notes.add(
                self.ids.of(NOTE, made, at), person, key, "Spoke on the phone: asks for a start in two months.", by,
                stamp(at + DAY),
            )  # fmt: skip
        if made % TOLD_EVERY == 0:
            self.messages.add(
                self.ids.of(MESSAGE, made, at), person, key, team.templates[made % len(team.templates)],
                f"workload.{number}@example.com", "Your application", "Thank you for applying. We will be in touch.",
                "sent", stamp(at), stamp(at), by, stamp(at),
            )  # fmt: skip
        if made % DECIDED_EVERY == 0 and fate != "hired":
            verdict = "reject" if fate == "rejected" else "shortlist" if depth else "maybe"
            self.decisions.add(self.ids.of(DECISION, made, at), key, verdict, "f", by, stamp(at + DAY))
        if made % REFERRED_EVERY == 0:
            colleague = team.interviewers[made // REFERRED_EVERY % len(team.interviewers)]
            self.referrals.add(key, colleague, stamp(at))
        if depth >= 2 and made % MET_EVERY == 0:
            self._interview(key, job=job, moved=moved, fate=fate, by=by)
        if depth >= 3 and fate != "withdrawn":
            status = {"hired": "signed", "active": "sent"}.get(fate, "denied")
            self.offers.add(
                self.ids.of(OFFER, made, moved), key, "1", status, "As advertised", str(48_000 + made % 40 * 1000),
                "EUR", by, stamp(moved), stamp(moved), stamp(moved), NULL if status == "sent" else stamp(moved),
            )  # fmt: skip

    def _interview(self, key: str, *, job: int, moved: float, fate: str, by: str) -> None:
        made, team = self.made, self.team
        # An active one's interview is still to come, within working hours.
        begins = (
            (self.until if fate == "active" else moved) // DAY * DAY + (made % 14 + 1) * DAY + (8 + made % 9) * 3600
        )
        interview, then = self.ids.of(INTERVIEW, made, moved), stamp(moved)
        self.interviews.add(
            interview, key, "First interview", stamp(begins), stamp(begins + 2700), "Europe/Berlin",
            "done" if begins < self.until else "scheduled", f"{interview}@hrassist", by, then, then,
        )  # fmt: skip
        for user in {team.interviewers[job % len(team.interviewers)], team.interviewers[made % len(team.interviewers)]}:
            self.interviewers.add(interview, user, "accepted")
        if begins < self.until:
            card, who = self.ids.of(SCORECARD, made, moved), team.interviewers[job % len(team.interviewers)]
            verdict = "yes" if made % 3 else "no"
            self.scorecards.add(card, key, interview, who, verdict, "Clear examples, calm.", *[stamp(begins + DAY)] * 3)
