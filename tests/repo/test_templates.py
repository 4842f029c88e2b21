import re

import pytest

from tests.repo.sources import MODULES, PACKAGES, ROOT, TEMPLATES, name_of

HTML = [path for path in TEMPLATES if path.suffix == ".html"]
SCRIPTS = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("static/**/*.js"))
STYLES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("static/**/*.css"))


def path_in_templates(path) -> str:
    parts = path.parts
    return "/".join(parts[parts.index("templates") + 1 :])


def composed_names(text: str) -> list[str]:
    """Patterns of names put together while the program runs: f"admin/jobs/job/{tab}.html"."""
    found = re.findall(r"f\"([^\"]+\.html)\"", text)
    return [re.sub(r"\\{.*?\\}", r"\\w+", re.escape(one)) for one in found]


@pytest.mark.parametrize("path", HTML, ids=name_of)
def test_a_template_has_no_script_style_or_handler_of_its_own(path):
    """The content security policy forbids them: they would do nothing but fill the report."""
    text = re.sub(r"{#.*?#}|{% comment %}.*?{% endcomment %}", "", path.read_text(), flags=re.DOTALL)
    inline = [
        match.group(0)[:60]
        for pattern in (
            r"<script(?![^>]*\bsrc=)(?![^>]*application/json)[^>]*>",
            r"<style\b",
            r"\sstyle=",
            r"\son[a-z]+=\"",
        )
        for match in re.finditer(pattern, text)
    ]
    assert inline == []


@pytest.mark.parametrize("path", HTML, ids=name_of)
def test_a_template_is_used(path):
    """By a view or another template, or because the admin looks for that very name."""
    name = path_in_templates(path)
    texts = [one.read_text() for one in MODULES] + [one.read_text() for one in HTML if one != path]
    chosen_by_name = any(
        re.fullmatch(pattern, name) and re.search(rf"[\"']{path.stem}[\"']", text)
        for text in texts
        for pattern in composed_names(text)
    )
    known_to_django = {
        "admin/base.html", "admin/base_site.html", "admin/login.html", "admin/index.html", "admin/404.html", "404.html",
        "admin/500.html", "500.html", "403.html", "400.html", "403_csrf.html", "admin/app_index.html",
    }  # fmt: skip
    by_convention = re.fullmatch(
        r"admin/((candidates|jobs|audit|hrassist|auth)/(\w+/)?)?"
        r"(change_list|change_form|change_list_results|delete_confirmation|object_history|pagination|filter|search_form|actions"
        r"|delete_selected_confirmation|submit_line|nav_sidebar|color_theme_toggle|change_form_object_tools"
        r"|change_list_object_tools|prepopulated_fields_js|edit_inline/\w+|includes/\w+)\.html|registration/\w+\.html"
        r"|django/forms/.+\.html",
        name,
    )
    assert by_convention or chosen_by_name or name in known_to_django or any(name in text for text in texts)


@pytest.mark.parametrize("path", SCRIPTS, ids=name_of)
def test_a_script_writes_no_markup(path):
    text = path.read_text()
    assert not re.findall(
        r"\.(?:innerHTML|outerHTML)\s*\+?=|insertAdjacentHTML|document\.write|\beval\(|new Function", text
    )


@pytest.mark.parametrize("path", SCRIPTS + STYLES, ids=name_of)
def test_a_page_loads_nothing_from_elsewhere(path):
    assert not re.findall(r"(?:url\(|import\s+|from\s+)[\"']?https?://", path.read_text())


def test_templates_were_found():
    assert HTML
