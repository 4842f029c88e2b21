"""The people of a workload, each with contacts, a resume that was read, tags, and now and then a twin."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from candidates.models import (
    Candidate,
    CandidateEmail,
    CandidateLink,
    CandidateMerge,
    CandidatePhone,
    CandidateTag,
    DuplicateGroup,
    DuplicateMember,
    PoolMembership,
    Resume,
    ResumeParse,
    ResumeText,
)
from hrassist.ops.demo.vacancies import SOURCES
from hrassist.ops.workload.clock import DAY, YEARS, Identifiers, stamp
from hrassist.ops.workload.copying import NULL, Table
from hrassist.ops.workload.pools import RARE, RARE_EVERY, Body, ascii_of, countries
from hrassist.ops.workload.team import Team

# One of so many is the same person as the one before: still open as a group, or merged. Multiples of four, so that
# nobody is both.
TWIN_EVERY, MERGED_EVERY = 400, 500
TAGGED_EVERY, POOLED_EVERY = 3, 10
# Of a small number of people more are: its pages are as full as those of a million, and what differs is their number.
TWO_PAGES, WELL_FILLED = 110, 250
CANDIDATE, RESUME, GROUP, MERGE = 1, 2, 3, 4


class People:
    """Writes the people into their tables, in order of time; `begin` is when the first of them came."""

    def __init__(self, *, count: int, seed: int, until: float, team: Team, bodies: Sequence[Body]) -> None:
        self.count, self.seed, self.until, self.team, self.bodies = count, seed, until, team, bodies
        self.begin = until - YEARS
        self.ids = Identifiers(seed)
        self.twin_every = _every(count, most=TWIN_EVERY, rows=TWO_PAGES)
        self.merged_every = _every(count, most=MERGED_EVERY, rows=TWO_PAGES)
        self.tagged_every = max(1, min(TAGGED_EVERY, count // (len(team.tags) * WELL_FILLED)))
        self.pooled_every = max(1, min(POOLED_EVERY, count // (len(team.pools) * WELL_FILLED)))
        self.rng = Random(seed)  # noqa: S311 - repeatable invented people, no secret
        self.candidates = Table(
            Candidate, "id", "external_id", "full_name", "headline", "city", "country", "source", "merged_into_id",
            "created_by_id", "created_at", "updated_at", "last_activity_at",
        )  # fmt: skip
        contact = ("candidate_id", "source", "created_at")
        self.emails = Table(CandidateEmail, *contact, "address")
        self.phones = Table(CandidatePhone, *contact, "number", "e164")
        self.links = Table(CandidateLink, *contact, "url", "match_key")
        self.tags = Table(CandidateTag, "candidate_id", "tag_id", "by_id", "at")
        self.members = Table(
            PoolMembership, "pool_id", "candidate_id", "basis", "expires_at", "added_by_id", "added_at"
        )  # fmt: skip
        self.resumes = Table(
            Resume, "id", "candidate_id", "key", "sha256", "size", "kind", "filename", "page_count", "language",
            "state", "parser_version", "scanned_by", "created_by_id", "created_at",
        )  # fmt: skip
        self.texts = Table(ResumeText, "resume_id", "text", "masked_text", "head", "page_starts", "search")
        self.parses = Table(ResumeParse, "resume_id", "json_resume", "skills", "skill_names", "titles")
        self.groups = Table(DuplicateGroup, "id", "size", "found_at")
        self.twins = Table(DuplicateMember, "group_id", "candidate_id", "via")
        self.merges = Table(CandidateMerge, "id", "kept_id", "gone_id", "by_id", "at")

    @property
    def tables(self) -> list[Table]:
        return [
            self.candidates, self.emails, self.phones, self.links, self.tags, self.members, self.resumes, self.texts,
            self.parses, self.groups, self.twins, self.merges,
        ]  # fmt: skip

    def came(self, number: int) -> float:
        """When the person with this number came; numbers are from 1."""
        return self.begin + (self.until - self.begin) * number / (self.count + 1)

    def key(self, number: int) -> str:
        return self.ids.of(CANDIDATE, number, self.came(number))

    def is_merged(self, number: int) -> bool:
        """Whether this one's record went into that of the one before."""
        return number % self.merged_every == 4

    def add(self, number: int) -> None:
        """One person with everything that is theirs."""
        bits = self.rng.getrandbits(62)
        bits, at_country = divmod(bits, len(countries()))
        country = countries()[at_country]
        bits, first = divmod(bits, len(country.first))
        bits, last = divmod(bits, len(country.last))
        bits, city = divmod(bits, len(country.cities))
        bits, source = divmod(bits, len(SOURCES))
        bits, recruiter = divmod(bits, len(self.team.recruiters))
        bits, resume = divmod(bits, len(self.bodies))
        given = country.first[first]
        family = RARE[number // RARE_EVERY % len(RARE)] if number % RARE_EVERY == 7 else country.last[last]
        twin, merged = number % self.twin_every == 2, self.is_merged(number)
        at, key, by = self.came(number), self.key(number), self.team.recruiters[recruiter]
        then, body, name = stamp(at), self.bodies[resume], f"{given} {family}"
        address = f"{ascii_of(given)}.{ascii_of(family)}.{number}@example.com"
        phone = f"{200_000_000 + number * 7919 % 700_000_000:09d}"
        self.candidates.add(
            key, f"workload-{self.seed}-{number}", name, body.headline, country.cities[city], country.code,
            SOURCES[source], self.key(number - 1) if merged else NULL, by, then, then, then,
        )  # fmt: skip
        self.emails.add(key, "resume", then, address)
        self.phones.add(key, "resume", then, f"+49 {phone}", f"+49{phone}")
        if number % 2:
            page = f"linkedin.com/in/{ascii_of(given)}-{ascii_of(family)}-{number}"
            self.links.add(key, "resume", then, f"https://www.{page}", page)
        if twin or merged:
            self._same_as_the_one_before(number, key=key, at=at, by=by, merged=merged)
        if number % self.tagged_every == 0:
            self.tags.add(key, self.team.tags[bits % len(self.team.tags)], by, then)
        if number % self.pooled_every == 0:
            pool = self.team.pools[bits % len(self.team.pools)]
            self.members.add(pool, key, "consent", stamp(at + 365 * DAY), by, then)
        self._resume(number, key=key, at=at, by=by, name=name, address=address, phone=phone, body=body)

    def _same_as_the_one_before(self, number: int, *, key: str, at: float, by: str, merged: bool) -> None:
        before, then = self.key(number - 1), stamp(at)
        if merged:
            self.merges.add(self.ids.of(MERGE, number, at), before, key, by, then)
            return
        shared, group = f"shared.{number}@example.com", self.ids.of(GROUP, number, at)
        self.groups.add(group, "2", then)
        for one, other in ((before, key), (key, before)):
            self.emails.add(one, "resume", then, shared)
            self.twins.add(group, one, f'[{{"kind": "email", "with": "{other}"}}]')

    def _resume(
        self, number: int, *, key: str, at: float, by: str, name: str, address: str, phone: str, body: Body
    ) -> None:
        resume, token = self.ids.of(RESUME, number, at), token_of(number)
        self.resumes.add(
            resume, key, f"clean/{resume}", f"{number:064x}", str(40_000 + body.characters), "pdf",
            f"{ascii_of(name)}.pdf", "1", "en", "ready", "workload", "none configured", by, stamp(at),
        )  # fmt: skip
        text = f"{name}\\n{address}\\n+49 {phone}\\n{body.text}\\nReference {token}"
        # As long as the text: what stands at a place in the one stands there in the other.
        masked = "█" * (len(name) + len(address) + len(phone) + 6) + f"\\n{body.text}\\nReference {token}"
        words = f"{body.words} '{token}':{body.last_place}"
        self.texts.add(resume, text, masked, body.summary, "[0]", words)
        self.parses.add(resume, body.parse, body.concepts, body.skills, body.titles)


def _every(count: int, *, most: int, rows: int) -> int:
    return max(40, min(most, count // rows // 4 * 4))


def token_of(number: int) -> str:
    """A word that only this person's resume contains."""
    return f"wl{number:08d}x"
