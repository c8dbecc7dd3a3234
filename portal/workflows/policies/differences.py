"""What one version says otherwise than another, field by field, as people name the fields."""

from typing import NamedTuple

from portal.models.ratings import Policy as PolicyRow
from portal.workflows.policies.typed import CAPS, EVENTS, as_typed
from scorecards.measures import TITLES
from scorecards.policy import Policy

LABELS = {
    "name": "Name",
    "combine": "How the score is made",
    "decimals": "Decimals of the score",
    "reference": "Judged by the day",
    "early_days": "Days early",
    "late_days": "Days late",
    "days": "Days counted",
    "mode": "Counted by",
    "tolerance": "Quantity that may be missing, per cent",
    "early": "What came too early",
    "use_as_is": "Lots used as is",
    "opportunities": "Opportunities per piece",
    "without_records": "Nothing on record",
    "least_lines": "Fewest lines",
    "trailing": "Longer periods, months",
    "demerit-most": "Demerits at most",
}
_PARTS = {
    "band": "Band",
    "own": "Own criterion",
    "soft": "Soft criterion",
}
_OF_ROW = {"name": "name", "from": "from", "to": "to", "key": "key", "title": "title"}


class Difference(NamedTuple):
    label: str
    before: str
    now: str


def between(before: PolicyRow, now: PolicyRow) -> list[Difference]:
    """Rows that were moved count as changed: what is compared is the form as it was filled in."""
    old, new = as_typed(Policy.parse(before.definition)), as_typed(Policy.parse(now.definition))
    names = dict.fromkeys([*old, *new])
    return [
        Difference(label(name), old.get(name, ""), new.get(name, ""))
        for name in names
        if old.get(name, "") != new.get(name, "")
    ]


def label(name: str) -> str:
    """Give what people call a field of the form."""
    if name in LABELS:
        return LABELS[name]
    start, _, rest = name.partition("-")
    match start:
        case "weight":
            return f"Weight of {_lower(TITLES.get(rest, rest))}"
        case "points":
            return f"Points for {_lower(TITLES.get(rest, rest))}"
        case "cap":
            return f"Cap: {_lower(CAPS.get(rest, rest))}"
        case "demerit":
            return f"Points off for {_lower(EVENTS.get(rest, rest))}"
    row, _, what = rest.partition("-")
    return f"{_PARTS[start]} {int(row) + 1}: {_OF_ROW.get(what, what)}"


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
