import pytest
from django.contrib.auth.models import Group, Permission

from hrassist.roles import ROLES, sync_after_migrate


def held(role: str) -> set[str]:
    rows = Permission.objects.filter(group__name=role).select_related("content_type")
    return {f"{row.content_type.app_label}.{row.codename}" for row in rows}


@pytest.mark.django_db
@pytest.mark.parametrize("role", ROLES)
def test_each_role_is_a_group_with_exactly_its_permissions(role):
    assert held(role) == ROLES[role]


@pytest.mark.django_db
def test_a_role_changed_by_hand_is_put_right_by_the_next_migration():
    group = Group.objects.get(name="Interviewer")
    group.permissions.add(Permission.objects.get(codename="download_resume"))
    group.permissions.remove(Permission.objects.get(codename="view_job"))
    sync_after_migrate()
    assert held("Interviewer") == ROLES["Interviewer"]


@pytest.mark.django_db
def test_putting_roles_right_twice_changes_nothing(django_assert_max_num_queries, events):
    sync_after_migrate()
    before = len(events("group."))
    sync_after_migrate()
    assert len(events("group.")) == before


@pytest.mark.django_db
def test_another_connection_is_left_alone():
    Group.objects.get(name="Auditor").delete()
    sync_after_migrate(using="audit")
    assert not Group.objects.filter(name="Auditor").exists()


def test_nobody_deletes_or_changes_the_audit_trail():
    writing = {f"audit.{verb}_event" for verb in ("add", "change", "delete")}
    assert not [role for role, permissions in ROLES.items() if permissions & writing]


def test_operators_and_auditors_open_no_resume_and_no_candidate():
    for role in ("Operator", "Auditor"):
        assert not [one for one in ROLES[role] if "resume" in one or "candidate" in one.split(".")[1]]


def test_only_those_who_hire_download_files():
    downloading = {role for role, permissions in ROLES.items() if "candidates.download_resume" in permissions}
    assert downloading == {"Recruiter", "Coordinator", "Hiring manager"}


def test_only_recruiters_take_people_out_and_see_everybody_with_coordinators_and_privacy_officers():
    exporting = {role for role, permissions in ROLES.items() if "candidates.export_candidate" in permissions}
    seeing = {role for role, permissions in ROLES.items() if "candidates.view_all_candidates" in permissions}
    assert (exporting, seeing) == ({"Recruiter"}, {"Recruiter", "Coordinator", "Privacy officer"})
