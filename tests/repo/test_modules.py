import ast

import pytest

from tests.repo.sources import MODULES, TESTS, name_of, parsed

# Where writing rows is an edge's own business: its lists and filters are not.
EDGES = ("admin", "api", "management", "views.py")
WRITES = {"create", "bulk_create", "get_or_create", "update_or_create", "save", "update", "bulk_update", "delete"}

# What the API itself keeps about requests; nobody but the API could write it.
OF_THE_API = {
    "hrassist/api/authentication.py": "when a token was last used",
    "hrassist/api/idempotency.py": "what was answered to a repeated request",
}


def test_no_module_is_longer_than_400_lines():
    long = {name_of(path): length for path in MODULES if (length := len(path.read_text().splitlines())) > 400}
    assert long == {}


def test_no_module_is_named_after_nothing():
    vague = {"utils.py", "helpers.py", "common.py", "services.py", "misc.py"}
    assert [name_of(path) for path in MODULES + TESTS if path.name in vague] == []


def test_there_are_no_empty_modules_but_packages():
    assert [name_of(path) for path in MODULES if path.name != "__init__.py" and not path.read_text().strip()] == []


def is_edge(path) -> bool:
    parts = path.parts
    return parts[-1] == "views.py" or any(edge in parts[:-1] for edge in EDGES)


@pytest.mark.parametrize(
    "path", [path for path in MODULES if is_edge(path) and name_of(path) not in OF_THE_API], ids=name_of
)
def test_an_edge_only_translates_and_writes_no_row(path):
    """Rows are written by actions, which keep the audit trail and the transaction together."""
    found = []
    for node in ast.walk(parsed(path)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WRITES):
            continue
        of = ast.unparse(node.func.value)
        if of.endswith("objects") or ".objects." in of or of in {"obj", "instance", "serializer", "form"}:
            found.append(f"line {node.lineno}: {ast.unparse(node)[:80]}")
    assert found == []


def test_nothing_of_ours_prints_but_commands():
    found = []
    for path in MODULES:
        if "management" in path.parts:
            continue
        found += [
            f"{name_of(path)}:{node.lineno}"
            for node in ast.walk(parsed(path))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
        ]
    assert found == []
