"""The tab "Notes" of a candidate and of an application."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from audit import actions as audit
from hrassist.admin import cells, keyset, pages, undo
from hrassist.admin.site import add_page
from hrassist.lib.errors import DomainError
from jobs.actions import notes as actions
from jobs.models import Note

VIEW, ADD, CHANGE = "jobs.view_note", "jobs.add_note", "jobs.change_note"
PAGE = 30


def candidate_notes(request: HttpRequest, candidate_id: UUID) -> HttpResponseBase:
    """Every note about this person that the user may read; a POST writes one."""
    candidate = pages.load(request, "candidate", candidate_id)
    return _tab(request, "candidate", candidate, candidate=candidate, application=None)


def application_notes(request: HttpRequest, application_id: UUID) -> HttpResponseBase:
    """The notes about this application and its person."""
    application = pages.load(request, "application", application_id)
    return _tab(request, "application", application, candidate=application.candidate, application=application)


def _tab(request: HttpRequest, noun: str, thing: Any, *, candidate: Any, application: Any) -> HttpResponseBase:
    user: Any = request.user
    _require(request, VIEW)
    address = _address(noun, thing)
    text, private, status = "", False, 200
    if request.method == "POST":
        _require(request, ADD)
        text, private = request.POST.get("text", ""), "private" in request.POST
        try:
            actions.write(
                candidate=candidate, application=application, text=text, private=private, by=user, now=timezone.now()
            )
        except DomainError as error:
            # What was typed stays in the form.
            messages.error(request, error.message)
            status = error.status
        else:
            return HttpResponseRedirect(address)
    job = application.job_id if application else None
    audit.viewed(f"{noun}.notes_viewed", target=thing, by=user, subject=candidate, job=job)
    rows = Note.objects.visible_to(user).there().filter(candidate=candidate)
    if application is not None:
        rows = rows.filter(application=application)
    page = keyset.page(
        request, rows.select_related("by", "application__job").prefetch_related("mentioned"), by="at", size=PAGE
    )
    return pages.render(
        request,
        noun,
        thing,
        tab="notes",
        template=f"admin/jobs/{noun}/notes.html",
        context={
            "person": candidate,
            "show_job": application is None,
            "page": page,
            "notes": [(one, _dressed(one), actions.version(one)) for one in page.rows],
            "text": text,
            "private": private,
            "address": address,
            "names": reverse(f"admin:jobs_{noun}_mentionable", args=[thing.pk]),
            "editing": request.GET.get("edit", ""),
            "may_write": user.has_perm(ADD),
            "may_change": user.has_perm(CHANGE),
        },
        status=status,
    )


def edit_view(request: HttpRequest, note_id: UUID) -> HttpResponseBase:
    """Save one's own note, or take it away (`do=delete`), or bring it back (`do=restore`)."""
    user: Any = request.user
    _require(request, CHANGE)
    note = Note.objects.visible_to(user).filter(pk=note_id, by=user.pk).select_related("application").first()
    if note is None:
        raise Http404
    noun, key = ("application", note.application_id) if note.application_id else ("candidate", note.candidate_id)
    back = reverse(f"admin:jobs_{noun}_notes", args=[key])
    if request.method != "POST":
        return HttpResponseRedirect(f"{back}?edit={note.pk}#note-{note.pk}")
    now, here = timezone.now(), reverse("admin:jobs_note_edit", args=[note.pk])
    try:
        match request.POST.get("do", "save"):
            case "delete":
                actions.delete(note=note, by=user, now=now)
                undo.offer(request, "The note is deleted.", url=here, do="restore")
            case "restore":
                actions.restore(note=note, by=user, now=now)
                messages.success(request, "The note is back.")
            case _:
                actions.edit(
                    note=note, text=request.POST.get("text", ""), by=user, now=now,
                    expected_edited_at=request.POST.get("seen"),
                )  # fmt: skip
                return HttpResponseRedirect(f"{back}#note-{note.pk}")
    except DomainError as error:
        messages.error(request, error.message)
        return HttpResponseRedirect(f"{back}?edit={note.pk}#note-{note.pk}" if note.deleted_at is None else back)
    return HttpResponseRedirect(back)


@require_safe
def candidate_mentionable(request: HttpRequest, candidate_id: UUID) -> JsonResponse:
    """Colleagues who may be mentioned in a note about this person."""
    candidate = pages.load(request, "candidate", candidate_id)
    return _names(request, candidate=candidate, application=None)


@require_safe
def application_mentionable(request: HttpRequest, application_id: UUID) -> JsonResponse:
    """Colleagues who may be mentioned in a note about this application."""
    application = pages.load(request, "application", application_id)
    return _names(request, candidate=application.candidate, application=application)


def _names(request: HttpRequest, *, candidate: Any, application: Any) -> JsonResponse:
    user: Any = request.user
    _require(request, ADD)
    words = request.GET.get("q", "")[:100].strip()
    found = actions.mentionable(candidate=candidate, application=application, words=words, by=user)
    return JsonResponse(
        {
            "people": [
                {
                    "username": one.username,
                    "name": one.display_name,
                    "initials": cells.initials(one.display_name),
                    "tint": cells.tint(one.pk),
                }
                for one in found
            ]
        }
    )


def _dressed(note: Note) -> SafeString:
    """The text with its paragraphs, and the names of who was told."""
    names = {one.username.lower(): one.display_name for one in note.mentioned.all()}

    def part(word: str) -> SafeString | str:
        name = word[1:].lower()
        bare = name if name in names else name.rstrip(".+-")
        if not word.startswith("@") or bare not in names:
            return word
        return format_html('<b class="mention">@{}</b>{}', names[bare], word[1 + len(bare) :])

    return format_html_join("", "{}", ((part(word),) for word in re.split(r"(@[\w.+-]+)", note.text)))


def _address(noun: str, thing: Any) -> str:
    return reverse(f"admin:jobs_{noun}_notes", args=[thing.pk])


def _require(request: HttpRequest, permission: str) -> None:
    if not request.user.has_perm(permission):
        raise PermissionDenied


def _count(user: Any, candidate: Any) -> int:
    return Note.objects.visible_to(user).there().filter(candidate=candidate).count()


add_page("candidates/candidate/<uuid:candidate_id>/notes/", candidate_notes, name="jobs_candidate_notes")
add_page(
    "candidates/candidate/<uuid:candidate_id>/mentionable/", candidate_mentionable, name="jobs_candidate_mentionable"
)
add_page("jobs/application/<uuid:application_id>/notes/", application_notes, name="jobs_application_notes")
add_page(
    "jobs/application/<uuid:application_id>/mentionable/", application_mentionable, name="jobs_application_mentionable"
)
add_page("jobs/note/<uuid:note_id>/edit/", edit_view, name="jobs_note_edit")
pages.add_tab(
    pages.Tab(
        noun="candidate", name="notes", label="Notes", url_name="admin:jobs_candidate_notes", permission=VIEW,
        order=60, count=_count,
    ),
    pages.Tab(
        noun="application", name="notes", label="Notes", url_name="admin:jobs_application_notes", permission=VIEW,
        order=60,
    ),
)  # fmt: skip
