import re

import pytest
from django.contrib.postgres.search import SearchVector

from audit import actions as audit
from candidates.actions import merging
from candidates.models import Candidate, CandidateEmail, ResumeText
from tests.conftest import NOON
from tests.factories import ApplicationFactory, CandidateFactory, JobFactory, ResumeFactory

pytestmark = pytest.mark.django_db
LIST = "/candidates/candidate/"
PARSE = {
    "json_resume": {
        "work": [{"name": "Acme", "position": "Staff Engineer", "startDate": "2019", "endDate": "2024"}],
        "skills": [{"name": "Python"}],
    },
    "fields": [
        {"label": "EMPLOYER", "value": "Acme", "start": 36, "end": 40, "page": 1, "confidence": 0.4,
         "path": "/work/0/name"},
        {"label": "EMPLOYER", "value": "ACME", "start": 36, "end": 40, "page": 1, "confidence": 0.4, "path": ""},
    ],
}  # fmt: skip


def names(answer):
    return [row.full_name for row in answer.context["cl"].result_list]


def address(candidate, page="change"):
    return f"{LIST}{candidate.pk}/{page}/"


# --- The list ---------------------------------------------------------------------------------------------------------


def test_the_list_costs_the_same_for_three_people_as_for_thirty(recruiter, client_as, assert_queries):
    browser = client_as(recruiter)
    for count in (3, 27):
        for candidate in CandidateFactory.create_batch(count):
            ApplicationFactory(candidate=candidate)
        browser.get(LIST)
        with assert_queries("admin_candidate_list"):
            answer = browser.get(LIST)
    assert len(names(answer)) == 30


def test_a_search_costs_no_more_than_the_list(recruiter, client_as, assert_queries):
    CandidateFactory.create_batch(5, full_name="Amara Okafor")
    browser = client_as(recruiter)
    browser.get(LIST)
    with assert_queries("admin_candidate_search"):
        assert len(names(browser.get(f"{LIST}?q=oka"))) == 5


@pytest.mark.parametrize(
    "query",
    ["city:Atlantis", "Zora", "Zora OR nobody", "resume:rigging", "resume:rigging city:Atlantis", "rigging -nobody"],
)
def test_a_search_counts_whom_it_found_and_goes_on_to_the_last_of_them(recruiter, client_as, query):
    """By columns, by names beside what is fetched, and by what is fetched alone: each is counted in its own way."""
    CandidateFactory(full_name="Somebody Else", city="Bonn")
    for number in range(53):
        one = CandidateFactory(full_name=f"Zora {number}", city="Atlantis")
        resume = ResumeFactory(candidate=one, text="Rigging of tall ships")
        ResumeText.objects.filter(pk=resume.pk).update(search=SearchVector("masked_text", config="english"))
    newest_first = list(Candidate.objects.filter(city="Atlantis").order_by("-created_at", "-pk"))
    browser = client_as(recruiter)
    answer = browser.get(LIST, {"q": query})
    assert answer.context["cl"].count_in_words == "53"
    assert names(answer) == [one.full_name for one in newest_first[:50]]
    assert names(browser.get(LIST + answer.context["cl"].older_link)) == [one.full_name for one in newest_first[50:]]


def test_of_many_found_the_count_says_so_many_and_more(recruiter, client_as):
    Candidate.objects.bulk_create(Candidate(full_name=f"Zora {number}", city="Atlantis") for number in range(230))
    browser = client_as(recruiter)
    for query in ("city:Atlantis", "Zora"):
        assert browser.get(LIST, {"q": query}).context["cl"].count_in_words == "200+"


def test_whom_a_search_finds_and_may_not_show_is_not_counted(recruiter, client_as):
    hidden = ApplicationFactory(job=JobFactory(confidential=True))
    Candidate.objects.filter(pk=hidden.candidate_id).update(full_name="Zora Hidden", city="Atlantis")
    for number in range(52):
        CandidateFactory(full_name=f"Zora {number}", city="Atlantis")
    browser = client_as(recruiter)
    for query in ("city:Atlantis", "Zora"):
        assert browser.get(LIST, {"q": query}).context["cl"].count_in_words == "52"


def test_people_are_found_by_parts_of_names_by_address_and_by_what_their_resume_says(recruiter, client_as):
    amara = CandidateFactory(full_name="Amara Okafor", headline="Nurse", email="amara@example.org")
    resume = ResumeFactory(candidate=CandidateFactory(full_name="Jonas Weber"), text="Kubernetes operator since 2019")
    ResumeText.objects.filter(pk=resume.pk).update(search=SearchVector("masked_text", config="english"))
    browser = client_as(recruiter)
    assert names(browser.get(f"{LIST}?q=oka+ama")) == [amara.full_name]
    assert names(browser.get(f"{LIST}?q=AMARA@example.org")) == [amara.full_name]
    assert names(browser.get(f"{LIST}?q=resume:operators")) == ["Jonas Weber"]
    assert names(browser.get(f"{LIST}?q=oka+weber")) == []


def test_filters_show_as_chips_that_take_themselves_off(recruiter, client_as):
    CandidateFactory(source="referral")
    CandidateFactory(source="job board")
    answer = client_as(recruiter).get(f"{LIST}?source=referral")
    (chip,) = answer.context["cl"].chips
    assert (chip.label, chip.value) == ("source", "referral")
    assert len(names(answer)) == 1
    assert len(names(client_as(recruiter).get(LIST + chip.remove))) == 2


def test_an_interviewer_sees_only_people_of_own_jobs(interviewer, client_as):
    job = JobFactory(team={interviewer: "interviewer"})
    mine = ApplicationFactory(job=job).candidate
    other = CandidateFactory()
    browser = client_as(interviewer)
    assert names(browser.get(LIST)) == [mine.full_name]
    assert browser.get(address(mine)).status_code == 200
    for page in ("change", "resume", "activity", "files"):
        assert browser.get(address(other, page)).status_code in {302, 404}


def test_merged_people_are_not_listed(recruiter, client_as):
    kept = CandidateFactory()
    CandidateFactory(merged_into=kept)
    assert names(client_as(recruiter).get(LIST)) == [kept.full_name]


def test_an_empty_list_says_what_to_do(recruiter, client_as):
    assert b"Upload resumes: each file becomes a person" in client_as(recruiter).get(LIST).content


# --- One person -------------------------------------------------------------------------------------------------------


def test_the_overview_tells_what_the_resume_says_and_how_sure_it_is(recruiter, client_as, assert_queries, events):
    candidate = ResumeFactory(parse=PARSE, has_hidden_text=True).candidate
    browser = client_as(recruiter)
    browser.get("/")
    with assert_queries("admin_candidate_overview"):
        answer = browser.get(address(candidate))
    page = answer.content.decode()
    assert "Staff Engineer" in page
    assert "Hidden text found" in page
    assert "unsure" in page
    (seen,) = events("candidate.viewed")
    assert seen.subject_ref == str(candidate.pk)


def test_opening_a_resume_is_on_record_before_it_is_shown(recruiter, client_as, assert_queries, events):
    resume = ResumeFactory(parse=PARSE, pages=2)
    browser = client_as(recruiter)
    browser.get("/")
    with assert_queries("admin_candidate_resume"):
        answer = browser.get(address(resume.candidate, "resume"))
    assert f"/files/resumes/{resume.pk}/pages/2" in answer.content.decode()
    assert [group.label for group in answer.context["groups"]] == ["Employer"]
    assert len(answer.context["groups"][0].values) == 1
    (seen,) = events("resume.viewed")
    assert (seen.target_id, seen.actor_id) == (str(resume.pk), str(recruiter.pk))


def test_the_links_to_file_and_pages_lead_to_them(recruiter, client_as):
    resume = ResumeFactory(content=b"%PDF-1.4 the original", pages=1)
    browser = client_as(recruiter)
    for tab in ("resume", "files"):
        page = browser.get(address(resume.candidate, tab)).content.decode()
        links = set(re.findall(r'(?:href|src)="(/files/[^"]+)"', page))
        assert len(links) == (2 if tab == "resume" else 1)
        assert {browser.get(link).status_code for link in links} == {200}


def test_nothing_of_a_resume_is_shown_when_it_cannot_be_put_on_record(recruiter, client_as):
    from django.db import connection

    resume = ResumeFactory(text="A very secret sentence.")
    browser = client_as(recruiter)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_event ADD CONSTRAINT no_more CHECK (action <> 'resume.viewed') NOT VALID")
    answer = browser.get(address(resume.candidate, "resume"))
    assert answer.status_code == 503
    assert b"secret" not in answer.content


def test_a_link_from_a_ranked_list_marks_its_quote(recruiter, client_as):
    resume = ResumeFactory(text="Built billing in Python.")
    page = client_as(recruiter).get(f"{address(resume.candidate, 'resume')}?start=6&end=13").content.decode()
    assert '<mark class="quote" data-spans="quote">billing</mark>' in page


def test_what_a_resume_says_is_never_markup(recruiter, client_as):
    resume = ResumeFactory(text="<script>alert(1)</script>")
    page = client_as(recruiter).get(address(resume.candidate, "resume")).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_an_older_version_can_be_opened_but_not_somebody_elses(recruiter, client_as):
    resume = ResumeFactory(text="the new one")
    older = ResumeFactory(candidate=resume.candidate, is_current=False, text="the old one")
    other = ResumeFactory(text="of another person")
    browser = client_as(recruiter)
    assert b"the old one" in browser.get(f"{address(resume.candidate, 'resume')}?resume={older.pk}").content
    assert b"the new one" in browser.get(f"{address(resume.candidate, 'resume')}?resume={other.pk}").content
    assert b"the new one" in browser.get(f"{address(resume.candidate, 'resume')}?resume=nonsense").content


def test_activity_tells_who_saw_the_person(recruiter, coordinator, client_as):
    candidate = CandidateFactory()
    client_as(coordinator).get(address(candidate))
    page = client_as(recruiter).get(address(candidate, "activity")).content.decode()
    assert "cora" in page
    assert "viewed candidate" in page


# --- Changing ---------------------------------------------------------------------------------------------------------


def form(candidate, **columns):
    data = {name: getattr(candidate, name) for name in ("full_name", "headline", "city", "country")} | columns
    for noun in ("emails", "phones", "links"):
        data |= {f"{noun}-TOTAL_FORMS": 0, f"{noun}-INITIAL_FORMS": 0} | {
            key: value for key, value in columns.items() if key.startswith(noun)
        }
    return data


def test_an_edit_goes_through_the_action_and_is_on_record(recruiter, client_as, events):
    candidate = CandidateFactory(email="old@example.org")
    old = candidate.emails.get()
    data = form(
        candidate,
        headline="Principal Engineer",
        **{
            "emails-TOTAL_FORMS": 2,
            "emails-INITIAL_FORMS": 1,
            "emails-0-id": old.pk,
            "emails-0-candidate": candidate.pk,
            "emails-0-address": "old@example.org",
            "emails-0-type": "personal",
            "emails-0-status": "outdated",
            "emails-1-candidate": candidate.pk,
            "emails-1-address": "New@Example.org",
            "emails-1-type": "work",
            "emails-1-status": "current",
        },
    )
    answer = client_as(recruiter).post(address(candidate), data)
    assert answer.status_code == 302
    candidate.refresh_from_db()
    assert candidate.headline == "Principal Engineer"
    assert set(candidate.emails.values_list("address", "status")) == {
        ("old@example.org", "outdated"),
        ("new@example.org", "current"),
    }
    (event,) = events("candidate.updated")
    assert event.changes["fields"] == ["headline"]


def test_a_person_can_be_added_by_hand(recruiter, client_as, events):
    data = form(Candidate(full_name="Ada Byron", headline="Analyst"))
    answer = client_as(recruiter).post(f"{LIST}add/", data)
    ada = Candidate.objects.get()
    assert answer.status_code == 302
    assert (ada.full_name, ada.created_by) == ("Ada Byron", recruiter)
    assert [event.subject_ref for event in events("candidate.created")] == [str(ada.pk)]


def test_nobody_is_deleted_from_the_admin(recruiter, client_as):
    candidate = CandidateFactory()
    assert client_as(recruiter).post(address(candidate, "delete"), {"post": "yes"}).status_code == 403
    assert CandidateEmail.objects.filter(candidate=candidate).exists()


def test_an_interviewer_changes_nothing(interviewer, client_as):
    mine = ApplicationFactory(job=JobFactory(team={interviewer: "interviewer"})).candidate
    answer = client_as(interviewer).post(address(mine), form(mine, headline="mine now"))
    assert answer.status_code == 403


def test_a_resume_without_pictures_says_that_its_text_is_all_there_is(recruiter, client_as):
    browser = client_as(recruiter)
    hint = "DOCX files are shown as their text"
    word = ResumeFactory(kind="docx", filename="cv.docx")
    page = browser.get(f"/candidates/candidate/{word.candidate_id}/resume/").content.decode()
    assert hint in page
    assert "resume-pictures" not in page
    # Says nothing about a PDF, whose pictures may be missing for another reason.
    drawn = ResumeFactory(pages=1)
    page = browser.get(f"/candidates/candidate/{drawn.candidate_id}/resume/").content.decode()
    assert "files are shown as their text" not in page
    assert "resume-pictures" in page


# --- Activity ---------------------------------------------------------------------------------------------------------


def test_the_activity_tells_who_saw_and_who_changed_page_by_page(recruiter, coordinator, client_as, assert_queries):
    candidate, gone = CandidateFactory(), CandidateFactory()
    for number in range(60):
        audit.record("candidate.updated", target=candidate, by=coordinator, subject=candidate, number=number)
    merging.merge(kept=candidate, gone=gone, by=recruiter, now=NOON)
    browser = client_as(recruiter)
    browser.get(address(gone))
    browser.get(address(candidate))
    with assert_queries("admin_candidate_activity"):
        first = browser.get(address(candidate, "activity"))
    actions = [line.event.action for line in first.context["lines"]]
    looked_and_merged = ["candidate.activity_viewed", "candidate.viewed", "candidate.merged", "candidate.merged"]
    assert actions == looked_and_merged + ["candidate.updated"] * 46
    older = browser.get(address(candidate, "activity") + first.context["page"]["older"])
    assert [line.event.action for line in older.context["lines"]] == ["candidate.updated"] * 14
    newer = browser.get(address(candidate, "activity") + older.context["page"]["newer"])
    assert [line.event.pk for line in newer.context["lines"]] == [line.event.pk for line in first.context["lines"]]
    seen = browser.get(address(candidate, "activity") + "?show=seen")
    looks = [line.event.action for line in seen.context["lines"]]
    assert looks == ["candidate.activity_viewed"] * 4 + ["candidate.viewed"]
    changed = browser.get(address(candidate, "activity") + "?show=changed&cursor=older.99999999999999999999")
    assert "candidate.viewed" not in {line.event.action for line in changed.context["lines"]}


def test_the_activity_names_people_as_they_are_called(recruiter, client_as):
    recruiter.first_name, recruiter.last_name = "Rosa", "Reyes"
    recruiter.save()
    candidate = CandidateFactory()
    browser = client_as(recruiter)
    browser.get(address(candidate))
    assert "Rosa Reyes" in browser.get(address(candidate, "activity")).content.decode().partition("Who saw")[2]


def test_a_hit_in_a_resume_is_shown_marked_and_leads_to_its_place(recruiter, client_as):
    text = "Built <b>Kubernetes</b> operators & more."
    resume = ResumeFactory(candidate=CandidateFactory(full_name="Jonas Weber"), text=text)
    ResumeText.objects.filter(pk=resume.pk).update(search=SearchVector("masked_text", config="english"))
    page = client_as(recruiter).get(f"{LIST}?q=operator").content.decode()
    assert "Built &lt;b&gt;Kubernetes&lt;/b&gt; <mark>operators</mark> &amp; more." in page
    link = re.search(r'class="snippet" href="([^"]+)"', page)[1]
    assert link == f"{address(resume.candidate, 'resume')}?q=operators"
    assert client_as(recruiter).get(link).context["hit_count"] == 1


def test_a_misspelt_search_offers_the_right_one(recruiter, client_as):
    page = client_as(recruiter).get(f"{LIST}?q=skil:python").content.decode()
    assert 'href="?q=skill%3Apython"' in page


def test_what_somebody_else_saved_meanwhile_is_told_and_not_overwritten(recruiter, coordinator, client_as):
    from django.utils import timezone

    from candidates.actions import candidates as actions

    candidate = CandidateFactory(headline="Engineer", city="Berlin")
    browser = client_as(recruiter)
    read_at = browser.get(f"{address(candidate)}?edit=1").context["adminform"].form.initial["expected_updated_at"]
    actions.update(candidate=candidate, by=coordinator, now=timezone.now(), facts={"headline": "Principal"})
    answer = browser.post(address(candidate), form(candidate, city="Hamburg", expected_updated_at=read_at))
    page = answer.content.decode()
    assert "Somebody else saved this person after you opened the form." in page
    assert "cora changed headline." in page
    assert 'value="Hamburg"' in page
    candidate.refresh_from_db()
    assert (candidate.headline, candidate.city) == ("Principal", "Berlin")
    # Saving again is a decision.
    again = answer.context["adminform"].form["expected_updated_at"].value()
    browser.post(address(candidate), form(candidate, headline="Engineer", city="Hamburg", expected_updated_at=again))
    candidate.refresh_from_db()
    assert (candidate.headline, candidate.city) == ("Engineer", "Hamburg")


def test_the_activity_says_nothing_of_a_confidential_job(recruiter, coordinator, client_as):
    one = ApplicationFactory()
    secret = ApplicationFactory(
        candidate=one.candidate, job=JobFactory(confidential=True, team={recruiter: "recruiter"})
    )
    for application in (one, secret):
        audit.record("application.moved", target=application, subject=one.candidate, job=application.job_id)
    seen = {
        user: [line.event.job_id for line in client_as(user).get(address(one.candidate, "activity")).context["lines"]]
        for user in (recruiter, coordinator)
    }
    # A look at this very page is about no job.
    assert seen[recruiter] == ["", str(secret.job_id), str(one.job_id)]
    assert seen[coordinator] == ["", "", str(one.job_id)]
