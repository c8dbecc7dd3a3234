"""Kinds in order of size, with the share that has run up so far."""

from collections.abc import Sequence

from markupsafe import Markup

from portal.charts.svg import Value, frame, nothing, num, text, words

LETTER = 6.2
RIGHT = 84

_DWARFS = 2  # times the biggest that has a name


def pareto(
    items: Sequence[tuple[str, Value]],
    *,
    label: str,
    unit: str = "pieces",
    width: int = 460,
    height: int | None = None,
    rest: str = "Other",
    empty: str = "Nothing was counted.",
) -> Markup:
    """Bars from the biggest to the smallest; those that make the first 80 % are accented.

    The item named `rest` collects the small ones: it comes last and is never accented. Where it
    would dwarf the others its number stands alone. A name too long for its column is cut with an
    ellipsis; the caller's table shows it whole.

    Raises:
        ValueError: a count below 0.
    """
    if any(value < 0 for _, value in items):
        raise ValueError("A count cannot be below 0.")
    counted = sorted(((k, v) for k, v in items if v), key=lambda item: (item[0] == rest, -item[1]))
    total = sum(float(value) for _, value in counted)
    if not total:
        return nothing(empty)
    left = min(width * 0.38, 14 + LETTER * max(len(name) for name, _ in counted))
    letters = int((left - 8) / LETTER)
    tall = height or 24 + 32 * len(counted)
    row = (tall - 22) / len(counted)
    named = max((float(value) for name, value in counted if name != rest), default=total)
    biggest = max(float(value) for _, value in counted if float(value) <= _DWARFS * named)
    room = width - left - RIGHT
    parts, so_far = [], 0.0
    for i, (name, value) in enumerate(counted):
        top, middle = i * row + 2, i * row + row / 2 + 5
        accented = so_far < total * 0.8 and name != rest
        so_far += float(value)
        long = room * float(value) / biggest
        shown = name if len(name) <= letters else name[: letters - 1].rstrip() + "…"
        size = f'width="{num(max(long, 1))}" height="{num(max(row - 8, 2))}"'
        kind = "bar on" if accented else "bar"
        rect = f'<rect class="{kind}" x="{num(left)}" y="{num(top + 3)}" {size} rx="2"/>'
        said = words(value)
        if float(value) > biggest:
            rect, long, said = "", -5, f"{words(value)}, not drawn"
        parts += [
            text(shown, left - 8, middle, anchor="end"),
            rect,
            text(said, left + long + 5, middle, kind="v"),
            text(f"{words(100 * so_far / total)} %", width - 2, middle, anchor="end"),
        ]
    parts += [
        f'<line class="grid" x1="0" x2="{width}" y1="{num(tall - 18)}" y2="{num(tall - 18)}"/>',
        text("Total", left - 8, tall - 4, anchor="end"),
        text(f"{words(total)} {unit}", left, tall - 4, kind="v"),
        text("running share", width - 2, tall - 4, anchor="end"),
    ]
    return frame(parts, width=width, height=tall, label=label)
