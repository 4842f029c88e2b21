"""The colours of stages, statuses and jobs."""

from django.utils.safestring import SafeString

from hrassist.admin import cells
from jobs.models import Application, Job, Stage

STAGE_COLOURS = {
    Stage.Kind.APPLIED: "",
    Stage.Kind.SCREEN: "blue",
    Stage.Kind.INTERVIEW: "violet",
    Stage.Kind.OFFER: "warn",
    Stage.Kind.HIRED: "good",
}
STATUS_COLOURS = {
    Application.Status.ACTIVE: "accent",
    Application.Status.HIRED: "good",
    Application.Status.REJECTED: "bad",
    Application.Status.WITHDRAWN: "",
}
JOB_COLOURS = {
    Job.Status.DRAFT: "",
    Job.Status.OPEN: "good",
    Job.Status.ON_HOLD: "warn",
    Job.Status.CLOSED: "",
    Job.Status.ARCHIVED: "",
}


def stage_badge(stage: Stage) -> SafeString:
    return cells.badge(stage.name, STAGE_COLOURS[Stage.Kind(stage.kind)])


def status_badge(application: Application) -> SafeString:
    """The stage while it is active, otherwise how it ended."""
    status = Application.Status(application.status)
    if status == Application.Status.ACTIVE:
        return stage_badge(application.stage)
    return cells.badge(status.label, STATUS_COLOURS[status])


def job_badge(job: Job) -> SafeString:
    status = Job.Status(job.status)
    return cells.badge(status.label.replace("_", " "), JOB_COLOURS[status])
