"""Frozen cards as they are read: what was published, with the latest correction."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.access import scopes
from portal.access.principal import Principal
from portal.models.months import MonthStatus, Scorecard, ScorecardFile, ScorecardMonth, ScorecardTotal
from scorecards.canonical import from_plain
from scorecards.cardfile import Opened, open_card_file
from scorecards.exact import rounded
from scorecards.policy import Policy
from scorecards.sums import Sums
from scorecards.weighting import Card


class Frozen(NamedTuple):
    """A published card, and the revision that counts now."""

    row: Scorecard
    newest: int

    @property
    def card(self) -> Card:
        return _card(self.row)

    @property
    def policy(self) -> Policy:
        return Policy.parse(self.row.policy)

    @property
    def is_corrected(self) -> bool:
        return self.newest > 0


class Result(NamedTuple):
    """A published result as lists need it; ``measures`` as the card's file has them."""

    shown: Decimal | None
    band: str
    measures: tuple[Mapping[str, Any], ...]
    caps: str


async def find(
    db: AsyncSession, who: Principal, supplier_id: int, month: int, revision: int | None = None
) -> Frozen | None:
    """Give the published card of a month; the newest revision unless another is asked for.

    None where nothing is published, also for those of ours who see some plants only: a frozen card is of all.
    """
    found = await _rows(db, who, supplier_id, [month])
    if not found:
        return None
    wanted = found[-1].revision if revision is None else revision
    chosen = next((row for row in found if row.revision == wanted), None)
    return Frozen(chosen, found[-1].revision) if chosen else None


async def cards_of(
    db: AsyncSession, who: Principal, supplier_id: int, months: Iterable[int]
) -> dict[int, Card]:
    """Give the published cards of some months, each with its latest correction."""
    return {row.month: _card(row) for row in await _rows(db, who, supplier_id, list(months))}


async def results_of(db: AsyncSession, who: Principal, month: int) -> dict[int, Result]:
    """Give by supplier what was published for a month, each with its latest correction, for lists."""
    if who.is_limited:
        return {}
    query = (
        select(
            col(Scorecard.supplier_id),
            col(Scorecard.shown),
            col(Scorecard.band),
            col(Scorecard.policy)["score_decimals"],
            col(Scorecard.result)["measures"],
            col(Scorecard.result)["caps"],
        )
        .where(scopes.condition(who, Scorecard), col(Scorecard.month) == month, is_published(month))
        .order_by(col(Scorecard.revision))
    )
    found = {}
    for supplier_id, shown, band, decimals, measures, caps in await db.execute(query):
        acting = [str(cap["title"]) for cap in caps if cap["acted"]]
        figure = None if shown is None else rounded(shown, decimals)
        found[supplier_id] = Result(figure, band, tuple(measures), ", ".join(acting))
    return found


async def bands_of(db: AsyncSession, who: Principal, months: Sequence[int]) -> dict[int, dict[int, str]]:
    """Give by month and supplier the band that was published, for counting; other months are left out."""
    if who.is_limited:
        return {}
    query = (
        select(col(Scorecard.month), col(Scorecard.supplier_id), col(Scorecard.band))
        .where(scopes.condition(who, Scorecard), col(Scorecard.month).in_(months), is_published())
        .order_by(col(Scorecard.revision))
    )
    found: dict[int, dict[int, str]] = {}
    for month, supplier_id, band in await db.execute(query):
        found.setdefault(month, {})[supplier_id] = band
    return found


async def sums_of(db: AsyncSession, who: Principal, month: int) -> dict[int, Sums]:
    """Give by supplier the sums of a published month, each with its latest correction."""
    if who.is_limited:
        return {}
    query = (
        select(col(Scorecard.supplier_id), own_sums(col(Scorecard.result)))
        .where(scopes.condition(who, Scorecard), col(Scorecard.month) == month, is_published(month))
        .order_by(col(Scorecard.revision))
    )
    rows = {supplier_id: sums for supplier_id, sums in await db.execute(query)}  # noqa: C416 # as in absences
    return {supplier_id: from_plain(Sums, sums) for supplier_id, sums in rows.items()}


async def totals_of(db: AsyncSession, who: Principal, months: Iterable[int]) -> dict[int, Sums]:
    """Give what all published cards of each month add up to; of months that are published."""
    if who.is_limited or not who.is_staff:
        return {}
    published = select(col(ScorecardMonth.month)).where(col(ScorecardMonth.status) == MonthStatus.PUBLISHED)
    query = select(ScorecardTotal).where(
        col(ScorecardTotal.month).in_(list(months)), col(ScorecardTotal.month).in_(published)
    )
    return {row.month: from_plain(Sums, row.sums) for row in await db.scalars(query)}


def own_sums(result: Any) -> Any:
    """Find in a card's result, or in the column that holds it, the sums of its own month."""
    return result["windows"][0]["sums"]


async def revisions(db: AsyncSession, who: Principal, supplier_id: int, month: int) -> list[Scorecard]:
    """List the published card of a month and its corrections, in order."""
    return await _rows(db, who, supplier_id, [month])


async def content(db: AsyncSession, row: Scorecard) -> bytes:
    """Give the bytes of a card, as they were frozen."""
    query = select(col(ScorecardFile.content)).where(col(ScorecardFile.scorecard_id) == row.id)
    return (await db.execute(query)).scalar_one()


async def opened(db: AsyncSession, row: Scorecard) -> Opened:
    return open_card_file(await content(db, row))


def is_published(month: int | None = None) -> ColumnElement[bool]:
    """Give the WHERE for cards whose month is published."""
    query = select(1).where(
        col(ScorecardMonth.month) == (col(Scorecard.month) if month is None else month),
        col(ScorecardMonth.status) == MonthStatus.PUBLISHED,
    )
    return query.exists()


async def _rows(db: AsyncSession, who: Principal, supplier_id: int, months: list[int]) -> list[Scorecard]:
    """By month and then by revision, so that the last one of a month counts."""
    if who.is_limited:
        return []
    query = (
        scopes.visible(who, Scorecard)
        .where(col(Scorecard.supplier_id) == supplier_id, col(Scorecard.month).in_(months), is_published())
        .order_by(col(Scorecard.month), col(Scorecard.revision))
    )
    return list((await db.execute(query)).scalars())


def _card(row: Scorecard) -> Card:
    """Read a result; its score is shown with as many decimals as the policy says, which a file leaves out."""
    card = Card.from_dict(row.result)
    if card.score is None:
        return card
    return replace(card, shown=rounded(card.score, Policy.parse(row.policy).score_decimals))
