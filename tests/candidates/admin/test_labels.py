"""Tags, talent pools and sources: their lists, and what stands below a person's name."""

from datetime import timedelta

import pytest
from django.utils import timezone

from candidates.actions import talent_pools
from candidates.models import CandidateTag, PoolMembership, Source, Tag, TalentPool
from tests.factories import ApplicationFactory, CandidateFactory, JobFactory
from tests.hiring import CandidateTagFactory, PoolMembershipFactory, TagFactory, TalentPoolFactory

pytestmark = pytest.mark.django_db


def page_of(candidate):
    return f"/candidates/candidate/{candidate.pk}/change/"


def told(browser, path="/candidates/tag/"):
    return " ".join(str(one) for one in browser.get(path).context["messages"])


# --- Tags -------------------------------------------------------------------------------------------------------------


def test_a_tag_is_put_on_a_person_and_taken_off_at_their_page(recruiter, client_as, events):
    candidate = CandidateFactory()
    browser = client_as(recruiter)
    address = f"/candidates/candidate/{candidate.pk}/tags/"
    browser.post(address, {"do": "add", "name": "  Met at  the fair "})
    assert list(Tag.objects.values_list("name", flat=True)) == ["Met at the fair"]
    page = browser.get(page_of(candidate)).content.decode()
    assert "Met at the fair" in page
    browser.post(address, {"do": "add", "name": "met AT the fair"})
    assert CandidateTag.objects.count() == 1
    browser.post(address, {"do": "remove", "name": "Met at the fair"})
    assert not CandidateTag.objects.exists()
    assert [event.action for event in events("candidate.") if "tagged" in event.action] == [
        "candidate.tagged", "candidate.untagged",
    ]  # fmt: skip
    assert "fair" not in str([event.changes for event in events("candidate.tagged")])


def test_a_tag_is_put_on_nobody_whom_one_may_not_see_or_change(interviewer, coordinator, client_as):
    mine = ApplicationFactory(job=JobFactory(team={interviewer: "interviewer"})).candidate
    other = ApplicationFactory(job=JobFactory(confidential=True)).candidate
    assert client_as(interviewer).post(f"/candidates/candidate/{mine.pk}/tags/", {"name": "x"}).status_code == 403
    assert client_as(coordinator).post(f"/candidates/candidate/{other.pk}/tags/", {"name": "x"}).status_code == 404
    assert not CandidateTag.objects.exists()


def test_the_list_of_tags_counts_only_people_whom_one_may_see(recruiter, client_as, assert_queries):
    tag = TagFactory(name="Star", colour="good")
    CandidateTagFactory(tag=tag)
    CandidateTagFactory(tag=tag, candidate=ApplicationFactory(job=JobFactory(confidential=True)).candidate)
    browser = client_as(recruiter)
    browser.get("/")
    with assert_queries("admin_tag_list"):
        answer = browser.get("/candidates/tag/")
    (row,) = answer.context["cl"].result_list
    assert row.people_count == 1


def test_a_tag_is_renamed_and_two_tags_never_share_a_name(recruiter, client_as):
    tag, other = TagFactory(name="Star"), TagFactory(name="Moon")
    browser = client_as(recruiter)
    browser.post(f"/candidates/tag/{tag.pk}/change/", {"name": "Comet", "colour": "blue"})
    tag.refresh_from_db()
    assert (tag.name, tag.colour) == ("Comet", "blue")
    answer = browser.post(f"/candidates/tag/{other.pk}/change/", {"name": "comet", "colour": ""})
    other.refresh_from_db()
    assert other.name == "Moon"
    assert answer.status_code == 200


def test_deleting_a_tag_says_first_from_how_many_it_goes(recruiter, coordinator, client_as):
    tag = TagFactory(name="Star")
    CandidateTagFactory.create_batch(2, tag=tag)
    browser = client_as(recruiter)
    assert "taken off 2 people" in " ".join(browser.get(f"/candidates/tag/{tag.pk}/forget/").content.decode().split())
    assert client_as(coordinator).post(f"/candidates/tag/{tag.pk}/forget/").status_code == 403
    browser.post(f"/candidates/tag/{tag.pk}/forget/")
    assert not Tag.objects.exists()
    assert "is gone" in told(browser)


# --- Talent pools -----------------------------------------------------------------------------------------------------


def test_a_pool_is_made_and_shows_its_members_and_who_has_expired(recruiter, client_as, assert_queries, events):
    browser = client_as(recruiter)
    browser.post("/candidates/talentpool/add/", {"name": "Nurses", "description": "Ward", "keep_for_months": "6"})
    pool = TalentPool.objects.get()
    assert (pool.owner, pool.keep_for_months) == (recruiter, 6)
    PoolMembershipFactory(pool=pool)
    PoolMembershipFactory(pool=pool, expires_at=timezone.now() - timedelta(days=2))
    browser.get("/")
    with assert_queries("admin_talent_pool"):
        page = browser.get(f"/candidates/talentpool/{pool.pk}/change/")
    assert (page.context["current"], page.context["expired"]) == ("1", "1")
    assert "expired" in page.content.decode()
    assert len(events("talentpool.viewed")) == 1


def test_a_pool_shows_nobody_whom_one_may_not_see(coordinator, interviewer, client_as):
    pool = TalentPoolFactory()
    seen = PoolMembershipFactory(pool=pool)
    PoolMembershipFactory(pool=pool, candidate=ApplicationFactory(job=JobFactory(confidential=True)).candidate)
    answer = client_as(coordinator).get(f"/candidates/talentpool/{pool.pk}/change/")
    assert [row.pk for row in answer.context["rows"]] == [seen.pk]
    assert answer.context["current"] == "1"
    assert client_as(coordinator).get("/candidates/talentpool/").context["cl"].result_list[0].people_count == 1
    assert client_as(interviewer).get(f"/candidates/talentpool/{pool.pk}/change/").status_code in {302, 403, 404}


def test_members_are_paged_without_counting_them(recruiter, client_as):
    pool = TalentPoolFactory()
    PoolMembershipFactory.create_batch(60, pool=pool)
    browser = client_as(recruiter)
    address = f"/candidates/talentpool/{pool.pk}/change/"
    first = browser.get(address)
    second = browser.get(address + first.context["older"])
    assert (len(first.context["rows"]), len(second.context["rows"])) == (50, 10)
    assert not {row.pk for row in first.context["rows"]} & {row.pk for row in second.context["rows"]}
    back = browser.get(address + second.context["newer"])
    assert [row.pk for row in back.context["rows"]] == [row.pk for row in first.context["rows"]]


def test_a_membership_is_kept_longer_on_a_ground_unless_somebody_did_so_meanwhile(recruiter, client_as, noon):
    row = PoolMembershipFactory(expires_at=timezone.now() + timedelta(days=3))
    browser = client_as(recruiter)
    day = (timezone.localdate() + timedelta(days=90)).isoformat()
    address = f"/candidates/poolmembership/{row.pk}/"
    browser.post(address, {"do": "extend", "basis": "legitimate_interest", "expires_on": day,
                           "seen": row.expires_at.isoformat()})  # fmt: skip
    seen, basis = row.expires_at, "legitimate_interest"
    row.refresh_from_db()
    assert (timezone.localdate(row.expires_at).isoformat(), row.basis) == (day, basis)
    browser.post(address, {"do": "extend", "basis": "consent", "expires_on": day, "seen": seen.isoformat()})
    row.refresh_from_db()
    assert row.basis == basis
    assert "Somebody changed this membership" in told(browser)


@pytest.mark.parametrize("said", [{"basis": "because"}, {"expires_on": "2001-01-01"}, {"expires_on": "soon"},
                                  {"expires_on": "2099-01-01"}])  # fmt: skip
def test_nobody_is_kept_without_a_ground_or_for_ever(recruiter, client_as, said):
    pool, candidate = TalentPoolFactory(), CandidateFactory()
    data = {"pool": str(pool.pk), "basis": "consent", "expires_on": ""} | said
    client_as(recruiter).post(f"/candidates/candidate/{candidate.pk}/pools/", data)
    assert not PoolMembership.objects.exists()


def test_a_person_joins_and_leaves_a_pool_and_that_stays_known(recruiter, client_as):
    pool, candidate = TalentPoolFactory(name="Nurses"), CandidateFactory()
    browser = client_as(recruiter)
    browser.post(f"/candidates/candidate/{candidate.pk}/pools/", {"pool": str(pool.pk), "basis": "consent"})
    row = PoolMembership.objects.get()
    assert timezone.localdate(row.expires_at) == talent_pools.usual_end(pool, now=timezone.now())
    assert "Nurses" in browser.get(page_of(candidate)).content.decode()
    browser.post(f"/candidates/poolmembership/{row.pk}/", {"do": "remove"})
    row.refresh_from_db()
    assert row.removed_by == recruiter
    # And may come back.
    browser.post(f"/candidates/candidate/{candidate.pk}/pools/", {"pool": str(pool.pk), "basis": "consent"})
    assert PoolMembership.objects.count() == 2


# --- Sources, and the list narrowed -----------------------------------------------------------------------------------


def test_a_source_is_added_and_put_out_of_use_but_stays(recruiter, client_as):
    browser = client_as(recruiter)
    browser.post("/candidates/source/add/", {"name": "Radio", "kind": "other", "active": "on"})
    source = Source.objects.get(name="Radio")
    browser.post(f"/candidates/source/{source.pk}/change/", {"name": "Radio", "kind": "event"})
    source.refresh_from_db()
    assert (source.kind, source.active) == ("event", False)


@pytest.mark.parametrize("query", ["tag={tag}", "pool={pool}", "pipeline=screen", "resume=no"])
def test_the_list_of_people_is_narrowed(recruiter, client_as, query):
    job = JobFactory()
    one = ApplicationFactory(job=job, stage=job.stages.get(kind="screen")).candidate
    tag, pool = TagFactory(), TalentPoolFactory()
    CandidateTagFactory(candidate=one, tag=tag)
    PoolMembershipFactory(candidate=one, pool=pool)
    if query != "resume=no":
        CandidateFactory()
    answer = client_as(recruiter).get(f"/candidates/candidate/?{query.format(tag=tag.pk, pool=pool.pk)}")
    assert [row.pk for row in answer.context["cl"].result_list] == [one.pk]
    assert client_as(recruiter).get(f"/candidates/candidate/?{query.split('=')[0]}=zz").status_code in {200, 302}


def test_a_filter_by_stage_says_nothing_about_jobs_that_one_does_not_see(recruiter, client_as):
    secret = JobFactory(confidential=True)
    one = ApplicationFactory(job=secret, stage=secret.stages.get(kind="offer")).candidate
    ApplicationFactory(candidate=one, job=JobFactory())
    answer = client_as(recruiter).get("/candidates/candidate/?pipeline=offer")
    assert list(answer.context["cl"].result_list) == []
