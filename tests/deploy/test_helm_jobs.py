"""Work by the clock in a cluster: what timers do on one machine, with no more than each needs, and really done."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings as configured
from django.db import connection

from audit.sealing import keys as audit_keys
from hrassist.env import CREDENTIALS
from hrassist.lib import devdb
from hrassist.ops.backup import keys
from tests import factories
from tests.browser.conftest import environment_of_the_test
from tests.deploy.charts import CHART, SETS, VALUES, VERSIONS, blocks, kinds, merged, pods, policy_of, render
from tests.deploy.test_supervisor import as_cron_says_it
from tests.deploy.tools import needs, run
from tests.repo.sources import ROOT

pytestmark = pytest.mark.deploy
UNITS = ROOT / "deploy/vm/systemd"


def jobs(documents: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {name.removeprefix("hr-"): one["spec"] for name, one in kinds(documents, "CronJob").items()}


def container_of(job: dict[str, Any]) -> dict[str, Any]:
    (container,) = job["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    return dict(container)


def sets_of(container: dict[str, Any]) -> set[str]:
    return {mount["name"] for mount in container["volumeMounts"] if mount["mountPath"].startswith("/run/credentials/")}


# --- What they are ----------------------------------------------------------------------------------------------------


def test_what_timers_do_on_one_machine_jobs_do_in_a_cluster(rendered):
    """The same commands at the same times, with the same secrets; where backups are is a set of its own here."""
    wanted = {}
    for timer in UNITS.glob("*.timer"):
        unit, name = timer.with_suffix(".service").read_text(), timer.stem.removeprefix("hrassist-")
        command = re.search(r"^ExecStart=\S+/python manage\.py (.*)$", unit, re.MULTILINE)
        calendar = re.search(r"^OnCalendar=(.*)$", timer.read_text(), re.MULTILINE)
        assert command is not None
        assert calendar is not None
        sets = set(re.findall(r"^LoadCredential=(\w+):", unit, re.MULTILINE))
        # The key of backups and what opens their places are one set in a cluster.
        sets = {"backup" if one == "key" else one for one in sets}
        wanted[name] = (command[1].split(), as_cron_says_it(calendar[1]).strip().replace("sun", "0"), sets)
    # A pod that stays does it: nobody could ask a job for figures that it is gone with.
    command, schedule, sets = wanted.pop("backup-status")
    (looks,) = pods(rendered("ha"))["hr-backup-status"]["containers"]
    assert (command[0], schedule, sets) == ("backup_status", "*/5 * * * *", sets_of(looks))
    assert looks["args"] == ["metrics", "--only", "backups"]
    made = {
        name: (container_of(job)["args"], job["schedule"], sets_of(container_of(job)))
        for name, job in jobs(rendered("air-gapped")).items()
    }
    assert made == wanted
    assert set(jobs(rendered("ha"))) == set(wanted) - {"bounces"}
    assert set(jobs(rendered("minimal"))) == {"audit-verify", "fsck", "fsck-files", "storage-doctor"}


@pytest.mark.parametrize("name", SETS)
def test_one_of_a_kind_runs_at_once_and_none_for_ever(rendered, name):
    for which, job in jobs(rendered(name)).items():
        of_unit = (UNITS / f"hrassist-{which}.service").read_text()
        hours = re.search(r"^TimeoutStartSec=(\d+)h$", of_unit, re.MULTILINE)
        assert hours is not None
        made = job["jobTemplate"]["spec"]
        assert job["concurrencyPolicy"] == "Forbid"
        assert made["activeDeadlineSeconds"] == int(hours[1]) * 3600
        assert job["startingDeadlineSeconds"] >= 60
        assert (job["successfulJobsHistoryLimit"], job["failedJobsHistoryLimit"]) == (1, 3)
        assert (job["timeZone"], job["suspend"]) == ("Etc/UTC", False)
        assert made["template"]["spec"]["restartPolicy"] == "Never"
        # What a check found is told once; a drill that is made again until it passes would be none.
        assert made["backoffLimit"] == {"backup": 2, "backup-files": 1}.get(which, 0)
        (rule,) = made["podFailurePolicy"]["rules"]
        assert (rule["action"], rule["onPodConditions"][0]["type"]) == ("Ignore", "DisruptionTarget")


@pytest.mark.parametrize("name", SETS)
def test_each_gets_to_the_database_and_the_store_and_those_of_backups_to_the_places(rendered, name):
    """And to nobody else: no mail, no model, no sign-in of the company."""
    egress = yaml.safe_load((VALUES / f"{name}.yaml").read_text())["networkPolicy"]["egress"]
    needed = {*egress["database"]["cidrs"], *egress["store"]["cidrs"]}
    places = {one["cidr"] for one in egress.get("places", [])}
    others = {one["cidr"] for one in egress.get("others", [])} | set(egress.get("redis", {}).get("cidrs", []))
    found = rendered(name)
    for pod, spec in pods(found).items():
        has_key = "backup" in {volume["name"] for volume in spec["volumes"]}
        is_by_the_clock = pod in kinds(found, "CronJob") or pod == "hr-backup-status"
        assert has_key <= is_by_the_clock, pod
        # Web looks for the page of operators.
        sees = has_key or pod == "hr-web"
        reached = needed | (places if sees else set()) | (set() if is_by_the_clock else others)
        assert blocks(policy_of(found, pod)) == reached, pod
        if pod in kinds(found, "CronJob") and not has_key:
            assert "ingress" not in policy_of(found, pod), "nobody asks it anything"


@pytest.mark.parametrize("name", SETS)
def test_whoever_has_a_half_of_the_key_of_backups_knows_where_they_are_and_nobody_else(rendered, name):
    """A process with places and no key does not start (hrassist.E090)."""
    for pod, spec in pods(rendered(name)).items():
        sets = {volume["name"] for volume in spec["volumes"]}
        has_key, sees = "backup" in sets, "reader" in sets
        assert not (has_key and sees), pod
        for container in spec["containers"]:
            # The container beside web serves what web counts.
            mine = sees and container["name"] == "web"
            told = {one["name"]: one["value"] for one in container["env"]}
            for variable, has in (("KEY_FILE", has_key), ("PUBLIC_KEY_FILE", mine), ("A", has_key or mine)):
                assert (f"HRASSIST_BACKUP_{variable}" in told) == has, pod
            assert any(one.startswith("HRASSIST_BACKUP_") for one in told) == (has_key or mine), pod
    shared = next(iter(kinds(rendered(name), "ConfigMap").values()))["data"]
    assert not [one for one in shared if one.startswith("HRASSIST_BACKUP_")]
    if name == "ha":
        told = {one["name"]: one["value"] for one in container_of(jobs(rendered(name))["backup"])["env"]}
        assert told["HRASSIST_BACKUP_A"] == "s3://hr-backups-a/production"
        assert told["HRASSIST_BACKUP_B_ENDPOINT_URL"] == "https://s3.other.example.net"
        assert told["HRASSIST_BACKUP_KEEP_DAYS"] == "14"


def test_settings_of_jobs_are_ones_that_are_read_and_their_sets_are_looked_into(rendered):
    example = (ROOT / "config/env.example").read_text()
    for spec in pods(rendered("air-gapped")).values():
        for container in spec["containers"]:
            for one in container["env"]:
                if one["name"] not in {"CREDENTIALS_DIRECTORY", "PGOPTIONS"}:
                    assert f"\n#{one['name']}=" in example, one["name"]
            assert sets_of(container) <= set(CREDENTIALS)


def test_a_scanner_is_missed_only_where_there_is_one_beside(rendered):
    """The figures would say for ever that it is down, where no scanner is in the pod."""
    for name, spec in pods(rendered("ha")).items():
        has_scanner = "scanner" in [one["name"] for one in spec.get("initContainers", [])]
        assert has_scanner == (name in {"hr-web", "hr-worker"})
        told = {one["name"]: one["value"] for one in spec["containers"][0]["env"]}
        asks = told.get("HRASSIST_CLAMD_SOCKET") != ""
        assert not asks or has_scanner or name in {"hr-stream", "hr-migrate"}, (
            f"{name} asks a scanner that is not there"
        )


def test_a_long_name_of_a_release_leaves_every_name_one_that_the_api_takes(tmp_path):
    long = "a-very-long-name-of-a-release-of-somebody-fifty-3"
    code, said, documents = render(tmp_path, VALUES / "air-gapped.yaml", *VERSIONS, release=long)
    assert code == 0, said
    names = kinds(documents, "CronJob")
    assert len(names) == 8
    assert max(map(len, names)) <= 52
    for one in documents:
        assert len(one["metadata"]["name"]) <= 63
        assert re.fullmatch(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", one["metadata"]["name"])


def test_while_they_are_suspended_none_begins(tmp_path):
    values = yaml.safe_load((VALUES / "minimal.yaml").read_text())
    (tmp_path / "values.yaml").write_text(yaml.safe_dump(merged(values, {"jobs": {"suspend": True}})))
    code, said, documents = render(tmp_path, tmp_path / "values.yaml", VERSIONS[-1])
    assert code == 0, said
    assert {job["suspend"] for job in jobs(documents).values()} == {True}


# --- PostgreSQL's programs out of another image -----------------------------------------------------------------------


def copy_programs(job: dict[str, Any], folder: Path, *, out_of: Path) -> Path:
    """Run what the init container runs, where these programs are; the folder that HRASSIST_PG_BIN names."""
    (container,) = job["jobTemplate"]["spec"]["template"]["spec"]["initContainers"]
    assert container["command"][:2] == ["sh", "-euc"]
    script = container["command"][2].replace("/programs", str(folder))
    done = run("sh", "-euc", script, PATH=f"{out_of}:{os.environ['PATH']}")
    assert done.returncode == 0, done.stderr
    return folder / "bin"


def programs_of_the_server() -> Path:
    return Path(devdb._binary("pg_dump")).parent


def test_programs_that_are_copied_need_nothing_of_the_image_they_come_into(rendered, tmp_path):
    """In a root that is empty but for them."""
    if os.geteuid() != 0:
        pytest.skip("Only root changes the root.")
    needs("ldd", "chroot")
    copied = copy_programs(jobs(rendered("ha"))["drill"], tmp_path / "programs", out_of=programs_of_the_server())
    for name in ("pg_dump", "pg_restore"):
        line = (copied / name).read_text().splitlines()[1].replace(str(tmp_path), "")
        words = line.removeprefix("exec ").removesuffix(' "$@"').split()
        done = run(str(shutil.which("chroot", path="/usr/sbin:/sbin")), tmp_path, *words, "--version")
        assert (done.returncode, f"{name} (PostgreSQL)" in done.stdout) == (0, True), done.stderr
    assert run(copied / "pg_restore", "--version").stdout.startswith("pg_restore (PostgreSQL)")


def test_the_script_that_copies_them_is_sound():
    done = run("deploy/scripts/scanner", "shellcheck", "--shell=sh", CHART / "files/programs")
    assert done.returncode == 0, done.stdout


# --- What they do -----------------------------------------------------------------------------------------------------


@pytest.fixture
def pod(own_store: Path, of_production: None, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run what a container runs, with the settings and the sets of secrets that it is given and no others.

    The store and both places are folders here: what a bucket does is tried by `make test-storage`.
    """
    at = connection.settings_dict
    # Development's is made by the first who asks for it.
    audit_keys.configured()
    secrets = {
        "app": dict.fromkeys(("SECRET_KEY", "HRASSIST_ERASURE_LEDGER_KEY"), "k8" + "Zq3Vx7Lm2Nc9Bp5Rt1Ys6Wd4Fg0Hj" * 2),
        "worker": {"HRASSIST_AUDIT_KEY": configured.AUDIT_KEY_FILE.read_text()},
        "owner": {"HRASSIST_DB_OWNER_URL": "postgresql://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**at)},
        "backup": {},
        "reader": {},
    }
    secrets["app"]["DATABASE_URL"] = environment_of_the_test(own_store)["DATABASE_URL"]
    for name, values in secrets.items():
        (tmp_path / "secrets" / name).mkdir(parents=True)
        for key, value in values.items():
            (tmp_path / "secrets" / name / key).write_text(value)
    keys.generate(tmp_path / "secrets/backup/backup.key")
    halves = keys.public_halves(keys.parse((tmp_path / "secrets/backup/backup.key").read_text()))
    (tmp_path / "secrets/reader/backup.key.pub").write_text(halves)
    for place in ("a", "b"):
        (tmp_path / place).mkdir()
    entrypoint = (ROOT / "deploy/container/entrypoint").read_text().replace("cd /opt/hrassist", f"cd {ROOT}")

    def start(container: dict[str, Any], shared: dict[str, str], *more: str) -> subprocess.CompletedProcess[str]:
        mounted = tmp_path / f"credentials-{container['name']}"
        mounted.mkdir(exist_ok=True)
        for name in sets_of(container):
            if not (mounted / name).exists():
                (mounted / name).symlink_to(tmp_path / "secrets" / name)
        told = shared | {one["name"]: one["value"] for one in container["env"]}
        told |= {
            "CREDENTIALS_DIRECTORY": str(mounted), "AWS_S3_BUCKET_NAME": "", "HRASSIST_S3_INCOMING_BUCKET_NAME": "",
            "HRASSIST_STORAGE_DIR": str(own_store), "HRASSIST_VAR_DIR": str(tmp_path / f"var-{container['name']}"),
            "HRASSIST_ERASURE_LEDGER": str(tmp_path / "ledger"), "HRASSIST_BACKUP_LOCK_MODE": "off",
        }  # fmt: skip
        for name in ("A", "B"):
            if f"HRASSIST_BACKUP_{name}" in told:
                told |= {
                    f"HRASSIST_BACKUP_{name}": str(tmp_path / name.lower()),
                    f"HRASSIST_BACKUP_{name}_ENDPOINT_URL": "",
                }
        if "HRASSIST_BACKUP_KEY_FILE" in told:
            told["HRASSIST_BACKUP_KEY_FILE"] = str(mounted / "backup/backup.key")
        if "HRASSIST_BACKUP_PUBLIC_KEY_FILE" in told:
            told["HRASSIST_BACKUP_PUBLIC_KEY_FILE"] = str(mounted / "reader/backup.key.pub")
        if "HRASSIST_PG_BIN" in told:
            told["HRASSIST_PG_BIN"] = str(tmp_path / "programs/bin")
        words = [
            str(tmp_path / "bounces") if word == "/var/lib/hrassist/bounces" else word for word in container["args"]
        ]
        return subprocess.run(
            ["sh", "-c", entrypoint, "entrypoint", *words, *more],
            env=told | {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip

    return start


@pytest.mark.slow
@pytest.mark.django_db(transaction=True, databases=["default", "audit"])
def test_each_does_its_work_with_what_it_is_given_and_the_figures_tell_of_it(rendered, pod, tmp_path, own_store):
    factories.ResumeFactory(content=b"a resume that is copied")
    (tmp_path / "bounces").mkdir()
    found = rendered("air-gapped")
    shared = next(iter(kinds(found, "ConfigMap").values()))["data"]
    every = jobs(found)
    copy_programs(every["backup"], tmp_path / "programs", out_of=programs_of_the_server())
    # Backups first: the drill wants one, and whoever compares files a copy of them.
    said = {}
    for name in sorted(every, key=lambda one: (one == "drill", "backup" not in one)):
        done = pod(container_of(every[name]), shared)
        assert done.returncode == 0, f"{name}: {done.stdout[-1500:]}{done.stderr[-3000:]}"
        said[name] = done.stdout
    assert len(said) == 8
    assert "A: database/" in said["backup"]
    assert "B: database/" in said["backup"]
    assert "1 files copied" in said["backup-files"]
    assert said["drill"].count("Passed: ") == 2
    assert "The audit trail is whole." in said["audit-verify"]
    assert "0 mails read" in said["bounces"]
    # What they found reaches Prometheus out of the database and out of the places, though they are gone.
    (looks,) = pods(found)["hr-backup-status"]["containers"]
    figures = pod(looks, shared, "--once").stdout
    for figure in (
        'hrassist_backup_success_timestamp_seconds{kind="backup"}',
        'hrassist_backup_success_timestamp_seconds{kind="drill"}',
        'hrassist_backup_age_seconds{kind="database",place="A"}',
        'hrassist_backup_age_seconds{kind="files",place="B"}',
        'hrassist_backup_key_canary{place="B"} 1.0',
        "hrassist_backup_read_timestamp_seconds",
        "hrassist_drill_passed 1.0",
        'hrassist_state_broken{group="places"} 0.0',
    ):
        assert figure in figures, figures
    # The page of operators is web's, which opens nothing.
    (web,) = (one for one in pods(found)["hr-web"]["containers"] if one["name"] == "web")
    seen = json.loads(pod(web | {"args": ["backup_status", "--json"]}, shared).stdout)
    assert [("database" in one["age_seconds"], one["canary"]) for one in seen["places"]] == [(True, None)] * 2
    assert seen["worst"] == "good"
    assert "There is no key for backups" in pod(web | {"args": ["drill"]}, shared).stderr
    (state,) = pods(found)["hr-metrics"]["containers"]
    figures = pod(state, shared, "--once").stdout
    for check in ("fsck", "fsck_files"):
        assert f'hrassist_promises_broken{{check="{check}"}} 0.0' in figures
    assert "hrassist_storage_unsafe 0.0" in figures
    assert "hrassist_backup_" not in figures, "who serves figures of the database has no business with backups"


@pytest.mark.django_db(transaction=True, databases=["default", "audit"])
def test_without_its_set_of_secrets_a_backup_does_not_begin(rendered, pod, tmp_path):
    """So that the set is what it works with: the key of backups, and the role that owns the tables."""
    found = rendered("ha")
    shared = next(iter(kinds(found, "ConfigMap").values()))["data"]
    container = container_of(jobs(found)["backup-files"])
    container["volumeMounts"] = [one for one in container["volumeMounts"] if one["name"] != "backup"]
    done = pod(container, shared)
    assert done.returncode == 1
    assert "hrassist.E093" in done.stderr
    assert json.dumps(container["args"]) == '["backup", "--kind", "files"]'
