"""Why a band is another one by another policy: the measure whose part of the score differs most.

A reason is kept as what it speaks of, not as a sentence: whoever reads it reads it in their own language.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from portal.languages import N_, _
from portal.workflows.scorecards.bulk import Rated, Row
from scorecards import measures
from scorecards.exact import ZERO, exactly, plain
from scorecards.policy import Policy
from scorecards.wording import at_most, number, shown

_UNITS = {measures.QUALITY: measures.PPM, measures.DPMO: measures.PER_MILLION_OPPORTUNITIES}
_AS_IT_IS = ""  # no unit: a score, a weight
_POINTS = "some points"  # without zeros at the end
_CHANGE = "change"  # of the score

_SENTENCES = {
    "capped": N_("A cap limits the band."),
    "uncapped": N_("No cap limits the band any more."),
    "limits": N_("The score stays %(score)s; the bands' limits are others."),
    "demerits": N_("Points taken off for events."),
    "nothing": N_("There is nothing to rate."),
    "rated": N_("%(measure)s: is rated now (%(change)s of the score)."),
    "number": N_("%(measure)s: has a number now (%(change)s of the score)."),
    "not_rated": N_("%(measure)s: is not rated any more (%(change)s of the score)."),
    "no_number": N_("%(measure)s: has no number any more (%(change)s of the score)."),
    "value": N_("%(measure)s: %(before)s becomes %(now)s (%(change)s of the score)."),
    "window": N_("%(measure)s: %(before)s becomes %(now)s over other months (%(change)s of the score)."),
    "points": N_(
        "%(measure)s: %(value)s gives %(now)s points instead of %(before)s (%(change)s of the score)."
    ),
    "weight": N_("%(measure)s: counts %(now)s %% instead of %(before)s %% (%(change)s of the score)."),
}


class Figure(NamedTuple):
    """A number with its unit as in scorecards.measures; ``value`` None where there is nothing."""

    value: Decimal | None
    unit: str = _AS_IT_IS

    @property
    def words(self) -> str:
        if self.value is None:
            return _("nothing")
        if self.unit == _CHANGE:
            return f"{'+' if self.value > 0 else '−'}{at_most(abs(self.value), 1)}"
        if self.unit == _POINTS:
            return at_most(self.value, 1)
        return shown(self.value, self.unit) if self.unit else number(self.value)


@dataclass(frozen=True, slots=True)
class Reason:
    """One sentence: which, of which measure, with which figures."""

    key: str
    measure: str = ""  # its title, as in the policy
    figures: Mapping[str, Figure] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """Say it in the language of whoever reads."""
        figures = {name: figure.words for name, figure in self.figures.items()}
        return _(_SENTENCES[self.key], measure=_(self.measure) if self.measure else "", **figures)

    def to_dict(self) -> dict[str, Any]:
        figures = {
            name: [None if value is None else plain(value), unit]
            for name, (value, unit) in self.figures.items()
        }
        return {"key": self.key, "measure": self.measure, "figures": figures}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Reason":
        figures = {
            name: Figure(None if value is None else Decimal(value), unit)
            for name, (value, unit) in data["figures"].items()
        }
        return cls(data["key"], data["measure"], figures)


@exactly
def why(before: Row, now: Row, was: Policy, policy: Policy) -> Reason:
    """Give the main reason; both rows are of the same supplier and period."""
    if now.shown is not None and before.shown == now.shown:
        if now.is_capped != before.is_capped:
            return Reason("capped" if now.is_capped else "uncapped")
        return Reason("limits", figures={"score": Figure(now.shown)})
    old, new = before.measures, now.measures
    gave, gives = parts(old, was), parts(new, policy)
    keys = sorted({*gave, *gives})
    if not keys:
        return Reason("demerits" if policy.demerits else "nothing")
    key = max(keys, key=lambda each: abs(gives.get(each, ZERO) - gave.get(each, ZERO)))
    change = gives.get(key, ZERO) - gave.get(key, ZERO)
    sentence, figures = _how(key, old.get(key), new.get(key), was, policy)
    title = _title(key, policy if key in new else was)
    return Reason(sentence, title, {**figures, "change": Figure(change, _CHANGE)})


def parts(rated: Mapping[str, Rated], policy: Policy) -> dict[str, Decimal]:
    """What each measure adds to the score, its weight grown where others have no points."""
    weights = {key: policy.weights[key] for key, one in rated.items() if one.points is not None}
    there = sum(weights.values(), ZERO)
    return {key: (rated[key].points or ZERO) * weight / there for key, weight in weights.items() if there}


def _how(
    key: str, old: Rated | None, new: Rated | None, was: Policy, policy: Policy
) -> tuple[str, dict[str, Figure]]:
    if old is None or old.points is None:
        return "rated" if old is None else "number", {}
    if new is None or new.points is None:
        return "not_rated" if new is None else "no_number", {}
    if old.value != new.value:
        figures = {"before": _value(key, old, was), "now": _value(key, new, policy)}
        return "window" if old.window != new.window else "value", figures
    if old.points != new.points:
        before, now = Figure(old.points, _POINTS), Figure(new.points, _POINTS)
        return "points", {"value": _value(key, new, policy), "before": before, "now": now}
    return "weight", {
        "before": Figure(was.weights.get(key, ZERO)),
        "now": Figure(policy.weights.get(key, ZERO)),
    }


def _title(key: str, policy: Policy) -> str:
    """Give a measure's title in the language that it is kept in."""
    return measures.TITLES.get(key) or policy.title(key)


def _value(key: str, rated: Rated, policy: Policy) -> Figure:
    own = policy.own_criterion(key)
    soft = any(one.key == key for one in policy.soft)
    unit = own.unit if own else measures.POINTS if soft else _UNITS.get(key, measures.PERCENT)
    return Figure(rated.value, unit)
