import pytest
from django.utils import timezone

from hrassist.ops.demo import accounts, vacancies
from jobs.models import HiringTeamMember

pytestmark = pytest.mark.django_db


def test_teams_differ_from_job_to_job_and_doing_it_again_adds_nobody(recruiter):
    def teams():
        team = accounts.ensure_colleagues()
        jobs = vacancies.ensure_jobs(4, by=recruiter, team=team, now=timezone.now())
        return [set(job.team.values_list("user__username", flat=True)) for job in jobs]

    first = teams()
    everybody = {username for username, *_ in (*accounts.COLLEAGUES, *accounts.OTHERS)}
    assert set.union(*first) == everybody | {recruiter.username}
    assert len({frozenset(one) for one in first}) == 4
    members = HiringTeamMember.objects.count()
    assert teams() == first
    assert HiringTeamMember.objects.count() == members
