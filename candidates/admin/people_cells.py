"""Cells of the list of people: who it is and where it matched, and their tags."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.db.models.functions import JSONObject
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from candidates.admin import finder
from candidates.models import Candidate, CandidateTag
from candidates.search.highlight import Snippet
from hrassist.admin import cells
from hrassist.admin.base import RowLink

TAGS_SHOWN = 3


def person(one: Candidate) -> SafeString:
    """The person as a link, and below it the line of the resume in which the search was found."""
    link = format_html(
        '<a class="row-link" href="{}">{}</a>',
        reverse("admin:candidates_candidate_change", args=[one.pk]),
        cells.person(one.full_name, one.headline, key=one.pk),
    )
    found: Snippet | None = getattr(one, "snippet", None)
    if found is None:
        return link
    return format_html('{}<a class="snippet" href="{}">{}</a>', link, finder.resume_url(one, found.words), line(found))


def row_links(user: Any, one: Candidate) -> list[RowLink]:
    """Where one goes from a row without opening the person first."""
    links = []
    if user.has_perm("candidates.view_resume"):
        links.append(RowLink("Resume", reverse("admin:candidates_candidate_resume", args=[one.pk]), "file"))
    if user.has_perm("candidates.change_candidate"):
        links.append(RowLink("Edit", f"{reverse('admin:candidates_candidate_change', args=[one.pk])}?edit=1", "edit"))
    if user.has_perm("candidates.add_uploadticket"):
        links.append(RowLink("Add resume", f"{reverse('admin:candidates_upload')}?candidate={one.pk}", "upload"))
    links.append(RowLink("Activity", reverse("admin:candidates_candidate_activity", args=[one.pk]), "history"))
    return links


def line(found: Snippet) -> SafeString:
    """The text of a resume is never markup: each piece is escaped, the marks are ours."""
    return format_html_join(
        "", "{}", ((format_html("<mark>{}</mark>", piece) if is_hit else piece,) for piece, is_hit in found.pieces)
    )


def tags_of_row() -> ArraySubquery:
    """Name and colour of each tag, within the statement of the list."""
    links = CandidateTag.objects.filter(candidate=OuterRef("pk")).order_by("tag__name")
    return ArraySubquery(links.values(one=JSONObject(name="tag__name", colour="tag__colour")))


def tags(one: Candidate) -> SafeString:
    found: list[dict[str, Any]] = getattr(one, "shown_tags", [])
    if not found:
        return cells.NOTHING
    shown = format_html_join(
        " ", '<span class="badge {}">{}</span>', ((tag["colour"], tag["name"]) for tag in found[:TAGS_SHOWN])
    )
    more = len(found) - TAGS_SHOWN
    names = ", ".join(tag["name"] for tag in found[TAGS_SHOWN:])
    rest = format_html(' <span class="quiet small" title="{}">+{}</span>', names, more) if more > 0 else ""
    return format_html('<span class="badges">{}{}</span>', shown, rest)
