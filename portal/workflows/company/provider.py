"""The company's OpenID Connect provider: where it is, what its keys are, what it says about somebody.

Only the configured issuer is ever asked, and only the addresses that its own description gives: nothing that
a browser sends decides where a request goes.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

import httpx
import structlog
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet, import_key

from portal import clock
from portal.errors import BusyError, NotReadyError
from portal.settings import Oidc
from portal.workflows.company.attempts import Bound

log = structlog.get_logger("assay.company")

KEPT = timedelta(hours=1)  # description and keys
ASK_AGAIN = timedelta(seconds=30)  # for keys, when a token names one that we don't know
LEEWAY = 60  # seconds that two clocks may differ
OLDEST = timedelta(minutes=10)  # of a token; it was made for this sign-in
FRESH = timedelta(minutes=5)  # of the sign-in at the provider, when somebody proves again who they are
MOST_BYTES = 300_000
# Signatures with a key that only the provider has. “none” and the HS family, whose key we share, are not
# among them, whatever the provider's description or a token says.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519")
_KEY_TYPES = {"RSA", "EC", "OKP"}
DOWN = "{name} cannot be reached at the moment. Sign in another way, or try again in a few minutes."
NOT_CHECKED = "{name} did not confirm who you are. Nothing was opened. Start again from the sign-in page."


class ProviderDownError(BusyError):
    """The provider does not answer, or not in its own language."""


class ProviderRefusedError(NotReadyError):
    """The provider's answer proves nothing."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What a checked ID token says. ``signed_in_at``: when they last showed the provider who they are."""

    issuer: str
    subject: str
    email: str  # only an address that the provider has confirmed
    account: str
    is_strong: bool
    signed_in_at: datetime | None


@dataclass(slots=True)
class _Kept:
    value: Any = None
    at: datetime = field(default=datetime.min.replace(tzinfo=UTC))

    def is_young(self, age: timedelta) -> bool:
        return self.value is not None and clock.now() - self.at < age


class Provider:
    """Asks one issuer; keeps its description and keys for a while. One for a process."""

    def __init__(self, config: Oidc) -> None:
        self.config = config
        self._description = _Kept()
        self._keys = _Kept()

    @property
    def name(self) -> str:
        return self.config.name

    async def address(self, redirect: str, ties: Bound, *, again: bool = False) -> str:
        """Give where the browser goes to sign in; ``again``: also when it is signed in there already.

        Raises:
            ProviderDownError: nobody is there, so that the browser stays with us.
        """
        described = await self._describe()
        asked = {
            "response_type": "code",
            "client_id": self.config.client_id,
            "redirect_uri": redirect,
            "scope": "openid email profile",
            "state": ties.state,
            "nonce": ties.nonce,
            "code_challenge": ties.challenge,
            "code_challenge_method": "S256",
        }
        if again:
            asked |= {"prompt": "login", "max_age": "0"}
        where: str = described["authorization_endpoint"]
        return f"{where}{'&' if '?' in where else '?'}{urlencode(asked)}"

    async def claims(self, code: str, redirect: str, ties: Bound) -> Claims:
        """Trade the code for an ID token and check it.

        Raises:
            ProviderDownError: the provider does not answer.
            ProviderRefusedError: it knows no such code, or the token is not for us, now and this browser.
        """
        described = await self._describe()
        body = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect,
            "client_id": self.config.client_id,
            "code_verifier": ties.verifier,
        }
        login = None
        if self.config.client_secret:
            if "client_secret_basic" in described.get(
                "token_endpoint_auth_methods_supported", ["client_secret_basic"]
            ):
                # RFC 6749 2.3.1: both are form-encoded first.
                login = httpx.BasicAuth(
                    quote_plus(self.config.client_id), quote_plus(self.config.client_secret)
                )
            else:
                body["client_secret"] = self.config.client_secret
        status, answer = await self._ask("POST", described["token_endpoint"], data=body, auth=login)
        token = answer.get("id_token")
        if status != 200 or not isinstance(token, str):
            raise self._refused(f"token endpoint said {status} {str(answer.get('error', ''))[:40]!r}")
        return self._checked(await self._opened(token), ties)

    async def _opened(self, token: str) -> dict[str, Any]:
        """Check the signature. An unknown key may be a new one: the keys are asked for once more."""
        for again in (False, True):
            keys = await self._key_set(again=again)
            try:
                return jwt.decode(token, keys, algorithms=ALGORITHMS).claims
            except InvalidKeyIdError:
                continue
            except (JoseError, ValueError, TypeError) as wrong:
                raise self._refused(type(wrong).__name__) from None
        raise self._refused("signed with a key that the provider does not show")

    def _checked(self, said: dict[str, Any], ties: Bound) -> Claims:
        own = self.config.client_id
        now = int(clock.now().timestamp())
        rules = jwt.JWTClaimsRegistry(
            now=now,
            leeway=LEEWAY,
            iss={"essential": True, "value": self.config.issuer},
            aud={"essential": True, "value": own},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": ties.nonce},
            sub={"essential": True},
        )
        try:
            rules.validate(said)
        except (JoseError, ValueError, TypeError) as wrong:
            raise self._refused(f"{type(wrong).__name__} {getattr(wrong, 'claim', '')}".strip()) from None
        audience, subject = said["aud"], said["sub"]
        if said.get("azp", own) != own or (
            isinstance(audience, list) and len(audience) > 1 and "azp" not in said
        ):
            raise self._refused("meant for another client")
        if not isinstance(subject, str) or not 0 < len(subject) <= 255 or not subject.isprintable():
            raise self._refused("no subject")
        if now - int(said["iat"]) > OLDEST.total_seconds():
            raise self._refused("made long ago")
        email = said.get("email")
        return Claims(
            issuer=self.config.issuer,
            subject=subject,
            email=email if isinstance(email, str) and said.get("email_verified") is True else "",
            account=_words(said, "preferred_username", "email", "name"),
            is_strong=bool(self.config.strong & _values(said)),
            signed_in_at=_instant(said.get("auth_time")),
        )

    async def _describe(self) -> dict[str, Any]:
        if not self._description.is_young(KEPT):
            where = f"{self.config.issuer.rstrip('/')}/.well-known/openid-configuration"
            status, found = await self._ask("GET", where)
            if status != 200 or found.get("issuer") != self.config.issuer:
                raise self._down(f"description: {status}, issuer {str(found.get('issuer', ''))[:200]!r}")
            for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                if not self._is_safe(found.get(name)):
                    raise self._down(f"{name} is not an encrypted address")
            self._description = _Kept(found, clock.now())
        described: dict[str, Any] = self._description.value
        return described

    async def _key_set(self, *, again: bool) -> KeySet:
        described = await self._describe()
        if not self._keys.is_young(ASK_AGAIN if again else KEPT):
            status, found = await self._ask("GET", described["jwks_uri"])
            made = _public_keys(found.get("keys")) if status == 200 else None
            if made is None:
                raise self._down(f"keys: {status}")
            self._keys = _Kept(made, clock.now())
        known: KeySet = self._keys.value
        return known

    async def _ask(self, method: str, where: str, **more: Any) -> tuple[int, dict[str, Any]]:
        """Send one request and read a small JSON object; never follow where an answer points."""
        # A provider on this machine is reached straight, whatever proxy leads outside.
        inside = urlsplit(where).scheme == "http"
        try:
            async with (
                httpx.AsyncClient(
                    timeout=httpx.Timeout(8, connect=4), follow_redirects=False, trust_env=not inside
                ) as client,
                client.stream(method, where, headers={"Accept": "application/json"}, **more) as answer,
            ):
                body = b""
                async for piece in answer.aiter_bytes():
                    body += piece
                    if len(body) > MOST_BYTES:
                        raise self._down("an answer without end")
                status = answer.status_code
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as away:
            raise self._down(type(away).__name__) from None
        if status >= 500:
            raise self._down(f"{urlsplit(where).path} said {status}")
        try:
            found = json.loads(body)
        except ValueError:
            found = None
        return status, found if isinstance(found, dict) else {}

    def _is_safe(self, where: object) -> bool:
        """Encrypted, or on this very machine like the issuer itself."""
        if not isinstance(where, str):
            return False
        there, issuer = urlsplit(where), urlsplit(self.config.issuer)
        return there.scheme == "https" or (issuer.scheme == "http" and there.hostname == issuer.hostname)

    def _down(self, why: str) -> ProviderDownError:
        log.warning("company sign-in: provider away", why=why)
        return ProviderDownError(DOWN.format(name=_capital(self.name)), retry_after=60)

    def _refused(self, why: str) -> ProviderRefusedError:
        log.warning("company sign-in: refused", why=why)
        return ProviderRefusedError(NOT_CHECKED.format(name=_capital(self.name)))


def _public_keys(found: object) -> KeySet | None:
    """Make a set of those that sign; one of a kind that we don't know does no harm."""
    keys = []
    for each in found if isinstance(found, list) else []:
        if isinstance(each, dict) and each.get("kty") in _KEY_TYPES and each.get("use", "sig") == "sig":
            try:
                keys.append(import_key(each))
            except (JoseError, ValueError, TypeError):
                continue
    return KeySet(keys) if keys else None


def _values(said: Mapping[str, Any]) -> set[str]:
    """How they signed in there: the level (acr) and the methods (amr)."""
    methods = said.get("amr")
    return {
        each
        for each in [said.get("acr"), *(methods if isinstance(methods, list) else [methods])]
        if isinstance(each, str)
    }


def _instant(seconds: object) -> datetime | None:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _words(said: Mapping[str, Any], *names: str) -> str:
    found = next((said[name] for name in names if isinstance(said.get(name), str) and said[name]), "")
    return "".join(c for c in found if c.isprintable())[:254]


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]
