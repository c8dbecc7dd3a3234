"""Every text that is marked for translation has one in each language, with the same places for values."""

import ast
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from jinja2.ext import babel_extract

from portal.languages import ENGLISH, FOLDER, NAMES
from portal.web.templates import environment

ROOT = Path(__file__).resolve().parents[2]
PORTAL, ENGINE = ROOT / "portal", ROOT / "scorecards"
OTHERS = sorted(set(NAMES) - {ENGLISH})
ENV = environment()
KEYWORDS = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)}
OPTIONS = {
    "extensions": "jinja2.ext.do,jinja2.ext.loopcontrols,jinja2.ext.i18n,portal.web.kept.Kept",
    "trimmed": "true",
    "silent": "false",
    "newstyle_gettext": "true",
}
PLACES = re.compile(r"%\(\w+\)[sd]")


def marked() -> dict[str, str]:
    """Each marked text (of a plural its singular) with the file it stands in."""
    found: dict[str, str] = {}
    for path in sorted([*PORTAL.rglob("*.py"), *ENGINE.rglob("*.py")]):
        found |= dict.fromkeys(marked_in(path.read_text(encoding="utf-8")), path.name)
    for path in sorted((PORTAL / "templates").rglob("*.html")):
        for _, _, text, _ in babel_extract(BytesIO(path.read_bytes()), KEYWORDS, (), OPTIONS):
            if text is not None:  # the text of a table, marked there
                found[text if isinstance(text, str) else next(each for each in text if each)] = path.name
    return {text: where for text, where in found.items() if text}


def marked_in(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in KEYWORDS:
            text = node.args[0]
            if isinstance(text, ast.Constant):
                yield text.value


def catalogue(language: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path in sorted((FOLDER / language).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=language, abort_invalid=True):
                if not message.id:
                    continue
                several = isinstance(message.id, tuple | list)
                one = message.id[0] if several else message.id
                said = list(message.string) if several else [message.string]
                assert found.get(one, said) == said, f"{path.name} says “{one}” otherwise than another file."
                assert not message.fuzzy, f"{path.name}: “{one}” is marked as unsure."
                found[one] = said
    return found


MARKED = marked()


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_is_translated(language):
    said = catalogue(language)
    missing = {text: where for text, where in MARKED.items() if not all(said.get(text, [""]))}
    assert missing == {}, f"Add them to portal/locale/{language}/<capability>.po"


@pytest.mark.parametrize("language", OTHERS)
def test_no_translation_is_left_over(language):
    assert sorted(set(catalogue(language)) - set(MARKED)) == []


@pytest.mark.parametrize("language", OTHERS)
def test_translations_have_the_same_places_for_values(language):
    def places(text: str) -> set[str]:
        return set(PLACES.findall(text)) - {"%(num)s"}

    wrong = {
        text: each
        for text, several in catalogue(language).items()
        for each in several
        if places(each) != places(text)
    }
    assert wrong == {}


def test_the_checks_find_texts():
    assert "under %(least)s" in MARKED
    assert "%(num)s byte" in MARKED
