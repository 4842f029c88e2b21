from __future__ import annotations

from collections import Counter

import pytest
from django.utils import timezone

from candidates.models import Source
from hrassist.models import User
from hrassist.ops.demo import accounts, hiring, vacancies
from jobs.models import JobPost, RecruitmentDrive, Requisition, RequisitionApproval, TrackingLink


@pytest.mark.django_db
def test_the_demo_has_requisitions_at_every_step_posts_and_a_running_drive_and_again_adds_nothing(
    recruiter: User,
) -> None:
    team, now = accounts.ensure_colleagues(), timezone.now()
    jobs = vacancies.ensure_jobs(6, by=recruiter, team=team, now=now)
    Source.objects.get_or_create(name="Job fair", kind=Source.Kind.EVENT)
    counts = []
    for _ in range(2):
        hiring.ensure(by=recruiter, team=team, jobs=jobs, now=now)
        models = (Requisition, RequisitionApproval, JobPost, RecruitmentDrive, TrackingLink)
        counts.append([model.objects.count() for model in models])
    assert counts[0] == counts[1]
    assert Counter(Requisition.objects.values_list("status", flat=True)) == {
        "in_approval": 2, "approved": 1, "declined": 1, "draft": 1
    }  # fmt: skip
    assert RecruitmentDrive.objects.get().status == "running"
    assert JobPost.objects.live().exists()
    assert not JobPost.objects.filter(job__confidential=True).exists()
