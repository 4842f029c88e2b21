"""The roles people have, as groups, and what each may do; kept current after every migration."""

from typing import Any

VIEW, ADD, CHANGE, DELETE = "view", "add", "change", "delete"


def _models(app: str, names: str, *verbs: str) -> set[str]:
    return {f"{app}.{verb}_{name}" for name in names.split() for verb in verbs}


_PEOPLE = "candidate candidateemail candidatephone candidatelink"
_FILES = "resume resumetext resumeparse resumepage"
_PIPELINE = "application stagetransition stage opening hiringteammember match matchrun matchevidence"
_POOLS = "talentpool poolmembership tag candidatetag"

_SEE_JOBS = _models("jobs", f"job rejectionreason interview scorecard {_PIPELINE}", VIEW)
_SEE_PEOPLE = _models("candidates", f"{_PEOPLE} {_FILES} tag candidatetag", VIEW)
_SCORE = _models("jobs", "scorecard", ADD, CHANGE) | _models("jobs", "absence", VIEW, ADD, CHANGE, DELETE)

# What people were told and agreed to, and what they ask for themselves.
_CONSENTS = (
    _models("candidates", "consentrecord", VIEW, ADD, CHANGE)
    | _models("candidates", "noticedelivery notice", VIEW)
    | _models("candidates", "correctionrequest", VIEW, CHANGE)
    | _models("candidates", "selfservicelink", ADD)
    | _models("jobs", "rankingoptout", VIEW, ADD)
    | _models("jobs", "reviewrequest", VIEW, CHANGE)
)
_COORDINATOR = (
    _SEE_JOBS
    | _SEE_PEOPLE
    | _SCORE
    | _models("candidates", _PEOPLE, ADD, CHANGE)
    | _models("candidates", "uploadticket", VIEW, ADD)
    | _models("candidates", f"source duplicategroup {_POOLS}", VIEW)
    | _models("candidates", "candidatetag poolmembership", ADD, CHANGE, DELETE)
    | _models("jobs", "application stagetransition", ADD, CHANGE)
    | _models("jobs", "interview message note", VIEW, ADD, CHANGE)
    | _models("jobs", "requisition jobpost recruitmentdrive trackinglink intakesubmission emailtemplate referral", VIEW)
    | _models("jobs", "humandecision", VIEW, ADD)
    | _models("jobs", "tailoringrun", VIEW, ADD, CHANGE)
    | _models("jobs", "referral", ADD)
    | _CONSENTS
    | {
        "candidates.view_all_candidates",
        "candidates.view_all_uploads",
        "candidates.download_resume",
        "jobs.view_all_jobs",
        "jobs.view_all_requisitions",
    }
)

# What everybody who works with people's requests needs: recruiters receive most of them.
_PRIVACY = (
    _models("candidates", "erasure dataexport", VIEW, ADD)
    | _models("candidates", "legalhold retentionrule retentiondue poolmembership", VIEW)
)  # fmt: skip

# Reports as documents; what may stand in one follows from what its owner sees.
_REPORTS = _models("jobs", "reportdocument", VIEW, ADD, DELETE) | _models("jobs", "reportschedule", VIEW)
_SCHEDULES = _models("jobs", "reportschedule", ADD, CHANGE, DELETE)

# Who may be told counts of what people said about their sex and race; nobody may read an answer.
COUNT_ANSWERS = "jobs.count_demographicanswer"

ROLES: dict[str, set[str]] = {
    "Recruiter": _COORDINATOR
    | _PRIVACY
    | _REPORTS
    | _SCHEDULES
    | {"candidates.download_dataexport"}
    | _models("candidates", _PEOPLE, DELETE)
    | _models("candidates", "resume", CHANGE, DELETE)
    | _models("jobs", "job opening stage hiringteammember rejectionreason", ADD, CHANGE, DELETE)
    | _models("jobs", "matchrun", ADD)
    | _models("candidates", f"source {_POOLS}", ADD, CHANGE, DELETE)
    | _models("candidates", "duplicategroup", CHANGE)
    | _models("candidates", "candidatemerge", VIEW)
    | _models(
        "jobs", "requisition jobpost recruitmentdrive trackinglink emailtemplate offer", VIEW, ADD, CHANGE, DELETE
    )
    | _models("jobs", "intakesubmission referral", CHANGE)
    | _models("candidates", "notice", ADD, CHANGE)
    | _models("jobs", "jurisdictionsetting", VIEW)
    # For programs that ask people on a recruiter's behalf: brought, never read.
    | _models("jobs", "demographicanswer", ADD)
    | _models("jobs", "tailoringrun", VIEW, ADD, CHANGE)
    | _models("jobs", "resumetemplate", VIEW, ADD, CHANGE, DELETE)
    | {"jobs.approve_tailoringrun", "jobs.download_tailoringrun"}
    | {
        "candidates.export_candidate",
        "candidates.import_candidate",
        "candidates.merge_candidate",
        "candidates.bulk_change_candidate",
        "hrassist.share_savedview",
        "hrassist.change_branding",
        "hrassist.issue_own_token",
        "jobs.approve_requisition",
        "jobs.approve_offer",
        "jobs.view_reports",
    },
    "Coordinator": _COORDINATOR,
    # Hiring managers and interviewers see the jobs they are on the team of, and the people who applied there.
    "Hiring manager": _SEE_JOBS
    | _SEE_PEOPLE
    | _SCORE
    | _REPORTS
    | _models("jobs", "application stagetransition", CHANGE)
    | _models("jobs", "matchrun", ADD)
    | _models("jobs", "requisition", VIEW, ADD, CHANGE)
    | _models("jobs", "tailoringrun", VIEW)
    | _models("jobs", "humandecision note", VIEW, ADD)
    | _models("jobs", "note", CHANGE)
    | _models("jobs", "reviewrequest", VIEW, CHANGE)
    | _models("jobs", "rankingoptout", VIEW)
    | _models("jobs", "jobpost recruitmentdrive offer message", VIEW)
    | {
        "candidates.download_resume",
        "jobs.approve_requisition",
        "jobs.approve_offer",
        "jobs.view_reports",
    },
    "Interviewer": _SEE_JOBS | _SEE_PEOPLE | _SCORE,
    "Auditor": _models("audit", "event", VIEW)
    | _REPORTS
    | {"audit.export_event", "hrassist.view_security", "jobs.view_ranking_log", COUNT_ANSWERS},
    # Answers for what is held about people: requests, holds, rules. Reads what they have to judge, hires nobody.
    "Privacy officer": _SEE_JOBS
    | _SEE_PEOPLE
    | _PRIVACY
    | _CONSENTS
    | _REPORTS
    | _SCHEDULES
    | _models("candidates", "notice", ADD, CHANGE)
    | _models("jobs", "jurisdictionsetting", VIEW, CHANGE)
    | _models("candidates", "legalhold retentionrule", ADD, CHANGE)
    | {"candidates.bulk_erase", "candidates.download_dataexport", "jobs.view_ranking_log"}
    | {"candidates.change_candidate", "candidates.view_all_candidates", "jobs.view_all_jobs"},
    # Operators run the machine: accounts, tokens, tasks, uploads' states; no resumes.
    "Operator": _models("hrassist", "user", VIEW, ADD, CHANGE)
    | _models("hrassist", "apitoken", VIEW, CHANGE)
    | _models("auth", "group", VIEW)
    | _models("candidates", "retentionrule", VIEW, CHANGE)
    | _models("candidates", "notice", VIEW)
    | _models("jobs", "jurisdictionsetting", VIEW, CHANGE)
    | _models("jobs", "modelendpoint", VIEW, ADD, CHANGE, DELETE)
    | {
        "hrassist.view_all_tokens",
        "hrassist.view_security",
        "hrassist.end_sessions",
        "hrassist.issue_own_token",
        "candidates.view_uploadticket",
        "candidates.view_all_uploads",
    },
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
