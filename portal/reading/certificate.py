"""Propose the fields of a certificate from the text of its pages.

A value is looked for behind its label on the same line, then to the right of it, then below; what has no
label is known by its form. Where a document says a thing twice, the first page's word counts.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from portal.reading import bodies, days, standards
from portal.reading.days import Day, Order
from portal.reading.found import Found, Reading
from portal.reading.labels import Label, labels_in
from portal.reading.pages import Page, Run

_UNTIL, _ISSUED = "valid_until_on", "issued_on"
# Between two days: "valid from … to …", in the languages of labels.py.
_TO = re.compile(
    r"^\W*(?:and\s+)?(?:until|to|through|till|bis(?:\s+zum)?|au|jusqu['’]au|al|hasta(?:\s+el)?|fino\s+al|do"
    r"|t\.o\.m\.|till(?:\s+och\s+med)?|tot(?:\s+en\s+met)?|a|até|至|[-–—])\W*$",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"[A-Z0-9](?:[A-Z0-9./()_-]| (?=[A-Z0-9./-]*\d)| [-–/] ?)*", re.IGNORECASE)
_ELSEWHERE = re.compile(r"^\W*(?:see|siehe|voir|véase|vedi|zob|se|viz|zie)\b", re.IGNORECASE)
_FORMS = {"GMBH": "GmbH", "LTD": "Ltd", "LTD.": "Ltd.", "INC": "Inc", "INC.": "Inc."}
_TOO_FAR_BELOW = 3.2  # line heights, for a value under its label
_NEXT_LINE = 1.9  # line heights, for text that goes on


@dataclass(frozen=True, slots=True)
class _Place:
    """A run on its page."""

    page: Page
    run: Run

    def found(self, value: str, start: int, end: int, other: str = "") -> Found:
        """Give a value with the box of a part of the run, as if its letters were all of one width."""
        run, page = self.run, self.page
        wide = (run.right - run.left) / max(len(run.text), 1)
        left, right = run.left + start * wide, run.left + end * wide
        box = _box(page, left, run.top, right, run.bottom)
        return Found(value, page.number, run.text[start:end].strip()[:200], box, other)


def read_certificate(pages: Sequence[Page], *, own_kinds: Sequence[str] = ()) -> Reading:
    """Read what can be read. ``own_kinds`` are names of further kinds of certificates."""
    text = "\n".join(page.text for page in pages)
    found: dict[str, Found | None] = {
        "standard": _standard(pages, own_kinds),
        "issuing_body": _issuing_body(pages),
        "accreditation": _accreditation(pages),
        "scope": _scope(pages),
        **_days(pages),
    }
    iatf = found["standard"] is not None and "IATF" in found["standard"].value
    found["number"] = _number(pages, prefer="iatf" if iatf else "")
    kept = {name: each for name, each in found.items() if each is not None}
    return Reading(len(pages), bool(text.strip()), kept, text)


def _places(pages: Sequence[Page]) -> Iterator[_Place]:
    return (_Place(page, run) for page in pages for run in page.runs)


def _standard(pages: Sequence[Page], own_kinds: Sequence[str]) -> Found | None:
    """The largest letters say what a certificate is; smaller ones name what it builds on."""
    best: tuple[tuple[int, float, int], Found] | None = None
    for place in _places(pages):
        for named in standards.standards_in(place.run.text, own_kinds):
            year = ":" in named.value
            weight = (-place.page.number, round(place.run.height), named.rank + year)
            if best is None or weight > best[0]:
                best = weight, place.found(named.value, named.start, named.end)
    return best[1] if best else None


# ── days


def _days(pages: Sequence[Page]) -> dict[str, Found | None]:
    seen = [(place, day) for place in _places(pages) for day in days.days_in(place.run.text)]
    order = days.order_of(day for _, day in seen)
    labelled: dict[str, list[tuple[_Place, Day]]] = {_UNTIL: [], _ISSUED: [], "": [], "none": []}
    for place, open_day in seen:
        day = days.settled(open_day, order)
        field = _announced(place, day)
        labelled[field if field in labelled else "none"].append((place, day))
    until, issued = labelled[_UNTIL], labelled[_ISSUED]
    if not until and not issued and len({day.day for _, day in labelled["none"]}) == 2:
        # Two days and no word: the later one is the end.
        first, *_, last = sorted(labelled["none"], key=lambda each: each[1].day)
        issued, until = [first], [last]
    return _pair(issued, until)


def _pair(issued: list[tuple[_Place, Day]], until: list[tuple[_Place, Day]]) -> dict[str, Found | None]:
    """Choose one of each: the last day of the end, and the newest issue before it."""
    end = max(until, key=lambda each: each[1].day, default=None)
    before = [each for each in issued if end is None or each[1].day < end[1].day]
    begin = max(before, key=lambda each: each[1].day, default=None)
    if begin and end and (begin[1].other or end[1].other):
        first, last = _whole_years(begin[1], end[1])
        begin, end = (begin[0], first), (end[0], last)
    return {_ISSUED: _found_day(begin), _UNTIL: _found_day(end)}


def _whole_years(begin: Day, end: Day) -> tuple[Day, Day]:
    """Settle an open order by what certificates do: they last whole years, to the day or one day less."""
    fitting = [
        order
        for order in (Order.DAY_FIRST, Order.MONTH_FIRST)
        if _lasts_years(days.settled(begin, order).day, days.settled(end, order).day)
    ]
    if len(fitting) != 1:
        return begin, end
    return days.settled(begin, fitting[0]), days.settled(end, fitting[0])


def _lasts_years(begin: date, end: date) -> bool:
    return any((day.month, day.day) == (begin.month, begin.day) for day in (end, end + timedelta(days=1)))


def _found_day(chosen: tuple[_Place, Day] | None) -> Found | None:
    if chosen is None:
        return None
    place, day = chosen
    other = day.other.isoformat() if day.other else ""
    return place.found(day.day.isoformat(), day.start, day.end, other)


def _announced(place: _Place, day: Day) -> str:
    """Name the field that a day belongs to, by the label nearest to it; "none" where there is none."""
    text = place.run.text
    earlier = [each for each in days.days_in(text) if each.end <= day.start]
    start = earlier[-1].end if earlier else 0
    if label := _last_of_days(labels_in(text[start : day.start])):
        return label.field
    if earlier and _TO.match(text[start : day.start]):
        return _UNTIL if _announced(place, earlier[-1]) == _ISSUED else "none"
    if start:
        return "none"
    for near in (_left_of(place), _above(place)):
        if (
            near
            and (label := _last_of_days(labels_in(near.text)))
            and not days.days_in(near.text[label.end :])
        ):
            return label.field
    return "none"


def _last_of_days(labels: list[Label]) -> Label | None:
    return next((each for each in reversed(labels) if each.field in {_UNTIL, _ISSUED, ""}), None)


# ── number


def _number(pages: Sequence[Page], prefer: str) -> Found | None:
    candidates = []
    for place in _places(pages):
        for label in labels_in(place.run.text):
            if label.field == "number" and (found := _number_behind(place, label)):
                # "Certificate 4711" is one; but any other label says it better.
                plain = label.words == "certificate"
                candidates.append(((prefer not in label.words, plain), found))
    return min(candidates, key=lambda each: each[0])[1] if candidates else None


def _number_behind(place: _Place, label: Label) -> Found | None:
    if found := _as_number(place, label.end):
        return found
    if label.words == "certificate" or place.run.text[label.end :].strip(" :.#"):
        return None
    for near in (_right_of(place), _below(place)):
        if near and (found := _as_number(_Place(place.page, near), 0)):
            return found
    return None


def _as_number(place: _Place, start: int) -> Found | None:
    text = place.run.text
    rest = text[start:]
    skipped = len(rest) - len(rest.lstrip(" :.#№-–"))
    match = _NUMBER.match(rest, skipped)
    if match is None:
        return None
    value = match[0].rstrip(" ./(-–_")
    cut = next(
        (day.start - start for day in days.days_in(text) if start <= day.start < start + match.end()), None
    )
    if cut is not None:
        value = rest[skipped:cut].rstrip(" ./(-–_")
    if sum(c.isdigit() for c in value) < 3 or len(value) > 60 or standards.code_of(value):
        return None
    return place.found(value, start + skipped, start + skipped + len(value))


# ── who, and by whose leave


def _issuing_body(pages: Sequence[Page]) -> Found | None:
    for place in _places(pages):
        for label in labels_in(place.run.text):
            if label.field == "issuing_body" and not label.start:
                behind = place.run.text[label.end :].strip()
                rest = behind.strip(" :")
                if behind.startswith(":") and _is_name(rest):
                    return place.found(rest, len(place.run.text) - len(rest), len(place.run.text))
                near = _right_of(place) if not rest else None
                if near and _is_name(near.text):
                    return _Place(place.page, near).found(near.text, 0, len(near.text))
    for place in _places(pages):
        if bodies.looks_like_body(place.run.text):
            return place.found(_capitals(place.run.text), 0, len(place.run.text))
    for place in _places(pages):
        if match := bodies.known_body(place.run.text):
            whole = place.run.text if len(place.run.text) <= 60 else match[0]
            start = 0 if whole == place.run.text else match.start()
            return place.found(_capitals(whole), start, start + len(whole))
    return None


def _with_rest(place: _Place) -> str:
    """Give a run's text; one that was divided at a hyphen goes on in the column below."""
    text = place.run.text
    below = _below(place) if text.endswith("-") else None
    return text + below.text if below else text


def _is_name(text: str) -> bool:
    return 2 < len(text) <= 120 and not days.days_in(text) and not text.endswith(":")


def _capitals(text: str) -> str:
    """Write a name that is all capitals as names are written; what may be letters of a short name is left."""
    if not text.isupper() or len(text) < 8:
        return text
    return " ".join(
        _FORMS.get(word) or (word if len(word) <= 3 or "." in word else word.capitalize())
        for word in text.split()
    )


def _accreditation(pages: Sequence[Page]) -> Found | None:
    for place in _places(pages):
        if found := bodies.accreditation_in(_with_rest(place)):
            value, start, end = found
            return place.found(value, start, min(end, len(place.run.text)))
    for place in _places(pages):
        for label in labels_in(place.run.text):
            if label.field == "accreditation":
                near = _right_of(place) if not place.run.text[label.end :].strip(" :") else None
                if near and _is_name(near.text) and not _ELSEWHERE.match(near.text):
                    return _Place(place.page, near).found(near.text, 0, len(near.text))
    return None


# ── scope


def _scope(pages: Sequence[Page]) -> Found | None:
    for place in _places(pages):
        for label in labels_in(place.run.text):
            if label.field == "scope" and (found := _text_behind(place, label)):
                return found
    return None


def _text_behind(place: _Place, label: Label) -> Found | None:
    """Take the text behind a label, beside it or below it, as far as it goes on in the same column."""
    rest = place.run.text[label.end :].strip(" :")
    if len(rest.split()) >= 2 and label.start < 40:
        first, words = place.run, [rest]
    else:
        if len(place.run.text) > len(label.words) + 40 and label.end < len(place.run.text) - 5:
            return None
        near = _right_of(place) or _below(place)
        if near is None or len(near.text) < 8 or _is_label(near):
            return None
        first, words = near, [near.text]
    last, parts = first, [first]
    for run in place.page.runs:
        if run.top < last.top or run in parts or not _goes_on(last, run, first):
            continue
        if _is_label(run) or days.days_in(run.text):
            break
        words.append(run.text)
        parts.append(run)
        last = run
    text = _joined(words)
    if len(text) < 8 or _ELSEWHERE.match(text):
        return None
    box = _box(
        place.page,
        min(run.left for run in parts),
        parts[0].top,
        max(run.right for run in parts),
        parts[-1].bottom,
    )
    return Found(text[:2000], place.page.number, text[:200], box)


def _goes_on(last: Run, run: Run, first: Run) -> bool:
    is_near = 0 < run.middle - last.middle < _NEXT_LINE * max(first.height, run.height)
    is_alike = abs(run.height - first.height) < 0.25 * first.height
    return is_near and is_alike and run.left < first.right and first.left < run.right


def _joined(words: list[str]) -> str:
    """Join lines; a word that was divided becomes whole."""
    text = ""
    for line in words:
        if text.endswith("-") and line[:1].islower():
            text = text[:-1] + line
        else:
            text = f"{text} {line}" if text else line
    return text.strip(" .;")


def _is_label(run: Run) -> bool:
    found = labels_in(run.text)
    return (
        bool(found) and found[0].start < 3 and (run.text.find(":") >= 0 or len(run.text) < found[0].end + 25)
    )


# ── neighbours


def _left_of(place: _Place) -> Run | None:
    beside = [run for run in place.page.runs if run.is_beside(place.run) and run.right <= place.run.left + 1]
    return max(beside, key=lambda run: run.right, default=None)


def _right_of(place: _Place) -> Run | None:
    beside = [run for run in place.page.runs if run.is_beside(place.run) and run.left >= place.run.right - 1]
    return min(beside, key=lambda run: run.left, default=None)


def _above(place: _Place) -> Run | None:
    return _nearest(place, above=True)


def _below(place: _Place) -> Run | None:
    return _nearest(place, above=False)


def _nearest(place: _Place, *, above: bool) -> Run | None:
    """The next run in the same column, if it is close."""
    run = place.run
    column = [
        other
        for other in place.page.runs
        if other.left < run.right
        and run.left < other.right
        and not other.is_beside(run)
        and (other.middle < run.middle) is above
        and abs(other.middle - run.middle) < _TOO_FAR_BELOW * max(run.height, other.height)
    ]
    return min(column, key=lambda other: abs(other.middle - run.middle), default=None)


def _box(page: Page, left: float, top: float, right: float, bottom: float) -> tuple[int, int, int, int]:
    def part(value: float, of: float) -> int:
        return min(1000, max(0, round(1000 * value / of)))

    x, y = part(left, page.width), part(top, page.height)
    return x, y, part(right, page.width) - x, part(bottom, page.height) - y
