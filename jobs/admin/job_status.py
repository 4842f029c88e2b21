"""What a change of a job's status would do, said before it is done."""

from __future__ import annotations

from dataclasses import dataclass

from jobs.models import Job, JobPost


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """A question with what follows from a yes; `hindered` says why it cannot be done now."""

    do: str
    question: str
    button: str
    effects: tuple[str, ...]
    hindered: str = ""
    is_danger: bool = False


def confirmation(job: Job, do: str) -> Confirmation:
    """The question for one of the job's status actions, with the numbers of this job."""
    active = job.applications.active().count()
    free = job.openings.filter(closed_at__isnull=True).count()
    live = job.posts.filter(status=JobPost.Status.LIVE).count()
    posts = f"{_count(live, 'post')} {_verb(live, 'goes', 'go')} offline until the job is open again." if live else ""
    people = (
        f"{_count(active, 'active application')} {_verb(active, 'stays', 'stay')} in the pipeline." if active else ""
    )
    match do:
        case "close":
            seats = f"{_count(free, 'open seat')} {_verb(free, 'is', 'are')} cancelled." if free else "No seat is open."
            hindered = (
                f"{_count(active, 'application')} {_verb(active, 'is', 'are')} still active. Reject, withdraw or "
                "hire them first: nobody is left without an answer."
                if active
                else ""
            )
            return Confirmation(
                do=do, question=f"Close {job}?", button="Close the job", is_danger=True, hindered=hindered,
                effects=_said(seats, posts, "Nobody can apply any more. The job can be reopened."),
            )  # fmt: skip
        case "hold":
            return Confirmation(
                do=do, question=f"Put {job} on hold?", button="Put on hold",
                effects=_said("Nobody can apply until it is opened again.", people, posts),
            )  # fmt: skip
        case "archive":
            return Confirmation(
                do=do, question=f"Archive {job}?", button="Archive",
                effects=_said("It leaves the daily lists; everything in it is kept.", "It can be brought back."),
            )  # fmt: skip
    return Confirmation(
        do=do, question=f"{do.capitalize()} {job}?", button=do.capitalize(), effects=("People can apply for it.",)
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _verb(number: int, one: str, many: str) -> str:
    return one if number == 1 else many


def _said(*sentences: str) -> tuple[str, ...]:
    return tuple(sentence for sentence in sentences if sentence)
