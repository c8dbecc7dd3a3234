"""Which band a score is in, what caps it, and how far it is to the next one."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from scorecards.exact import exactly
from scorecards.feeds import Fact, FactState
from scorecards.policy import Band, Policy
from scorecards.wording import ngettext, number

SAFETY_ESCAPE = "safety_escape"


@dataclass(frozen=True, slots=True)
class CapResult:
    """`acted` says that the band would be better without it; a fact may be present and change nothing."""

    kind: str
    title: str
    state: FactState
    sentence: str
    band: str
    acted: bool


@dataclass(frozen=True, slots=True)
class Distance:
    """What is missing to the next better band, in points as shown."""

    band: str
    points: Decimal
    sentence: str


def best_first(policy: Policy) -> list[Band]:
    return sorted(policy.bands, key=lambda band: -band.from_)


def band_of(shown: Decimal, policy: Policy) -> Band:
    """The band of a score that was rounded for display: what reads 90.0 is an A."""
    return next(band for band in best_first(policy) if shown >= band.from_)


def to_next_band(shown: Decimal | None, policy: Policy) -> Distance | None:
    """None in the top band and for a supplier that is not rated. Caps are not looked at."""
    return None if shown is None else _distance(shown, policy)


@exactly
def _distance(shown: Decimal, policy: Policy) -> Distance | None:
    better = [band for band in best_first(policy) if band.from_ > shown]
    if not better:
        return None
    points = better[-1].from_ - shown
    sentence = ngettext(
        "%(num)s point to band %(band)s",
        "%(num)s points to band %(band)s",
        points,
        num=number(points, policy.score_decimals),
        band=better[-1].band,
    )
    return Distance(better[-1].band, points, sentence)


def caps(policy: Policy, facts: Iterable[Fact], safety_escapes: int, band: str | None) -> list[CapResult]:
    """Each cap of the policy with what is known about it; a fact that nobody gave was not checked.

    A safety escape is present as soon as one of the supplier's own nonconformances touches safety.
    """
    order = [one.band for one in best_first(policy)]
    results = []
    for cap in policy.caps:
        state, sentence = _known([fact for fact in facts if fact.kind == cap.kind])
        if cap.kind == SAFETY_ESCAPE and state is not FactState.PRESENT:
            if safety_escapes:
                number = (
                    "One nonconformance touches"
                    if safety_escapes == 1
                    else f"{safety_escapes} nonconformances touch"
                )
                state, sentence = FactState.PRESENT, f"{number} safety."
            else:
                state, sentence = FactState.NONE, sentence if state is FactState.NONE else "None."
        acted = state is FactState.PRESENT and band is not None and order.index(band) < order.index(cap.band)
        results.append(CapResult(cap.kind, cap.title, state, sentence, cap.band, acted))
    return results


def _known(facts: list[Fact]) -> tuple[FactState, str]:
    """Several facts of one kind: present beats not checked, and that beats none."""
    for state in (FactState.PRESENT, FactState.NOT_CHECKED, FactState.NONE):
        sentences = sorted(fact.sentence for fact in facts if fact.state == state)
        if sentences:
            return state, " ".join(sentences)
    return FactState.NOT_CHECKED, "Not checked."


def capped(policy: Policy, band: str, results: Iterable[CapResult]) -> str:
    order = [one.band for one in best_first(policy)]
    limits = [order.index(result.band) for result in results if result.state is FactState.PRESENT]
    return order[max([order.index(band), *limits])]
