"""Figures about bands. Which bands there are comes from the policy, never from here."""

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

from portal.charts.svg import Value, frame, nothing, num, present, text, words
from portal.languages import _


class Band(NamedTuple):
    """A letter and the scores it stands for: low included, high not, but for the top band's."""

    letter: str
    low: Value
    high: Value


def known(letter: str) -> str:
    """The letter's class; four bands have a colour, any other is grey."""
    return letter.lower() if letter.lower() in {"a", "b", "c", "d"} else "x"


def ruler(
    score: Value | None,
    letter: str,
    bands: Sequence[Band],
    *,
    width: int = 560,
    digits: int = 1,
    start: Value | None = None,
    other: Value | None = None,
    other_words: str = "if accepted",
    empty: str = "Not rated, so there is no place on the scale.",
) -> Markup:
    """The score on the scale of the bands; `letter` is the band it got, which a cap may have lowered.

    The scale starts at `start`, or two thirds below the second lowest band, or at the score if that is lower
    still, so that the widest band does not push the others aside; its first number says where. `other` is
    what the score would be if something were decided otherwise.
    """
    if score is None or not bands:
        return nothing(empty)
    rising = sorted(bands, key=lambda band: float(band.low))
    top, marks = float(rising[-1].high), present([score, other])
    bottom = _start(rising, min(marks), start)
    # A second mark has its words in a row of their own, so that the two never run into each other.
    down = 0 if other is None else 15

    def x(value: float) -> float:
        return 6 + (width - 12) * (min(max(value, bottom), top) - bottom) / (top - bottom)

    parts: list[str] = []
    for band in rising:
        low, high = max(float(band.low), bottom), float(band.high)
        if high <= bottom:
            continue
        is_lit = band.letter.lower() == letter.lower()
        size = f'width="{num(max(x(high) - x(low) - 2, 1))}" height="14"'
        kind = f"{'f' if is_lit else 't'}-{known(band.letter)}"
        parts += [
            f'<rect class="{kind}" x="{num(x(low) + 1)}" y="{24 + down}" {size} rx="3"/>',
            text(band.letter.upper(), (x(low) + x(high)) / 2, 35 + down, anchor="middle", kind="wt" * is_lit),
            text(_short(low), x(low), 53 + down, anchor="start" if low == bottom else "middle"),
        ]
    parts.append(text(_short(top), x(top), 53 + down, anchor="end"))
    if other is not None:
        to, said = x(float(other)), f"{words(other, digits)} {other_words}"
        parts.append(f'<path class="alt" d="M{num(to)} {23 + down}V16"/>')
        parts.append(text(said, to, 11, anchor=_lean(to, width, len(said))))
    at, shown = x(float(score)), words(score, digits)
    parts.append(f'<path class="mk" d="M{num(at)} {24 + down}l-6-8h12z"/>')
    parts.append(text(shown, at, 12 + down, anchor=_lean(at, width, len(shown)), kind="tx"))
    limits = ", ".join(
        _("%(band)s from %(least)s", band=band.letter.upper(), least=_short(float(band.low)))
        for band in rising
    )
    label = _("Score %(score)s on a scale with %(limits)s", score=shown, limits=limits)
    return frame(parts, width=width, height=58 + down, label=label, kind="as-ruler")


def _lean(x: float, width: int, letters: int) -> str:
    """Words near an edge lean inwards; their mark stays where it is."""
    half = letters * 3.4
    return "start" if x < half else "end" if x > width - half else "middle"


def _start(rising: Sequence[Band], score: float, start: Value | None) -> float:
    lowest = float(rising[0].low)
    if start is None:
        if len(rising) == 1:
            return lowest
        second, top = float(rising[1].low), float(rising[-1].high)
        start = second - (top - second) * 2 / 3
    return max(lowest, min(float(start), score))


def _short(value: float) -> str:
    return words(value, 0 if value == round(value) else 1)


def stacked(
    columns: Sequence[Sequence[int]],
    labels: Sequence[str],
    letters: Sequence[str],
    *,
    label: str,
    width: int = 460,
    height: int = 230,
    empty: str = "No supplier was rated yet.",
) -> Markup:
    """How many of each band, month by month; counts stand in the order of `letters`, the best first.

    Raises:
        ValueError: columns, labels and letters do not fit together, or a count is below 0.
    """
    if len(columns) != len(labels) or any(len(column) != len(letters) for column in columns):
        raise ValueError("Each column needs a label, and a count for each letter.")
    if any(count < 0 for column in columns for count in column):
        raise ValueError("A count cannot be below 0.")
    most = max((sum(column) for column in columns), default=0)
    if not most:
        return nothing(empty)
    slot, tall, top = (width - 12) / len(columns), height - 28, 4
    wide = min(slot * 0.72, 72)
    parts: list[str] = []
    for i, column in enumerate(columns):
        left = 6 + slot * (i + 0.5) - wide / 2
        middle = left + wide / 2
        # A column stands on the axis, so that months with fewer suppliers are seen as lower.
        y = top + tall * (1 - sum(column) / most)
        for letter, count in zip(letters, column, strict=True):
            high = tall * count / most
            if count:
                parts.append(
                    f'<rect class="f-{known(letter)}" x="{num(left)}" y="{num(y)}" width="{num(wide)}"'
                    f' height="{num(max(high - 1.5, 0.5))}"/>'
                )
            if high > 11 and wide > 24:
                parts.append(
                    text(f"{letter.upper()} {count}", middle, y + high / 2 + 3, anchor="middle", kind="seg")
                )
            y += high
        is_last = i == len(columns) - 1
        parts.append(text(labels[i], middle, height - 6, anchor="middle", kind="v" if is_last else ""))
    return frame(parts, width=width, height=height, label=label)
