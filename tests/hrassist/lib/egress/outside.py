"""A server on this machine that stands for one outside, and the names that lead to it."""

from __future__ import annotations

import datetime
import re
import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PUBLIC = "93.184.216.34"
HOST = "hooks.example.com"


def _request(conn: ssl.SSLSocket) -> bytes:
    """All of it: who hangs up on what is still unread takes its own answer back."""
    said = conn.recv(65536)
    length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", said)
    head, _, _ = said.partition(b"\r\n\r\n")
    while length and len(said) < len(head) + 4 + int(length[1]) and (more := conn.recv(65536)):
        said += more
    return said


class Server:
    """A TLS server for hooks.example.com that answers with what it was given, and keeps what it was sent."""

    def __init__(self, folder: Path) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
        now = datetime.datetime.now(tz=datetime.UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(1)
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(key, hashes.SHA256())
        )
        self.ca = folder / "ca.pem"
        self.ca.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        own_key = folder / "key.pem"
        own_key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(self.ca, own_key)
        self._context.sni_callback = lambda _socket, name, _context: self.asked_for.append(name)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.asked_for: list[str | None] = []
        self.requests: list[bytes] = []
        self.answer: Callable[[ssl.SSLSocket], None] = lambda conn: conn.sendall(
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-One: 1\r\n\r\nok"
        )
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                plain, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._one, args=(plain,), daemon=True).start()

    def _one(self, plain: socket.socket) -> None:
        try:
            with self._context.wrap_socket(plain, server_side=True) as conn:
                self.requests.append(_request(conn))
                self.answer(conn)
        except OSError:
            return

    def close(self) -> None:
        self._listening.close()
