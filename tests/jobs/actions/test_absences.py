from datetime import timedelta

import pytest

from hrassist.lib.errors import DomainError
from jobs.actions import absences
from jobs.models import Absence
from tests.conftest import NOON
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def enter(user, by, **times):
    return absences.enter(
        user=user, by=by, now=NOON, note="Skiing", **({"starts_at": NOON, "ends_at": NOON + DAY} | times)
    )


def test_ones_own_and_for_whoever_schedules_those_of_others(interviewer, coordinator, events):
    enter(interviewer, interviewer)
    enter(interviewer, coordinator)
    with pytest.raises(DomainError, match="Only whoever schedules"):
        enter(coordinator, interviewer)
    assert "Skiing" not in str([event.changes for event in events("absence.")])
    other = UserFactory(role="Interviewer")
    assert not Absence.objects.visible_to(other).exists()
    with pytest.raises(DomainError):
        absences.remove(absence=Absence.objects.first(), by=other, now=NOON)
    absences.remove(absence=Absence.objects.first(), by=interviewer, now=NOON)
    assert Absence.objects.count() == 1


@pytest.mark.parametrize(
    "times",
    [{"ends_at": NOON}, {"starts_at": NOON - 3 * DAY, "ends_at": NOON - DAY}, {"ends_at": NOON + 500 * DAY}],
)
def test_an_absence_lies_ahead_and_ends_after_it_begins(interviewer, times):
    with pytest.raises(DomainError):
        enter(interviewer, interviewer, **times)
