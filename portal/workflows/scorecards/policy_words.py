"""A policy in plain words, taken from the same sentences that explain a card."""

from collections.abc import Sequence
from dataclasses import dataclass

from portal.languages import _
from scorecards import measures
from scorecards.banding import best_first
from scorecards.explain import event_words, explain
from scorecards.periods import Period
from scorecards.points import PointsTable
from scorecards.policy import Policy
from scorecards.reasons import step_words
from scorecards.speech import inside
from scorecards.sums import Sums
from scorecards.weighting import rate
from scorecards.wording import number, with_unit

_UNITS = {
    measures.QUALITY: measures.PPM,
    measures.DPMO: measures.PER_MILLION_OPPORTUNITIES,
}


@dataclass(frozen=True, slots=True)
class TableWords:
    rows: tuple[tuple[str, str], ...]  # (value, points)
    note: str


def rules(policy: Policy) -> list[tuple[str, str]]:
    """Give each weighted measure's title and its rule as a sentence."""
    empty = explain(rate(Sums(), policy, Period(0)), policy)
    return [(one.title, one.rule) for one in empty.measures]


def summary(policy: Policy) -> list[str]:
    """Give the whole policy in a few sentences."""
    parts = [f"{policy.title(key)} {number(policy.weights[key])} %" for key in policy.weighted()]
    score = (
        _("The score is the weighted average of %(parts)s.", parts=_listed(parts))
        if policy.combine == "average"
        else _("The score is the weighted product of %(parts)s.", parts=_listed(parts))
    )
    bands = [
        _("%(band)s from %(least)s", band=band.band, least=number(band.from_))
        if band.from_
        else _("%(band)s below that", band=band.band)
        for band in best_first(policy)
    ]
    said = [
        score,
        *(rule for title, rule in rules(policy) if title == policy.title(measures.DELIVERY)),
        _("Bands: %(bands)s.", bands=_listed(bands)),
    ]
    if policy.minimum_volume.lines:
        said.append(
            _(
                "Fewer than %(count)s lines are few: longer periods are looked at.",
                count=number(policy.minimum_volume.lines),
            )
        )
    if policy.caps:
        said.append(_("The band is limited by %(caps)s.", caps=_listed(cap_words(policy))))
    if policy.demerits is not None:
        each = [
            _("%(points)s for %(event)s", points=number(points), event=event_words(kind))
            for kind, points in policy.demerits.points.items()
        ]
        most = number(policy.demerits.at_most)
        said.append(
            _("Points are taken off: %(each)s, at most %(most)s in all.", each=_listed(each), most=most)
        )
    return said


def cap_words(policy: Policy) -> list[str]:
    """Give what limits the band: "expired mandatory certificate (at most C)"."""
    return [_("%(cap)s (at most %(band)s)", cap=inside(_(cap.title)), band=cap.band) for cap in policy.caps]


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])}{_(' and ')}{parts[-1]}"


def tables(policy: Policy) -> list[tuple[str, TableWords]]:
    """Give the points table of each weighted measure."""
    return [(key, _words(policy.points[key], key)) for key in policy.weighted() if key in policy.points]


def _words(table: PointsTable, key: str) -> TableWords:
    unit = _UNITS.get(key, measures.PERCENT if key in measures.COMPUTED else measures.NUMBER)
    if table.kind == "linear":
        rows = tuple((with_unit(knot.at, unit), number(knot.points)) for knot in table.knots)
        return TableWords(
            rows, _("Between two rows the points lie on a straight line; beyond the ends they stay.")
        )
    rows = tuple((step_words(step, unit), number(step.points)) for step in table.steps)
    note = "" if table.out_of == 100 else _("%(most)s points count as 100.", most=number(table.out_of))
    return TableWords(rows, note)
