"""What the guide tells people to do can be done: its addresses, labels, keys, permissions and pictures are there."""

from __future__ import annotations

import html
import re
from functools import cache
from pathlib import Path

import pytest
from django.contrib.auth.models import Permission
from django.urls import Resolver404, resolve

from tests.browser.guide_pictures import MOST_BYTES_IN_ALL, PICTURES, SIZES, THEMES
from tests.repo.sources import MODULES, PACKAGES, ROOT, TEMPLATES

GUIDE = ROOT / "docs" / "admin-guide.md"
TEXT = GUIDE.read_text(encoding="utf-8")
# Links and quoted words of tables of contents are told apart by what encloses them.
CODE = sorted(set(re.findall(r"`([^`]+)`", TEXT)))
PATHS = [code for code in CODE if code.startswith("/")]
PERMISSIONS = [code for code in CODE if re.fullmatch(r"(candidates|jobs|hrassist|audit)\.[a-z_]+", code)]
SEARCHES = [code for code in CODE if re.match(r"[a-z]+:\S", code)]
LABELS = sorted(set(re.findall(r"(?<!\*)\*\*([^*\n]+)\*\*", TEXT)))
KEYS = sorted(set(re.findall(r"<kbd>([^<]+)</kbd>", TEXT)))
IMAGES = sorted(set(re.findall(r"!\[[^\]]*\]\(([^)]+)\)", TEXT)))
LINKS = sorted(set(re.findall(r"(?<!!)\[[^\]]+\]\(([^)]+)\)", TEXT)))

# Headings of the guide's own table of contents, and the word that says what is bold.
OF_THE_GUIDE = {"bold", "People", "Hiring", "The whole"}
KEY_NAMES = {"↑": "ArrowUp", "↓": "ArrowDown", "←": "ArrowLeft", "→": "ArrowRight", "Esc": "Escape", "Ctrl": "ctrlKey",
             "Shift": "shiftKey", "K": "k"}  # fmt: skip
ANY_ID = "00000000-0000-7000-8000-000000000000"


@cache
def words() -> str:
    """Whatever can stand on a page: the texts of templates, and of modules and scripts that write labels."""
    scripts = (path for package in PACKAGES for path in (ROOT / package).rglob("static/**/*.js"))
    text = "\n".join(path.read_text(encoding="utf-8") for path in (*TEMPLATES, *MODULES, *scripts))
    return re.sub(r"\s+", " ", html.unescape(text))


@cache
def scripts() -> str:
    return "\n".join(
        path.read_text(encoding="utf-8") for package in PACKAGES for path in (ROOT / package).rglob("static/**/*.js")
    )


def label_stands_somewhere(label: str) -> bool:
    """As a whole text: between tags, in quotes, or as the value of a choice that Django writes with a capital."""
    spellings = {label, label.replace("…", " …"), label.replace("…", "&hellip;")}
    for said in spellings:
        if re.search(rf"""(?:[>"'}}]|%}})\s*{re.escape(said)}\s*(?:[<"'{{(.:,]|$)""", words()):
            return True
    return bool(re.search(rf"""["']{re.escape(label.lower().replace(" ", "_"))}["']""", words()))


@pytest.mark.parametrize("path", PATHS)
def test_an_address_leads_to_a_page(path):
    plain = path.split("?")[0]
    found = []
    for stands_for in (ANY_ID, "1"):
        try:
            found.append(resolve(plain.replace("…", stands_for)))
        except Resolver404:
            continue
    assert found, f"no page answers {path}"
    # Django's admin answers any address with its own page of what is not there.
    assert any(match.url_name or match.func.__name__ != "catch_all_view" for match in found), f"nothing is at {path}"


@pytest.mark.parametrize("label", [label for label in LABELS if label not in OF_THE_GUIDE])
def test_a_label_stands_on_some_page(label):
    assert label_stands_somewhere(label), f"nothing is called {label!r}"


@pytest.mark.parametrize("key", KEYS)
def test_a_key_does_something(key):
    name = KEY_NAMES.get(key, key)
    # A digit is one of a span of them, <kbd>1</kbd> … <kbd>9</kbd>; a sign may stand in a pattern.
    wanted = r"\[1-9" if key.isdigit() else re.escape(name) if not name.isalnum() else rf"""["'.]{name}\b|\b{name}: """
    assert re.search(wanted, scripts()), f"no script listens to {key}"


@pytest.mark.django_db
@pytest.mark.parametrize("permission", PERMISSIONS)
def test_a_permission_exists(permission):
    app, codename = permission.split(".")
    assert Permission.objects.filter(content_type__app_label=app, codename=codename).exists()


@pytest.mark.parametrize("search", SEARCHES)
def test_a_search_uses_a_word_of_the_language(search):
    operator = search.split(":")[0]
    assert re.search(rf"""name="{operator}", example=""", words()), f"the search knows no {operator}:"


@pytest.mark.parametrize("image", IMAGES)
def test_a_picture_is_there_and_is_one_that_is_taken_anew(image):
    taken = {f"images/guide/{one.name}{size}{theme}.png" for one in PICTURES for size in SIZES for theme in THEMES}
    assert image in taken
    assert (GUIDE.parent / image).exists()


@pytest.mark.parametrize("link", LINKS)
def test_a_link_leads_to_a_heading_or_a_file(link):
    headings = {_anchor(line) for line in re.findall(r"^#+ (.+)$", TEXT, re.MULTILINE)}
    assert link.removeprefix("#") in headings if link.startswith("#") else (GUIDE.parent / link).exists()


def test_the_pictures_keep_to_what_a_repository_should_carry():
    sizes = [path.stat().st_size for path in Path(GUIDE.parent / "images" / "guide").glob("*.png")]
    assert max(sizes, default=0) <= 120_000
    assert sum(sizes) <= MOST_BYTES_IN_ALL


def test_the_guide_was_read():
    assert len(PATHS) > 30
    assert len(LABELS) > 60
    assert len(KEYS) > 15
    assert len(PERMISSIONS) > 20
    assert len(SEARCHES) > 8


def test_the_readme_leads_to_it():
    assert "docs/admin-guide.md" in (ROOT / "README.md").read_text()


def _anchor(heading: str) -> str:
    """As GitHub makes anchors of headings."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
