"""What all figures share: the frame, numbers as SVG wants them, and axes that step by 1, 2 or 5."""

import math
from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal

from markupsafe import Markup, escape

from portal.languages import figure

Value = Decimal | float | int

WIDE = 760
NARROW = 350
# Below this width a figure has no room for a label at each point.
CROWDED = 500


def num(value: float) -> str:
    """A coordinate, to a tenth."""
    return f"{value:.1f}".removesuffix(".0")


def words(value: Value, digits: int = 0) -> str:
    """A number as the portal shows it, rounded half up."""
    exact = Decimal(str(value)).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
    return figure(f"{'−' if exact < 0 else ''}{abs(exact):,f}")


def text(content: object, x: float, y: float, *, anchor: str = "", kind: str = "") -> str:
    of_kind = f' class="{kind}"' if kind else ""
    anchored = f' text-anchor="{anchor}"' if anchor else ""
    return f'<text{of_kind} x="{num(x)}" y="{num(y)}"{anchored}>{escape(content)}</text>'


def frame(parts: Iterable[str], *, width: float, height: float, label: str, kind: str = "ch") -> Markup:
    inside = "".join(parts)
    return Markup(  # noqa: S704 -- every label in it went through escape() in text() or here
        f'<svg class="{kind}" viewBox="0 0 {num(width)} {num(height)}" role="img"'
        f' aria-label="{escape(label)}">{inside}</svg>'
    )


def nothing(sentence: str) -> Markup:
    """In place of a figure that has nothing to show."""
    return Markup('<p class="as-nofig dim sm">{}</p>').format(sentence)


def present(values: Iterable[Value | None]) -> list[float]:
    return [float(each) for each in values if each is not None]


def step_of(span: float, steps: int) -> float:
    """The smallest of 1, 2, 5 × 10ⁿ that covers the span in so many steps."""
    if span <= 0:
        return 1.0
    rough = span / steps
    power = 10.0 ** math.floor(math.log10(rough))
    # A thousandth of slack, so that 0.3 / 3 is still a step of 0.1.
    return next(nice * power for nice in (1, 2, 5, 10) if nice * power >= rough * 0.999)


def ticks(values: Sequence[float], *, steps: int = 4, from_zero: bool = False) -> list[float]:
    """Round numbers from just below the smallest value to just above the biggest, two at least.

    An axis never begins below 0 when no value does, and values that are all equal get room around them.
    """
    low, high = min(values), max(values)
    if from_zero:
        low = min(low, 0.0)
    elif low == high:
        low, high = low - 1, high + 1
        if min(values) >= 0:
            low = max(low, 0.0)
    step = step_of(high - low, steps)
    first = math.floor(low / step + 1e-9)
    last = max(math.ceil(high / step - 1e-9), first + 1)
    # Enough digits for the step, so that 3 × 0.1 is 0.3.
    digits = 6 - math.floor(math.log10(step))
    return [round(k * step, digits) for k in range(first, last + 1)]


def digits_of(axis: Sequence[float]) -> int:
    """How many digits the ticks need to differ."""
    return next((d for d in range(6) if all(abs(round(t, d) - t) < 1e-9 for t in axis)), 6)


def runs(values: Sequence[Value | None]) -> list[list[int]]:
    """The stretches of months without a gap between them."""
    found: list[list[int]] = []
    for index, each in enumerate(values):
        if each is None:
            continue
        if found and found[-1][-1] == index - 1:
            found[-1].append(index)
        else:
            found.append([index])
    return found
