"""The list of people and the pages of one person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, cast
from uuid import UUID

from django.contrib import admin
from django.db.models import Model, QuerySet, URLField
from django.forms import BaseModelFormSet, ModelForm
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from audit import actions as audit
from candidates.actions import candidates as actions
from candidates.actions import erasures
from candidates.admin import activity, finder, people_cells, person_head, reading
from candidates.admin.edit_form import CandidateForm
from candidates.admin.filters import AddedFilter, CountryFilter, PoolFilter, ResumeFilter, SourceFilter, TagFilter
from candidates.models import Candidate, CandidateEmail, CandidateLink, CandidatePhone, Resume
from candidates.models.candidate import standing_for
from candidates.search import operators
from hrassist.admin import cells, pages, paging
from hrassist.admin.base import BaseAdmin, RowLink, TabularInline

CURRENT = CandidateEmail.Status.CURRENT


class ContactInline(TabularInline[Any, Candidate]):
    extra = 0
    formfield_overrides: ClassVar = {URLField: {"assume_scheme": "https"}}
    # The columns of the action, in the words of the model.
    noun = ""
    column = ""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).order_by("pk")


class EmailInline(ContactInline):
    model = CandidateEmail
    fields = ("address", "type", "status")
    noun, column = "emails", "address"
    verbose_name, verbose_name_plural = "e-mail address", "E-mail addresses"


class PhoneInline(ContactInline):
    model = CandidatePhone
    fields = ("number", "type", "status")
    noun, column = "phones", "number"
    verbose_name, verbose_name_plural = "phone number", "Phone numbers"


class LinkInline(ContactInline):
    model = CandidateLink
    fields = ("url", "type", "status")
    noun, column = "links", "url"
    verbose_name, verbose_name_plural = "link", "Links"


@admin.register(Candidate)
class CandidateAdmin(BaseAdmin[Candidate]):
    list_display = ("person", "where", "pipeline", "tags", "source", "added")
    # The cell of a person has two links of its own: to the person, and to where the resume says what was looked for.
    list_display_links = None
    list_filter = (AddedFilter, TagFilter, PoolFilter, ResumeFilter, SourceFilter, CountryFilter)
    keyset_field = "created_at"
    search_fields = ("full_name",)
    search_help_text = "Name, words of a resume, skill:python …"
    search_help = "candidates/search_help.html"
    form = CandidateForm
    fields = ("full_name", "headline", ("city", "country"), ("source", "external_id"), "expected_updated_at")
    inlines = (EmailInline, PhoneInline, LinkInline)
    empty_title = "Nobody here yet"
    empty_hint = "Upload resumes: each file becomes a person with contacts, work, education and skills."
    pages = (
        ("resume", "resume_view", "resume"),
        ("activity", "activity_view", "activity"),
        ("files", "files_view", "files"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Candidate]:
        return super().get_queryset(request).filter(merged_into__isnull=True)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Candidate], search_term: str
    ) -> tuple[QuerySet[Candidate], bool]:
        if not search_term.strip():
            return queryset, False
        narrowed = set(request.GET) - paging.NOT_FILTERS
        found = finder.matching(queryset, search_term, user=request.user, of_everybody=not narrowed)
        paging.keep_found(request, terms=found.terms, notes=found.notes, by_keys=found.by_keys, few=found.few)
        return found.rows, False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        asked = {"search_operators": operators.offered(request.user)}
        return super().changelist_view(request, {**asked, **(extra_context or {})})

    def listed(self, request: HttpRequest, rows: QuerySet[Candidate]) -> QuerySet[Candidate]:
        rows = rows.annotate(shown_tags=people_cells.tags_of_row())
        shown: QuerySet[Candidate] = finder.with_text(rows, paging.found(request).terms, user=request.user)
        return shown

    def fill(self, request: HttpRequest, rows: list[Candidate], *, terms: Sequence[str]) -> None:
        super().fill(request, rows, terms=terms)
        for one in rows:
            vars(one)["snippet"] = finder.snippet(one, terms)

    def row_links(self, request: HttpRequest, row: Candidate) -> list[RowLink]:
        return people_cells.row_links(request.user, row)

    @admin.display(description="Person", ordering="full_name")
    def person(self, one: Candidate) -> SafeString:
        return people_cells.person(one)

    @admin.display(description="Tags")
    def tags(self, one: Candidate) -> SafeString:
        return people_cells.tags(one)

    @admin.display(description="Place", ordering="city")
    def where(self, one: Candidate) -> str:
        return one.place or cells.NOTHING

    @admin.display(description="In pipeline")
    def pipeline(self, one: Candidate) -> SafeString:
        # Filled by the app that knows applications; this one must not.
        return getattr(one, "in_pipelines", None) or cells.NOTHING

    @admin.display(description="Added", ordering="created_at")
    def added(self, one: Candidate) -> SafeString:
        return cells.ago(one.created_at)

    # --- Changes go through the actions, which put them on record -----------------------------------------------------

    def save_model(self, request: HttpRequest, obj: Candidate, form: ModelForm[Candidate], change: bool) -> None:
        user: Any = request.user
        if not change:
            made = actions.create(by=user, now=timezone.now(), facts=_facts(form))
            obj.pk = made.pk
            obj._state.adding = False

    def save_related(self, request: HttpRequest, form: ModelForm[Candidate], formsets: list[Any], change: bool) -> None:
        user: Any = request.user
        for formset in formsets:
            # What Django's history asks of a formset that was saved; the action below saves it.
            formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []
        actions.update(
            candidate=form.instance,
            by=user,
            now=timezone.now(),
            facts=_facts(form) if change else {},
            expected_updated_at=form.cleaned_data.get("expected_updated_at") if change else None,
            contacts={formset.form_noun: formset.entries() for formset in map(_ContactEntries, formsets)},
        )

    # --- The pages of one person --------------------------------------------------------------------------------------

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        editing = request.method == "POST" or "edit" in request.GET
        candidate = self.person_or_404(request, object_id)
        audit.viewed("candidate.viewed", target=candidate, by=_user(request), subject=candidate)
        if editing:
            return super().change_view(
                request, object_id, form_url, {**(extra_context or {}), **self.head(request, candidate, tab="edit")}
            )
        resume = reading.current_resume(candidate)
        context = {"resume": resume, "history": reading.history(resume), "skills": reading.skills(resume)}
        return self.page(request, candidate, tab="overview", template="overview", context=context)

    def resume_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The resume as pictures and as text with its evidence; on record before anything of it is read."""
        candidate = self.person_or_404(request, object_id)
        if not request.user.has_perm("candidates.view_resume"):
            raise Http404
        resume = reading.chosen_resume(candidate, request.GET.get("resume", ""))
        if resume is None:
            return self.page(request, candidate, tab="resume", template="no_resume", context={})
        audit.viewed("resume.viewed", target=resume, by=_user(request), subject=candidate)
        context = reading.side_by_side(resume, words=request.GET.get("q", ""), quote=reading.asked_quote(request.GET))
        return self.page(request, candidate, tab="resume", template="resume", context=context)

    def activity_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Who saw and did what, in the words of the audit log; the records that were merged into this one included."""
        candidate = self.person_or_404(request, object_id)
        audit.viewed("candidate.activity_viewed", target=candidate, by=_user(request), subject=candidate)
        # Who works with a person may know who else saw them; the whole log stays with the auditors.
        context = activity.page(request, candidate)
        return self.page(request, candidate, tab="activity", template="activity", context=context)

    def files_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        candidate = self.person_or_404(request, object_id)
        audit.viewed("candidate.files_viewed", target=candidate, by=_user(request), subject=candidate)
        resumes = Resume.objects.filter(candidate=candidate).select_related("created_by")
        return self.page(request, candidate, tab="files", template="files", context={"resumes": resumes})

    def person_or_404(self, request: HttpRequest, object_id: str) -> Candidate:
        candidate = self.get_object(request, object_id)
        if candidate is None:
            self.lead_on(request, object_id)
        if candidate is None or not self.has_view_permission(request, candidate):
            raise Http404
        return candidate

    def lead_on(self, request: HttpRequest, object_id: str) -> None:
        """Raise Elsewhere for a merged record whose person the user may see."""
        try:
            asked = UUID(object_id)
        except ValueError:
            return
        stands = standing_for({asked}).get(asked)
        if self.has_view_permission(request):
            erasures.require_there(asked, by=_user(request))
        if stands is None or stands == asked or not self.has_view_permission(request):
            return
        if self.get_queryset(request).filter(pk=stands).exists():
            raise pages.Elsewhere(
                request.get_full_path().replace(object_id, str(stands)),
                "The record you asked for was merged into this one.",
            )

    def head(self, request: HttpRequest, candidate: Candidate, *, tab: str) -> dict[str, Any]:
        return {
            "candidate": candidate,
            "tab": tab,
            **person_head.of_person(request.user, candidate),
            "title": candidate.full_name,
            "opts": self.opts,
            "has_change_permission": self.has_change_permission(request, candidate),
        }

    def page(
        self, request: HttpRequest, candidate: Candidate, *, tab: str, template: str, context: dict[str, Any]
    ) -> HttpResponse:
        return pages.render(
            request,
            "candidate",
            candidate,
            tab=tab,
            template=f"admin/candidates/candidate/{template}.html",
            context=context,
        )


class _ContactEntries:
    """The rows of a contact formset as the action wants them."""

    def __init__(self, formset: BaseModelFormSet[Any, Any]) -> None:
        self.formset = formset
        inline = next(one for one in (EmailInline, PhoneInline, LinkInline) if one.model is formset.model)
        self.form_noun, self.column = inline.noun, inline.column

    def entries(self) -> list[Any]:
        rows = [form.cleaned_data for form in self.formset.forms if form not in self.formset.deleted_forms]
        return [
            {"value": row[self.column], "type": row["type"], "status": row["status"]}
            for row in rows
            if row.get(self.column)
        ]


def _facts(form: ModelForm[Candidate]) -> dict[str, str]:
    return {name: form.cleaned_data[name] for name in actions.FACTS if name in form.cleaned_data}


def _user(request: HttpRequest) -> Any:
    return request.user


def candidate_url(candidate: Model | object) -> str:
    return reverse("admin:candidates_candidate_change", args=[getattr(candidate, "pk", candidate)])


def _admin() -> CandidateAdmin:
    found: Any = admin.site._registry[Candidate]
    return cast(CandidateAdmin, found)


pages.add_noun(
    pages.Noun(
        name="candidate",
        load=lambda request, key: _admin().person_or_404(request, str(key)),
        head=lambda request, thing, tab: _admin().head(request, thing, tab=tab),
    )
)
pages.add_tab(
    pages.Tab(
        noun="candidate", name="overview", label="Overview", url_name="admin:candidates_candidate_change", order=10
    ),
    pages.Tab(
        noun="candidate", name="resume", label="Resume", url_name="admin:candidates_candidate_resume", order=20,
        permission="candidates.view_resume",
    ),
    pages.Tab(
        noun="candidate", name="activity", label="Activity", url_name="admin:candidates_candidate_activity", order=80
    ),
    pages.Tab(noun="candidate", name="files", label="Files", url_name="admin:candidates_candidate_files", order=70),
    pages.Tab(
        noun="candidate", name="edit", label="Edit", url_name="admin:candidates_candidate_change", query="?edit=1",
        permission="candidates.change_candidate", order=95,
    ),
)  # fmt: skip
