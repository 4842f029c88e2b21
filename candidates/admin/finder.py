"""Finding people: in the global search and in their list, always through an index and only what one may see."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib.postgres.search import SearchQuery
from django.db.models import QuerySet
from django.urls import reverse

from audit import actions as audit
from candidates.models import Candidate, ResumeText
from hrassist.admin import search
from hrassist.admin.cells import tint
from hrassist.admin.search import Hit

# A word that half of all resumes contain must not be ranked over all of them.
TEXT_HITS = 500
RESUME_PREFIX = "resume:"


def matching(rows: Any, words: str) -> Any:
    """People by what was typed: an address with @, `resume:words` in the text, otherwise names and headlines."""
    words = words.strip()
    if words.lower().startswith(RESUME_PREFIX):
        return rows.filter(pk__in=_by_text(words[len(RESUME_PREFIX) :]))
    if "@" in words:
        return rows.filter(emails__address__contains=words.lower()) if words.startswith("@") else rows.with_email(words)
    for word in words.split()[:6]:
        rows = rows.filter(full_name__icontains=word) | rows.filter(headline__icontains=word)
    return rows


def put_on_record(user: Any, words: str) -> None:
    """That somebody searched for people, and in which way; the words may be a name and stay out of the record."""
    way = "resume" if words.lower().startswith(RESUME_PREFIX) else "email" if "@" in words else "name"
    audit.viewed("candidate.searched", target=None, by=user, by_what=way)


def _by_text(words: str) -> QuerySet[Any]:
    query = SearchQuery(words, config="english", search_type="websearch")
    return ResumeText.objects.filter(search=query, resume__is_current=True, resume__candidate__isnull=False).values(
        "resume__candidate_id"
    )[:TEXT_HITS]


def people(user: Any, words: str) -> list[Hit]:
    put_on_record(user, words)
    rows = matching(Candidate.objects.visible_to(user).unmerged(), words)
    return [_hit(one, one.headline or one.place) for one in rows.order_by("-created_at", "-pk")[:6]]


def resumes(user: Any, words: str) -> list[Hit]:
    if "@" in words:
        return []
    words = words.removeprefix(RESUME_PREFIX).strip()
    seen = Candidate.objects.visible_to(user).unmerged().filter(pk__in=_by_text(words))
    return [
        _hit(
            one,
            f"Resume mentions “{words}”",
            url=f"{reverse('admin:candidates_candidate_resume', args=[one.pk])}?q={words}",
        )
        for one in seen.order_by("-created_at", "-pk")[:5]
    ]


def _resume_url(one: Candidate, words: str) -> str:
    return f"{reverse('admin:candidates_candidate_resume', args=[one.pk])}?{urlencode({'q': words})}"


def _hit(one: Candidate, detail: str, *, url: str = "") -> Hit:
    return Hit(
        title=one.full_name,
        detail=detail,
        url=url or reverse("admin:candidates_candidate_change", args=[one.pk]),
        initials=one.initials,
        tint=tint(one.pk),
    )


search.add(search.Provider(label="People", permission="candidates.view_candidate", find=people, order=10))
search.add(search.Provider(label="In resumes", permission="candidates.view_resume", find=resumes, order=30))
