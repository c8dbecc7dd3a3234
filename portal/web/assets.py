"""Addresses of static files, with a stamp of their content so that browsers may keep them for ever."""

import hashlib
from functools import cache, lru_cache
from pathlib import Path

from jinja2 import Environment
from markupsafe import Markup

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


@lru_cache(maxsize=1000)
def icon(name: str, class_: str = "") -> Markup:
    """Give a mark of the sprite. A page has hundreds; each is made once."""
    return Markup(
        '<svg class="i{}" aria-hidden="true" viewBox="0 0 24 24"><use href="{}#i-{}"/></svg>'
    ).format(f" {class_}" if class_ else "", asset("icons.svg"), name)


def install(env: Environment) -> None:
    env.globals["made_icon"] = icon
    env.globals["asset"] = asset
