"""What the browser loads: small, our own, and as the licences ask."""

import gzip
import hashlib
import re
from xml.etree import ElementTree as ET

import pytest

from portal.web.assets import STATIC, asset

SHEETS = ("tabler.css", "portal.css")
SCRIPTS = ("htmx.min.js", "portal.js")
SOME_PAGES = ("passkeys.js", "documents.js", "drafts.js")  # a page has at most one of them


def read(name: str) -> str:
    return (STATIC / name).read_text(encoding="utf-8")


def test_styles_and_scripts_stay_within_40_kb():
    """Pages where files are sent have two more: progress, retry and dropping are worth them."""
    sizes = {name: len(gzip.compress((STATIC / name).read_bytes(), 9)) for name in (*SHEETS, *SCRIPTS)}
    more = {name: len(gzip.compress((STATIC / name).read_bytes(), 9)) for name in SOME_PAGES}
    assert sum(sizes.values()) <= 40_000, sizes
    assert sum(sizes.values()) + max(more.values()) <= 42_000, more


def test_nothing_is_fetched_from_elsewhere():
    for name in SHEETS:
        addresses = re.findall(r"url\((.*?)\)", read(name))
        assert all(address.strip("\"'").startswith("data:") for address in addresses), name
        assert "@import" not in read(name)
    assert not re.search(r"https?://", read("portal.js"))


def test_portal_js_runs_under_the_policy():
    text = read("portal.js")
    assert not re.search(r"\beval\(|new Function|document\.write|\.style\b|setAttribute\([\"']style", text)
    # Only words that the page itself had are put back as markup.
    assert set(re.findall(r"(\w+(?:\.\w+)*)\.innerHTML = ([\w.]+)", text)) == {
        ("button", "button.dataset.words"),
        ("copy", "words"),
    }


def test_both_dark_themes_are_the_same():
    text = read("portal.css")
    chosen = re.search(r"\[data-bs-theme=dark\] \{\n(.*?)\n  \}", text, re.DOTALL)
    system = re.search(r":root:not\(\[data-bs-theme\]\) \{\n(.*?)\n  \}", text, re.DOTALL)
    assert chosen
    assert system
    assert chosen[1] == system[1]


def test_dark_redefines_every_colour():
    text = read("portal.css")
    light = re.search(r":root, \[data-bs-theme=light\] \{(.*?)\n\}", text, re.DOTALL)
    dark = re.search(r"\[data-bs-theme=dark\] \{(.*?)\n  \}", text, re.DOTALL)
    assert light
    assert dark
    colours = set(re.findall(r"(--as-[\w-]+):\s*#", light[1]))
    assert len(colours) > 40
    assert colours - set(re.findall(r"(--as-[\w-]+):", dark[1])) == set()


def test_tokens_in_use_are_declared():
    text = read("portal.css")
    declared = set(re.findall(r"(--[\w-]+):", text + read("tabler.css")))
    used = set(re.findall(r"var\((--as-[\w-]+)", text))
    assert used - declared == set()


def test_sprite_is_sound():
    tree = ET.fromstring(read("icons.svg"))
    names = [symbol.get("id") for symbol in tree]
    assert len(names) > 100
    assert len(names) == len(set(names))
    assert all(symbol.get("viewBox") == "0 0 24 24" and len(symbol) for symbol in tree)


def test_vendored_files_are_what_the_list_says():
    listed = read("VENDORED.md")
    version = re.search(r'version:"([\d.]+)"', read("htmx.min.js"))
    assert version
    assert f"`htmx.org`, `dist/htmx.min.js`, unchanged | {version[1]} | 0BSD" in listed
    assert version[1].startswith("2.0.")
    head = read("tabler.css")[:400]
    tabler = re.search(r"Tabler v([\d.]+)", head)
    assert tabler
    assert f"| {tabler[1]} | MIT |" in listed
    assert "Copyright 2018-2026 The Tabler Authors" in head
    assert "Copyright (c) 2020-2026 Paweł Kuna" in read("icons.svg")[:300]


def test_every_file_is_ours_or_listed():
    ours = {"portal.css", "portal.js", *SOME_PAGES, "favicon.svg", "VENDORED.md"}
    listed = set(re.findall(r"^\| `([\w.]+)` \|", read("VENDORED.md"), re.MULTILINE))
    assert {path.name for path in STATIC.iterdir()} == ours | listed


def test_asset_is_stamped_with_its_content():
    digest = hashlib.sha256((STATIC / "portal.css").read_bytes()).hexdigest()
    assert asset("portal.css") == f"/static/portal.css?v={digest[:10]}"


@pytest.mark.parametrize("name", ["nothing.css", "../web/assets.py", "", ".", "/etc/hostname"])
def test_asset_knows_only_the_static_folder(name):
    with pytest.raises(LookupError, match="no static file"):
        asset(name)
