"""What every admin class of ours does: show what the user may see, page flat, delete nothing by accident."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.db import OperationalError
from django.db.models import Model, QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import URLPattern, path
from psycopg.errors import QueryCanceled

from hrassist.admin.paging import EstimatePaginator, KeysetChangeList
from hrassist.lib.errors import DomainError

M = TypeVar("M", bound=Model)


class LabelledFormSet(BaseInlineFormSet):
    """Rows in a table, where each control is named by its row and column: no label stands beside it."""

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        noun = str(self.model._meta.verbose_name)
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

    def get_queryset(self, request: HttpRequest) -> QuerySet[M]:
        rows: Any = super().get_queryset(request)
        seen: QuerySet[M] = rows.visible_to(request.user) if hasattr(rows, "visible_to") else rows
        return seen

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return KeysetChangeList

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False

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
        context = {
            "title": self.list_title or _first_upper(self.nouns or str(self.opts.verbose_name_plural)),
            "noun": self.noun or self.opts.verbose_name,
            "nouns": self.nouns or self.opts.verbose_name_plural,
            "empty_title": self.empty_title,
            "empty_hint": self.empty_hint,
            "list_hint": self.list_hint,
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

    def do(self, request: HttpRequest, work: Callable[[], object], *, done: str, back: str) -> HttpResponseBase:
        """Run an action; tell what was done, or why it was refused, on the page it came from."""
        try:
            work()
        except DomainError as error:
            messages.error(request, error.message)
        else:
            messages.success(request, done)
        return HttpResponseRedirect(back)


class ReadOnlyAdmin(BaseAdmin[M]):
    """A record to read: nothing is added, changed or deleted here."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False


def _first_upper(words: str) -> str:
    return words[:1].upper() + words[1:]
