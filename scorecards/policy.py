"""A scorecard policy: versioned data, refused with sentences where it would leave a supplier unrated."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Any, Literal

from scorecards import measures
from scorecards.canonical import LATER, Problem, RefusedError, from_plain, to_plain
from scorecards.exact import HUNDRED, ZERO, exactly, plain
from scorecards.grammar import Expression, FormulaError
from scorecards.grammar import parse as parse_formula
from scorecards.points import PointsTable, linear
from scorecards.points import problems as table_problems
from scorecards.speech import N_, _
from scorecards.variables import VARIABLES


class PolicyError(RefusedError):
    """The policy cannot be saved. `problems` says where and why."""


class Reference(StrEnum):
    """Which date of a line it is judged by. A missing one is replaced: acknowledged, confirmed, requested."""

    REQUESTED = "requested"
    ACKNOWLEDGED = "acknowledged"
    CONFIRMED = "confirmed"


@dataclass(frozen=True, slots=True)
class DeliveryRules:
    """On time is from `early_days` before the reference date to `late_days` after it. `early_days` None
    sets no limit: a line is never too early.

    `mode` counts lines or pieces. `tolerance_percent` of the quantity may be missing from a line that still
    is on time. `early`: "strict" counts a line that came too early as not on time, "apart" leaves it out of
    the ratio.
    """

    reference: Reference = Reference.ACKNOWLEDGED
    early_days: int | None = 5
    late_days: int = 0
    days: Literal["calendar", "business"] = "calendar"
    mode: Literal["line", "quantity"] = "line"
    tolerance_percent: Decimal = ZERO
    early: Literal["strict", "apart"] = "strict"


@dataclass(frozen=True, slots=True)
class QualityRules:
    """`without_records`: what it means that a supplier delivered while neither an inspection nor a
    nonconformance is on record, in the period or its widest trailing window. "no_activity": nobody looked.
    "zero": nothing was found. Without `opportunities_per_unit` there is no DPMO.
    """

    use_as_is: Literal["rejected", "accepted"] = "rejected"
    opportunities_per_unit: int | None = None
    without_records: Literal["no_activity", "zero"] = "no_activity"


@dataclass(frozen=True, slots=True)
class SoftCriterion:
    key: str
    title: str


@dataclass(frozen=True, slots=True)
class OwnCriterion:
    """A measure by a formula of one's own over the named sums (``variables``).

    Its value becomes points by the table of its key in ``points``. Without one the value is the points,
    limited to 0 to 100.
    """

    key: str
    title: str
    formula: str
    unit: Literal["points", "percent", "number"] = "points"

    @property
    def expression(self) -> Expression:
        """Raises FormulaError; never for a criterion of a policy that was parsed."""
        return _expression(self.formula)


@lru_cache(maxsize=256)
def _expression(formula: str) -> Expression:
    return parse_formula(formula, VARIABLES)


@dataclass(frozen=True, slots=True)
class Demerits:
    """Points off the score for each event of a kind, at most `at_most` in all."""

    points: Mapping[str, Decimal]
    at_most: Decimal


@dataclass(frozen=True, slots=True)
class MinimumVolume:
    """With fewer lines than this in the period, the trailing windows are tried in order."""

    lines: int = 10
    trailing: tuple[int, ...] = (3, 12)


@dataclass(frozen=True, slots=True)
class Band:
    """`from` is included and `to` is not, except in the top band, which includes 100."""

    band: str
    from_: Decimal
    to: Decimal


@dataclass(frozen=True, slots=True)
class Cap:
    """While a fact of this kind is present, no band better than `band` is given."""

    kind: str
    band: str
    title: str


@dataclass(frozen=True, slots=True)
class Policy:
    """`weights` and `points` are by measure: quality, delivery, responsiveness, lar, dpmo, otif,
    perfect_order, the key of one's own criterion, or that of a soft one (which has points of its own). A
    measure without weight is shown beside the score.
    """

    name: str
    version: int
    weights: Mapping[str, Decimal]
    points: Mapping[str, PointsTable]
    bands: tuple[Band, ...]
    combine: Literal["average", "product"] = "average"
    delivery: DeliveryRules = field(default_factory=DeliveryRules)
    quality: QualityRules = field(default_factory=QualityRules)
    minimum_volume: MinimumVolume = field(default_factory=MinimumVolume)
    caps: tuple[Cap, ...] = ()
    soft: tuple[SoftCriterion, ...] = ()
    demerits: Demerits | None = None
    score_decimals: int = 1
    own: tuple[OwnCriterion, ...] = field(default=(), metadata={LATER: True})

    @classmethod
    def parse(cls, data: Mapping[str, Any], *, path: str = "") -> "Policy":
        """Raises PolicyError with every problem found, below `path`."""
        policy = from_plain(cls, data, PolicyError, path=path)
        prefix = f"{path}." if path else ""
        found = [Problem(prefix + problem.path, problem.sentence) for problem in _problems(policy)]
        if found:
            raise PolicyError(found)
        return policy

    def to_dict(self) -> dict[str, Any]:
        plainly: dict[str, Any] = to_plain(self)
        return plainly

    def weighted(self) -> list[str]:
        """The measures that make the score, in the order in which a card shows them."""
        return [key for key in self.known() if self.weights.get(key, ZERO) > 0]

    def known(self) -> list[str]:
        """Every measure that there is, those that the engine brings along first."""
        return [*measures.COMPUTED, *(one.key for one in self.own), *(one.key for one in self.soft)]

    def title(self, key: str) -> str:
        if key in measures.TITLES:
            return _(measures.TITLES[key])
        added = {one.key: one.title for one in self.own} | {one.key: one.title for one in self.soft}
        return added.get(key, key)

    def own_criterion(self, key: str) -> OwnCriterion | None:
        return next((one for one in self.own if one.key == key), None)


@exactly
def _problems(policy: Policy) -> list[Problem]:
    return [
        *_names(policy),
        *_weights(policy),
        *_rules(policy),
        *_tables(policy),
        *_bands(policy),
        *_additions(policy),
    ]


def _names(policy: Policy) -> Iterator[Problem]:
    if not 1 <= len(policy.name.strip()) <= 100:
        yield Problem("name", "Give a name of 1 to 100 characters.")
    if not 1 <= policy.version <= 1_000_000:
        yield Problem("version", "Count versions from 1.")
    if not 0 <= policy.score_decimals <= 3:
        yield Problem("score_decimals", "Show the score with 0 to 3 decimals.")


def _weights(policy: Policy) -> Iterator[Problem]:
    known = set(policy.known())
    for key, weight in policy.weights.items():
        if key not in known:
            yield Problem(
                f"weights.{key}", f"There is no measure {key}. Choose from {', '.join(sorted(known))}."
            )
        if not 0 <= weight <= 100:
            yield Problem(f"weights.{key}", "Give a weight from 0 to 100.")
    total = sum(policy.weights.values(), ZERO)
    if total != HUNDRED:
        off = plain(abs(HUNDRED - total))
        words = f"{off} too much" if total > HUNDRED else f"{off} missing"
        yield Problem("weights", f"The weights sum to {plain(total)}, {words}. Make them sum to 100.")


def _rules(policy: Policy) -> Iterator[Problem]:
    rules = policy.delivery
    for name, days in (("early_days", rules.early_days), ("late_days", rules.late_days)):
        if days is not None and not 0 <= days <= 365:
            yield Problem(f"delivery.{name}", "Give a number of days from 0 to 365.")
    if not 0 <= rules.tolerance_percent <= 50:
        yield Problem("delivery.tolerance_percent", "Give a tolerance from 0 to 50 percent.")
    per_unit = policy.quality.opportunities_per_unit
    weighs = policy.weights.get(measures.DPMO, ZERO) > 0
    if (per_unit is None and weighs) or (per_unit is not None and not 1 <= per_unit <= 1_000_000):
        yield Problem("quality.opportunities_per_unit", "Give a whole number from 1 to 1,000,000.")
    volume = policy.minimum_volume
    if not 0 <= volume.lines <= 100_000:
        yield Problem("minimum_volume.lines", "Give a number of lines from 0 to 100,000.")
    windows = list(volume.trailing)
    if len(windows) > 5 or windows != sorted(set(windows)) or not all(1 < months <= 60 for months in windows):
        yield Problem("minimum_volume.trailing", "Give up to 5 rising numbers of months, from 2 to 60.")


def _tables(policy: Policy) -> Iterator[Problem]:
    for key in policy.weights:
        if key in measures.COMPUTED and policy.weights[key] > 0 and key not in policy.points:
            yield Problem(f"points.{key}", "This measure has a weight, so it needs a table of points.")
    for key, table in policy.points.items():
        path = f"points.{key}"
        if policy.own_criterion(key):
            yield from table_problems(table, path, falling=None, top=None)
            continue
        if key not in measures.COMPUTED:
            yield Problem(path, f"There is no measure {key}. Choose from {', '.join(measures.COMPUTED)}.")
            continue
        falling = key in measures.FALLING
        yield from table_problems(table, path, falling=falling, top=None if falling else HUNDRED)


def _bands(policy: Policy) -> Iterator[Problem]:
    bands = policy.bands
    if not 1 <= len(bands) <= 20:
        yield Problem("bands", "Give 1 to 20 bands.")
        return
    names = [band.band.strip() for band in bands]
    for at, band in enumerate(bands):
        if not 1 <= len(names[at]) <= 20 or names[at] in names[:at]:
            yield Problem(f"bands[{at}].band", "Give each band a name of its own, of 1 to 20 characters.")
        if not 0 <= band.from_ < band.to <= 100:
            yield Problem(f"bands[{at}]", "Let a band run from its lower to its higher score, in 0 to 100.")
            return
        if band.from_ != round(band.from_, policy.score_decimals):
            places = policy.score_decimals
            yield Problem(f"bands[{at}].from", f"Scores are shown with {places} decimals; so give the limit.")
    yield from _holes_and_overlaps(policy)


def _holes_and_overlaps(policy: Policy) -> Iterator[Problem]:
    places = {band.band: at for at, band in enumerate(policy.bands)}
    ordered = sorted(policy.bands, key=lambda band: (band.from_, band.to))
    if ordered[0].from_ > 0:
        hole = f"0 to below {plain(ordered[0].from_)}"
        yield Problem(f"bands[{places[ordered[0].band]}]", f"No band covers {hole}. Begin the lowest at 0.")
    reached = ordered[0].to
    for band in ordered[1:]:
        path = f"bands[{places[band.band]}]"
        if band.from_ > reached:
            hole = f"{plain(reached)} to below {plain(band.from_)}"
            yield Problem(path, f"No band covers {hole}. Let one band begin where the other ends.")
        elif band.from_ < reached:
            both = f"{plain(band.from_)} to below {plain(min(reached, band.to))}"
            yield Problem(path, f"Two bands cover {both}. Let one band begin where the other ends.")
        reached = max(reached, band.to)
    if reached < HUNDRED:
        where = f"bands[{places[ordered[-1].band]}]"
        yield Problem(where, f"No band covers {plain(reached)} to 100. Let the top band end at 100.")


def _additions(policy: Policy) -> Iterator[Problem]:
    bands = [band.band for band in policy.bands]
    for at, cap in enumerate(policy.caps):
        if cap.band not in bands:
            yield Problem(f"caps[{at}].band", f"There is no band {cap.band}. Choose from {', '.join(bands)}.")
        if not cap.kind or not cap.title or cap.kind in {other.kind for other in policy.caps[:at]}:
            yield Problem(f"caps[{at}]", "Give each cap a kind of its own and a title.")
    yield from _criteria(policy)
    for at, own in enumerate(policy.own):
        try:
            parse_formula(own.formula, VARIABLES)
        except FormulaError as wrong:
            yield Problem(f"own[{at}].formula", str(wrong))
    for name, rows in (("caps", policy.caps), ("soft", policy.soft), ("own", policy.own)):
        if len(rows) > 20:
            yield Problem(name, "Give at most 20 of them.")
    if policy.demerits is not None:
        yield from _demerits(policy.demerits)


def _criteria(policy: Policy) -> Iterator[Problem]:
    taken = set(measures.COMPUTED)
    named: list[tuple[str, int, OwnCriterion | SoftCriterion]] = [
        *(("own", at, one) for at, one in enumerate(policy.own)),
        *(("soft", at, one) for at, one in enumerate(policy.soft)),
    ]
    for name, at, one in named:
        if not one.key.isidentifier() or len(one.key) > 50 or one.key in taken:
            yield Problem(
                f"{name}[{at}].key", "Give each criterion a short key of its own, such as cooperation."
            )
        taken.add(one.key)
        if not 1 <= len(one.title.strip()) <= 100:
            yield Problem(f"{name}[{at}].title", "Give a title of 1 to 100 characters.")


def _demerits(demerits: Demerits) -> Iterator[Problem]:
    if not 0 <= demerits.at_most <= 100:
        yield Problem("demerits.at_most", "Give a limit from 0 to 100 points.")
    if not 1 <= len(demerits.points) <= 20:
        yield Problem("demerits.points", "Name 1 to 20 kinds of events.")
    for kind, points in demerits.points.items():
        if not 0 <= points <= 100:
            yield Problem(f"demerits.points.{kind}", "Give 0 to 100 points for each event.")


_AS_MEASURED = linear((0, 0), (100, 100))
_BY_DELIVERY = linear((70, 0), (80, 30), (90, 70), (98, 100))
_BY_DEFECTS = linear((0, 100), (500, 80), (5000, 0))

DEFAULT_POLICY = Policy(
    name="Default",
    version=1,
    weights={
        measures.QUALITY: Decimal(40),
        measures.DELIVERY: Decimal(40),
        measures.RESPONSIVENESS: Decimal(20),
    },
    points={
        measures.QUALITY: _BY_DEFECTS,
        measures.DELIVERY: _BY_DELIVERY,
        measures.RESPONSIVENESS: _AS_MEASURED,
        measures.LAR: _AS_MEASURED,
        measures.DPMO: _BY_DEFECTS,
        measures.OTIF: _BY_DELIVERY,
        measures.PERFECT_ORDER: _AS_MEASURED,
    },
    bands=(
        Band("A", Decimal(90), Decimal(100)),
        Band("B", Decimal(80), Decimal(90)),
        Band("C", Decimal(70), Decimal(80)),
        Band("D", Decimal(0), Decimal(70)),
    ),
    caps=(
        Cap("expired_mandatory_certificate", "C", N_("Expired mandatory certificate")),
        Cap("open_critical_scar", "C", N_("Open critical SCAR")),
        Cap("safety_escape", "C", N_("Safety escape")),
    ),
)
