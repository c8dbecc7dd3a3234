"""Who moved between bands since the period before: a matrix, and behind each cell who it is and why."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from portal.languages import _
from portal.workflows.policies.reasons import why
from portal.workflows.ratings import Timeline
from portal.workflows.scorecards.overview import cap_words
from portal.workflows.scorecards.ranking import Place
from scorecards.banding import best_first
from scorecards.periods import Period
from scorecards.policy import Policy
from scorecards.weighting import NOT_RATED


class Move(NamedTuple):
    """``step`` is how many bands it went down, or up where that is less than 0."""

    place: Place
    step: int
    reason: str


@dataclass(frozen=True, slots=True)
class Movement:
    """``bands`` are best first, then "Not rated"; ``counts`` are by (before, now)."""

    bands: list[str]
    counts: Counter[tuple[str, str]]
    places: Sequence[Place]
    line: Timeline
    period: Period

    @property
    def up(self) -> int:
        return sum(count for (before, now), count in self.counts.items() if self._step(before, now) < 0)

    @property
    def down(self) -> int:
        return sum(count for (before, now), count in self.counts.items() if self._step(before, now) > 0)

    def list(self, before: str = "", now: str = "") -> list[Move]:
        """Give who is in a cell of the matrix, or all who moved; those who fell furthest first."""
        wanted = [
            each
            for each in self.places
            if (each.before == before and each.band == now)
            or (not before and not now and self._step(each.before, each.band))
        ]
        found = [Move(each, self._step(each.before, each.band), self._reason(each)) for each in wanted]
        return sorted(found, key=lambda move: (-move.step, move.place.name))

    def _step(self, before: str, now: str) -> int:
        """Being rated at all is no movement."""
        if NOT_RATED in {before, now}:
            return 0
        return self.bands.index(now) - self.bands.index(before)

    def _reason(self, place: Place) -> str:
        row, earlier = place.row, place.earlier
        if row is None or row.shown is None:
            return _("Nothing to rate in this period.") if place.before != NOT_RATED else ""
        if earlier is None or earlier.shown is None:
            return _("Nothing to rate in the period before.")
        was, policy = self._policy(place, self.period.previous()), self._policy(place, self.period)
        told = why(earlier, row, was, policy).sentence
        if row.is_capped and not earlier.is_capped:
            return f"{cap_words(row)}. {told}"
        if earlier.is_capped and not row.is_capped:
            return f"{_('No cap limits the band any more.')} {told}"
        return told

    def _policy(self, place: Place, period: Period) -> Policy:
        return self.line.policy_for(place.supplier_id, place.commodity_id, period.last_month)


def movement(places: Sequence[Place], line: Timeline, period: Period) -> Movement:
    """Count who went from which band to which."""
    bands = [band.band for band in best_first(line.general(period.last_month))]
    # A policy for some suppliers may have bands of its own names.
    others = {name for each in places for name in (each.before, each.band)} - {*bands, NOT_RATED}
    counts = Counter((each.before, each.band) for each in places)
    return Movement([*bands, *sorted(others), NOT_RATED], counts, places, line, period)
