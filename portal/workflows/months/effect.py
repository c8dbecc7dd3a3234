"""What a decision on a dispute would change, computed by the engine before anybody decides."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from portal.access.principal import Principal
from portal.languages import ENGLISH, _, figure, speaking
from portal.models.months import ScorecardDispute
from portal.models.suppliers import Supplier
from portal.workflows.ratings import inputs_of, months_for, timeline
from portal.workflows.ratings.reading import period_months
from portal.workflows.scorecards import cards
from portal.workflows.scorecards.panel import verdicts
from scorecards import measures, what_if
from scorecards.feeds import Fact
from scorecards.periods import Period
from scorecards.policy import Policy
from scorecards.sums import Sums
from scorecards.weighting import Card, windows_of
from scorecards.wording import number, shown


@dataclass(frozen=True, slots=True)
class Effect:
    """A card as it is and as it would be; ``measure`` is the one that moves."""

    measure: str
    now: Card
    then: Card
    policy: Policy

    @property
    def sentence(self) -> str:
        """24 ÷ 25 = 96.0 %, score 88.6, still band B."""
        one = self.then.measure(self.measure)
        parts = []
        if one is not None and one.value is not None:
            ratio = f"{number(one.numerator)} ÷ {number(one.denominator)}"
            parts.append(f"{ratio} = {shown(one.value, one.unit)}")
        if self.then.shown is None:
            return ", ".join([*parts, _("not rated")]) + "."
        score = number(self.then.shown, self.policy.score_decimals)
        parts.append(_("score %(score)s", score=score))
        if self.then.band == self.now.band:
            parts.append(_("still band %(band)s", band=self.then.band))
        else:
            parts.append(_("band %(band)s instead of %(before)s", band=self.then.band, before=self.now.band))
        return ", ".join(parts) + "."

    def to_dict(self) -> dict[str, Any]:
        """Give the figures before and after as they are shown in English, to be kept with the decision."""
        with speaking(ENGLISH):
            return {
                "measure": self.measure,
                "title": self.policy.title(self.measure),
                "before": self._figures(self.now),
                "after": self._figures(self.then),
            }

    def _figures(self, card: Card) -> dict[str, str | None]:
        one = card.measure(self.measure)
        value = shown(one.value, one.unit) if one is not None and one.value is not None else None
        score = None if card.shown is None else number(card.shown, self.policy.score_decimals)
        return {"value": value, "score": score, "band": card.band}


def as_read(kept: dict[str, Any] | None) -> dict[str, Any] | None:
    """Give what was kept with a decision as whoever reads now reads it."""
    if kept is None:
        return None
    return {
        **kept,
        "title": _(kept["title"]),
        **{
            when: {
                name: figure(said) if said and name != "band" else said for name, said in kept[when].items()
            }
            for when in ("before", "after")
        },
    }


@dataclass(frozen=True, slots=True)
class Basis:
    """What the effects of all disputes of one supplier's month are computed from."""

    period: Period
    policy: Policy
    facts: tuple[Fact, ...]
    months: dict[int, Sums]
    lines: dict[str, Any]
    nonconformances: dict[str, Any]

    def of(self, dispute: ScorecardDispute) -> Effect | None:
        """Give the effect of accepting one; None where it changes nothing."""
        if dispute.delivery_line_id is not None:
            verdict = self.lines.get(str(dispute.delivery_line_id))
            then = verdict and what_if.if_excused(self.months, self.policy, self.period, verdict, self.facts)
            key = measures.DELIVERY
        else:
            found = self.nonconformances.get(str(dispute.nonconformance_id))
            then = found and what_if.if_not_counted(self.months, self.policy, self.period, found, self.facts)
            key = measures.QUALITY
        return Effect(key, then.now, then.card, self.policy) if then else None


async def basis(db: AsyncSession, who: Principal, supplier: Supplier, month: int, as_of: date) -> Basis:
    period = Period(month)
    policy = (await timeline(db)).policy_for(supplier.id, supplier.commodity_id, month)
    found = await months_for(
        db,
        who,
        policy,
        months=period_months(*windows_of(period, policy)),
        as_of=as_of,
        supplier_ids=[supplier.id],
    )
    inputs = await inputs_of(db, who, supplier.id, period, policy)
    return Basis(
        period=period,
        policy=policy,
        facts=tuple(await cards.facts(db, who, supplier, as_of)),
        months=found.get(supplier.id, {}),
        lines={each.line.id: each for each in verdicts(inputs, policy, period, as_of)},
        nonconformances={each.id: each for each in inputs.nonconformances},
    )
