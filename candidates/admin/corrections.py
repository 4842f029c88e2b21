"""The page on which somebody corrects what was read from a resume."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from audit import actions as audit
from candidates.actions import corrections
from candidates.admin import reading
from candidates.models import ResumeParse
from hrassist.admin import pages
from hrassist.admin.site import add_page
from hrassist.lib.errors import DomainError

LABELS = {
    "position": "Title",
    "name": "Employer",
    "startDate": "From",
    "endDate": "To",
    "studyType": "Degree",
    "area": "Field",
    "institution": "School",
}
HEADINGS = {"work": "Work", "education": "Education"}
# Empty rows to add what the reading missed.
SPARE = 2


@require_http_methods(["GET", "POST"])
def correct_view(request: HttpRequest, candidate_id: UUID) -> HttpResponse:
    """The facts of the chosen (or current) resume as fields; what cannot be stored is told and stays in the form."""
    candidate = pages.load(request, "candidate", candidate_id)
    user: Any = request.user
    if not user.has_perm("candidates.view_resume"):
        raise Http404
    if not user.has_perm("candidates.change_candidate"):
        raise PermissionDenied
    said = request.POST if request.method == "POST" else None
    resume = reading.chosen_resume(candidate, (said or request.GET).get("resume", ""))
    parse: ResumeParse | None = getattr(resume, "parse", None)
    if resume is None or parse is None:
        raise Http404
    audit.viewed("resume.viewed", target=resume, by=user, subject=candidate)
    error = None
    if said is not None:
        try:
            corrections.correct(
                resume=resume,
                basics={name: said[name] for name in corrections.BASICS if name in said},
                entries={section: _entries(said, section) for section in corrections.ENTRIES},
                skills=said.get("skills", "").splitlines(),
                seen=said.get("seen", ""),
                by=user,
                now=timezone.now(),
            )
        except DomainError as refused:
            error = refused
        else:
            messages.success(request, "The correction is stored. The file itself stays as it is.")
            back = reverse("admin:candidates_candidate_resume", args=[candidate.pk])
            return HttpResponseRedirect(f"{back}?resume={resume.pk}")
    return pages.render(
        request,
        "candidate",
        candidate,
        tab="resume",
        template="admin/candidates/candidate/correct.html",
        status=error.status if error else 200,
        context={
            "resume": resume,
            "error": error,
            "seen": corrections.state_of(parse),
            "document": _shown(parse, said),
            "sections": [_section(parse, said, section) for section in corrections.ENTRIES],
        },
    )


def _entries(said: QueryDict, section: str) -> list[dict[str, str]]:
    """The rows of one section: its fields come as lists of one length."""
    columns = {name: said.getlist(f"{section}-{name}") for name in ("was", *corrections.ENTRIES[section])}
    count = max(map(len, columns.values()), default=0)
    return [
        {name: values[row] if row < len(values) else "" for name, values in columns.items()} for row in range(count)
    ]


def _shown(parse: ResumeParse, said: QueryDict | None) -> dict[str, str]:
    basics = parse.json_resume.get("basics", {})
    if said is not None:
        return {name: said.get(name, "") for name in (*corrections.BASICS, "skills")}
    skills = [str(one.get("name", "")) for one in parse.json_resume.get("skills", [])]
    return {**{name: str(basics.get(name) or "") for name in corrections.BASICS}, "skills": "\n".join(skills)}


def _section(parse: ResumeParse, said: QueryDict | None, section: str) -> dict[str, Any]:
    facts = corrections.ENTRIES[section]
    if said is None:
        known = [
            {"was": str(number), **{name: str(one.get(name) or "") for name in facts}}
            for number, one in enumerate(parse.json_resume.get(section, []))
        ]
        rows = [*known, *({"was": "", **dict.fromkeys(facts, "")} for _ in range(SPARE))]
    else:
        rows = _entries(said, section)
    return {
        "name": section,
        "heading": HEADINGS[section],
        "rows": [(row["was"], [(f"{section}-{name}", LABELS[name], row[name]) for name in facts]) for row in rows],
    }


add_page("candidates/candidate/<uuid:candidate_id>/correct/", correct_view, name="candidates_candidate_correct")
