"""What recruiters do to many people at once."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils import timezone

from candidates.actions import sources, tags, talent_pools
from candidates.models import PoolMembership, Source, Tag, TalentPool
from hrassist.admin import bulk
from hrassist.admin.bulk import Bulk, BulkForm

MODEL, MANY = "candidates.candidate", "candidates.bulk_change_candidate"
OFFERED = 200


class AddTagForm(BulkForm):
    name = forms.CharField(
        label="Tag", max_length=40, help_text="An existing tag, or a new one.",
        widget=forms.TextInput(attrs={"list": "known-tags", "autocomplete": "off", "autofocus": True}),
    )  # fmt: skip

    def prepare(self) -> None:
        self.known = list(Tag.objects.order_by("name").values_list("name", flat=True)[:OFFERED])


class RemoveTagForm(BulkForm):
    name = forms.ChoiceField(label="Tag")

    def prepare(self) -> None:
        found = Tag.objects.order_by("name").values_list("name", flat=True)[:OFFERED]
        field: Any = self.fields["name"]
        field.choices = [(name, name) for name in found]


class PoolForm(BulkForm):
    pool = forms.ChoiceField(label="Talent pool")
    basis = forms.ChoiceField(
        label="Lawful basis", choices=PoolMembership.Basis.choices, help_text="Why you may keep these people."
    )
    expires_on = forms.DateField(
        label="Keep until", required=False, widget=forms.DateInput(attrs={"type": "date"}),
        help_text="Empty for the usual time of the pool.",
    )  # fmt: skip
    note = forms.CharField(label="Note", max_length=300, required=False)

    def prepare(self) -> None:
        field: Any = self.fields["pool"]
        field.choices = [(str(pk), name) for pk, name in TalentPool.objects.values_list("pk", "name")[:OFFERED]]

    def clean_expires_on(self) -> date | None:
        day: date | None = self.cleaned_data["expires_on"]
        if day is not None and day <= timezone.localdate():
            raise forms.ValidationError("Choose a day in the future.")
        return day

    def params(self) -> dict[str, Any]:
        day = self.cleaned_data["expires_on"]
        return {**self.cleaned_data, "expires_on": day.isoformat() if day else ""}


class SourceForm(BulkForm):
    source = forms.ChoiceField(label="Source")

    def prepare(self) -> None:
        field: Any = self.fields["source"]
        known = Source.objects.filter(active=True).values_list("name", flat=True)[:OFFERED]
        field.choices = [(name, name) for name in known]


bulk.add(
    Bulk(
        model=MODEL, name="add_tag", label="Add tag…", icon="tag", form=AddTagForm, order=10,
        permissions=(MANY, "candidates.add_candidatetag"), do=tags.add, undo=tags.remove,
        happens="A tag is put on {count}.", done="{count} tagged.",
    ),
    Bulk(
        model=MODEL, name="remove_tag", label="Remove tag…", icon="close", form=RemoveTagForm, order=11,
        permissions=(MANY, "candidates.delete_candidatetag"), do=tags.remove, undo=tags.add,
        happens="A tag is taken off {count}.", done="The tag is off {count}.",
    ),
    Bulk(
        model=MODEL, name="add_to_pool", label="Add to talent pool…", icon="pool", form=PoolForm, order=20,
        permissions=(MANY, "candidates.add_poolmembership"), do=talent_pools.add, undo=talent_pools.remove,
        happens="A talent pool gets {count}.", done="{count} added to the talent pool.",
    ),
    Bulk(
        model=MODEL, name="set_source", label="Set source…", icon="pin", form=SourceForm, order=40,
        permissions=(MANY, "candidates.change_candidate"), do=sources.set_source,
        happens="The source of {count} is overwritten.", done="The source of {count} is set.",
    ),
)  # fmt: skip
