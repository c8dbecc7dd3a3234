"""Bars over months. They stand on 0, always."""

from collections.abc import Sequence

from markupsafe import Markup

from portal.charts.plot import Plot, checked, every, plot
from portal.charts.svg import WIDE, Value, frame, nothing, num, present, text, words


def bars(
    values: Sequence[Value | None],
    labels: Sequence[str],
    *,
    label: str,
    width: int = WIDE,
    height: int = 220,
    digits: int = 0,
    target: Value | None = None,
    target_label: str = "Target",
    empty: str = "No month has a value yet.",
) -> Markup:
    """Bars from 0, the last one accented; a month without data has no bar and no number.

    Raises:
        ValueError: not one label for each value, or a value below 0.
    """
    checked(values, labels)
    given = present(values)
    if not given:
        return nothing(empty)
    if min(given) < 0:
        raise ValueError("A bar stands on 0 and cannot go below it.")
    ground = plot(
        [*given, *present([target])],
        width=width,
        height=height,
        from_zero=True,
        end_label=target_label if target is not None else "",
    )
    slot = ground.inner / len(values)
    bar_width = min(slot * 0.62, 56)
    avoid = ground.y(float(target)) if target is not None else None
    longest = max(len(words(each, digits)) for each in values if each is not None)
    gap = every(len(values), ground.inner, 32)
    gap_of_values = max(gap, every(len(values), ground.inner, longest * 7))
    parts, last = ground.grid(), len(values) - 1
    for i, each in enumerate(values):
        middle = ground.left + slot * (i + 0.5)
        back = last - i
        if not back % gap:
            parts.append(text(labels[i], middle, height - 7, anchor="middle"))
        if each is None:
            continue
        parts.append(_bar(ground, middle, bar_width, float(each), is_last=not back))
        if not back % gap_of_values:
            shown = words(each, digits)
            wide_enough = len(shown) * 6.6 <= bar_width
            y, is_inside = _number_at(ground, float(each), avoid, wide_enough=wide_enough)
            kind = "seg" if is_inside and not back else "v" if is_inside or not back else ""
            parts.append(text(shown, middle, y, anchor="middle", kind=kind))
    if target is not None:
        parts += ground.target(float(target), target_label)
    return frame(parts, width=width, height=height, label=label)


def _bar(ground: Plot, middle: float, wide: float, value: float, *, is_last: bool) -> str:
    top = ground.y(value)
    return (
        f'<rect class="bar{" on" if is_last else ""}" x="{num(middle - wide / 2)}" y="{num(top)}"'
        f' width="{num(wide)}" height="{num(ground.bottom - top)}" rx="2"/>'
    )


def _number_at(ground: Plot, value: float, avoid: float | None, *, wide_enough: bool) -> tuple[float, bool]:
    """Where the number stands, and whether inside the bar: above it, but never across the target's line."""
    top = ground.y(value)
    if avoid is None or not -3 < top - avoid < 16:
        return top - 4, False
    if wide_enough and ground.bottom - top > 18:
        return top + 14, True
    return min(top, avoid) - 4, False
