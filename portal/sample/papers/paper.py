"""One certificate on paper, typeset by typst. Its values are given as text, never as code."""

import json
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import typst

from portal.sample.papers.words import LANGUAGES

_FOLDER = Path(__file__).parent
LAYOUTS = ("framed", "table", "letter", "columns", "sentence")


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """What a certificate says, and how it looks. ``sites`` are lines of addresses."""

    standard: str
    number: str
    body: str
    company: str
    sites: tuple[str, ...]
    scope: str
    issued_on: date
    valid_until_on: date
    accreditation: str = ""
    first_on: date | None = None  # of the first approval: a day that is neither
    language: str = "en"
    layout: str = "framed"
    short_days: bool = False
    ink: str = "#1f3d6d"


def pdf(paper: Paper) -> bytes:
    """Typeset it; the same paper gives the same bytes."""
    words = LANGUAGES[paper.language]

    def day(value: date | None) -> str:
        return words.day(value, paper.language, short=paper.short_days) if value else ""

    said = {
        "layout": paper.layout,
        "ink": paper.ink,
        "language": paper.language,
        "standard": paper.standard,
        "number": paper.number,
        "body": paper.body,
        "company": paper.company,
        "sites": list(paper.sites),
        "scope_text": paper.scope,
        "issued_day": day(paper.issued_on),
        "until_day": day(paper.valid_until_on),
        "first_day": day(paper.first_on),
        "accreditation_mark": paper.accreditation,
        "initials": "".join(word[0] for word in paper.body.split() if word[0].isupper())[:3],
        **{
            name: getattr(words, name)
            for name in (
                *("title", "confirms", "of", "meets", "scope", "number", "issued", "until", "accreditation"),
                "earlier",
            )
            if name != "number"
        },
        "number_label": words.number,
    }
    return bytes(typst.compile(_template(), sys_inputs={"said": json.dumps(said)}))


@cache
def _template() -> bytes:
    return (_FOLDER / "paper.typ").read_bytes()
