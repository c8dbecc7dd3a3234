"""A small OpenID Connect provider that is real: own keys, own address on loopback, real HTTP.

It signs in whoever a test names and keeps to the standards; a test can make it break one of them.
"""

import asyncio
import contextlib
import hashlib
import hmac
import json
import secrets
import socket
import time
from base64 import b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlencode

from granian.constants import Interfaces
from granian.server.embed import Server
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey


@dataclass
class Account:
    """Somebody whom the provider knows."""

    subject: str
    email: str = ""
    email_verified: bool = True
    more: dict[str, Any] = field(default_factory=dict)


class CompanyProvider:
    """Answers the authorization code flow with PKCE. ``claims`` go over a token, None leaves out."""

    def __init__(self, client_id: str = "assay", client_secret: str = "s3cr:et/ä") -> None:
        self.client_id, self.client_secret = client_id, client_secret
        self.account: Account | None = None
        self.claims: dict[str, Any] = {}
        self.header: dict[str, Any] = {}
        self.sign = self._sign
        self.keys = [ECKey.generate_key("P-256", {"kid": "k1", "use": "sig"})]
        self.shown = self.keys
        self.description: dict[str, Any] = {}
        self.is_down = False
        self.asked: list[str] = []
        self.codes: dict[str, dict[str, str]] = {}
        self.signed_in_at: float | None = None
        self.port = 0

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}/realms/norrland"

    def rotate(self, kid: str = "k2") -> None:
        """Sign with a new key; the old one is shown no more."""
        self.keys = [RSAKey.generate_key(2048, {"kid": kid, "use": "sig"})]
        self.shown = self.keys

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] != "http":
            return
        path = scope["path"].removeprefix("/realms/norrland")
        self.asked.append(f"{scope['method']} {path}")
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
        status, answer, location = self._answer(path, scope["query_string"].decode(), body.decode(), headers)
        sent = [(b"content-type", b"application/json")]
        if location:
            sent.append((b"location", location.encode()))
        await send({"type": "http.response.start", "status": status, "headers": sent})
        await send({"type": "http.response.body", "body": json.dumps(answer).encode()})

    def _answer(self, path, query, body, headers):
        if self.is_down:
            return 503, {}, ""
        if path == "/.well-known/openid-configuration":
            return 200, self._described(), ""
        if path == "/keys":
            return 200, {"keys": [key.as_dict(private=False) for key in self.shown]}, ""
        if path == "/authorize":
            return self._authorize({name: values[0] for name, values in parse_qs(query).items()})
        if path == "/token":
            return (*self._token({n: v[0] for n, v in parse_qs(body).items()}, headers), "")
        return 404, {}, ""

    def _described(self):
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256", "RS256"],
            **self.description,
        }

    def _authorize(self, asked):
        back = asked["redirect_uri"]
        good = (
            asked["client_id"] == self.client_id
            and asked["response_type"] == "code"
            and "openid" in asked["scope"].split()
            and asked["code_challenge_method"] == "S256"
            and back.endswith("/sign-in/company/callback")
        )
        if not good:
            return 400, {"error": "invalid_request"}, ""
        if self.account is None:
            refused = {"error": "access_denied", "state": asked["state"], "iss": self.issuer}
            return 302, {}, f"{back}?{urlencode(refused)}"
        code = secrets.token_urlsafe(16)
        if asked.get("prompt") == "login" or self.signed_in_at is None:
            self.signed_in_at = time.time()
        self.codes[code] = asked
        return 302, {}, f"{back}?{urlencode({'code': code, 'state': asked['state'], 'iss': self.issuer})}"

    def _token(self, asked, headers):
        if not self._is_client(asked, headers):
            return 401, {"error": "invalid_client"}
        began = self.codes.pop(asked.get("code", ""), None)
        challenge = _unpadded(hashlib.sha256(asked.get("code_verifier", "").encode()).digest())
        if (
            began is None
            or asked.get("grant_type") != "authorization_code"
            or began["redirect_uri"] != asked.get("redirect_uri")
            or began["code_challenge"] != challenge
        ):
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        said = {
            "iss": self.issuer,
            "aud": self.client_id,
            "sub": self.account.subject,
            "exp": now + 300,
            "iat": now,
            "auth_time": int(self.signed_in_at),
            "nonce": began["nonce"],
            "email": self.account.email,
            "email_verified": self.account.email_verified,
            "preferred_username": self.account.email,
            **self.account.more,
            **self.claims,
        }
        said = {name: value for name, value in said.items() if value is not None}
        return 200, {"access_token": "a", "token_type": "Bearer", "id_token": self.sign(said)}

    def _is_client(self, asked, headers):
        kind, _, given = headers.get("authorization", "").partition(" ")
        if kind.lower() == "basic":
            name, _, secret = b64decode(given).decode().partition(":")
            return (unquote_plus(name), unquote_plus(secret)) == (self.client_id, self.client_secret)
        return (asked.get("client_id"), asked.get("client_secret", "")) == (
            self.client_id,
            self.client_secret,
        )

    def _sign(self, said):
        key = self.keys[0]
        alg = "ES256" if key.key_type == "EC" else "RS256"
        return jwt.encode({"alg": alg, "kid": key.kid, **self.header}, said, key, algorithms=[alg])

    def unsigned(self, said):
        """A token that says it needs no signature."""
        return f"{self._parts('none', said)}."

    def confused(self, said):
        """A token signed with the public key, taken for the secret of an HMAC."""
        return self._with_hmac(self.keys[0].as_pem(private=False), said)

    def with_client_secret(self, said):
        """A token that anybody who knows the client's secret could make."""
        return self._with_hmac(self.client_secret.encode(), said)

    def _with_hmac(self, secret, said):
        parts = self._parts("HS256", said)
        return f"{parts}.{_unpadded(hmac.digest(secret, parts.encode(), 'sha256'))}"

    def _parts(self, alg, said):
        head = {"alg": alg, "kid": self.keys[0].kid}
        return ".".join(_unpadded(json.dumps(part).encode()) for part in (head, said))


def _unpadded(raw):
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


@contextlib.asynccontextmanager
async def running(provider: CompanyProvider):
    """Serve a provider on a free port of loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        provider.port = probe.getsockname()[1]
    server = Server(
        provider, address="127.0.0.1", port=provider.port, interface=Interfaces.ASGINL, log_enabled=False
    )
    serving = asyncio.create_task(server.serve())
    try:
        for _ in range(200):
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", provider.port)
                writer.close()
                break
            await asyncio.sleep(0.02)
        yield provider
    finally:
        server.stop()
        await serving
