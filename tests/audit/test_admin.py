from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied

from audit import actions as audit
from audit.admin.events import words_of
from audit.models import Event
from hrassist import exports, long_tasks
from hrassist.exports import Selection
from hrassist.lib import storage
from tests.conftest import NOON
from tests.factories import CandidateFactory

pytestmark = pytest.mark.django_db
LOG = "/audit/event/"


def actions_of(answer):
    return [row.action for row in answer.context["cl"].result_list]


def test_an_auditor_reads_the_log_and_that_is_on_record(auditor, client_as, events, assert_queries):
    candidate = CandidateFactory()
    for _ in range(20):
        audit.record("candidate.updated", target=candidate, by=auditor, subject=candidate)
    browser = client_as(auditor)
    browser.get("/")
    with assert_queries("admin_audit_log"):
        answer = browser.get(LOG)
    assert actions_of(answer).count("candidate.updated") == 20
    assert [event.actor_id for event in events("event.listed")] == [str(auditor.pk)]


def test_only_auditors_read_the_log(recruiter, operator, interviewer, client_as):
    for user in (recruiter, operator, interviewer):
        assert client_as(user).get(LOG).status_code == 403
    assert not Event.objects.filter(action="event.listed").exists()


def test_the_log_is_searched_by_person_action_and_identifier(auditor, recruiter, client_as):
    candidate = CandidateFactory()
    audit.record("candidate.updated", target=candidate, by=recruiter, subject=candidate)
    audit.record("job.opened", by=auditor)
    browser = client_as(auditor)
    of_rosa = actions_of(browser.get(f"{LOG}?q=rosa"))
    assert "candidate.updated" in of_rosa
    assert "job.opened" not in of_rosa
    assert actions_of(browser.get(f"{LOG}?q=job.")) == ["job.opened"]
    assert actions_of(browser.get(f"{LOG}?q={candidate.pk}")) == ["candidate.updated"]
    assert actions_of(browser.get(f"{LOG}?about=job.")) == ["job.opened"]
    assert "candidate.updated" in actions_of(browser.get(f"{LOG}?past=1"))


def test_the_log_is_searched_by_address_and_days(auditor, recruiter, client_as):
    browser = client_as(auditor)
    client_as(recruiter).get("/candidates/candidate/", REMOTE_ADDR="192.0.2.7")
    audit.viewed("candidate.searched", target=None, by=recruiter)
    here = browser.get(f"{LOG}?q=ip:127.0.0.1")
    assert "event.listed" in actions_of(here)
    today, tomorrow = date.today(), date.today() + timedelta(days=1)  # noqa: DTZ011  the site's own zone is UTC here
    assert "candidate.searched" in actions_of(browser.get(LOG, {"q": f"who:rosa from:{today} to:{today}"}))
    assert actions_of(browser.get(LOG, {"q": f"from:{tomorrow}"})) == []
    assert "candidate.searched" in actions_of(browser.get(LOG, {"q": f"action:candidate. to:{tomorrow}"}))


@pytest.mark.parametrize(
    ("asked", "said"), [("from:yesterday", "Write it as 2026-11-02"), ("ip:here", "Write it as 192.0.2.7")]
)
def test_a_search_that_cannot_be_understood_says_how_to_write_it(auditor, client_as, asked, said):
    answer = client_as(auditor).get(LOG, {"q": asked})
    assert actions_of(answer) == []
    assert said in answer.content.decode()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('who:"Rosa Maier" job.', ["who:Rosa Maier", "job."]),
        ('"never closed', ["never closed"]),
        ("  ", []),
    ],
)
def test_quotes_hold_words_together(text, words):
    assert words_of(text) == words


def test_nobody_changes_an_entry_through_the_admin(auditor, client_as):
    event = audit.record("job.opened", by=auditor)
    browser = client_as(auditor)
    assert browser.get(f"{LOG}{event.pk}/change/").status_code == 200
    assert browser.post(f"{LOG}{event.pk}/change/", {"action": "job.closed"}).status_code == 403
    assert browser.post(f"{LOG}{event.pk}/delete/", {"post": "yes"}).status_code == 403
    assert browser.get(f"{LOG}add/").status_code == 403


def test_the_log_leaves_as_a_file_for_who_may_export_it_and_that_is_on_record(auditor, recruiter, events):
    audit.record("job.opened", by=recruiter)
    wanted = {"export": exports.of("audit.event"), "columns": ("actor_display", "action"), "kind": "csv", "now": NOON}
    task = exports.begin(selection=Selection(query="q=action:job."), by=auditor, **wanted)
    long_tasks.run(task.pk)
    task.refresh_from_db()
    content = b"".join(storage.clean().open(task.file_key)).decode("utf-8-sig")
    assert content.splitlines() == ["Who,Action", "rosa,job.opened"]
    assert [event.changes["rows"] for event in events("event.exported")] == [1]
    with pytest.raises(PermissionDenied):
        exports.begin(selection=Selection(), by=recruiter, **wanted)
