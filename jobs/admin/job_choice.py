"""A job to choose among thousands: searched while typing; without scripts the newest ones are offered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.http import Http404

from hrassist.admin.searched_select import SearchedSelect, told_apart
from hrassist.models import User
from jobs.models import Job
from jobs.models.job import JobQuerySet

OFFERED = 40
Status = Job.Status
# By the model whose field `job` it is; every other takes each job that the user sees.
TAKEN: dict[str, Callable[[JobQuerySet], JobQuerySet]] = {
    "application": lambda jobs: jobs.open(),
    "requisition": lambda jobs: jobs.exclude(status__in=[Status.CLOSED, Status.ARCHIVED]),
    "drivejob": lambda jobs: jobs.exclude(status=Status.ARCHIVED).filter(confidential=False),
}


def narrowed(jobs: Any, *, model_name: str) -> Any:
    """Those of the jobs that the field `job` of this model takes."""
    return TAKEN[model_name](jobs) if model_name in TAKEN else jobs


def choices(model: type[Model], user: User) -> Any:
    """The jobs that the user may choose there."""
    return narrowed(Job.objects.visible_to(user), model_name=str(model._meta.model_name))


def chosen(model: type[Model], user: User, key: str) -> Job:
    """The job with this key. Raises Http404 for one that the user may not choose there."""
    try:
        job: Job | None = choices(model, user).filter(pk=UUID(key)).first()
    except ValueError:
        job = None
    if job is None:
        raise Http404
    return job


class JobSelect(SearchedSelect):
    """Holds what was chosen and the newest jobs; its script asks for others while somebody types."""

    def build_attrs(self, base_attrs: Any, extra_attrs: Any = None) -> dict[str, Any]:
        field: Any = self.choices
        return {**super().build_attrs(base_attrs, extra_attrs), "data-placeholder": field.field.empty_label or ""}

    def optgroups(self, name: str, value: Sequence[str], attrs: dict[str, Any] | None = None) -> Any:
        groups: Any = super().optgroups(name, value, attrs)
        options, found = groups[0][1], {str(one) for one in value}
        field: Any = self.choices
        if self.is_required and not any(one["selected"] for one in options):
            # A browser would take the first job for the one that is meant.
            options.insert(0, self.create_option(name, "", field.field.empty_label, selected=True, index=0))
        for job in field.queryset.order_by("-created_at", "-pk")[:OFFERED]:
            if str(job.pk) not in found:
                label = field.field.label_from_instance(job)
                options.append(self.create_option(name, job.pk, label, selected=False, index=len(options)))
        return groups


def field(model: type[Model], *, user: User, **options: Any) -> forms.ModelChoiceField[Job]:
    """The field of a form of one's own that chooses a job as the field `job` of this model does."""
    widget = JobSelect(model._meta.get_field("job"), admin.site)
    found: Any = forms.ModelChoiceField(choices(model, user), widget=widget, **options)
    found.label_from_instance = told_apart
    return cast("forms.ModelChoiceField[Job]", found)


class ChoiceForm(forms.Form):
    """Nothing but a job, for pages that write the rest of their forms by hand."""

    def __init__(self, model: type[Model], *, user: User, initial: Any = None) -> None:
        super().__init__(initial={"job": initial}, label_suffix="")
        self.fields["job"] = field(model, user=user, empty_label="Choose a job")
