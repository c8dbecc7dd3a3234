"""In which language sentences are said: English, unless a program around the engine brings a translator.

Sentences are written in English where they are made and go through ``_``; numbers get their marks in
``wording``. Only what is made to be read goes through here, never what is computed, stored or hashed: a card
file has the same bytes for every reader.
"""

from typing import Protocol


class Translator(Protocol):
    """Knows the language of whoever reads here and now."""

    def text(self, text: str) -> str:
        """Give a text in that language, with its %(places)s; the text itself where there is no other."""

    def form(self, one: str, many: str, count: int) -> str:
        """The same for a text that depends on a count."""

    def figure(self, text: str) -> str:
        """Give a figure such as 1,265.5 with the marks of that language."""

    def inside(self, name: str) -> str:
        """Give a name such as "On-time delivery" as it stands inside a sentence."""


class _English:
    def text(self, text: str) -> str:
        return text

    def form(self, one: str, many: str, count: int) -> str:
        return one if count == 1 else many

    def figure(self, text: str) -> str:
        return text

    def inside(self, name: str) -> str:
        return name if name[1:2].isupper() else name[:1].lower() + name[1:]


ENGLISH: Translator = _English()
_translator = ENGLISH


def translate_by(translator: Translator) -> None:
    """Have everything said through a translator, in this process from now on."""
    global _translator  # noqa: PLW0603 # one for the process: it asks itself who reads
    _translator = translator


def gettext(text: str, **values: object) -> str:
    said = _translator.text(text)
    return said % values if values else said


def form(one: str, many: str, count: int) -> str:
    return _translator.form(one, many, count)


def figure(text: str) -> str:
    return _translator.figure(text)


def inside(name: str) -> str:
    return _translator.inside(name)


def N_(text: str) -> str:  # noqa: N802 # as everywhere: marks a text that is said later
    return text


_ = gettext
