"""Facts that limit a band, as people read them.

A fact's sentence is part of a card's inputs, so it is frozen with it, in English. Those that the portal and
the engine write are recognised here and said in the language of whoever reads; any other stays as it is.
"""

import re
from collections.abc import Callable
from datetime import date

from scorecards.banding import CapResult
from scorecards.periods import day_label
from scorecards.speech import _
from scorecards.wording import ngettext

_DAY = r"(\d{4})-(\d{2})-(\d{2})"
_KINDS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"None"), lambda _found: _("None")),
    (re.compile(r"Not checked"), lambda _found: _("Not checked")),
    (re.compile(r"One nonconformance touches safety"), lambda _found: _safety(1)),
    (re.compile(r"(\d+) nonconformances touch safety"), lambda found: _safety(int(found[1]))),
    (
        re.compile(rf"(.+) expired on {_DAY}"),
        lambda found: _("%(name)s expired on %(day)s", name=found[1], day=_day(found, 2)),
    ),
    (
        re.compile(rf"(.+) is open since {_DAY}"),
        lambda found: _("%(name)s is open since %(day)s", name=found[1], day=_day(found, 2)),
    ),
)


def cap_title(cap: CapResult) -> str:
    """Give what a cap is about; the titles that policies come with are known in every language."""
    return _(cap.title)


def fact_words(sentence: str) -> str:
    """Say a fact: "ISO 9001 expired on 31 Oct 2026; SCAR-2026-0147 is open since 3 Nov 2026."."""
    said = [_said(part) for part in sentence.removesuffix(".").split("; ")]
    return f"{'; '.join(said)}."


def _said(part: str) -> str:
    for pattern, words in _KINDS:
        found = pattern.fullmatch(part)
        if found:
            return words(found)
    return part


def _day(found: re.Match[str], at: int) -> str:
    try:
        return day_label(date(int(found[at]), int(found[at + 1]), int(found[at + 2])))
    except ValueError:
        return "-".join((found[at], found[at + 1], found[at + 2]))


def _safety(count: int) -> str:
    return ngettext("One nonconformance touches safety", "%(num)s nonconformances touch safety", count)
