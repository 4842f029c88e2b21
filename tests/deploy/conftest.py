"""A real nginx with the configuration that is shipped, before a real gunicorn or an installed machine."""

from __future__ import annotations

import datetime
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from http.client import HTTPResponse
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.db import connection
from pytest_django.fixtures import Settings

from tests.browser.conftest import environment_of_the_test
from tests.deploy.charts import VALUES, VERSIONS, render
from tests.deploy.machine import Machine
from tests.deploy.network import Network
from tests.deploy.tools import needs
from tests.repo.sources import ROOT

OTHERS = {"chaos", "image", "rollout"}
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
CONFIGURATION = ROOT / "deploy" / "nginx" / "hrassist.conf"
NAME = "hr.example.com"
AROUND = """
daemon off;
{user}
pid {folder}/nginx.pid;
error_log {folder}/error.log info;
worker_processes 1;
events {{ worker_connections 512; }}
http {{
    default_type application/octet-stream;
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/hrassist.conf;
}}
"""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What lies here is `make test-deploy`'s, unless it says of itself that it is another target's."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here) and not OTHERS & {mark.name for mark in item.iter_markers()}:
            item.add_marker(pytest.mark.deploy)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def write_certificate(folder: Path, *, name: str = NAME) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    whose = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(tz=datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(whose)
        .issuer_name(whose)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "fullchain.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "privkey.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


@dataclass
class Proxy:
    """A running nginx; `raw` sends bytes as they are and gives all that comes back."""

    folder: Path
    tls: int
    plain: int
    address: str = "127.0.0.1"

    def connect(self, *, name: str | None = NAME) -> ssl.SSLSocket:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context.wrap_socket(socket.create_connection((self.address, self.tls), timeout=20), server_hostname=name)

    def raw(self, sent: bytes) -> bytes:
        with self.connect() as connection:
            connection.sendall(sent)
            got = b""
            try:
                while piece := connection.recv(65536):
                    got += piece
            except (OSError, ssl.SSLError):
                pass
            return got

    def ask(self, path: str, *, method: str = "GET", body: bytes = b"", **headers: str) -> Any:
        lines = {
            "Host": NAME,
            "Connection": "close",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        if body:
            lines["Content-Length"] = str(len(body))
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        with self.connect() as connection:
            connection.sendall(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body)
            answer: Any = HTTPResponse(connection, method=method)
            answer.begin()
            answer.body = answer.read()
            return answer

    def log(self) -> str:
        return (self.folder / "access.log").read_text()


def configuration(one: Proxy, *, stream: int, store: Path) -> str:
    """The shipped file with this machine's paths and ports, and nothing else changed."""
    text, folder = CONFIGURATION.read_text(), one.folder
    for old, new in {
        "/etc/letsencrypt/live/hr.example.com": str(folder),
        "/run/hrassist/web.sock": f"{folder}/web.sock",
        "127.0.0.1:8001": f"127.0.0.1:{stream}",
        "/var/log/nginx/hrassist.log": f"{folder}/access.log",
        "/var/lib/hrassist/storage/": f"{store}/",
        # What waits in vain is given up sooner; how long it may wait is nothing that a test looks at.
        "client_header_timeout 10s": "client_header_timeout 2s",
        "client_body_timeout 30s": "client_body_timeout 3s",
        "keepalive_timeout 30s": "keepalive_timeout 2s",
    }.items():
        assert old in text, f"{CONFIGURATION.name} does not have {old}"
        text = text.replace(old, new)
    text = re.sub(r"listen 443 ssl", f"listen {one.address}:{one.tls} ssl", text)
    text = re.sub(r"listen 80 ", f"listen {one.address}:{one.plain} ", text)
    return re.sub(r"\n *listen \[::\]:\d+[^;]*;", "", text)


def folder_of_nginx(folder: Path, *, store: Path, address: str = "", stream: int = 0) -> Proxy:
    """The files that nginx reads, in a folder of their own; at an address of its own it has the ports of everybody."""
    if NGINX is None:
        pytest.skip("There is no nginx on this machine (make system-packages installs Debian's).")
    folder.mkdir()
    store.mkdir(exist_ok=True)
    write_certificate(folder)
    if address:
        one = Proxy(folder, tls=443, plain=80, address=address)
    else:
        one = Proxy(folder, tls=free_port(), plain=free_port())
    (folder / "hrassist.conf").write_text(configuration(one, stream=stream or free_port(), store=store))
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(AROUND.format(folder=folder, user=user))
    return one


@pytest.fixture
def network() -> Iterator[Network]:
    """Hosts with addresses of their own."""
    needs("ip")
    if os.geteuid() != 0:
        pytest.skip("Namespaces need root.")
    one = Network()
    yield one
    one.close()


@pytest.fixture
def nginx_folder(tmp_path: Path, own_store: Path) -> Callable[[], Proxy]:
    return lambda: folder_of_nginx(tmp_path / "nginx", store=own_store)


@dataclass(frozen=True)
class Served:
    """gunicorn behind a socket, and that of streams on a port, over the test's database and a store of its own."""

    web_socket: Path
    stream_port: int
    store: Path
    log: Path
    process: subprocess.Popen[bytes]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, django_db_setup: None) -> Iterator[Served]:
    """One for all tests of a module: what each of them writes is removed from the tables beneath it."""
    folder = tmp_path_factory.mktemp("served")
    environment = environment_of_the_test(folder / "storage") | {
        "ALLOWED_HOSTS": NAME,
        "HRASSIST_WEB_BIND": f"unix:{folder}/web.sock",
        "HRASSIST_WEB_WORKERS": "1",
        "HRASSIST_TRUSTED_PROXIES": "1",
        "HRASSIST_ACCEL_REDIRECT_PREFIX": "/internal-files",
        "HRASSIST_HSTS_SECONDS": "31536000",
    }
    command = [sys.executable, "-m", "gunicorn", "--config", "config/gunicorn.conf.py"]
    port = free_port()
    # As the unit starts it (deploy/vm/systemd/hrassist-stream.service).
    of_streams = ["--worker-class", "asgi", "--workers", "1", "--threads", "1", "--graceful-timeout", "2"]
    of_streams += ["--bind", f"127.0.0.1:{port}", "hrassist.asgi:application"]
    with (folder / "gunicorn.log").open("wb") as log:
        process, stream = (
            subprocess.Popen([*command, *words], cwd=ROOT, env=environment, stdout=log, stderr=log)
            for words in (["hrassist.wsgi:application"], of_streams)
        )
        yield Served(folder / "web.sock", port, folder / "storage", folder / "gunicorn.log", process)
        for one in (process, stream):
            one.terminate()
        for one in (process, stream):
            one.wait(20)


@pytest.fixture
def proxy(served: Served, tmp_path: Path, settings: Settings, transactional_db: None) -> Iterator[Proxy]:
    """An nginx of the test's own before it, whose limits nobody has used yet."""
    settings.DISK_STORAGE_DIR = served.store
    yield from before_it(served, tmp_path / "nginx")


@pytest.fixture
def unforgiving(served: Served, tmp_path: Path, transactional_db: None) -> Iterator[Proxy]:
    """The same, where what was used up does not come back: how quick the machine is changes nothing."""
    yield from before_it(served, tmp_path / "nginx", rate="1r/m")


@pytest.fixture
def for_three_streams(served: Served, tmp_path: Path, settings: Settings, transactional_db: None) -> Iterator[Proxy]:
    """The same for three streams of one who asks; what the application says about buffering counts for nothing here."""
    settings.DISK_STORAGE_DIR = served.store
    deaf = "proxy_ignore_headers X-Accel-Buffering; limit_conn hrassist_streams 3;"
    yield from before_it(served, tmp_path / "nginx", changed={"limit_conn hrassist_streams 200;": deaf})


def before_it(
    served: Served, folder: Path, *, rate: str = "", changed: Mapping[str, str] = MappingProxyType({})
) -> Iterator[Proxy]:
    one = folder_of_nginx(folder, store=served.store, stream=served.stream_port)
    path = one.folder / "hrassist.conf"
    text = path.read_text().replace(f"{one.folder}/web.sock", str(served.web_socket))
    for old, new in changed.items():
        assert old in text, f"{CONFIGURATION.name} does not have {old}"
        text = text.replace(old, new)
    path.write_text(re.sub(r"rate=\d+r/[sm]", f"rate={rate}", text) if rate else text)
    with (one.folder / "log").open("wb") as log:
        command = [str(NGINX), "-c", f"{one.folder}/nginx.conf", "-p", str(one.folder)]
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        # Asked over TLS, so that both are there; a machine with much to do takes its time.
        until = time.monotonic() + 120
        while True:
            assert served.process.poll() is None, served.log.read_text()[-3000:]
            assert process.poll() is None, (one.folder / "error.log").read_text()[-2000:]
            try:
                if served.web_socket.exists() and one.ask("/livez").status == 200:
                    break
            except OSError:
                pass
            assert time.monotonic() < until, served.log.read_text()[-3000:]
            time.sleep(0.1)
        yield one
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture
def new_machine(tmp_path: Path, own_store: Path, of_production: None) -> Iterator[Callable[..., Machine]]:
    """Installed machines over the test's database, by name."""
    at = connection.settings_dict
    owner = "postgresql://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**at)
    (tmp_path / "var").mkdir()
    own_store.mkdir(exist_ok=True)
    made: list[Machine] = []

    def make(name: str, **more: str) -> Machine:
        one = Machine(
            tmp_path / name,
            settings={
                "HRASSIST_ENV": "production",
                "ALLOWED_HOSTS": NAME,
                "HRASSIST_TRUSTED_PROXIES": "1",
                "HRASSIST_STORAGE_DIR": str(own_store),
                "HRASSIST_VAR_DIR": str(tmp_path / "var"),
                "HRASSIST_REQUIRE_MFA": "off",
                "HRASSIST_WEB_WORKERS": "2",
                "HRASSIST_API_REQUESTS_PER_MINUTE": "1000000",
                # As deploy/environments/production.env says it: what waits longer for a lock fails.
                "HRASSIST_DB_STATEMENT_TIMEOUT": "5",
                **more,
            },
            secrets={
                "DATABASE_URL": environment_of_the_test(own_store)["DATABASE_URL"],
                "HRASSIST_DB_OWNER_URL": owner,
                "SECRET_KEY": "k8" + "Zq3Vx7Lm2Nc9Bp5Rt1Ys6Wd4Fg0Hj" * 2,
            },
            environment=Path(sys.prefix),
        )
        made.append(one)
        return one

    yield make
    for one in made:
        one.close()


@pytest.fixture
def machine(new_machine: Callable[..., Machine]) -> Machine:
    return new_machine("machine")


@pytest.fixture(scope="module")
def static(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Collected once for all releases of these tests; uncompressed, as development does it."""
    folder = tmp_path_factory.mktemp("static")
    subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"],
        cwd=ROOT,
        env=os.environ | {"HRASSIST_ENV": "development", "HRASSIST_STATIC_ROOT": str(folder)},
        check=True,
    )
    return folder


@pytest.fixture
def before(nginx_folder: Callable[[], Proxy], machine: Machine) -> Iterator[Proxy]:
    with nginx_before(nginx_folder(), machine) as one:
        yield one


@contextmanager
def nginx_before(one: Proxy, machine: Machine) -> Iterator[Proxy]:
    """nginx before the machine's socket; a flood is allowed, because this test is one."""
    path = one.folder / "hrassist.conf"
    text = path.read_text().replace(f"{one.folder}/web.sock", str(machine.web_socket))
    path.write_text(text.replace("rate=30r/s", "rate=100000r/s"))
    process = subprocess.Popen([str(NGINX), "-c", f"{one.folder}/nginx.conf", "-p", str(one.folder)])
    try:
        time.sleep(0.5)
        assert process.poll() is None, (one.folder / "error.log").read_text()
        yield one
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The documents of the chart for a set of values, rendered once."""

    @lru_cache
    def of(name: str) -> list[dict[str, Any]]:
        code, said, documents = render(tmp_path_factory.mktemp("chart"), VALUES / f"{name}.yaml", *VERSIONS)
        assert code == 0, said
        return documents

    return of
