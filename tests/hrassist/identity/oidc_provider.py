"""A small OpenID Connect provider that really listens: discovery, code flow with PKCE, keys, and lies when asked to."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, CLIENT_SECRET = "hrassist", "a-secret-between-the-two"


class OidcProvider:
    """`claims` are what it says of whoever signs in; `forge` may replace the token that it is about to hand out."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
        self.claims: dict[str, Any] = {}
        self.userinfo: dict[str, Any] | None = None
        self.forge: Any = lambda claims, provider: provider.sign(claims)
        self.document: dict[str, Any] = {}
        self.codes: dict[str, dict[str, str]] = {}
        self.asked: list[dict[str, str]] = []
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.get(self)

            def do_POST(self) -> None:
                provider.post(self)

            def log_message(self, *_args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def sign(self, claims: dict[str, Any], *, key: Any = None, **options: Any) -> str:
        return jwt.encode(claims, key or self.key, algorithm="RS256", headers={"kid": "one"}, **options)

    def get(self, asked: BaseHTTPRequestHandler) -> None:
        address = urlsplit(asked.path)
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        if address.path == "/.well-known/openid-configuration":
            self.answer(asked, self.discovery())
        elif address.path == "/keys":
            jwk = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
            self.answer(asked, {"keys": [jwk | {"kid": "one", "alg": "RS256", "use": "sig"}]})
        elif address.path == "/authorize":
            self.asked.append(query)
            code = secrets.token_urlsafe(16)
            self.codes[code] = query
            asked.send_response(302)
            back = urlencode({"code": code, "state": query["state"]})
            asked.send_header("Location", f"{query['redirect_uri']}?{back}")
            asked.end_headers()
        elif address.path == "/userinfo":
            self.answer(asked, self.userinfo or {})
        else:
            asked.send_error(404)

    def discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            **({"userinfo_endpoint": f"{self.issuer}/userinfo"} if self.userinfo is not None else {}),
            **self.document,
        }

    def post(self, asked: BaseHTTPRequestHandler) -> None:
        body = asked.rfile.read(int(asked.headers["Content-Length"])).decode()
        said = {name: values[0] for name, values in parse_qs(body).items()}
        begun = self.codes.pop(said.get("code", ""), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(said.get("code_verifier", "").encode()).digest())
        known = (said.get("client_id"), said.get("client_secret")) == (CLIENT, CLIENT_SECRET)
        if begun is None or not known or begun.get("code_challenge") != challenge.decode().rstrip("="):
            self.answer(asked, {"error": "invalid_grant"}, status=400)
            return
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": begun.get("nonce")}
        token = self.forge(claims | self.claims, self)
        self.answer(asked, {"access_token": "opaque", "token_type": "Bearer", "id_token": token})

    @staticmethod
    def answer(asked: BaseHTTPRequestHandler, document: dict[str, Any], status: int = 200) -> None:
        body = json.dumps(document).encode()
        asked.send_response(status)
        asked.send_header("Content-Type", "application/json")
        asked.send_header("Content-Length", str(len(body)))
        asked.end_headers()
        asked.wfile.write(body)
