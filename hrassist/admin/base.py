"""What every admin class of ours does: show what the user may see, page flat, delete nothing by accident."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IS_POPUP_VAR
from django.contrib.admin.templatetags.admin_urls import add_preserved_filters
from django.contrib.admin.utils import quote
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import OperationalError
from django.db.models import ForeignKey, Model, QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from psycopg.errors import QueryCanceled

from hrassist import exports
from hrassist.admin import bulk, cells, filters, saved_views
from hrassist.admin import exports as export_page
from hrassist.admin.paging import EstimatePaginator, KeysetChangeList
from hrassist.admin.searched_select import SearchedSelect, told_apart
from hrassist.lib.errors import DomainError

M = TypeVar("M", bound=Model)


if TYPE_CHECKING:
    InlineFormSet = BaseInlineFormSet[Any, Any, Any]
else:
    InlineFormSet = BaseInlineFormSet


class LabelledFormSet(InlineFormSet):
    """Rows in a table, where each control is named by its row and column: no label stands beside it."""

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        noun = str(self.model._meta.verbose_name) if self.model else "row"
        row = noun if index is None else f"{noun} {index + 1}"
        for name, field in form.fields.items():
            field.widget.attrs.setdefault("aria-label", f"{_first_upper(row)}: {field.label or name}")


if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin
    TabularInline = admin.TabularInline
    ModelForm = forms.ModelForm
else:
    # Django's classes take no type parameters while they run.
    class ModelAdmin(admin.ModelAdmin):
        def __class_getitem__(cls, _models: object) -> type[admin.ModelAdmin]:
            return cls

    class TabularInline(admin.TabularInline):
        formset = LabelledFormSet

        def __class_getitem__(cls, _models: object) -> type[admin.TabularInline]:
            return cls

    class ModelForm(forms.ModelForm):
        def __class_getitem__(cls, _models: object) -> type[forms.ModelForm]:
            return cls


@dataclass(frozen=True, slots=True)
class RowLink:
    label: str
    url: str
    icon: str


class QuietForm(ModelForm[Any]):
    """A form whose labels do not end with a colon."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)


class BaseAdmin(ModelAdmin[M]):
    """A list that stays flat at a million rows, over what `visible_to` lets this user see.

    `keyset_field` names the time that orders the list, newest first. `pages` are further views of one object:
    (address below the object, method, name); each is reversed as `admin:<app>_<model>_<name>`.
    """

    paginator = EstimatePaginator
    show_facets = admin.ShowFacets.NEVER
    show_full_result_count = False
    list_per_page = 50
    list_max_show_all = 50
    save_on_top = False
    actions_on_top = False
    actions_on_bottom = True
    keyset_field = ""
    pages: tuple[tuple[str, str, str], ...] = ()
    form: Any = QuietForm
    # What the rows are called in the list, one and many; empty for the model's own names.
    noun, nouns = "", ""
    list_title = ""
    empty_title = "Nothing here yet"
    empty_hint = ""
    list_hint = ""
    # The template that explains how to search this list, and what its first tab is called.
    search_help = ""
    all_tab = "All"

    def get_queryset(self, request: HttpRequest) -> QuerySet[M]:
        rows: Any = super().get_queryset(request)
        seen: QuerySet[M] = rows.visible_to(request.user) if hasattr(rows, "visible_to") else rows
        return seen

    def formfield_for_foreignkey(self, db_field: ForeignKey[Any], request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", SearchedSelect(db_field, self.admin_site))
        field: Any = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if field is not None and isinstance(field.widget, SearchedSelect):
            field.label_from_instance = told_apart
        return field

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return KeysetChangeList

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions: dict[str, Any] = dict(super().get_actions(request))
        actions.pop("delete_selected", None)
        if actions is not None and self.actions is not None and IS_POPUP_VAR not in request.GET:
            acts = bulk.of(self.opts.label_lower, request.user)
            actions |= {one.name: bulk.as_admin_action(one) for one in acts}
        if exports.allowed(self.opts.label_lower, request.user):
            export = export_page.export_selected
            actions[export.__name__] = (export, export.__name__, "Export selected")
        return actions

    def get_list_filter(self, request: HttpRequest) -> Any:
        return [*super().get_list_filter(request), *filters.of(self.opts.label_lower, request.user)]

    def get_list_display(self, request: HttpRequest) -> Any:
        shown = super().get_list_display(request)
        return (*shown, "row_menu") if type(self).row_links is not BaseAdmin.row_links else shown

    def listed(self, request: HttpRequest, rows: QuerySet[M]) -> QuerySet[M]:
        """The rows as the list shows them: what its cells need beyond the columns; never counted."""
        return rows

    def fill(self, request: HttpRequest, rows: list[M], *, terms: Sequence[str]) -> None:
        """Complete the rows of one page; `terms` are the words of the search that should be highlighted."""
        for row in rows:
            vars(row)["_row_links"] = self.row_links(request, row)

    def row_links(self, request: HttpRequest, row: M) -> list[RowLink]:
        """What the menu at the end of a row leads to."""
        return []

    def action_checkbox(self, obj: M) -> SafeString:
        # Django renders a template for each row of a list.
        return format_html(
            '<input type="checkbox" name="{}" value="{}" class="action-select" aria-label="{}">',
            ACTION_CHECKBOX_NAME, obj.pk, format_html(gettext("Select this object for an action - {}"), obj),
        )  # fmt: skip

    @admin.display(description=SafeString('<span class="visually-hidden">More</span>'))
    def row_menu(self, row: M) -> SafeString:
        return row_menu(str(row), getattr(row, "_row_links", []))

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponseBase | None:  # type: ignore[override]
        try:
            answer: HttpResponseBase | None = super().response_action(request, queryset)
        except (ValidationError, ValueError):
            # Keys that are none: a form that somebody wrote by hand.
            messages.error(request, "These rows are not in the list any more. Choose again.")
            return HttpResponseRedirect(request.get_full_path())
        return answer

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False

    @property
    def media(self) -> forms.Media:
        # The stock script of lists needs translations and a button that ours has not; list.js stands in for it.
        stock: Any = super().media
        return forms.Media(
            css=stock._css, js=[one for one in stock._js if not str(one).endswith("admin/js/actions.js")]
        )

    def get_urls(self) -> list[URLPattern]:
        below = [
            path(
                f"<path:object_id>/{route}/",
                self.admin_site.admin_view(getattr(self, method)),
                name=f"{self.opts.app_label}_{self.opts.model_name}_{name}",
            )
            for route, method, name in self.pages
        ]
        return below + super().get_urls()

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        nouns = self.nouns or str(self.opts.verbose_name_plural)
        context = {
            "views": saved_views.of_list(request, self.opts.label_lower, all_of_them=f"{self.all_tab} {nouns}".strip()),
            "bulk_acts": bulk.of(self.opts.label_lower, request.user),
            "title": self.list_title or _first_upper(self.nouns or str(self.opts.verbose_name_plural)),
            "noun": self.noun or self.opts.verbose_name,
            "nouns": self.nouns or self.opts.verbose_name_plural,
            "empty_title": self.empty_title,
            "empty_hint": self.empty_hint,
            "list_hint": self.list_hint,
            "export_url": export_page.link(self.opts.label_lower, request.GET.urlencode(), request.user),
            **(extra_context or {}),
        }
        try:
            return super().changelist_view(request, context)
        except OperationalError as error:
            if not (isinstance(error.__cause__, QueryCanceled) and request.GET):
                raise
            messages.error(
                request, "That took too long and was stopped. Say it more narrowly, or filter the list first."
            )
            return HttpResponseRedirect(request.path)

    def response_add(self, request: HttpRequest, obj: M, post_url_continue: Any = None) -> HttpResponse:
        return self.saved(request, obj) or super().response_add(request, obj, post_url_continue)

    def response_change(self, request: HttpRequest, obj: M) -> HttpResponse:
        return self.saved(request, obj) or super().response_change(request, obj)

    def saved(self, request: HttpRequest, obj: M) -> HttpResponse | None:
        """What was saved, as it is read: Django would come back to the form. None where another was asked for."""
        if "_addanother" in request.POST or IS_POPUP_VAR in request.POST:
            return None
        messages.success(request, f"{obj} is saved.")
        context: dict[str, Any] = {"preserved_filters": self.get_preserved_filters(request), "opts": self.opts}
        url = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[quote(obj.pk)])
        return HttpResponseRedirect(add_preserved_filters(context, url))

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        # Before the row is looked for: who may see none is told the same whether it exists or not.
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        return super().history_view(request, object_id, extra_context)

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> HttpResponse:
        # Django would lead to the first page and say so there; hidden and absent are both simply not there.
        raise Http404

    def do(self, request: HttpRequest, work: Callable[[], object], *, done: str, back: str) -> HttpResponseBase:
        """Run an action; tell what was done, or why it was refused, on the page it came from."""
        try:
            work()
        except DomainError as error:
            messages.error(request, error.message)
        else:
            messages.success(request, done)
        return HttpResponseRedirect(back)


def row_menu(name: str, links: Sequence[RowLink]) -> SafeString:
    """Three dots that open a small menu; nothing where there is nowhere to go."""
    if not links:
        return SafeString("")
    lines = format_html_join(
        "", '<a href="{}">{}{}</a>', ((link.url, cells.icon(link.icon), link.label) for link in links)
    )
    return format_html(
        '<details class="row-menu" data-menu><summary aria-label="More about {}">{}</summary>'
        '<div class="menu">{}</div></details>',
        name, cells.icon("dots"), lines,
    )  # fmt: skip


class ReadOnlyAdmin(BaseAdmin[M]):
    """A record to read: nothing is added, changed or deleted here."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False


def _first_upper(words: str) -> str:
    return words[:1].upper() + words[1:]
