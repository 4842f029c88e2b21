"""The files that are ours to hold to the rules of the house."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("hrassist", "candidates", "jobs", "audit")
MODULES = sorted(
    path for package in PACKAGES for path in (ROOT / package).rglob("*.py") if "migrations" not in path.parts
)
TESTS = sorted((ROOT / "tests").rglob("*.py"))
TEMPLATES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("templates/**/*") if path.is_file())


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))
