"""deploy/README.md: each thing that is shipped has its line, and each line is about something that is shipped."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.repo.sources import ROOT

README = ROOT / "deploy" / "README.md"


def named() -> set[str]:
    """The paths in the second column, as they are from deploy/."""
    rows = [line.split("|") for line in README.read_text().splitlines() if line.startswith("| ")]
    return {path for row in rows[1:] for path in re.findall(r"`([^`]+)`", row[2])}


def shipped() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "deploy", "config", ".github/workflows"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    return [path for path in listed if path != "deploy/README.md" and (ROOT / path).is_file()]


def whole(path: str) -> str:
    resolved = (ROOT / "deploy" / path).resolve()
    return str(resolved.relative_to(ROOT)) + ("/" if path.endswith("/") else "")


def test_every_artefact_has_its_line():
    lines = {whole(path) for path in named()}
    missing = [
        path
        for path in shipped()
        if not any(path == line or (line.endswith("/") and path.startswith(line)) for line in lines)
    ]
    assert missing == []


def test_every_line_is_about_something_that_is_there():
    for path in named():
        assert (ROOT / whole(path)).exists(), path
        assert (ROOT / whole(path)).is_dir() == path.endswith("/"), path


def lines() -> Iterator[tuple[str, list[Path]]]:
    """Each line, and the tests that it names."""
    for line in README.read_text().splitlines():
        if line.startswith("| ") and not line.startswith("| what"):
            names = re.findall(r"`((?:tests/)?[\w/]*test_\w+\.py)`", line.split("|")[3])
            yield line, [ROOT / (name if "/" in name else f"tests/deploy/{name}") for name in names]


def test_every_line_names_a_test_that_is_there():
    for line, tests in lines():
        assert tests, line
        assert [path for path in tests if not path.is_file()] == [], line


def test_the_tests_of_a_line_name_what_the_line_is_about():
    unnamed = []
    for line, tests in lines():
        text = "".join(with_helpers(path) for path in tests)
        unnamed += [path for path in re.findall(r"`([^`]+)`", line.split("|")[2]) if not is_named(path, text)]
    assert unnamed == []


def with_helpers(test: Path) -> str:
    """A test, and what there is beside it for such tests: machines, networks, proxies."""
    found = re.findall(r"from tests\.(deploy|machine)\.(\w+) import", test.read_text())
    helpers = [ROOT / f"tests/{folder}/{name}.py" for folder, name in found]
    return "".join(path.read_text() for path in (test, *helpers))


def is_named(path: str, text: str) -> bool:
    """By its path or its name, a file also by its whole folder; a module as it is imported or called."""
    folder, _, name = whole(path).rstrip("/").rpartition("/")
    if f"{folder}/{name}" in text:
        return True
    if name.endswith(".py"):
        module = f"{folder.replace('/', '.')}.{name[:-3]}"
        package, _, stem = module.rpartition(".")
        return bool(re.search(rf"{re.escape(module)}\b|from {re.escape(package)} import .*\b{stem}\b", text))
    as_a_path = re.search(rf"[\"/ ]{re.escape(name)}[\"/ ]", re.sub(r"`[^`]*`", "", text))
    return as_a_path is not None or (not path.endswith("/") and f'"{folder}"' in text)


def test_the_pages_of_infrastructure_reach_each_other():
    folder = ROOT / "docs" / "infrastructure"
    pages = set(folder.glob("*.md"))
    links = {page: targets(page) for page in pages}
    reached, waiting = set(), {folder / "README.md"}
    while waiting:
        page = waiting.pop()
        reached.add(page)
        waiting |= (links[page] & pages) - reached
    assert reached == pages
    for page, found in links.items():
        assert all(target.exists() for target in found), page
        assert page.name == "README.md" or found & pages, f"{page.name} leads nowhere"


def targets(page: Path) -> set[Path]:
    found = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text())
    return {(page.parent / one).resolve() for one in found}
