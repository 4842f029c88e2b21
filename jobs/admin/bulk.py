"""What recruiters do to many applications at once, and people into a job."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Count
from django.http import HttpRequest
from django.utils import timezone

from hrassist.admin import bulk, long_task
from hrassist.admin.bulk import Bulk, BulkForm
from hrassist.admin.long_task import Offer
from hrassist.models import LongTask
from jobs.actions import bulk as actions
from jobs.models import Job, RejectionReason, TailoringRun
from jobs.tailoring import providers
from jobs.tailoring.paper.languages import LANGUAGES

OFFERED, REASONS_SHOWN = 300, 20
TAILOR = "jobs.tailor"


class JobForm(BulkForm):
    job = forms.ChoiceField(label="Job", help_text="Open jobs that you see. People begin at its first stage.")
    source = forms.CharField(label="Source", max_length=60, initial="recruiter", required=False)

    def prepare(self) -> None:
        user: Any = self.request.user
        field: Any = self.fields["job"]
        jobs = Job.objects.visible_to(user).open().order_by("title").values_list("pk", "title")[:OFFERED]
        field.choices = [(str(pk), title) for pk, title in jobs]


class SeenForm(BulkForm):
    seen_at = forms.DateTimeField(widget=forms.HiddenInput)

    def prepare(self) -> None:
        self.fields["seen_at"].initial = timezone.now().isoformat()

    def params(self) -> dict[str, Any]:
        return {**self.cleaned_data, "seen_at": self.cleaned_data["seen_at"].isoformat()}


class MoveForm(SeenForm):
    to = forms.ChoiceField(label="Stage")

    def prepare(self) -> None:
        super().prepare()
        field: Any = self.fields["to"]
        jobs = list(self.rows.order_by().values_list("job_id", flat=True).distinct()[:2])
        field.choices = actions.stage_choices(jobs)


class RejectForm(SeenForm):
    reason = forms.ChoiceField(label="Reason", help_text="The person may ask for it.")
    note = forms.CharField(label="Note", max_length=500, required=False)

    def prepare(self) -> None:
        super().prepare()
        field: Any = self.fields["reason"]
        reasons = RejectionReason.objects.filter(active=True, kind=RejectionReason.Kind.WE_REJECTED)
        field.choices = [(str(one.pk), one.name) for one in reasons]

    def params(self) -> dict[str, Any]:
        return {**super().params(), "reason": int(self.cleaned_data["reason"])}


class TailorForm(BulkForm):
    provider = forms.ChoiceField(label="Written by")
    language = forms.ChoiceField(label="Language of headings", required=False)
    with_letter = forms.BooleanField(label="With a cover letter", required=False, initial=True)

    def prepare(self) -> None:
        provider: Any = self.fields["provider"]
        language: Any = self.fields["language"]
        provider.choices = providers.offered()
        language.choices = [("", "As the resume"), *LANGUAGES.items()]


def _batch(request: HttpRequest, task: LongTask) -> dict[str, Any]:
    """The tailored resumes that were begun together, and why some of them stopped."""
    user: Any = request.user
    runs = TailoringRun.objects.visible_to(user).filter(batch=task, state=TailoringRun.State.FAILED)
    failed = runs.values_list("message").annotate(count=Count("pk")).order_by("-count", "message")
    return {"failed": list(failed[:REASONS_SHOWN]), "may_list": user.has_perm("jobs.view_tailoringrun")}


long_task.add_offer(Offer(kind=TAILOR, template="admin/jobs/tailoring/batch.html", data=_batch, always=True))
bulk.add(
    Bulk(
        model="candidates.candidate", name="add_to_job", label="Add to job…", icon="briefcase", form=JobForm, order=30,
        permissions=("candidates.bulk_change_candidate", "jobs.add_application"), do=actions.add_to_job,
        happens="A job gets {count} as new applications.", done="{count} added to the job.",
    ),
    Bulk(
        model="jobs.application", name="move_to_stage", label="Move to stage…", icon="right", form=MoveForm, order=10,
        permissions=("jobs.change_application",), do=actions.move,
        happens="{count} move to another stage.", done="{count} moved.",
    ),
    Bulk(
        model="jobs.application", name="reject", label="Reject…", icon="ban", form=RejectForm, order=20, danger=True,
        permissions=("jobs.change_application",), do=actions.reject, undo=actions.unreject,
        happens="{count} end as rejected, with the same reason.", done="{count} rejected.",
    ),
    Bulk(
        model="jobs.application", name="tailor", label="Tailor resumes…", icon="file", form=TailorForm, order=30,
        permissions=("jobs.add_tailoringrun",), do=actions.tailor,
        happens="The resumes of {count} are tailored, each to its job. You approve each before it is used.",
        kind=TAILOR, follow=actions.tailored_so_far, stop=actions.stop_tailoring,
    ),
)  # fmt: skip
