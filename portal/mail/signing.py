"""Tokens that prove themselves: what a mail's address or link says was put there by us.

They hold numbers of rows and a code over them, made with a key that is in the database and nowhere else. So
they need no row each, never expire, and all become void at once when the key is replaced. They are written in
small letters and digits: mail servers turn capitals into small ones.
"""

import base64
import hashlib
import hmac
import re

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.models.mailing import MailKey

_PART = re.compile(r"[a-z0-9_]{1,30}")
_CODE = 10  # bytes; somebody who guesses asks our server each time


class Signer:
    """Signs and reads tokens; ``purpose`` keeps one kind from passing for another."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def sign(self, purpose: str, *parts: str | int) -> str:
        """Give ``12.p34.x7k…``.

        Raises:
            ValueError: a part holds anything but small letters, digits and underscores.
        """
        texts = [str(part) for part in parts]
        if not all(map(_PART.fullmatch, texts)):
            raise ValueError(f"These can't be signed: {texts}")
        return ".".join([*texts, self._code(purpose, texts)])

    def read(self, purpose: str, token: str) -> list[str] | None:
        """Give the parts of a token of ours; None for any other text."""
        *parts, code = token.lower().split(".")
        if not parts or len(token) > 200 or not all(map(_PART.fullmatch, parts)):
            return None
        if not hmac.compare_digest(code.encode(), self._code(purpose, parts).encode()):
            return None
        return parts

    def _code(self, purpose: str, parts: list[str]) -> str:
        made = hmac.new(self._key, "/".join([purpose, *parts]).encode(), hashlib.sha256).digest()
        return base64.b32encode(made[:_CODE]).decode().lower()


async def signer(db: AsyncSession) -> Signer:
    return Signer((await db.execute(select(col(MailKey.key)))).scalar_one())
