"""The ground of a figure over months: axis, grid, target line, and where a point lies."""

from collections.abc import Sequence
from dataclasses import dataclass

from portal.charts.svg import Value, digits_of, num, text, ticks, words
from portal.languages import _

BELOW = 26


@dataclass(frozen=True, slots=True)
class Plot:
    """Ticks from `axis[0]` to `axis[-1]`, drawn from `left` to `right` and from `top` to `bottom`."""

    axis: Sequence[float]
    left: float
    right: float
    top: float
    bottom: float

    def y(self, value: float) -> float:
        low, high = self.axis[0], self.axis[-1]
        return self.bottom - (self.bottom - self.top) * (value - low) / (high - low)

    @property
    def inner(self) -> float:
        return self.right - self.left

    @property
    def is_cut(self) -> bool:
        return self.axis[0] > 0

    def grid(self) -> list[str]:
        """Lines and numbers, and the words that the axis does not start at 0 when it does not."""
        digits = digits_of(self.axis)
        parts = []
        for tick in self.axis:
            at = num(self.y(tick))
            parts.append(
                f'<line class="grid" x1="{num(self.left)}" x2="{num(self.right)}" y1="{at}" y2="{at}"/>'
            )
            parts.append(text(words(tick, digits), self.left - 7, self.y(tick) + 4, anchor="end"))
        if self.is_cut:
            parts.append(
                text(_("axis starts at %(value)s", value=words(self.axis[0], digits)), self.left, 11)
            )
        return parts

    def target(self, value: float, label: str) -> list[str]:
        return [
            rule(self.left, self.right, self.y(value)),
            text(label, self.right + 6, self.y(value) + 4, kind="v"),
        ]


def rule(left: float, right: float, y: float) -> str:
    """Draw a target's line."""
    return f'<line class="tgt" x1="{num(left)}" x2="{num(right)}" y1="{num(y)}" y2="{num(y)}"/>'


def plot(
    given: Sequence[float],
    *,
    width: int,
    height: int,
    steps: int = 4,
    from_zero: bool = False,
    end_label: str = "",
) -> Plot:
    """Make room for the longest tick at the left and for `end_label` at the right; a letter is 6.6 wide."""
    axis = ticks(given, steps=steps, from_zero=from_zero)
    longest = max(len(words(tick, digits_of(axis))) for tick in axis)
    left = max(30.0, 12 + 6.4 * longest)
    right = width - (14 + 6.6 * len(end_label) if end_label else 12)
    return Plot(axis, left, right, 30.0 if axis[0] > 0 else 18.0, float(height - BELOW))


def every(count: int, room: float, each: float = 34) -> int:
    """Each how manieth point has room for its words, counted back from the last one."""
    return max(1, -(-int(count * each) // max(1, int(room))))


def checked(values: Sequence[Value | None], labels: Sequence[str]) -> None:
    if len(values) != len(labels):
        raise ValueError(f"{len(values)} values need as many labels, not {len(labels)}.")
