from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pypdfium2
import pytest

ROOT = Path(__file__).parents[2]
# The oldest that is still met: it knows less than those after it, so what it takes they take.
VERSION = "Office2013"


@pytest.fixture
def wrong_in(tmp_path: Path) -> Callable[[bytes], list[str]]:
    """What the Open XML SDK finds wrong in a file."""

    def ask(content: bytes) -> list[str]:
        path = tmp_path / "asked.docx"
        path.write_bytes(content)
        asked = [ROOT / "deploy" / "scripts" / "word-validator", path, VERSION]
        said = json.loads(subprocess.run(asked, check=True, capture_output=True, text=True, timeout=120).stdout)
        assert said["ok"] is (not said["errors"])
        return [f"{one['path']} {one['xPath']}: {one['description']}" for one in said["errors"]]

    return ask


@pytest.fixture
def opened(tmp_path: Path) -> Callable[[dict[str, bytes]], dict[str, list[str]]]:
    """The words, in order, of files as LibreOffice lays them out; all in one go, for it takes seconds to start."""

    def convert(files: dict[str, bytes]) -> dict[str, list[str]]:
        for name, content in files.items():
            (tmp_path / f"{name}.docx").write_bytes(content)
        subprocess.run(
            ["soffice", f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless", "--convert-to", "pdf",
             "--outdir", tmp_path / "out", *sorted(tmp_path.glob("*.docx"))],
            check=True, capture_output=True, timeout=300,
        )  # fmt: skip
        return {name: words(text_of(tmp_path / "out" / f"{name}.pdf")) for name in files}

    return convert


def text_of(path: Path | bytes) -> str:
    paper = pypdfium2.PdfDocument(path)
    try:
        return " ".join(page.get_textpage().get_text_range() for page in paper)
    finally:
        paper.close()


def words(text: str) -> list[str]:
    """The words of a text, without what stands for bullets and the numbers of pages."""
    return re.findall(r"\w+", re.sub(r"\bPage \d+ of \d+|\b\d+ of \d+\b", " ", text))
