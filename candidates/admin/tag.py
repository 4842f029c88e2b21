"""The team's tags: their list, and the editor on a person's page."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.postgres.expressions import ArraySubquery
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.db.models import Func, IntegerField, OuterRef, QuerySet
from django.forms import ModelForm
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.safestring import SafeString

from candidates.actions import tags as actions
from candidates.models import Candidate, CandidateTag, Tag, visibility
from hrassist.admin import cells, navigation, pages
from hrassist.admin.base import BaseAdmin, RowLink
from hrassist.admin.navigation import NavItem
from hrassist.admin.site import add_page
from hrassist.lib.at_once import Question
from hrassist.lib.errors import DomainError

MOST_COUNTED, SUGGESTED, SUGGESTED_SECONDS = 100, 300, 30


def people_of(user: Any, links: QuerySet[Any], **outer: str) -> Func:
    """How many people that the user sees have it, up to a bound: no list counts a million rows for one cell."""
    rows = links.filter(visibility.condition(user, path="candidate__"), **{k: OuterRef(v) for k, v in outer.items()})
    return Func(
        ArraySubquery(rows.values("pk")[: MOST_COUNTED + 1]), function="CARDINALITY", output_field=IntegerField()
    )


def in_words(count: int) -> str:
    return f"{MOST_COUNTED:,}+" if count > MOST_COUNTED else f"{count:,}"


@admin.register(Tag)
class TagAdmin(BaseAdmin[Tag]):
    list_display = ("label", "people", "created")
    list_display_links = ("label",)
    search_fields = ("name",)
    search_help_text = "Name of a tag"
    ordering = ("name",)
    fields = ("name", "colour")
    empty_title = "No tags yet"
    empty_hint = "A tag is a word of your team on a person: open to relocate, met at the fair, call in spring."
    pages = (("forget", "forget_view", "forget"),)

    def listed(self, request: HttpRequest, rows: QuerySet[Tag]) -> QuerySet[Tag]:
        # nosemgrep: no-unscoped-rows -- people_of counts those that the user may see
        return rows.annotate(people_count=people_of(request.user, CandidateTag.objects.all(), tag="pk"))

    @admin.display(description="Tag", ordering="name")
    def label(self, tag: Tag) -> SafeString:
        return cells.badge(tag.name, tag.colour)

    @admin.display(description="People")
    def people(self, tag: Tag) -> SafeString:
        count = getattr(tag, "people_count", 0)
        if not count:
            return cells.NOTHING
        return format_html('<a href="{}">{}</a>', people_with(tag), in_words(count))

    @admin.display(description="Made", ordering="created_at")
    def created(self, tag: Tag) -> SafeString:
        return cells.ago(tag.created_at)

    def row_links(self, request: HttpRequest, row: Tag) -> list[RowLink]:
        links = [RowLink(label="Show the people", url=people_with(row), icon="people")]
        if request.user.has_perm("candidates.delete_tag"):
            links.append(
                RowLink(label="Delete…", url=reverse("admin:candidates_tag_forget", args=[row.pk]), icon="trash")
            )
        return links

    def save_model(self, request: HttpRequest, obj: Tag, form: ModelForm[Tag], change: bool) -> None:
        user: Any = request.user
        name, colour = form.cleaned_data["name"], form.cleaned_data["colour"]
        if change:
            actions.change(tag=obj, name=name, colour=colour, by=user)
            return
        made = actions.named(name=name, colour=colour, by=user, now=timezone.now())
        obj.pk, obj._state.adding = made.pk, False

    def forget_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Delete a tag, after a page that says from how many people it goes."""
        if not request.user.has_perm("candidates.delete_tag"):
            raise PermissionDenied
        tag = self.get_object(request, object_id)
        if tag is None:
            raise Http404
        user: Any = request.user
        back = reverse("admin:candidates_tag_changelist")
        if request.method == "POST":
            return self.do(
                request, lambda: actions.delete(tag=tag, by=user), done=f"The tag “{tag}” is gone.", back=back
            )
        context = {
            **admin.site.each_context(request),
            "title": f"Delete the tag “{tag}”",
            "tag": tag,
            "people": in_words(CandidateTag.objects.filter(tag=tag)[: MOST_COUNTED + 1].count()),
            "back": back,
        }
        return TemplateResponse(request, "candidates/forget_tag.html", context)


def people_with(tag: Tag) -> str:
    return f"{reverse('admin:candidates_candidate_changelist')}?{urlencode({'tag': tag.pk})}"


def suggested() -> list[str]:
    """Names to choose from while one types, kept for half a minute."""
    found: list[str] | None = cache.get("tag-names")
    if found is None:
        found = list(Tag.objects.order_by("name").values_list("name", flat=True)[:SUGGESTED])
        cache.set("tag-names", found, SUGGESTED_SECONDS)
    return found


def of_person(candidate: Candidate) -> Question:
    return Tag.objects.filter(candidate_links__candidate=candidate).order_by("name").values("name", "colour")


def tags_view(request: HttpRequest, candidate_id: UUID) -> HttpResponse:
    """Put a tag on a person or take one off, from the head of their page."""
    candidate = pages.load(request, "candidate", candidate_id)
    back = request.POST.get("back", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}):
        back = reverse("admin:candidates_candidate_change", args=[candidate.pk])
    if request.method != "POST":
        return HttpResponseRedirect(back)
    removing = request.POST.get("do") == "remove"
    if not request.user.has_perm(f"candidates.{'delete' if removing else 'add'}_candidatetag"):
        raise PermissionDenied
    user: Any = request.user
    name = request.POST.get("name", "")
    try:
        act = actions.remove if removing else actions.add
        outcome = act(keys=[candidate.pk], name=name, by=user, now=timezone.now())
    except DomainError as error:
        messages.error(request, error.message)
    else:
        cache.delete("tag-names")
        if outcome.changed:
            text = "is off" if removing else "is on"
            messages.success(request, f"The tag “{' '.join(name.split())}” {text} {candidate}.")
        else:
            messages.info(request, f"Nothing to change: {candidate} has it {'not' if removing else 'already'}.")
    return HttpResponseRedirect(back)


add_page("candidates/candidate/<uuid:candidate_id>/tags/", tags_view, name="candidates_candidate_tags")
navigation.add(
    NavItem(
        label="Tags", url_name="admin:candidates_tag_changelist", icon="tag", permission="candidates.change_tag",
        section="Settings", order=80,
    )
)  # fmt: skip
