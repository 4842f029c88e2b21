"""Word files of one's own for tailored resumes: their list, the upload, and what one looks like filled."""

from __future__ import annotations

import io
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.text import slugify

from hrassist.admin import cells, navigation
from hrassist.admin.base import ReadOnlyAdmin
from hrassist.admin.navigation import NavItem
from hrassist.lib.errors import DomainError
from hrassist.lib.serving import OpenFile, file_answer
from jobs.actions import resume_templates as actions
from jobs.models import ResumeTemplate
from jobs.tailoring import form as forms_of_word
from jobs.tailoring.export import DOCX


class UploadForm(forms.Form):
    """A name and a Word file."""

    name = forms.CharField(max_length=60, help_text="As recruiters choose it when they approve.")
    file = forms.FileField(
        help_text="A Word file (.docx) of at most 2 MB, without macros, linked pictures or embedded files.",
        widget=forms.FileInput(attrs={"accept": ".docx"}),
    )


@admin.register(ResumeTemplate)
class ResumeTemplateAdmin(ReadOnlyAdmin[ResumeTemplate]):
    list_display = ("name", "standing", "made_by", "made")
    list_select_related = ("created_by",)
    keyset_field = "created_at"
    empty_title = "No template yet"
    empty_hint = "Tailored resumes have our own form until a Word file of yours is added here."

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("content")

    @admin.display(description="Default")
    def standing(self, row: ResumeTemplate) -> SafeString | str:
        return cells.badge("default", "good") if row.is_default else ""

    @admin.display(description="Added by")
    def made_by(self, row: ResumeTemplate) -> str:
        return row.created_by.display_name

    @admin.display(description="Added", ordering="created_at")
    def made(self, row: ResumeTemplate) -> SafeString:
        return cells.ago(row.created_at)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("jobs.add_resumetemplate")

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return upload(request)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not request.user.has_perm("jobs.view_resumetemplate"):
            raise PermissionDenied
        known = str(object_id).isdecimal() and len(str(object_id)) < 10
        row = ResumeTemplate.objects.filter(pk=object_id).first() if known else None
        if row is None:
            raise Http404
        answer: Any = step(request, row) if request.method == "POST" else show(request, row)
        return answer  # type: ignore[no-any-return]


def upload(request: HttpRequest) -> HttpResponse:
    """The form that takes a file, with the placeholders that it may have."""
    user: Any = request.user
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            if file.size > forms_of_word.MOST_BYTES:
                raise forms_of_word.TemplateWrong("A template has at most 2 MB. Make its pictures smaller.")
            row = actions.add(name=form.cleaned_data["name"], content=file.read(), by=user)
        except DomainError as error:
            form.add_error("name" if error.code in ("invalid", "name_taken") else "file", error.message)
        else:
            messages.success(request, f"{row.name} is added. This is how it looks with an invented person.")
            return HttpResponseRedirect(reverse("admin:jobs_resumetemplate_change", args=[row.pk]))
    context = {
        **admin.site.each_context(request),
        "title": "Add a resume template",
        "form": form,
        "singles": [name for name, shape in forms_of_word.SHAPE.items() if shape == ""],
        "entry": [name for name, shape in forms_of_word.ENTRY.items() if shape == ""],
        "study": list(forms_of_word.SHAPE["education"][0]),
    }
    return TemplateResponse(request, "jobs/resume_template_add.html", context, status=400 if form.errors else 200)


def show(request: HttpRequest, row: ResumeTemplate) -> HttpResponse:
    """One template, filled with an invented person."""
    user: Any = request.user
    try:
        _, text = actions.preview(row)
        wrong = ""
    except DomainError as error:
        text, wrong = "", error.message
    context = {
        **admin.site.each_context(request),
        "title": row.name,
        "resume_template": row,
        "lines": [line for line in text.splitlines() if line.strip()],
        "wrong": wrong,
        "may_change": user.has_perm("jobs.change_resumetemplate"),
        "may_remove": user.has_perm("jobs.delete_resumetemplate"),
    }
    return TemplateResponse(request, "jobs/resume_template.html", context)


def step(request: HttpRequest, row: ResumeTemplate) -> HttpResponseBase:
    """Make it the default or not, remove it, or save it with the invented person in it."""
    user: Any = request.user
    asked = request.POST.get("do", "")
    needed = {"default": "change", "no_default": "change", "remove": "delete", "sample": "view"}.get(asked, "view")
    if not user.has_perm(f"jobs.{needed}_resumetemplate"):
        raise PermissionDenied
    back = reverse("admin:jobs_resumetemplate_change", args=[row.pk])
    try:
        match asked:
            case "default" | "no_default":
                actions.make_default(template=row if asked == "default" else None, by=user)
                messages.success(
                    request, f"{row.name} is offered first." if asked == "default" else "Our own form is offered first."
                )
            case "remove":
                actions.remove(template=row, by=user)
                messages.success(request, f"{row.name} is removed. What was made with it stays.")
                back = reverse("admin:jobs_resumetemplate_changelist")
            case "sample":
                content, _ = actions.preview(row)
                name = f"{slugify(row.name) or 'template'}-sample.docx"
                return file_answer(
                    OpenFile(filename=name, content_type=DOCX, size=len(content), content=io.BytesIO(content))
                )
            case _:
                raise DomainError("Choose what to do with this template.", code="no_step")
    except DomainError as error:
        messages.error(request, error.message)
    return HttpResponseRedirect(back)


navigation.add(
    NavItem(
        label="Resume templates",
        url_name="admin:jobs_resumetemplate_changelist",
        icon="file",
        permission="jobs.view_resumetemplate",
        section="Settings",
        order=86,
    )
)
