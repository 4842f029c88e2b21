"""Whose resume it is: somebody known by an e-mail address, or a new person."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Any

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator, URLValidator
from django.db import connection
from django.db.models.functions import Now

from candidates.models import Candidate, CandidateEmail, CandidateLink, CandidatePhone, UploadTicket
from candidates.models.contact import link_key
from candidates.resumes.document import Label, ParsedResume
from candidates.resumes.storable import storable

SOURCE = "resume"
# A resume names a few addresses; a list of fifty is somebody's address book.
MOST_CONTACTS = 5

_is_email = EmailValidator()
_is_url = URLValidator(schemes=["http", "https"])


def find_or_create(ticket: UploadTicket, parsed: ParsedResume) -> tuple[Candidate, bool]:
    """The person of a resume, locked for the current transaction, and whether they are new.

    The candidate that the ticket names; else one with the same e-mail address whom the uploader may see (who may not
    see somebody must not write to them either); else a new one. Contacts of the resume are added, none is removed.
    """
    addresses = _addresses(parsed)
    # Two files of one new person at once must not make two people: the address is the lock.
    with connection.cursor() as cursor:
        for address in sorted(addresses):
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 7))", [address])
    known = _known(ticket, addresses)
    person = known or Candidate.objects.create(
        full_name=_name(ticket, parsed, addresses), source=SOURCE, created_by=ticket.created_by
    )
    _fill(person, parsed)
    _add_contacts(person, parsed, addresses)
    return person, known is None


def _known(ticket: UploadTicket, addresses: list[str]) -> Candidate | None:
    locked = Candidate.objects.select_for_update(of=("self",))
    if ticket.candidate_id:
        named = locked.get(pk=ticket.candidate_id)
        # Merged while the file was on its way: the resume goes where the person went.
        while named.merged_into_id:
            named = locked.get(pk=named.merged_into_id)
        return named
    if not addresses:
        return None
    seen = Candidate.objects.visible_to(ticket.created_by).unmerged().filter(emails__address__in=addresses)
    first = seen.order_by("created_at", "id").values_list("pk", flat=True).first()
    return locked.get(pk=first) if first else None


def _name(ticket: UploadTicket, parsed: ParsedResume, addresses: list[str]) -> str:
    name = _line(str(_basics(parsed).get("name", "")), 200)
    if name:
        return cased(name)
    if addresses:
        return _line(re.sub(r"[._\-+\d]+", " ", addresses[0].partition("@")[0]).title(), 200) or addresses[0]
    stem = re.sub(r"[_\-]+", " ", PurePosixPath(ticket.filename).stem)
    return _line(stem, 200) or "Name not found"


def cased(name: str) -> str:
    """A name that is set all in capitals or all in small letters, as people write it; any other stays as it is."""
    if name != name.upper() and name != name.lower():
        return name
    # Each run of letters: O'BRIEN and JEAN-LUC have two. II and III are numbers.
    return re.sub(r"[^\W\d_]+", lambda part: part[0] if part[0] in {"II", "III", "IV"} else part[0].capitalize(), name)


def _fill(person: Candidate, parsed: ParsedResume) -> None:
    """Complete what is empty; what a recruiter wrote stays."""
    basics = _basics(parsed)
    place = basics.get("location") or {}
    country = str(place.get("countryCode", "")).upper()
    found = {
        "headline": _line(str(basics.get("label", "")), 200),
        "city": _line(str(place.get("city", "")), 100),
        "country": country if re.fullmatch(r"[A-Z]{2}", country) else "",
    }
    fields = [name for name, value in found.items() if value and not getattr(person, name)]
    if person.city and "country" in fields and "city" not in fields:
        # Half of another place is a wrong place.
        fields.remove("country")
    for name in fields:
        setattr(person, name, found[name])
    Candidate.objects.filter(pk=person.pk).update(
        **{name: found[name] for name in fields}, last_activity_at=Now(), updated_at=Now()
    )


def _add_contacts(person: Candidate, parsed: ParsedResume, addresses: list[str]) -> None:
    CandidateEmail.objects.bulk_create(
        [CandidateEmail(candidate=person, address=one, source=SOURCE) for one in addresses], ignore_conflicts=True
    )
    region = person.country or None
    known = [_digits(one.e164 or one.number) for one in person.phones.all()]
    phones: list[CandidatePhone] = []
    given = {_line(one.value, 40) for one in parsed.of(Label.PHONE)[:MOST_CONTACTS]}
    # The fullest form first: "90 1820" after "+49 30 901820" is the same line, told shorter.
    for number in sorted(given, key=lambda one: (-len(_digits(one)), one)):
        e164 = e164_of(number, region)
        digits = _digits(e164 or number)
        if len(digits) >= 5 and not any(one.endswith(digits.lstrip("0")) for one in known):
            known.append(digits)
            phones.append(CandidatePhone(candidate=person, number=number, e164=e164, source=SOURCE))
    CandidatePhone.objects.bulk_create(phones, ignore_conflicts=True)
    CandidateLink.objects.bulk_create(
        [CandidateLink(candidate=person, url=url, match_key=link_key(url), source=SOURCE) for url in _links(parsed)],
        ignore_conflicts=True,
    )


def _addresses(parsed: ParsedResume) -> list[str]:
    """Lower-case, valid, in the order of the resume; the one that the parser chose comes first."""
    found = [str(_basics(parsed).get("email", "")), *(one.value for one in parsed.of(Label.EMAIL))]
    valid: list[str] = []
    for given in found:
        address = storable(given).strip().lower()
        try:
            _is_email(address)
        except ValidationError:
            continue
        # PostgreSQL's lower() and Python's differ on a few letters; the row's rule is the database's.
        if len(address) <= 254 and address.isascii() and address not in valid:
            valid.append(address)
    return valid[:MOST_CONTACTS]


def _links(parsed: ParsedResume) -> list[str]:
    found: list[str] = []
    for one in parsed.of(Label.LINK):
        url = storable(one.value).strip()
        url = url if "://" in url else f"https://{url}"
        try:
            _is_url(url)
        except ValidationError:
            continue
        if len(url) <= 300 and url not in found:
            found.append(url)
    return found[:MOST_CONTACTS]


def _digits(number: str) -> str:
    return re.sub(r"\D", "", number)


def e164_of(number: str, region: str | None) -> str:
    """A number in its international form, or nothing where it is none; `region` is where one without a code rings."""
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(parsed):
        return ""
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def _basics(parsed: ParsedResume) -> dict[str, Any]:
    basics = parsed.json_resume.get("basics")
    return basics if isinstance(basics, dict) else {}


def _line(text: str, most: int) -> str:
    return " ".join(storable(text).split())[:most].strip()
