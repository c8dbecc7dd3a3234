"""The languages that the portal speaks, and the words of each.

English is written where it is used: ``_("Send")`` in Python and in templates. A translation stands in
``portal/locale/<language>/<capability>.po``; all files of a language are read together, and one that is
missing something shows English. Which language is spoken belongs to the request or job at hand.

    _("Renew %(name)s.", name="ISO 9001")
    ngettext("%(num)s file", "%(num)s files", count)

A sentence kept in a table is marked with ``N_`` there and translated with ``_`` where it is shown; one with
values is a ``sentence()``, whose parts are kept. The rating engine knows no languages: its sentences come
through here too, by ``_Engine``.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any

from babel.messages.pofile import read_po

from scorecards import speech

FOLDER = Path(__file__).resolve().parent / "locale"
ENGLISH = "en"
NAMES = {ENGLISH: "English", "de": "Deutsch"}

_GERMAN_MARKS = str.maketrans(",.", ".,")

_spoken: ContextVar[str] = ContextVar("language", default=ENGLISH)


def spoken() -> str:
    """Give the code of the language that is spoken here and now."""
    return _spoken.get()


def speak(wish: str) -> None:
    """Speak a language from here to the end of the request."""
    _spoken.set(known(wish))


@contextmanager
def speaking(wish: str) -> Iterator[None]:
    """Speak a language inside the block: a mail to somebody, a document."""
    before = _spoken.set(known(wish))
    try:
        yield
    finally:
        _spoken.reset(before)


def known(wish: str) -> str:
    """Give the language for a wish: "de-AT" reads German, what we don't speak is English."""
    found = wish.lower().replace("_", "-").partition("-")[0]
    return found if found in NAMES else ENGLISH


def preferred(accept_language: str) -> str:
    """Give the first language of a browser's list that the portal speaks.

    Browsers list theirs in order; weights that contradict it are not worth reading.
    """
    for part in accept_language[:200].split(","):
        code = part.partition(";")[0].strip().lower().partition("-")[0]
        if code in NAMES:
            return code
    return ENGLISH


def gettext(text: str, **values: object) -> str:
    found = _words(_spoken.get()).get(text)
    said = found[0] if found else text
    return said % values if values else said


def ngettext(one: str, many: str, count: int, **values: object) -> str:
    """Choose between one and many; ``%(num)s`` is the count unless it is given.

    English and German, and all we speak so far, have these two forms.
    """
    return form(one, many, count) % {"num": count, **values}


def form(one: str, many: str, count: int) -> str:
    """Choose the form for a count, without values: templates put in their own."""
    found = _words(_spoken.get()).get(one, (one, many))
    return found[0] if count == 1 or len(found) == 1 else found[1]


def N_(text: str) -> str:  # noqa: N802 # the name that extractors of texts look for
    """Mark a text that is translated where it is shown."""
    return text


_ = gettext


class Sentence(str):
    """A sentence in the language spoken here and now. It knows its parts, to be said to others in theirs."""

    __slots__ = ("parts",)
    parts: dict[str, Any]  # for JSON: the marked text, and its values, which may be sentences too


def sentence(text: str, **values: object) -> Sentence:
    said = Sentence(gettext(text, **values))
    said.parts = {"text": text, "values": {name: _kept(value) for name, value in values.items()}}
    return said


def said_again(parts: Mapping[str, Any]) -> Sentence:
    """Say a sentence of which the parts were kept."""
    values = {
        name: said_again(value) if isinstance(value, Mapping) else value
        for name, value in parts["values"].items()
    }
    return sentence(parts["text"], **values)


def _kept(value: object) -> object:
    if isinstance(value, Sentence):
        return value.parts
    return value if isinstance(value, int) else str(value)


def figure(text: str) -> str:
    """Give a figure that is written as in English, such as 1,265.5, with the marks of who reads."""
    return text.translate(_GERMAN_MARKS) if _spoken.get() == "de" else text


class _Engine:
    """Says the engine's sentences in the language that is spoken."""

    def text(self, text: str) -> str:
        return gettext(text)

    def form(self, one: str, many: str, count: int) -> str:
        return form(one, many, count)

    def figure(self, text: str) -> str:
        return figure(text)

    def inside(self, name: str) -> str:
        """German writes nouns large in a sentence too."""
        return speech.ENGLISH.inside(name) if _spoken.get() == ENGLISH else name


speech.translate_by(_Engine())


@cache
def _words(language: str) -> dict[str, tuple[str, ...]]:
    words: dict[str, tuple[str, ...]] = {}
    for path in sorted((FOLDER / language).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=language):
                if message.id and message.string and not message.fuzzy:
                    several = isinstance(message.id, tuple | list)
                    key = message.id[0] if several else message.id
                    said = message.string if several else (message.string,)
                    words[str(key)] = tuple(str(each) for each in said)
    return words
