"""Why a band is another one by another policy: the measure whose part of the score differs most."""

from collections.abc import Mapping
from decimal import Decimal

from portal.workflows.scorecards.bulk import Rated, Row
from scorecards import measures
from scorecards.exact import exactly
from scorecards.policy import Policy
from scorecards.wording import at_most, number, shown

_UNITS = {measures.QUALITY: measures.PPM, measures.DPMO: measures.PER_MILLION_OPPORTUNITIES}


@exactly
def why(before: Row, now: Row, was: Policy, policy: Policy) -> str:
    """One sentence; both rows are of the same supplier and period."""
    if before.shown is not None and before.shown == now.shown:
        if now.is_capped != before.is_capped:
            return "A cap limits the band." if now.is_capped else "No cap limits the band any more."
        return f"The score stays {number(now.shown)}; the bands' limits are others."
    old, new = before.measures, now.measures
    gave, gives = parts(old, was), parts(new, policy)
    keys = sorted({*gave, *gives})
    if not keys:
        return "Points taken off for events." if policy.demerits else "There is nothing to rate."
    key = max(keys, key=lambda each: abs(gives.get(each, Decimal(0)) - gave.get(each, Decimal(0))))
    change = gives.get(key, Decimal(0)) - gave.get(key, Decimal(0))
    words = _how(key, old.get(key), new.get(key), was, policy)
    points = f"{'+' if change > 0 else '−'}{at_most(abs(change), 1)}"
    return f"{(policy if key in new else was).title(key)}: {words} ({points} of the score)."


def parts(rated: Mapping[str, Rated], policy: Policy) -> dict[str, Decimal]:
    """What each measure adds to the score, its weight grown where others have no points."""
    weights = {key: policy.weights[key] for key, one in rated.items() if one.points is not None}
    there = sum(weights.values(), Decimal(0))
    return {
        key: (rated[key].points or Decimal(0)) * weight / there for key, weight in weights.items() if there
    }


def _how(key: str, old: Rated | None, new: Rated | None, was: Policy, policy: Policy) -> str:
    if old is None or old.points is None:
        return "is rated now" if old is None else "has a number now"
    if new is None or new.points is None:
        return "is not rated any more" if new is None else "has no number any more"
    if old.value != new.value:
        window = " over other months" if old.window != new.window else ""
        return f"{_value(key, old, was)} becomes {_value(key, new, policy)}{window}"
    if old.points != new.points:
        gives, gave = at_most(new.points, 1), at_most(old.points, 1)
        return f"{_value(key, new, policy)} gives {gives} points instead of {gave}"
    return f"counts {_share(policy, key)} % instead of {_share(was, key)} %"


def _value(key: str, rated: Rated, policy: Policy) -> str:
    own = policy.own_criterion(key)
    if rated.value is None:
        return "nothing"
    soft = any(one.key == key for one in policy.soft)
    unit = own.unit if own else measures.POINTS if soft else _UNITS.get(key, measures.PERCENT)
    return shown(rated.value, unit)


def _share(policy: Policy, key: str) -> str:
    return number(policy.weights.get(key, Decimal(0)))
