"""People kept for later, and campaigns that bring many at once."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from candidates.models import PoolMembership, TalentPool
from jobs.models import DriveJob, RecruitmentDrive, TrackingLink
from tests.browser.crawling import width_beyond
from tests.factories import ApplicationFactory, CandidateFactory, JobFactory
from tests.hiring import DriveFactory, TalentPoolFactory, TrackingLinkFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "audit"])]


def test_a_pool_is_made_filled_extended_and_emptied(recruiter, sign_in, violations):
    CandidateFactory(full_name="Amara Okafor")
    page = sign_in(recruiter)
    page.get_by_role("link", name="Talent pools").click()
    expect(page.get_by_text("No talent pools yet")).to_be_visible()
    page.goto("/candidates/talentpool/add/")
    page.get_by_label("Name").fill("Runners-up")
    page.get_by_label("Keep for months").fill("12")
    page.get_by_role("button", name="Save", exact=True).click()
    pool = TalentPool.objects.get()
    page.goto("/candidates/candidate/")
    page.get_by_role("link", name="Amara Okafor").click()
    page.locator("summary", has_text="Add to pool").click()
    page.get_by_label("Talent pool").select_option("Runners-up")
    page.get_by_label("Lawful basis").select_option("consent")
    page.get_by_role("button", name="Add to pool").click()
    expect(page.locator(".messagelist")).to_contain_text("is in the pool now.")
    page.locator(".person-labels").get_by_role("link", name="Runners-up").click()
    expect(page).to_have_url(f"{page.url.split('/candidates/')[0]}/candidates/talentpool/{pool.pk}/change/")
    page.locator("summary", has_text="Keep longer").click()
    page.get_by_label("Keep until").fill("2028-06-30")
    page.get_by_role("button", name="Keep until then").click()
    expect(page.locator(".messagelist")).to_contain_text("stays in “Runners-up”")
    assert PoolMembership.objects.get().expires_at.year == 2028
    page.get_by_role("button", name="Remove Amara Okafor from the pool").click()
    expect(page.get_by_role("heading", name="Nobody is in this pool")).to_be_visible()
    assert violations == []


def test_many_are_put_into_a_pool_and_it_is_taken_back(recruiter, sign_in, violations):
    TalentPoolFactory(name="Fair")
    CandidateFactory.create_batch(2)
    page = sign_in(recruiter)
    page.goto("/candidates/candidate/")
    page.locator("#action-toggle").check()
    page.get_by_role("region", name="Selected rows").get_by_role("button", name="Add to talent pool").click()
    page.get_by_label("Talent pool").select_option("Fair")
    page.get_by_role("button", name="2 candidates").click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    assert PoolMembership.objects.filter(removed_at=None).count() == 2
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Undone for 2 candidates.")).to_be_visible()
    assert PoolMembership.objects.filter(removed_at=None).count() == 0
    assert violations == []


def test_a_drive_gets_its_job_and_link_starts_and_ends(recruiter, sign_in, new_context, violations):
    JobFactory(title="Baker", team={recruiter: "recruiter"})
    page = sign_in(recruiter)
    page.get_by_role("link", name="Drives").click()
    expect(page.get_by_text("No drives yet")).to_be_visible()
    page.goto("/jobs/recruitmentdrive/add/")
    today = timezone.localdate()
    page.get_by_label("Name").fill("Autumn fair")
    page.get_by_label("Starts on").fill(today.isoformat())
    page.get_by_label("Ends on").fill(today.isoformat())
    page.get_by_label("Target applications").fill("40")
    page.get_by_role("button", name="Save", exact=True).click()
    drive = RecruitmentDrive.objects.get()
    page.goto(f"/jobs/recruitmentdrive/{drive.pk}/change/")
    page.locator("#id_job + .select2 [role=combobox]").press("Enter")
    page.locator(".select2-search__field").type("bak")
    page.get_by_role("option", name="Baker (Berlin, DE)").click()
    page.get_by_role("button", name="Add job").click()
    expect(page.get_by_role("button", name="Take Baker out of the drive")).to_be_visible()
    page.get_by_label("New link: where it is used").fill("Poster at the door")
    page.get_by_role("button", name="Create link").click()
    expect(page.get_by_label("Address of Poster at the door", exact=True)).to_be_visible()
    link = TrackingLink.objects.get()
    expect(page.get_by_label("Address of Poster at the door", exact=True)).to_have_value(
        f"{page.url.split('/jobs/')[0]}/apply/{link.token}/"
    )
    visitor = new_context().new_page()
    visitor.goto(f"/apply/{link.token}/")
    expect(visitor.get_by_role("button", name="Send application")).to_have_count(0)
    page.get_by_role("button", name="Start", exact=True).click()
    visitor.reload()
    expect(visitor.get_by_role("button", name="Send application")).to_be_visible()
    page.locator("summary", has_text="End it").click()
    page.get_by_role("button", name="End the drive").click()
    expect(page.get_by_role("button", name="Start again")).to_be_visible()
    visitor.reload()
    expect(visitor.get_by_text("This drive has ended.")).to_be_visible()
    # The visitor's refusals are errors to the browser; nothing else may be.
    assert [said for said in violations if "410" not in said] == []


def test_a_drive_counts_who_came_through_its_links_against_its_target(recruiter, sign_in):
    today = timezone.localdate()
    job = JobFactory(team={recruiter: "recruiter"})
    drive = DriveFactory(created_by=recruiter, starts_on=today, ends_on=today, target_applications=4, status="running")
    drive.drive_jobs.create(job=job, target_hires=2)
    link = TrackingLinkFactory(job=None, drive=drive, created_by=recruiter)
    for _ in range(3):
        ApplicationFactory(job=job, tracking_link=link)
    page = sign_in(recruiter, viewport={"width": 390, "height": 844})
    page.goto(f"/jobs/recruitmentdrive/{drive.pk}/change/")
    expect(page.get_by_role("progressbar", name="3 of 4 applications")).to_be_visible()
    expect(page.get_by_text("75 % of 4")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0


def test_on_a_phone_a_drives_numbers_say_what_they_count_and_its_search_fits(recruiter, sign_in):
    drive = DriveFactory(name="Nurses 2027", target_applications=40)
    job = JobFactory(title="A title that is about as long as titles of jobs become when they name a whole department")
    DriveJob.objects.create(drive=drive, job=job)
    page = sign_in(recruiter)
    page.goto("/jobs/recruitmentdrive/")
    noun = page.locator("#result_list .cell-noun").first
    expect(noun).to_be_hidden()
    page.set_viewport_size({"width": 390, "height": 844})
    row = page.locator("#result_list tbody tr").first
    for said in ("1 job", "0 of 40 applications", "0 hires"):
        expect(row).to_contain_text(said, use_inner_text=True)
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(f"/jobs/recruitmentdrive/{drive.pk}/change/")
    searched = page.locator(".select2-selection").first
    beside = page.locator("form", has=searched).locator("input[type=number], .button").first
    assert abs(searched.bounding_box()["height"] - beside.bounding_box()["height"]) <= 2
    # A window that gets narrower takes the field with it.
    page.set_viewport_size({"width": 390, "height": 844})
    assert width_beyond(page) <= 0
