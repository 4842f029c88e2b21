"""The proxy of the compose file: a real nginx that asks a resolver for Docker's names, and its certificate's origin."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.composed import FOLDER, SERVICES
from tests.deploy.conftest import AROUND, NAME, NGINX, Proxy, free_port, write_certificate
from tests.deploy.monitoring import wait_for
from tests.deploy.tools import SBIN, needs, run
from tests.repo.sources import ROOT

pytestmark = pytest.mark.deploy
FILES = f"files.{NAME}"


class Names:
    """A resolver that knows what it is told, as Docker's knows the containers that run."""

    def __init__(self) -> None:
        self.known: dict[str, str] = {}
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                asked, who = self._socket.recvfrom(512)
            except OSError:
                return
            labels, at = [], 12
            while length := asked[at]:
                labels.append(asked[at + 1 : at + 1 + length].decode())
                at += length + 1
            question, address = asked[12 : at + 5], self.known.get(".".join(labels))
            is_known = address is not None and question[-4:-2] == b"\0\1"
            head = asked[:2] + struct.pack("!HHHHH", 0x8180 if address else 0x8183, 1, is_known, 0, 0)
            answer = b"\xc0\x0c\0\1\0\1\0\0\0\1\0\4" + socket.inet_aton(address) if is_known and address else b""
            self._socket.sendto(head + question + answer, who)

    def close(self) -> None:
        self._socket.close()


class Behind(ThreadingHTTPServer):
    """A container behind the proxy: it says who it is and what it was asked; a store that welcomes every origin."""

    daemon_threads = True


class _Says(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = f"{self.server.server_address[0]} {self.headers['Host']} {self.path}".encode()  # type: ignore[str-bytes-safe]
        self.rfile.read(int(self.headers.get("Content-Length") or "0"))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("ETag", '"1"')
        self.end_headers()
        self.wfile.write(body)

    def do_PUT(self) -> None:
        self.do_GET()

    def log_message(self, *_args: Any) -> None:
        return


@contextmanager
def behind(address: str, port: int) -> Iterator[None]:
    server = Behind((address, port), _Says)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


class Around:
    """The proxy of a machine: its file as `render-nginx` writes it, its command as the compose file has it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.names = folder, Names()
        self.ports = {name: free_port() for name in ("web", "stream", "store")}
        self.proxy = Proxy(folder, tls=free_port(), plain=free_port())
        write_certificate(folder)
        assert run(FOLDER / "render-nginx", folder / "site.conf", NAME).returncode == 0
        text = (folder / "site.conf").read_text()
        changes = {"/etc/letsencrypt/live/hr.example.com": str(folder), "127.0.0.11": f"127.0.0.1:{self.names.port}"}
        changes |= {"valid=5s": "valid=1s", "access_log /dev/stdout": f"access_log {folder}/access.log"}
        changes |= {"/var/www/certbot": f"{folder}/certbot"}
        changes |= {f"{name}:{port}": f"{name}:{self.ports[name]}" for name, port in
                    {"web": 8000, "stream": 8001, "store": 8333}.items()}  # fmt: skip
        for old, new in changes.items():
            assert old in text, old
            text = text.replace(old, new)
        text = re.sub(r"\n *listen \[::\]:\d+[^;]*;", "", text)
        text = re.sub(r"listen 443 ssl", f"listen 127.0.0.1:{self.proxy.tls} ssl", text)
        text = re.sub(r"listen 80 ", f"listen 127.0.0.1:{self.proxy.plain} ", text)
        (folder / "hrassist.conf").write_text(text)
        user = "user root;" if os.geteuid() == 0 else ""
        (folder / "nginx.conf").write_text(AROUND.format(folder=folder, user=user).replace("daemon off;", ""))
        (folder / "bin").mkdir()
        (folder / "bin/nginx").write_text(f'#!/bin/sh\nexec {NGINX} -c {folder}/nginx.conf -p {folder} "$@"\n')
        (folder / "bin/nginx").chmod(0o755)
        (shell, option, line) = SERVICES["proxy"]["command"]
        assert "sleep 6h" in line
        with (folder / "log").open("wb") as log:
            self.process = subprocess.Popen(
                [shell, option, line.replace("sleep 6h", "sleep 1")],
                env={"PATH": f"{folder}/bin:{SBIN}"}, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def shown(self) -> bytes:
        with self.proxy.connect() as connection:
            return connection.getpeercert(binary_form=True) or b""

    def close(self) -> int:
        """Ended as the image ends it."""
        self.process.send_signal(signal.SIGQUIT)
        try:
            return self.process.wait(30)
        finally:
            self.names.close()
            # In its container everything ends with the first process.
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)


@pytest.fixture
def around(tmp_path: Path) -> Iterator[Around]:
    if NGINX is None:
        needs("nginx")
    one = Around(tmp_path)
    try:
        wait_for((tmp_path / "nginx.pid").exists, seconds=30, why=(tmp_path / "log").read_text())
        yield one
    finally:
        if one.process.poll() is None:
            one.close()


def test_the_proxy_has_the_configuration_of_every_other_way_and_nginx_accepts_it(tmp_path):
    fresh = tmp_path / "fresh.conf"
    assert run(FOLDER / "render-nginx", fresh).returncode == 0
    assert fresh.read_text() == (FOLDER / "nginx.conf").read_text(), "run deploy/compose/render-nginx and commit it"
    needs("nginx")
    write_certificate(tmp_path)
    text = (
        fresh.read_text().replace("/etc/letsencrypt/live/hr.example.com", str(tmp_path)).replace("[::]:", "127.0.0.2:")
    )
    text = text.replace("listen 443", "listen 127.0.0.1:8443").replace("listen 80 ", "listen 127.0.0.1:8480 ")
    (tmp_path / "hrassist.conf").write_text(
        text.replace("127.0.0.2:443", "127.0.0.2:8443").replace("127.0.0.2:80 ", "127.0.0.2:8480 ")
    )
    (tmp_path / "nginx.conf").write_text(AROUND.format(folder=tmp_path, user=""))
    done = run(str(NGINX), "-t", "-c", tmp_path / "nginx.conf", "-p", tmp_path)
    assert done.returncode == 0, done.stderr


def test_no_name_is_looked_up_at_the_start_alone():
    """In an upstream, or in an address without a variable, nginx would keep the first answer for ever, or not start."""
    text = (FOLDER / "nginx.conf").read_text()
    assert "upstream" not in re.sub(r"#.*", "", text)
    assert {"$" in address for address in re.findall(r"proxy_pass (\S+);", text)} == {True}
    shared = (ROOT / "deploy/nginx/hrassist.conf").read_text()
    assert text.count("proxy_pass ") == shared.count("proxy_pass ") + 1


def test_it_starts_before_anybody_and_follows_who_starts_anew_elsewhere(around):
    one = around
    wait_for(lambda: one.proxy.ask("/").status == 502, seconds=30, why="it does not say that nobody is there")
    with behind("127.0.0.21", one.ports["web"]):
        one.names.known["web"] = "127.0.0.21"
        wait_for(lambda: one.proxy.ask("/login/").status == 200, seconds=30, why="it does not find web")
        assert one.proxy.ask("/careers/?a=1").body.decode() == f"127.0.0.21 {NAME} /careers/?a=1"
    # A new version: another container with another address.
    with behind("127.0.0.22", one.ports["web"]):
        one.names.known["web"] = "127.0.0.22"
        wait_for(
            lambda: one.proxy.ask("/static/x").body.decode().startswith("127.0.0.22"), seconds=30, why="the old address"
        )
    with behind("127.0.0.23", one.ports["stream"]):
        one.names.known["stream"] = "127.0.0.23"
        wait_for(lambda: one.proxy.ask("/streams/x").status == 200, seconds=30, why="it does not find stream")


def files(one: Around, path: str, *, method: str = "GET", body: bytes = b"", **headers: str) -> Any:
    """Ask the name of the store."""
    context_name, connect = FILES, one.proxy.connect
    one.proxy.connect = lambda **_: connect(name=context_name)  # type: ignore[method-assign]
    try:
        return one.proxy.ask(path, method=method, body=body, Host=FILES, **headers)
    finally:
        one.proxy.connect = connect  # type: ignore[method-assign]


def test_only_pages_of_ours_may_upload_whatever_the_store_says(around):
    one, origin = around, f"https://{NAME}"
    one.names.known["store"] = "127.0.0.24"
    asks = {"Access_Control_Request_Method": "PUT", "Access_Control_Request_Headers": "content-type,content-md5"}
    with behind("127.0.0.24", one.ports["store"]):
        wait_for(lambda: files(one, "/incoming/x").status == 200, seconds=30, why="it does not find the store")
        answer = files(one, "/incoming/x", method="OPTIONS", Origin=origin, **asks)
        assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (204, origin)
        assert answer.headers["Access-Control-Allow-Methods"] == "PUT, POST"
        for word in ("content-type", "content-md5", "if-none-match"):
            assert word in answer.headers["Access-Control-Allow-Headers"].lower()
        for foreign in ("https://foreign.example", f"https://{NAME}.foreign.example", f"http://{NAME}", "null"):
            answer = files(one, "/incoming/x", method="OPTIONS", Origin=foreign, **asks)
            assert answer.headers["Access-Control-Allow-Origin"] is None, foreign
            # The store behind it welcomes everybody.
            answer = files(one, "/incoming/x", method="PUT", body=b"x", Origin=foreign)
            assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (200, None), foreign
        answer = files(one, "/incoming/x", method="PUT", body=b"x", Origin=origin)
        assert answer.headers.get_all("Access-Control-Allow-Origin") == [origin]
        assert answer.headers["Access-Control-Expose-Headers"] == "ETag"
        # The signature covers the name and the path.
        assert answer.body.decode() == f"127.0.0.24 {FILES} /incoming/x"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_it_reads_a_renewed_certificate_by_itself_and_ends_when_it_is_told_to(around):
    before = wait_for(around.shown, seconds=30, why="nothing is shown")
    write_certificate(around.folder)
    wait_for(lambda: around.shown() != before, seconds=30, why="the old certificate is shown")
    (around.folder / "certbot/.well-known/acme-challenge").mkdir(parents=True)
    (around.folder / "certbot/.well-known/acme-challenge/token").write_text("proof")
    address = f"http://127.0.0.1:{around.proxy.plain}/.well-known/acme-challenge/token"
    asked = run("curl", "-s", address, "-H", f"Host: {NAME}")
    assert asked.stdout == "proof"
    # The command's first process is nginx itself: the engine's signal reaches it.
    assert around.close() == 0


# --- The certificate --------------------------------------------------------------------------------------------------

DOCKER = """#!/bin/sh
echo "$*" > {folder}/asked
while [ "$1" != certificate ]; do shift; done
shift
where="--config-dir {folder}/etc --work-dir {folder}/work --logs-dir {folder}/logs"
exec certbot $where --server http://127.0.0.1:1/dir "$@"
"""


def test_the_first_certificate_is_asked_for_with_both_names_and_once(tmp_path):
    """Docker is stood in for by the program that it would run, here with a switch that only reads its words."""
    needs("certbot")
    shutil.copy(FOLDER / "certificate", tmp_path / "certificate")
    assert run(tmp_path / "certificate").stderr == "Run ./prepare HOST first.\n"
    (tmp_path / ".env").write_text(f"HRASSIST_HOST={NAME}\n")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/docker").write_text(DOCKER.format(folder=tmp_path))
    (tmp_path / "bin/docker").chmod(0o755)
    done = run(tmp_path / "certificate", "it@acme.org", PATH=f"{tmp_path}/bin:{SBIN}")
    # Its words are understood; there is no authority at that address.
    assert done.returncode == 1
    assert "unrecognized arguments" not in done.stderr
    assert re.search(r"127\.0\.0\.1|refused", done.stderr), done.stderr
    words = (tmp_path / "asked").read_text().split()
    assert words[:3] == ["compose", "run", "--rm"]
    assert words[words.index("--publish") + 1] == "80:80"
    assert [words[at + 1] for at, word in enumerate(words) if word == "--domain"] == [NAME, FILES]
    assert words[words.index("--cert-name") + 1] == NAME
    # Where the proxy and the service of renewals look for it.
    (tmp_path / f"certificates/live/{NAME}").mkdir(parents=True)
    (tmp_path / f"certificates/live/{NAME}/fullchain.pem").touch()
    assert "There is a certificate" in run(tmp_path / "certificate").stdout
    for name in ("proxy", "certificate"):
        assert any(
            isinstance(one, str) and one.startswith("${HRASSIST_CERTIFICATES:-./certificates}:/etc/letsencrypt")
            for one in SERVICES[name]["volumes"]
        )


def test_renewals_go_on_by_the_folder_that_the_proxy_answers_from_until_they_are_told_to_end(tmp_path):
    """The very line of the service, with a certbot that tells how it was called."""
    (tmp_path / "certbot").write_text(f'#!/bin/sh\necho "$*" >> {tmp_path}/asked\nexit 1\n')
    (tmp_path / "certbot").chmod(0o755)
    (line,) = SERVICES["certificate"]["command"]
    assert "sleep 12h" in line
    assert "$" not in line
    command = [*SERVICES["certificate"]["entrypoint"], line.replace("sleep 12h", "sleep 0.2")]
    process = subprocess.Popen(command, env={"PATH": f"{tmp_path}:{SBIN}"})
    asked = tmp_path / "asked"
    # One that fails is tried again.
    wait_for(lambda: asked.exists() and len(asked.read_text().splitlines()) >= 2, seconds=20, why="no second time")
    began = time.monotonic()
    process.terminate()
    process.wait(20)
    assert time.monotonic() - began < 10
    option = asked.read_text().splitlines()[0].split()
    assert option[0] == "renew"
    assert f"certbot:{option[option.index('--webroot-path') + 1]}" in SERVICES["certificate"]["volumes"]
    assert f"certbot:{option[option.index('--webroot-path') + 1]}:ro" in SERVICES["proxy"]["volumes"]
