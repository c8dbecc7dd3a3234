"""A line over months, and the sparkline."""

from collections.abc import Callable, Sequence

from markupsafe import Markup

from portal.charts.bands import Band, known
from portal.charts.plot import Plot, checked, every, plot, rule
from portal.charts.svg import CROWDED, WIDE, Value, frame, nothing, num, present, runs, text, words

Place = Callable[[int], tuple[float, float]]


def line(
    values: Sequence[Value | None],
    labels: Sequence[str],
    *,
    label: str,
    width: int = WIDE,
    height: int = 220,
    digits: int = 1,
    target: Value | Sequence[Value | None] | None = None,
    target_label: str = "Target",
    bands: Sequence[Band] = (),
    low: Value | None = None,
    high: Value | None = None,
    preview: bool = False,
    empty: str = "No month has a value yet.",
) -> Markup:
    """A line over months; `labels` are the months' names and a gap stays a gap.

    `target` is one for all months, or one for each. `bands` colour the ground and are named at the end. `low`
    and `high` widen the axis, they never cut a value off. With `preview` the last point is hollow and its
    segment dashed.

    Raises:
        ValueError: not one label for each value.
    """
    checked(values, labels)
    given = present(values)
    if not given:
        return nothing(empty)
    aims = list(target) if isinstance(target, Sequence) else [target] * len(values)
    letters = max((b.letter for b in bands), key=len, default="")
    end_label = f"{letters} {target_label}".strip() if present(aims) else letters
    ground = plot(
        [*given, *present([*aims, low, high])],
        width=width,
        height=height,
        steps=3 if bands else 4,
        end_label=end_label,
    )
    last = len(values) - 1

    def at(index: int) -> tuple[float, float]:
        inside = (ground.inner - 12) * index / last + 6 if last else ground.inner / 2
        return ground.left + inside, ground.y(float(values[index] or 0))

    hollow = preview and values[last] is not None
    parts = [*_coloured(ground, bands), *ground.grid()]
    parts += _targets(ground, aims, at, target_label, beside=16 if bands else 0)
    parts += _strokes(values, at, dashed=hollow)
    parts += _points(values, at, hollow=hollow)
    gap = every(len(values), ground.inner)
    for i in range(last, -1, -gap):
        anchor = "end" if i == last and width < CROWDED else "middle"
        parts.append(text(labels[i], at(i)[0], height - 7, anchor=anchor))
    avoid = ground.y(float(aims[-1])) if aims[-1] is not None else None
    parts += _numbers(values, at, digits=digits, gap=gap, avoid=avoid, floor=ground.bottom)
    return frame(parts, width=width, height=height, label=label)


def spark(
    values: Sequence[Value | None], *, label: str, low: Value | None = None, high: Value | None = None
) -> Markup:
    """A line without words, as tall as a row of text; a dash where there is no value at all."""
    given = present(values)
    if not given:
        return Markup('<span class="dim" role="img" aria-label="{}">–</span>').format(label)
    bottom, top = min([*given, *present([low])]), max([*given, *present([high])])
    last = len(values) - 1

    def at(index: int) -> tuple[float, float]:
        x = 3 + 90 * index / last if last else 48.0
        share = (float(values[index] or 0) - bottom) / (top - bottom) if top > bottom else 0.5
        return x, 21 - 18 * share

    parts = _strokes(values, at, dashed=False)
    alone = [run[0] for run in runs(values) if len(run) == 1]
    parts += [_dot(at(i), "p1", 1.4) for i in alone]
    parts.append(_dot(at(_newest(values)), "p1", 2.6))
    return frame(parts, width=96, height=24, label=label, kind="as-spark ch")


def _coloured(ground: Plot, bands: Sequence[Band]) -> list[str]:
    parts: list[str] = []
    for band in bands:
        low, high = max(float(band.low), ground.axis[0]), min(float(band.high), ground.axis[-1])
        if high > low:
            top, tall = ground.y(high), ground.y(low) - ground.y(high)
            parts.append(
                f'<rect class="t-{known(band.letter)}" x="{num(ground.left)}" y="{num(top)}"'
                f' width="{num(ground.inner)}" height="{num(tall)}"/>'
            )
            parts.append(text(band.letter, ground.right + 8, top + tall / 2 + 4, kind="v"))
    return parts


def _targets(
    ground: Plot, aims: Sequence[Value | None], at: Place, label: str, *, beside: float
) -> list[str]:
    """A line as far as each target holds, with its name at the end where the last one still does."""
    parts: list[str] = []
    for run in runs(aims):
        first = run[0]
        for i in run:
            if i + 1 in run and aims[i + 1] == aims[first]:
                continue
            left = ground.left if not first else (at(first - 1)[0] + at(first)[0]) / 2
            right = ground.right if i == len(aims) - 1 else (at(i)[0] + at(i + 1)[0]) / 2
            y = ground.y(float(aims[i] or 0))
            parts.append(rule(left, right, y))
            if i == len(aims) - 1:
                parts.append(text(label, ground.right + 6 + beside, y + 4, kind="v"))
            first = i + 1
    return parts


def _strokes(values: Sequence[Value | None], at: Place, *, dashed: bool) -> list[str]:
    """One stroke for each stretch without a gap; dashed is the last segment of the last one."""
    parts = []
    for run in runs(values):
        ends_dashed = dashed and run[-1] == len(values) - 1
        solid = run[:-1] if ends_dashed else run
        if len(solid) > 1:
            points = " ".join(f"{num(x)},{num(y)}" for x, y in map(at, solid))
            parts.append(f'<polyline class="l1" points="{points}"/>')
        if ends_dashed and len(run) > 1:
            (x1, y1), (x2, y2) = at(run[-2]), at(run[-1])
            parts.append(
                f'<line class="l1" stroke-dasharray="4 3" x1="{num(x1)}" y1="{num(y1)}"'
                f' x2="{num(x2)}" y2="{num(y2)}"/>'
            )
    return parts


def _points(values: Sequence[Value | None], at: Place, *, hollow: bool) -> list[str]:
    newest = _newest(values)
    return [
        _dot(at(i), "p0" if hollow and i == newest else "p1", 4 if i == newest else 2.6)
        for i, each in enumerate(values)
        if each is not None
    ]


def _numbers(
    values: Sequence[Value | None], at: Place, *, digits: int, gap: int, avoid: float | None, floor: float
) -> list[str]:
    """The newest value always; of the others as many as have room beside it."""
    newest, parts = _newest(values), []
    for i, each in enumerate(values):
        is_newest = i == newest
        if each is None or (not is_newest and ((newest - i) % gap or not newest - i)):
            continue
        x, y = at(i)
        # Below the point where the target's line, or the line as it comes down, would run through the words;
        # but not where the months' names stand.
        falls = is_newest and i > 0 and values[i - 1] is not None and at(i - 1)[1] < y - 6
        below = (
            falls or _is_dip(values, i) or (avoid is not None and abs(y - 13 - avoid) < 9)
        ) and y + 14 < floor
        # The first number leans away from the axis, the newest one away from the band letters.
        shift, anchor = (
            (8, "end") if is_newest and i else (-4, "start") if not i and newest else (0, "middle")
        )
        kind = "v" if is_newest else ""
        parts.append(
            text(words(each, digits), x + shift, y + 18 if below else y - 9, anchor=anchor, kind=kind)
        )
    return parts


def _is_dip(values: Sequence[Value | None], i: int) -> bool:
    """Both neighbours are higher, so that above the point the line would run through the words."""
    beside = [values[at] for at in (i - 1, i + 1) if 0 <= at < len(values)]
    here = values[i]
    return len(beside) == 2 and all(e is not None and here is not None and e > here for e in beside)


def _dot(place: tuple[float, float], kind: str, radius: float) -> str:
    return f'<circle class="{kind}" cx="{num(place[0])}" cy="{num(place[1])}" r="{num(radius)}"/>'


def _newest(values: Sequence[Value | None]) -> int:
    return max(i for i, each in enumerate(values) if each is not None)
