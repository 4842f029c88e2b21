"""The roles people have, as groups, and what each may do; kept current after every migration."""

from typing import Any

VIEW, ADD, CHANGE, DELETE = "view", "add", "change", "delete"


def _models(app: str, names: str, *verbs: str) -> set[str]:
    return {f"{app}.{verb}_{name}" for name in names.split() for verb in verbs}


_PEOPLE = "candidate candidateemail candidatephone candidatelink"
_FILES = "resume resumetext resumeparse resumepage"
_PIPELINE = "application stagetransition stage opening hiringteammember match matchrun matchevidence"

_SEE_JOBS = _models("jobs", f"job rejectionreason {_PIPELINE}", VIEW)
_SEE_PEOPLE = _models("candidates", f"{_PEOPLE} {_FILES}", VIEW)

_COORDINATOR = (
    _SEE_JOBS
    | _SEE_PEOPLE
    | _models("candidates", _PEOPLE, ADD, CHANGE)
    | _models("candidates", "uploadticket", VIEW, ADD)
    | _models("jobs", "application stagetransition", ADD, CHANGE)
    | {
        "candidates.view_all_candidates",
        "candidates.view_all_uploads",
        "candidates.download_resume",
        "jobs.view_all_jobs",
    }
)

ROLES: dict[str, set[str]] = {
    "Recruiter": _COORDINATOR
    | _models("candidates", _PEOPLE, DELETE)
    | _models("candidates", "resume", CHANGE, DELETE)
    | _models("jobs", "job opening stage hiringteammember rejectionreason", ADD, CHANGE, DELETE)
    | _models("jobs", "matchrun", ADD)
    | {"candidates.export_candidate"},
    "Coordinator": _COORDINATOR,
    # Hiring managers and interviewers see the jobs they are on the team of, and the people who applied there.
    "Hiring manager": _SEE_JOBS
    | _SEE_PEOPLE
    | _models("jobs", "application stagetransition", CHANGE)
    | _models("jobs", "matchrun", ADD)
    | {"candidates.download_resume"},
    "Interviewer": _SEE_JOBS | _SEE_PEOPLE,
    "Auditor": _models("audit", "event", VIEW) | {"audit.export_event"},
    # Operators run the machine: accounts, tokens, tasks, uploads' states; no resumes.
    "Operator": _models("hrassist", "user", VIEW, ADD, CHANGE)
    | _models("hrassist", "apitoken", VIEW, CHANGE)
    | _models("auth", "group", VIEW)
    | {"hrassist.view_all_tokens", "candidates.view_uploadticket", "candidates.view_all_uploads"},
}


def sync_after_migrate(using: str = "default", **_kwargs: Any) -> None:
    """Create the roles' groups and give each exactly its permissions; runs after every `migrate`."""
    from django.apps import apps  # noqa: PLC0415  the registry must be ready
    from django.contrib.auth.management import create_permissions  # noqa: PLC0415
    from django.contrib.auth.models import Group, Permission  # noqa: PLC0415

    if using != "default":
        return
    for label in ("auth", "hrassist", "candidates", "jobs", "audit"):
        # Permissions of apps that migrate after this one do not exist yet; creating them twice is harmless.
        create_permissions(apps.get_app_config(label), verbosity=0, using=using)
    known = {
        f"{one.content_type.app_label}.{one.codename}": one
        for one in Permission.objects.using(using).select_related("content_type")
    }
    for name, wanted in ROLES.items():
        group, _ = Group.objects.using(using).get_or_create(name=name)
        group.permissions.set([known[permission] for permission in wanted])
