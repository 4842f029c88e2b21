"""Several machines, one after the other, over real ssh, scp and sudo; what answers on each of them is a stand-in here.

tests/deploy/test_machine.py rolls a real release over the real scripts.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.deploy.conftest import free_port
from tests.deploy.ssh import SUDOERS, Machines
from tests.deploy.tools import needs, run
from tests.repo.sources import ROOT

pytestmark = pytest.mark.deploy
# What a machine is asked is written down; it remembers what answers, and refuses where the test says so.
RELEASE = """
echo "release $*" >> {folder}/asked
if [[ -e {folder}/loses_power || -e {folder}/loses_connection ]]; then
  all=() one=$$
  while [[ $one != 1 ]]; do
    [[ $(cat /proc/$one/comm) != sshd ]] || all+=("$one")
    one=$(awk '/^PPid:/ {{print $2}}' /proc/$one/status)
  done
  # The last one is who listens: it goes first and is gone before the rest, or it would take another call meanwhile.
  if [[ -e {folder}/loses_power ]]; then
    kill -9 "${{all[-1]}}"
    while [[ -e /proc/${{all[-1]}} && $(awk '/^State:/ {{print $2}}' "/proc/${{all[-1]}}/status") != Z ]]; do :; done
  fi
  unset "all[-1]"
  kill -9 "${{all[@]}}"
  [[ ! -e {folder}/loses_power ]] || exit 1
fi
[[ -e {folder}/refuses ]] && {{ echo "Release refuses these settings; nothing was changed." >&2; exit 1; }}
sha256sum --check --status <<< "${{*: -3:1}}  ${{*: -2:1}}" || exit 3
case $1 in
  --receipt) cat "$2" > {folder}/brought ;;
  --receipt-to) [[ -e {folder}/gives_none ]] || echo "of {folder}" > "$2" ;;
esac
[[ $1 == --dry-run ]] || echo "${{*: -1}}" > {folder}/current
"""
ROLLBACK = """
if [[ $1 == --current ]]; then cat {folder}/current 2> /dev/null; exit 0; fi
echo "rollback $*" >> {folder}/asked
[[ -e {folder}/stays ]] && exit 1
[[ $1 == --dry-run ]] || echo "$1" > {folder}/current
"""


@pytest.fixture
def machines() -> Iterator[Machines]:
    needs("sshd", "ssh", "sudo", "unshare")
    if os.geteuid() != 0:
        pytest.skip("Machines of one's own need root.")
    # Its users are not root, and have to come through.
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        all_of_them = Machines(Path(name))
        for host in ("one", "two", "three"):
            one = all_of_them.add(host, port=free_port())
            one.program("hrassist-release", RELEASE.format(folder=one.folder))
            one.program("hrassist-rollback", ROLLBACK.format(folder=one.folder))
            (one.folder / "current").write_text("1.3.0\n")
        (Path(name) / "hrassist.tar.gz").write_bytes(b"release")
        yield all_of_them
        all_of_them.end()


@pytest.fixture
def answers(machines: Machines) -> Callable[[], list[str]]:
    return lambda: [(one.folder / "current").read_text().strip() for one in machines.reached.values()]


def asked(machines: Machines, name: str) -> list[str]:
    path = machines.folder / name / "asked"
    return path.read_text().splitlines() if path.exists() else []


def test_machines_are_released_one_after_the_other_and_keep_no_archive(machines, answers):
    done = machines.roll(machines.folder / "hrassist.tar.gz", "1.4.0", "one", "two", "three")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "--- one", "--- two", "--- three", "hrassist 1.4.0 answers on 3 machines."
    ]  # fmt: skip
    assert answers() == ["1.4.0"] * 3
    assert [list(one.home.iterdir()) for one in machines.reached.values()] == [[], [], []]


def test_the_receipt_of_staging_is_fetched_and_brought_to_every_machine_of_production(machines):
    archive, receipt = machines.folder / "hrassist.tar.gz", machines.folder / "receipt.json"
    done = machines.roll("--receipt-to", receipt, archive, "1.4.0", "one")
    assert done.returncode == 0, done.stderr
    assert receipt.read_text() == f"of {machines.folder}/one\n"
    done = machines.roll("--receipt", receipt, archive, "1.4.0", "two", "three")
    assert done.returncode == 0, done.stderr
    assert [(machines.folder / name / "brought").read_text() for name in ("two", "three")] == [receipt.read_text()] * 2
    assert [list(one.home.iterdir()) for one in machines.reached.values()] == [[], [], []]


def test_what_is_said_of_staging_and_of_a_snapshot_is_handed_on_to_every_machine(machines, answers):
    told = ("--without-staging", "--snapshot-made", "before-1.4")
    done = machines.roll(*told, machines.folder / "hrassist.tar.gz", "1.4.0", "one", "two", "three")
    assert done.returncode == 0, done.stderr
    asked = [(machines.folder / name / "asked").read_text() for name in ("one", "two", "three")]
    assert all("release --without-staging --snapshot-made before-1.4 --sha256 " in one for one in asked), asked
    assert answers() == ["1.4.0"] * 3


def test_a_staging_that_gives_no_receipt_is_said_and_is_released_all_the_same(machines, answers):
    (machines.folder / "one/gives_none").touch()
    done = machines.roll(
        "--receipt-to", machines.folder / "none.json", machines.folder / "hrassist.tar.gz", "1.4.0", "one"
    )
    assert done.returncode == 0, done.stderr
    assert "one gave no receipt" in done.stderr
    assert answers()[0] == "1.4.0"
    assert not (machines.folder / "none.json").exists()


def test_when_one_refuses_those_before_it_go_back_and_those_behind_it_are_left(machines, answers):
    (machines.folder / "two/refuses").touch()
    (machines.folder / "one/current").write_text("1.2.7\n")
    done = machines.roll(machines.folder / "hrassist.tar.gz", "1.4.0", "one", "two", "three")
    assert done.returncode == 1
    assert "Release refuses these settings; nothing was changed." in done.stderr
    assert "two refused 1.4.0; 1 released machines go back, and those behind it were left as they are." in done.stderr
    # Back to what answered there, which is not what answers on the others.
    assert "one is back at 1.2.7." in done.stderr
    assert answers() == ["1.2.7", "1.3.0", "1.3.0"]
    assert asked(machines, "three") == []
    assert list((machines.folder / "two/home").iterdir()) == []


def test_one_that_loses_its_power_in_the_middle_is_named_and_the_others_answer(machines, answers):
    (machines.folder / "two/loses_power").touch()
    done = machines.roll(machines.folder / "hrassist.tar.gz", "1.4.0", "one", "two", "three")
    assert done.returncode == 1
    assert "two was lost in the middle of it: what answers there is not known." in done.stderr
    assert "two could not go back to 1.3.0: look at it now." in done.stderr
    assert answers() == ["1.3.0", "1.3.0", "1.3.0"]
    assert [line.split()[0] for line in asked(machines, "one")] == ["release", "rollback"]
    assert asked(machines, "three") == []
    # Who runs it again is told before anything is touched.
    done = machines.roll(machines.folder / "hrassist.tar.gz", "1.4.0", "one", "two", "three")
    assert done.returncode == 1
    assert "Not reached: two. Nothing was changed on any machine." in done.stderr
    assert len(asked(machines, "one")) == 2


def test_one_whose_connection_alone_was_lost_goes_back_too(machines, answers):
    """Nothing tells a release there that whoever began it is gone: it is seen through."""
    (machines.folder / "two/loses_connection").touch()
    done = machines.roll(machines.folder / "hrassist.tar.gz", "1.4.0", "one", "two", "three")
    assert done.returncode == 1
    assert "two is back at 1.3.0." in done.stderr
    assert answers() == ["1.3.0", "1.3.0", "1.3.0"]
    assert [line.split()[0] for line in asked(machines, "two")] == ["release", "rollback"]


def test_a_machine_that_had_the_version_before_is_not_sent_elsewhere(machines, answers):
    (machines.folder / "one/current").write_text("1.4.0\n")
    (machines.folder / "two/refuses").touch()
    done = machines.roll(machines.folder / "hrassist.tar.gz", "1.4.0", "one", "two")
    assert done.returncode == 1
    assert "one had 1.4.0 before: it stays there." in done.stderr
    assert answers()[0] == "1.4.0"


def test_one_that_cannot_go_back_is_named_and_the_others_still_do(machines, answers):
    (machines.folder / "three/refuses").touch()
    (machines.folder / "two/stays").touch()
    done = machines.roll(machines.folder / "hrassist.tar.gz", "1.4.0", "one", "two", "three")
    assert done.returncode == 1
    assert "two could not go back to 1.3.0: look at it now." in done.stderr
    assert "one is back at 1.3.0." in done.stderr
    assert answers() == ["1.3.0", "1.4.0", "1.3.0"]


def test_a_site_that_does_not_hold_afterwards_takes_all_of_them_back(machines, answers):
    done = machines.roll(
        "--smoke", f"https://127.0.0.1:{free_port()}", machines.folder / "hrassist.tar.gz", "1.4.0", "one", "two"
    )
    assert done.returncode == 1
    assert "does not hold with 1.4.0; 2 released machines go back." in done.stderr
    assert answers() == ["1.3.0"] * 3


def test_trying_it_changes_nothing(machines, answers):
    done = machines.roll(
        "--dry-run", "--smoke", "https://hr.example.com", machines.folder / "hrassist.tar.gz", "1.4.0", "one", "two"
    )
    assert done.returncode == 0, done.stderr
    assert answers() == ["1.3.0"] * 3
    assert asked(machines, "one")[0].startswith("release --dry-run --sha256 ")


def test_going_back_takes_every_machine_that_can_be_reached(machines, answers):
    machines.reached["two"].end()
    done = machines.roll("--back", "1.2.0", "one", "two", "three")
    assert done.returncode == 1
    assert "Not reached, and as they were: two" in done.stderr
    assert answers() == ["1.2.0", "1.3.0", "1.2.0"]
    assert machines.roll("--back", "1.1.0", "one", "three").returncode == 0
    assert answers() == ["1.1.0", "1.3.0", "1.1.0"]


def test_a_machine_that_says_it_is_another_is_not_spoken_to(machines):
    (machines.folder / "known_hosts").write_text(
        "".join(
            f"[127.0.0.1]:{one.port} {machines.client_key}" if name == "two" else f"[127.0.0.1]:{one.port} {one.public}"
            for name, one in machines.reached.items()
        )
    )
    done = machines.roll(machines.folder / "hrassist.tar.gz", "1.4.0", "one", "two")
    assert done.returncode == 1
    assert "Not reached: two. Nothing was changed on any machine." in done.stderr
    assert asked(machines, "one") == []


def test_who_brings_releases_may_do_nothing_else_as_root(machines):
    ssh = (machines.folder / "bin/ssh", "-o", "BatchMode=yes", "one")
    assert run(*ssh, "sudo", "-n", "hrassist-rollback", "--current").stdout == "1.3.0\n"
    for other in ("id", "/bin/bash", "hrassist-manage"):
        done = run(*ssh, "sudo", "-n", other)
        assert done.returncode != 0, other
    assert run("visudo", "--check", "--file", SUDOERS).returncode == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("--back", "1.4.0; reboot", "one"),
        ("--back", "$(id)", "one"),
        ("--back", "", "one"),
        ("--back", "1.4.0"),
        ("--back", "1.4.0", "-oProxyCommand=reboot"),
        ("--back", "1.4.0", "one;reboot"),
        ("--back", "1.4.0", "one", "one"),
        ("--forth", "1.4.0", "one"),
        ("/nowhere.tar.gz", "1.4.0", "one"),
        ("--smoke", "http://plain", "/dev/null", "1.4.0", "one"),
        ("--receipt", "/nowhere.json", "/dev/null", "1.4.0", "one"),
        ("--snapshot-made", "before 1.4; reboot", "/dev/null", "1.4.0", "one"),
        ("--snapshot-made", "--dry-run", "/dev/null", "1.4.0", "one"),
    ],
)
def test_what_a_shell_or_ssh_would_read_is_refused_before_anybody_is_asked(tmp_path, arguments):
    for name in ("ssh", "scp"):
        (tmp_path / name).write_text(f"#!/bin/sh\ntouch {tmp_path}/asked\n")
        (tmp_path / name).chmod(0o755)
    done = run(ROOT / "deploy/vm/roll", *arguments, PATH=f"{tmp_path}:{os.environ['PATH']}")
    assert done.returncode == 2
    assert done.stderr
    assert not (tmp_path / "asked").exists()
