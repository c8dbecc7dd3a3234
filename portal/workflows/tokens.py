"""Secrets that travel in a link: the holder has the token, the database its hash."""

import hashlib
import secrets

LONGEST = 100


def new() -> str:
    return secrets.token_urlsafe(32)


def digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
