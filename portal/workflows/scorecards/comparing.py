"""Two to five suppliers side by side: the same cards as on their own pages, one line for each figure."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.access import scopes
from portal.access.principal import Principal
from portal.errors import NotFoundError
from portal.models.escalations import Escalation
from portal.models.scars import Scar, ScarStatus, Severity
from portal.models.suppliers import Supplier
from portal.workflows.certificates import matrix
from portal.workflows.certificates.states import HELD, State
from portal.workflows.certificates.words import STATE
from portal.workflows.escalations import records as escalations
from portal.workflows.escalations.words import RUNG
from portal.workflows.scars.steps import ENDED
from portal.workflows.scars.words import SEVERITY
from portal.workflows.scorecards import cards
from portal.workflows.scorecards.view import CardView
from portal.workflows.targets import records as targets
from portal.workflows.targets.distance import Distance
from portal.workflows.targets.words import AIM
from scorecards import measures
from scorecards.explain import Explanation
from scorecards.periods import Period
from scorecards.wording import number

FEWEST, MOST = 2, 5


class Compared(NamedTuple):
    """One supplier with all that is compared."""

    supplier: Supplier
    card: CardView
    distances: list[Distance]
    scars: Counter[Severity]
    certificates: Counter[State]
    escalation: Escalation | None

    @property
    def before(self) -> str:
        return self.card.before.band if self.card.before else ""


@dataclass(frozen=True, slots=True)
class Cell:
    """``value`` is for files, ``shown`` for people; ``below`` says more, ``href`` leads to what is behind."""

    shown: str
    value: Decimal | str | None
    href: str = ""
    below: str = ""
    band: str = ""
    tone: str = ""


class Line(NamedTuple):
    label: str
    cells: list[Cell]


@dataclass(frozen=True, slots=True)
class Comparison:
    period: Period
    period_key: str
    found: list[Compared]
    lines: list[Line]

    @property
    def policies(self) -> list[tuple[str, list[str]]]:
        """Give the policies that rated, each with whom; more than one where they differ."""
        by: dict[str, list[str]] = {}
        for each in self.found:
            policy = each.card.policy
            by.setdefault(f"“{policy.name}” version {policy.version}", []).append(each.supplier.name)
        return list(by.items())


async def compare(
    db: AsyncSession, who: Principal, numbers: Sequence[str], period: Period, period_key: str, today: date
) -> Comparison:
    """Put suppliers side by side, in the order in which they are named.

    Raises:
        NotFoundError: there is no such supplier for this principal.
    """
    query = scopes.visible(who, Supplier).where(col(Supplier.number).in_(numbers))
    known = {each.number: each for each in await db.scalars(query)}
    if known.keys() != set(numbers):
        raise NotFoundError
    ids = [each.id for each in known.values()]
    scars = await _scars(db, who, ids)
    certificates = await _certificates(db, who, ids, today)
    found = []
    for each in (known[name] for name in numbers):
        card = await cards.card(db, who, each, period, today)
        found.append(
            Compared(
                supplier=each,
                card=card,
                distances=await targets.distances_of(db, who, each.id, card.card, card.policy),
                scars=scars.get(each.id, Counter()),
                certificates=certificates.get(each.id, Counter()),
                escalation=await escalations.open_of(db, who, each.id),
            )
        )
    return Comparison(period, period_key, found, _lines(found, period_key))


async def _scars(db: AsyncSession, who: Principal, ids: Sequence[int]) -> dict[int, Counter[Severity]]:
    query = (
        select(col(Scar.supplier_id), col(Scar.severity), func.count())
        .where(
            scopes.condition(who, Scar),
            col(Scar.supplier_id).in_(ids),
            col(Scar.status).not_in([*ENDED, ScarStatus.DRAFT]),
        )
        .group_by(col(Scar.supplier_id), col(Scar.severity))
    )
    found: dict[int, Counter[Severity]] = {}
    for supplier_id, severity, count in await db.execute(query):
        found.setdefault(supplier_id, Counter())[severity] = count
    return found


async def _certificates(
    db: AsyncSession, who: Principal, ids: Sequence[int], today: date
) -> dict[int, Counter[State]]:
    """Count what must be held by where it stands."""
    found: dict[int, Counter[State]] = {}
    for (supplier_id, _type), cell in (await matrix.cells(db, who, ids, today=today)).items():
        if cell.is_mandatory:
            found.setdefault(supplier_id, Counter())[cell.state] += 1
    return found


def _lines(found: Sequence[Compared], period_key: str) -> list[Line]:
    def line(label: str, cell: Callable[[Compared], Cell]) -> Line:
        return Line(label, [cell(each) for each in found])

    keys = dict.fromkeys(one.key for each in found for one in each.card.explained.measures)
    titles = {one.key: one.title for each in found for one in each.card.explained.measures}
    return [
        line("Score", lambda each: _score(each, period_key)),
        line("Band", lambda each: Cell(each.card.card.band, each.card.card.band, band=each.card.card.band)),
        line("Band before", _moved),
        *(line(titles[key], lambda each, key=key: _measure(each, key, period_key)) for key in keys),  # type: ignore[misc]
        line("Lines promised", lambda each: _count(each, measures.DELIVERY, period_key)),
        line("Pieces received", lambda each: _count(each, measures.QUALITY, period_key)),
        line("Rated over", _volume),
        line("Targets", _targets),
        line("Open SCARs", _open_scars),
        line("Certificates that must be held", _held),
        line("Escalation", _escalation),
        line("Policy", _policy),
    ]


def _card(each: Compared, period_key: str, measure: str = "") -> str:
    more = f"&explain={measure}#measures" if measure else ""
    return f"/suppliers/{each.supplier.number}/scorecard?period={period_key}{more}"


def _score(each: Compared, period_key: str) -> Cell:
    score, trend = each.card.card.shown, each.card.trend
    shown = each.card.explained.score.shown if score is not None else "Not rated"
    return Cell(shown, score, _card(each, period_key), trend.sentence if trend else "")


def _moved(each: Compared) -> Cell:
    now, before = each.card.card.band, each.before
    if not before or now == before:
        return Cell("the same" if before else "–", before, band=before)
    return Cell(f"was {before}", before, band=before)


def _measure(each: Compared, key: str, period_key: str) -> Cell:
    one = each.card.explained.measure(key)
    measure = each.card.card.measure(key)
    if one is None or measure is None:
        return Cell("not rated", None, below="The policy leaves it out.")
    points = f"{one.points_shown} points" if one.points_shown else "no points"
    weight = f"weight {one.weight_shown}" if one.weight_shown else "no weight"
    return Cell(
        one.shown or _state(one),
        measure.value,
        _card(each, period_key, key),
        f"{one.brief}. {points}, {weight}",
    )


def _state(one: Explanation) -> str:
    return (one.state_sentence or "no figure").rstrip(".")


def _count(each: Compared, key: str, period_key: str) -> Cell:
    sums = each.card.card.sums_over(each.card.card.period)
    value = Decimal(sums.delivery.promised) if key == measures.DELIVERY else sums.quality.received
    is_explained = each.card.card.measure(key) is not None
    return Cell(number(value), value, _card(each, period_key, key) if is_explained else "")


def _volume(each: Compared) -> Cell:
    card = each.card.card
    least = each.card.policy.minimum_volume.lines
    if card.is_low_volume:
        return Cell(
            "few lines", "few lines", below=f"Fewer than {least} also over longer periods.", tone="warn"
        )
    wider = [one.title for one in each.card.explained.measures if one.window_sentence]
    if wider:
        return Cell(
            "longer periods", "longer periods", below=f"{', '.join(wider)}: fewer than {least} lines."
        )
    return Cell("this period", "this period")


def _targets(each: Compared) -> Cell:
    if not each.distances:
        return Cell("none agreed", "", f"/suppliers/{each.supplier.number}/targets")
    missed = [one for one in each.distances if one.is_missed]
    words = [f"{AIM[one.aim]} by {one.gap_words}" for one in missed]
    shown = f"{len(missed)} of {len(each.distances)} missed" if missed else "all met"
    return Cell(
        shown,
        shown,
        f"/suppliers/{each.supplier.number}/targets",
        "; ".join(words),
        tone="bad" if missed else "ok",
    )


def _open_scars(each: Compared) -> Cell:
    total = each.scars.total()
    parts = [f"{each.scars[one]} {words.lower()}" for one, words in SEVERITY.items() if each.scars[one]]
    href = f"/scars?supplier={each.supplier.number}&turn=open"
    tone = "bad" if each.scars[Severity.CRITICAL] else ""
    return Cell(str(total), Decimal(total), href if total else "", ", ".join(parts), tone=tone)


def _held(each: Compared) -> Cell:
    total = each.certificates.total()
    held = sum(each.certificates[state] for state in HELD)
    rest = [
        f"{count} {STATE[state].lower()}"
        for state, count in each.certificates.items()
        if state is not State.VALID
    ]
    shown = f"{held} of {total}" if total else "none asked"
    href = f"/suppliers/{each.supplier.number}/certificates"
    return Cell(shown, shown, href, ", ".join(rest), tone="bad" if held < total else "")


def _escalation(each: Compared) -> Cell:
    if each.escalation is None:
        return Cell("not on the ladder", "")
    words = RUNG[each.escalation.rung]
    return Cell(words, words, f"/escalations/{each.escalation.id}")


def _policy(each: Compared) -> Cell:
    policy = each.card.policy
    words = f"“{policy.name}” version {policy.version}"
    frozen = each.card.frozen
    return Cell(words, words, below="Published and frozen." if frozen else "")
