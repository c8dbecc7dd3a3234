"""Addresses of static files, with a stamp of their content so that browsers may keep them for ever."""

import hashlib
from functools import cache
from pathlib import Path

from jinja2 import Environment

STATIC = Path(__file__).resolve().parent.parent / "static"


@cache
def asset(name: str) -> str:
    """`/static/NAME?v=…` with the first 10 hex digits of the file's SHA-256.

    Raises:
        LookupError: there is no such file in the static folder.
    """
    path = STATIC / name
    if path.parent != STATIC or not path.is_file():
        raise LookupError(f"There is no static file {name}.")
    return f"/static/{name}?v={hashlib.sha256(path.read_bytes()).hexdigest()[:10]}"


def install(env: Environment) -> None:
    env.globals["asset"] = asset
