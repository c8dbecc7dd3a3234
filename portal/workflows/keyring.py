"""Secrets that the portal must be able to read again, locked with a key that is not in the database.

AES-256-GCM. What is locked is bound to what it belongs to: moved to another row it opens nothing. The first
key locks, all of them open, so that a key is replaced by putting a new one in front of it.
"""

import base64
import hashlib
import os
import secrets
from functools import cached_property
from pathlib import Path

import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from portal.errors import NotReadyError
from portal.settings import Settings

log = structlog.get_logger("assay.keyring")

FILE = "secret.key"
_FORM = "1"  # of what is stored: form:key:nonce and what is locked
_NONCE = 12
NO_KEY = (
    "The portal cannot read the secret of your authenticator app: the key that locked it is missing here."
    " Use a recovery code or a passkey, and tell your administrator."
)


class Keyring:
    """The keys of one portal. A key file is read, or made, when the first secret needs it."""

    def __init__(self, settings: Settings) -> None:
        self._given = settings.secret_keys
        self._folder = settings.data_dir

    def lock(self, plain: str, of: str) -> str:
        """Lock a secret; ``of`` names what it belongs to, such as totp:17."""
        name, key = next(iter(self._keys.items()))
        nonce = secrets.token_bytes(_NONCE)
        locked = nonce + AESGCM(key).encrypt(nonce, plain.encode(), of.encode())
        return f"{_FORM}:{name}:{base64.b64encode(locked).decode()}"

    def open(self, stored: str, of: str) -> str:
        """Open what was locked for the same; what was stored before there were keys stands as it is.

        Raises:
            NotReadyError: the key is not here, or this was not locked for ``of``.
        """
        if ":" not in stored:
            return stored
        form, _, rest = stored.partition(":")
        name, _, text = rest.partition(":")
        try:
            key = self._keys[name if form == _FORM else ""]
            locked = base64.b64decode(text, validate=True)
            return AESGCM(key).decrypt(locked[:_NONCE], locked[_NONCE:], of.encode()).decode()
        except (KeyError, ValueError, InvalidTag) as wrong:
            log.error("a secret cannot be opened", of=of, key=name[:16], why=type(wrong).__name__)  # noqa: TRY400 # a traceback adds nothing
            raise NotReadyError(NO_KEY) from None

    @property
    def mark(self) -> str:
        """How everything begins that the present key has locked."""
        return f"{_FORM}:{next(iter(self._keys))}:"

    def knows(self, stored: str) -> bool:
        """Say whether the key of a stored secret is here."""
        return ":" not in stored or stored.split(":")[1] in self._keys

    @cached_property
    def _keys(self) -> dict[str, bytes]:
        file = self._folder / FILE
        words = list(self._given)
        if not words or file.exists():
            words.append(_file(file))
        keys = [HKDF(SHA256(), 32, salt=None, info=b"assay secrets").derive(each.encode()) for each in words]
        return {hashlib.sha256(key).hexdigest()[:8]: key for key in keys}


def _file(path: Path) -> str:
    """Read the key file, or make one that only we can read. Two processes at once end up with one key."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(handle, secrets.token_urlsafe(32).encode() + b"\n")
            os.fsync(handle)
            path.hardlink_to(draft)
        except FileExistsError:
            pass  # the other one was first
        finally:
            os.close(handle)
            draft.unlink()
    return path.read_text(encoding="utf-8").strip()
