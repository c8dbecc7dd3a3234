"""The sentences by which the rules propose a rung.

They are kept with the proposal, in English. They are recognised here and said in the language of whoever
reads; what somebody wrote stays as it was written.
"""

import re
from collections.abc import Sequence

from portal.languages import ENGLISH, _, ngettext, speaking
from scorecards.periods import MONTHS, month_label

_MONTH = rf"(?:{'|'.join(MONTHS)}) \d{{4}}"
_BAND = re.compile(rf"Band (\S+) in ({_MONTH}(?:, {_MONTH})*)\.")
_SAFETY = re.compile(rf"(One|\d+) nonconformances? of ({_MONTH}) touched safety\.")


def in_lowest_band(band: str, months: Sequence[int]) -> str:
    """Write down the months in a row that a supplier was in a band."""
    with speaking(ENGLISH):
        return _band(band, months)


def touched_safety(count: int, month: int) -> str:
    """Write down how many nonconformances of a month touched safety."""
    with speaking(ENGLISH):
        return _safety(count, month)


def as_read(sentence: str) -> str:
    """Say a reason as it was kept in the language of whoever reads."""
    if found := _BAND.fullmatch(sentence):
        return _band(found[1], [_month(each) for each in found[2].split(", ")])
    if found := _SAFETY.fullmatch(sentence):
        return _safety(1 if found[1] == "One" else int(found[1]), _month(found[2]))
    return sentence


def _band(band: str, months: Sequence[int]) -> str:
    return _("Band %(band)s in %(months)s.", band=band, months=", ".join(map(month_label, months)))


def _safety(count: int, month: int) -> str:
    return ngettext(
        "One nonconformance of %(month)s touched safety.",
        "%(num)s nonconformances of %(month)s touched safety.",
        count,
        month=month_label(month),
    )


def _month(label: str) -> int:
    name, year = label.split(" ")
    return (int(year) - 2000) * 12 + MONTHS.index(name)
