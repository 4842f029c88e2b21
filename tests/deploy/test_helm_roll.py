"""An image onto a cluster by its digest: the real chart by the real engine, and no cluster."""

from __future__ import annotations

import json
import ssl
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.conftest import write_certificate
from tests.deploy.tools import SBIN, run
from tests.repo.sources import ROOT

pytestmark = pytest.mark.deploy
ROLL = ROOT / "deploy/helm/roll"
VALUES = yaml.safe_load((ROOT / "deploy/helm/values/minimal.yaml").read_text())
IMAGE = "ghcr.io/example/hrassist"
OLD, NEW = ("sha256:" + letter * 64 for letter in "ab")


class Cluster:
    """What was released, as a cluster's Helm would tell it, and where `helm` is for those who call it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.kept = folder, folder / "kept"
        self.kept.mkdir()
        (folder / "bin").mkdir()
        helm = folder / "bin/helm"
        script = ROOT / "tests/deploy/with_scanners/helm.py"
        helm.write_text(f'#!/bin/sh\nexec {ROOT}/deploy/scripts/scanner python {script} "$@"\n')
        helm.chmod(0o755)

    def roll(self, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        path = f"{self.folder}/bin:{SBIN}"
        return run(ROLL, *words, **{"PATH": path, "HELM_FOLDER": str(self.kept), **variables})

    def bring(self, digest: str, *words: str, **changed: Any) -> subprocess.CompletedProcess[str]:
        values = self.folder / "values.yaml"
        values.write_text(yaml.safe_dump(VALUES | changed))
        return self.roll(*words, "--values", str(values), "hr", "apps", IMAGE, digest)

    def revisions(self) -> list[dict[str, Any]]:
        found = [json.loads(path.read_text()) for path in self.kept.iterdir()]
        return sorted(found, key=lambda one: int(one["revision"]))

    def running(self) -> set[str]:
        """The images of ours that the deployed revision names, in pods and in the job of the tables."""
        (one,) = [one for one in self.revisions() if one["status"] == "deployed"]
        return images(one["manifest"])


def images(manifest: dict[str, str]) -> set[str]:
    documents = [one for name, text in manifest.items() if name.endswith(".yaml") for one in yaml.safe_load_all(text)]
    pods = [one["spec"]["template"]["spec"] for one in documents if one and one["kind"] in ("Deployment", "Job")]
    containers = [one for pod in pods for one in (*pod["containers"], *pod.get("initContainers", ()))]
    assert len(containers) >= 9
    return {one["image"] for one in containers}


@pytest.fixture
def cluster(tmp_path: Path) -> Cluster:
    return Cluster(tmp_path)


def test_every_container_of_ours_runs_what_was_named_by_its_digest_whatever_the_values_say(cluster):
    done = cluster.bring(NEW, image={"repository": "elsewhere/other", "tag": "1.2.3", "digest": OLD})
    assert done.returncode == 0, done.stdout + done.stderr
    assert cluster.running() == {f"{IMAGE}@{NEW}"}
    assert f"{IMAGE}@{NEW} is what hr runs in apps." in done.stdout


def test_what_does_not_come_up_leaves_what_was_there(cluster):
    assert cluster.bring(OLD).returncode == 0
    done = cluster.bring(NEW, host="unready.example.com")
    assert done.returncode == 1
    assert "did not come up" in done.stderr
    assert "hr is back at revision 1." in done.stderr
    assert [one["status"] for one in cluster.revisions()] == ["superseded", "failed", "deployed"]
    assert cluster.running() == {f"{IMAGE}@{OLD}"}


def test_where_nothing_was_before_nothing_is_taken_for_the_way_back(cluster):
    done = cluster.bring(NEW, host="unready.example.com")
    assert done.returncode == 1
    assert "Nothing of hr answered before this" in done.stderr
    assert [one["status"] for one in cluster.revisions()] == ["failed"]


def test_a_site_that_does_not_hold_brings_the_revision_before_back(cluster):
    assert cluster.bring(OLD).returncode == 0
    done = cluster.bring(NEW, "--smoke", "https://127.0.0.1:1")
    assert done.returncode == 1
    assert "https://127.0.0.1:1 does not hold with" in done.stderr
    assert cluster.running() == {f"{IMAGE}@{OLD}"}


class Holds(BaseHTTPRequestHandler):
    """What deploy/scripts/smoke asks of a site; tests/deploy/test_outside.py asks it of a real one."""

    def do_GET(self) -> None:
        status, body = {
            "/login/": (200, b'<link href="/static/theme.css">'),
            "/static/theme.css": (200, b""),
            "/careers/": (200, b""),
            "/api/v1/me": (401, b"{}"),
            "/livez": (200, b"ok"),
        }.get(self.path, (403, b""))
        self.send_response(status)
        self.send_header("Content-Security-Policy", "default-src 'none'")
        self.send_header("Strict-Transport-Security", "max-age=31536000")
        self.send_header("X-Frame-Options", "DENY")
        self.send_header("Content-Type", "application/problem+json" if status == 401 else "text/html")
        self.end_headers()
        self.wfile.write(body)


def test_a_site_that_holds_keeps_it(cluster, tmp_path):
    write_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "fullchain.pem", tmp_path / "privkey.pem")
    with ThreadingHTTPServer(("127.0.0.1", 0), Holds) as site:
        site.socket = context.wrap_socket(site.socket, server_side=True)
        threading.Thread(target=site.serve_forever, daemon=True).start()
        assert cluster.bring(OLD).returncode == 0
        values = str(cluster.folder / "values.yaml")
        smoked = ("--smoke", f"https://127.0.0.1:{site.server_port}")
        done = cluster.roll(*smoked, "--values", values, "hr", "apps", IMAGE, NEW, SMOKE_CURL="--insecure")
        site.shutdown()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WRONG" not in done.stdout
    assert cluster.running() == {f"{IMAGE}@{NEW}"}


def test_back_to_a_version_is_to_its_newest_revision_that_was_well(cluster):
    assert cluster.bring(OLD).returncode == 0
    assert cluster.bring(NEW).returncode == 0
    for number, version in ((1, "1.4.0"), (2, "1.5.0")):
        path = cluster.kept / f"hr.{number}.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | {"app_version": version}))
    assert cluster.bring(NEW, host="unready.example.com").returncode == 1
    failed = cluster.kept / "hr.3.json"
    failed.write_text(json.dumps(json.loads(failed.read_text()) | {"app_version": "1.4.0"}))
    done = cluster.roll("--back", "1.4.0", "hr", "apps")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "revision 1, which is hrassist 1.4.0, is what hr runs in apps." in done.stdout
    assert cluster.running() == {f"{IMAGE}@{OLD}"}
    done = cluster.roll("--back", "1.3.0", "hr", "apps")
    assert done.returncode == 2
    assert "Nothing was changed" in done.stderr
    assert len(cluster.revisions()) == 5


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("hr", "apps", IMAGE, "1.4.0"), "is no digest"),
        (("hr", "apps", IMAGE, "sha256:abc"), "is no digest"),
        (("hr", "apps", "", OLD), "is no name of an image"),
        (("hr;id", "apps", IMAGE, OLD), "usage:"),
        (("--smoke", "http://plain", "hr", "apps", IMAGE, OLD), "usage:"),
        (("--back", "1.4", "hr", "apps"), "is no version"),
        (("--values", "/nowhere", "hr", "apps", IMAGE, OLD), "cannot be read"),
    ],
)
def test_what_is_not_meant_is_refused_before_anything_is_asked(cluster, tmp_path, words, said):
    (tmp_path / "given.yaml").write_text("{}")
    (tmp_path / "bin/helm").write_text(f"#!/bin/sh\ntouch {tmp_path}/asked\n")
    done = cluster.roll("--values", str(tmp_path / "given.yaml"), *words)
    assert done.returncode == 2
    assert said in done.stderr
    assert not (tmp_path / "asked").exists()


def test_a_cluster_that_cannot_be_reached_changes_nothing_and_a_dry_run_neither(cluster, tmp_path):
    done = cluster.bring(NEW, "--dry-run", "--smoke", "https://hr.example.com")
    assert done.returncode == 0, done.stderr
    assert f"--set-string image.digest={NEW}" in done.stdout
    assert "scripts/smoke https://hr.example.com" in done.stdout
    assert cluster.revisions() == []
    (tmp_path / "bin/helm").write_text(f'#!/bin/sh\necho "$1" >> {tmp_path}/asked\nexit 1\n')
    assert cluster.bring(NEW).returncode == 1
    assert (tmp_path / "asked").read_text() == "list\n"
