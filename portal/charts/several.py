"""Lines of several suppliers in one figure: told apart by mark and dash, named at their ends.

Nobody has to see colours: each line has its own mark, its own dash and its number.
"""

from collections.abc import Sequence

from markupsafe import Markup

from portal.charts.plot import Plot, checked, every, plot
from portal.charts.svg import CROWDED, WIDE, Value, frame, nothing, num, present, runs, text

MOST = 5
_ROOM = 14.0  # from one name to the next
_MOST_LETTERS = 17
# A circle, a square, a triangle, a diamond, a plus: from the middle of the mark.
_MARKS = (
    "M-3.6 0a3.6 3.6 0 1 0 7.2 0a3.6 3.6 0 1 0 -7.2 0z",
    "M-3.3 -3.3h6.6v6.6h-6.6z",
    "M0 -4.4L4.2 3.2H-4.2z",
    "M0 -4.6L4.6 0L0 4.6L-4.6 0z",
    "M-1.3 -4.2h2.6v2.9h2.9v2.6h-2.9v2.9h-2.6v-2.9h-2.9v-2.6h2.9z",
)
_DASHES = ("", "7 3", "2 3", "9 3 2 3", "5 5")


def lines(
    series: Sequence[tuple[str, Sequence[Value | None]]],
    labels: Sequence[str],
    *,
    label: str,
    width: int = WIDE,
    height: int = 260,
    empty: str = "No month has a value yet.",
) -> Markup:
    """One line for each (name, values); `labels` are the months' names and a gap stays a gap.

    Wide enough, each line's end says number and name; else its number, and ``mark`` stands in a legend.

    Raises:
        ValueError: more lines than there are marks, or not one label for each value.
    """
    if len(series) > MOST:
        raise ValueError(f"A figure shows at most {MOST} lines.")
    for _, values in series:
        checked(values, labels)
    given = [value for _, values in series for value in present(values)]
    if not given:
        return nothing(empty)
    ends = [_end(place, name, is_wide=width >= CROWDED) for place, (name, _) in enumerate(series)]
    ground = plot(given, width=width, height=height, end_label=f"{max(ends, key=len)}  ")
    parts, count = ground.grid(), len(labels)
    gap = every(count, ground.inner)
    for i in range(count - 1, -1, -gap):
        anchor = "end" if i == count - 1 and width < CROWDED else "middle"
        parts.append(text(labels[i], _x(ground, i, count), height - 7, anchor=anchor))
    for place, (_, values) in enumerate(series):
        parts += _line(ground, values, place)
    parts += _names(ground, [values for _, values in series], ends)
    return frame(parts, width=width, height=height, label=label)


def mark(place: int) -> Markup:
    """A piece of the line as the legend shows it, beside the words that name it."""
    parts = [f'<path class="k{place + 1}"{_dash(place)} d="M1 7H33"/>', _mark(place, 17, 7)]
    return Markup('<svg class="as-key ch" viewBox="0 0 34 14" aria-hidden="true">{}</svg>').format(
        Markup("".join(parts))  # noqa: S704 # of our own numbers
    )


def _end(place: int, name: str, *, is_wide: bool) -> str:
    if not is_wide:
        return str(place + 1)
    short = name if len(name) <= _MOST_LETTERS else f"{name[: _MOST_LETTERS - 1].rstrip()}…"
    return f"{place + 1} {short}"


def _x(ground: Plot, i: int, count: int) -> float:
    inside = (ground.inner - 12) * i / (count - 1) + 6 if count > 1 else ground.inner / 2
    return ground.left + inside


def _line(ground: Plot, values: Sequence[Value | None], place: int) -> list[str]:
    parts = []
    for run in runs(values):
        at = [(_x(ground, i, len(values)), ground.y(float(values[i] or 0))) for i in run]
        if len(at) > 1:
            points = " ".join(f"{num(x)},{num(y)}" for x, y in at)
            parts.append(f'<polyline class="k{place + 1}"{_dash(place)} points="{points}"/>')
        parts += [_mark(place, x, y) for x, y in at]
    return parts


def _names(ground: Plot, series: Sequence[Sequence[Value | None]], ends: Sequence[str]) -> list[str]:
    """The name of each line beside its newest value, moved down where another one stands there already."""
    wanted = []
    for values, words in zip(series, ends, strict=True):
        known = [value for value in values if value is not None]
        if known:
            wanted.append((ground.y(float(known[-1])), words))
    wanted.sort()
    parts, free = [], ground.top - _ROOM
    lowest = ground.bottom + 4 - _ROOM * (len(wanted) - 1)
    for at, (y, words) in enumerate(wanted):
        free = max(min(y, lowest + _ROOM * at), free + _ROOM)
        parts.append(text(words, ground.right + 8, free + 4, kind="v"))
    return parts


def _mark(place: int, x: float, y: float) -> str:
    return f'<path class="q{place + 1}" transform="translate({num(x)} {num(y)})" d="{_MARKS[place]}"/>'


def _dash(place: int) -> str:
    return f' stroke-dasharray="{_DASHES[place]}"' if _DASHES[place] else ""
