"""What a template may name: a closed list, each entry with how its value is found and an example of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.utils import formats, timezone, translation

from candidates.models import Candidate
from jobs.models import Application, Interview, Offer

if TYPE_CHECKING:
    from hrassist.models import User

TITLES = {"dr", "dr.", "prof", "prof.", "mr", "mr.", "mrs", "mrs.", "ms", "ms.", "dipl.-ing.", "ing."}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What a mail is about; `extra` gives values by placeholder that nothing here could know."""

    candidate: Candidate | None = None
    application: Application | None = None
    interview: Interview | None = None
    offer: Offer | None = None
    sender: User | None = None
    language: str = "en"
    extra: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Placeholder:
    """`optional` ones may be empty without the mail being wrong; `value` gives an empty text for what is not known."""

    name: str
    label: str
    example: str
    value: Callable[[Scene], str]
    optional: bool = False

    @property
    def group(self) -> str:
        return self.name.partition(".")[0]


def first_name(full_name: str) -> str:
    """The name to greet with: without titles, and the right part of "Doe, Jane"."""
    before, comma, after = full_name.partition(",")
    words = [word for word in (after if comma and after.strip() else before).split() if word.lower() not in TITLES]
    return words[0] if words else full_name.strip()


def _date(value: date, language: str) -> str:
    with translation.override(language):
        return formats.date_format(value, "j F Y" if language.startswith("en") else "DATE_FORMAT")


def _when(scene: Scene) -> str:
    """Thursday 26 November 2026, 10:00–11:00 (Europe/Berlin)."""
    interview = scene.interview
    if interview is None:
        return ""
    try:
        zone = ZoneInfo(interview.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        zone = ZoneInfo("UTC")
    begins, ends = timezone.localtime(interview.starts_at, zone), timezone.localtime(interview.ends_at, zone)
    with translation.override(scene.language):
        day = formats.date_format(begins, "l")
    # Another day at the end is said, as a night shift's interview would otherwise seem to run backwards.
    until = f"{ends:%H:%M}" if ends.date() == begins.date() else f"{_date(ends, scene.language)} {ends:%H:%M}"
    return f"{day} {_date(begins, scene.language)}, {begins:%H:%M}–{until} ({zone.key})"


def _salary(scene: Scene) -> str:
    if scene.offer is None:
        return ""
    amount = scene.offer.salary
    with translation.override(scene.language):
        whole = amount == amount.to_integral_value()
        said = formats.number_format(amount, decimal_pos=0 if whole else 2, use_l10n=True, force_grouping=True)
    return f"{said} {scene.offer.currency}"


def _day(value: date | None, scene: Scene) -> str:
    return _date(value, scene.language) if value else ""


def _candidate(read: Callable[[Candidate], str]) -> Callable[[Scene], str]:
    return lambda scene: read(scene.candidate) if scene.candidate else ""


def _application(read: Callable[[Application], str]) -> Callable[[Scene], str]:
    return lambda scene: read(scene.application) if scene.application else ""


def _offer(read: Callable[[Offer], str]) -> Callable[[Scene], str]:
    return lambda scene: read(scene.offer) if scene.offer else ""


def _interview(read: Callable[[Interview], str]) -> Callable[[Scene], str]:
    return lambda scene: read(scene.interview) if scene.interview else ""


def _sender(read: Callable[[User], str]) -> Callable[[Scene], str]:
    return lambda scene: read(scene.sender) if scene.sender else ""


_ALL = (
    Placeholder(
        name="candidate.first_name", label="First name", example="Amara",
        value=_candidate(lambda one: first_name(one.full_name)),
    ),
    Placeholder(
        name="candidate.full_name", label="Full name", example="Amara Okafor",
        value=_candidate(lambda one: one.full_name),
    ),
    Placeholder(
        name="job.title", label="Title of the job", example="Backend Engineer",
        value=_application(lambda one: one.job.title),
    ),
    Placeholder(
        name="job.place", label="Place of the job", example="Berlin, DE",
        value=_application(lambda one: one.job.place), optional=True,
    ),
    Placeholder(
        name="job.department", label="Department", example="Engineering",
        value=_application(lambda one: one.job.department), optional=True,
    ),
    Placeholder(
        name="stage.name", label="Stage of the application", example="Interview",
        value=_application(lambda one: one.stage.name),
    ),
    Placeholder(
        name="sender.name", label="Your name", example="Rosa Lind", value=_sender(lambda one: one.display_name)
    ),
    Placeholder(
        name="sender.email", label="Your address", example="rosa@example.com", value=_sender(lambda one: one.email)
    ),
    Placeholder(
        name="company.name", label="Name of the company", example="Example Ltd",
        value=lambda _scene: settings.COMPANY_NAME,
    ),
    Placeholder(
        name="interview.title", label="What the interview is called", example="Technical interview",
        value=_interview(lambda one: one.title),
    ),
    Placeholder(
        name="interview.when", label="Day, time and zone",
        example="Thursday 26 November 2026, 10:00–11:00 (Europe/Berlin)",
        value=_when,
    ),
    Placeholder(
        name="interview.place", label="Place or link", example="Room 4, Torstraße 1, Berlin",
        value=_interview(lambda one: one.place), optional=True,
    ),
    Placeholder(
        name="interview.note", label="Note to the candidate", example="Please bring an identity card.",
        value=_interview(lambda one: one.note_to_candidate), optional=True,
    ),
    Placeholder(
        name="offer.title", label="Position offered", example="Senior Backend Engineer",
        value=_offer(lambda one: one.position_title),
    ),
    Placeholder(name="offer.salary", label="Pay", example="72,000 EUR", value=_salary),
    Placeholder(
        name="offer.period", label="What the pay is for", example="a year",
        value=_offer(lambda one: one.get_period_display()),
    ),
    Placeholder(
        name="offer.starts_on", label="First day", example="1 February 2027",
        value=lambda scene: _day(scene.offer.starts_on if scene.offer else None, scene),
    ),
    Placeholder(
        name="offer.answer_by", label="Answer by", example="10 December 2026",
        value=lambda scene: _day(scene.offer.answer_by if scene.offer else None, scene),
    ),
)  # fmt: skip

PLACEHOLDERS: Mapping[str, Placeholder] = {one.name: one for one in _ALL}
EXAMPLES: Mapping[str, str] = {one.name: one.example for one in _ALL}
