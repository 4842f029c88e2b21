"""Signing in as people do: password, app or key, recovery codes, a second browser; by keyboard and on a phone."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from hrassist.models import Session, User
from tests.hrassist.identity.conftest import PASSWORD, code_at

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, databases=["default", "audit"])]


@pytest.fixture
def rosa(recruiter: User, settings: Any) -> User:
    settings.REQUIRE_MFA = True
    recruiter.set_password(PASSWORD)
    recruiter.save(update_fields=["password"])
    return recruiter


def with_password(page: Page, wanted: str = "/jobs/job/") -> None:
    page.goto(wanted)
    page.get_by_label("User name").fill("rosa")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")


def with_key(page: Page) -> Any:
    """A security key beside the browser, as Chromium's own tools simulate it."""
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    about = {"protocol": "ctap2", "transport": "usb", "hasUserVerification": True, "isUserVerified": True}
    tools.send("WebAuthn.addVirtualAuthenticator", {"options": about | {"automaticPresenceSimulation": True}})
    return tools


def heading(page: Page, text: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(text)


def test_an_app_is_set_up_by_keyboard_and_asked_for_at_the_next_sign_in(rosa, new_context, violations):
    page = new_context().new_page()
    with_password(page)
    heading(page, "Set up a second factor")
    picture = page.get_by_role("img", name=re.compile("QR code"))
    assert picture.evaluate("image => image.complete && image.naturalWidth > 0")
    page.get_by_text("The picture cannot be read?").click()
    secret = page.locator(".secret-text").inner_text().replace(" ", "")
    page.get_by_label("Code from the app").fill(code_at(secret, steps=-1))
    page.keyboard.press("Enter")
    heading(page, "Recovery codes")
    codes = page.locator(".codes code").all_inner_texts()
    assert len(codes) == 10
    page.get_by_role("button", name="I have kept them").press("Enter")
    heading(page, "Jobs")

    other = new_context().new_page()
    with_password(other)
    heading(other, "Second factor")
    expect(other.get_by_label("Code from your app")).to_be_focused()
    other.keyboard.type("000000")
    other.keyboard.press("Enter")
    expect(other.get_by_role("alert")).to_contain_text("not right")
    other.keyboard.type(code_at(secret))
    other.keyboard.press("Enter")
    heading(other, "Jobs")

    third = new_context().new_page()
    with_password(third)
    third.get_by_label("Code from your app").fill(codes[3])
    third.keyboard.press("Enter")
    heading(third, "Jobs")
    assert violations == []


def test_a_security_key_is_set_up_and_opens_the_next_session(rosa, new_context, violations):
    page = new_context().new_page()
    tools = with_key(page)
    with_password(page)
    page.get_by_label("A name for it").fill("Blue key")
    page.get_by_role("button", name="Set up a security key").click()
    heading(page, "Recovery codes")
    page.get_by_role("button", name="I have kept them").click()
    heading(page, "Jobs")
    page.goto("/account/")
    expect(page.get_by_text("Blue key")).to_be_visible()
    page.locator(".me summary").click()
    page.get_by_role("button", name="Sign out").click()

    with_password(page)
    heading(page, "Second factor")
    page.get_by_role("button", name="Use your security key").click()
    heading(page, "Jobs")
    assert Session.objects.get(user=rosa).method == "webauthn"

    page.goto("/account/")
    page.get_by_label("Rename Blue key").click()
    page.get_by_label("Name", exact=True).fill("Key on the desk")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Key on the desk")).to_be_visible()
    page.get_by_role("button", name="Remove Key on the desk").click()
    expect(page.get_by_text("This is your last factor")).to_be_visible()
    tools.detach()
    assert violations == []


def test_a_key_that_is_not_this_persons_opens_nothing(rosa, new_context, violations):
    page = new_context().new_page()
    tools = with_key(page)
    with_password(page)
    page.get_by_role("button", name="Set up a security key").click()
    heading(page, "Recovery codes")
    tools.detach()

    other = new_context().new_page()
    with_key(other)
    with_password(other)
    other.get_by_role("button", name="Use your security key").click()
    expect(other.locator("[data-key-status]")).to_contain_text("Nothing was chosen")
    heading(other, "Second factor")
    assert violations == []


def test_sessions_are_listed_and_the_other_one_ends(rosa, sign_in, settings, violations):
    settings.REQUIRE_MFA = False
    page, other = sign_in(rosa), sign_in(rosa)
    page.goto("/account/")
    expect(page.locator("section", has_text="Where you are signed in").locator("li")).to_have_count(2)
    page.get_by_role("button", name=re.compile("^End the session of")).click()
    expect(page.get_by_text("That session has ended.")).to_be_visible()
    other.goto("/jobs/job/")
    expect(other.get_by_label("User name")).to_be_visible()
    assert violations == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_pages_of_signing_in_fit_a_phone(rosa, new_context, theme):
    page = new_context(viewport={"width": 390, "height": 844}, color_scheme=theme).new_page()

    def fits() -> None:
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, page.url

    page.goto("/")
    fits()
    with_password(page)
    heading(page, "Set up a second factor")
    page.get_by_text("The picture cannot be read?").click()
    fits()
    secret = page.locator(".secret-text").inner_text().replace(" ", "")
    page.get_by_label("Code from the app").fill(code_at(secret))
    page.keyboard.press("Enter")
    heading(page, "Recovery codes")
    fits()
    for path in ("/account/", "/account/factors/add/", "/account/confirm/"):
        page.goto(path)
        fits()


def test_the_end_of_a_session_is_said_before_and_what_was_typed_survives_it(rosa, sign_in, new_context, settings):
    settings.REQUIRE_MFA = False
    page = sign_in(rosa)
    page.clock.install()
    page.goto("/candidates/candidate/add/")
    page.get_by_label("Full name").fill("Amara Okafor")
    Session.objects.update(last_used_at=timezone.now() - timedelta(minutes=28, seconds=30))
    page.clock.run_for(61_000)
    expect(page.get_by_role("alert")).to_contain_text("you are signed out in 2 min")
    page.get_by_role("button", name="Stay signed in").click()
    expect(page.get_by_role("alert")).to_have_count(0)

    Session.objects.all().delete()
    page.clock.run_for(61_000)
    expect(page.get_by_role("alert")).to_contain_text("What you typed is still here")
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Sign in again").click()
    window = opened.value
    window.get_by_label("User name").fill("rosa")
    window.get_by_label("Password").fill(PASSWORD)
    window.keyboard.press("Enter")
    heading(window, "You are signed in again")
    window.close()
    page.clock.run_for(61_000)
    expect(page.get_by_role("alert")).to_have_count(0)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Amara Okafor")
