import re

import pytest

from tests.repo.sources import MODULES, TESTS

COMMANDS = sorted(path.stem for path in MODULES if path.parent.name == "commands" and not path.stem.startswith("_"))
TEXT = "\n".join(path.read_text() for path in TESTS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_called_in_a_test(command):
    called = rf"""\(\s*["']{command}["']|["']manage\.py["'],\s*["']{command}["']|\b{command}\.Command\("""
    assert re.search(called, TEXT), f"no test calls manage.py {command}"


def test_the_commands_were_found():
    assert "add_user" in COMMANDS
