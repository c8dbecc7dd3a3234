"""The digest of a published month for our own people: how many are in each band, and who changed it."""

from collections import Counter
from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.access.principal import Principal, of_person
from portal.mail import months as mails
from portal.mail.message import Letterhead, Message, Recipient
from portal.models.months import Scorecard, ScorecardMail
from portal.models.people import Person
from portal.models.suppliers import Supplier
from portal.workflows.months import frozen, plan
from portal.workflows.months.words import address, key_of
from portal.workflows.ratings import timeline
from portal.workflows.scorecards import limits
from portal.workflows.scorecards.everybody import limit_everybody, rate_everybody
from scorecards.periods import Period
from scorecards.weighting import NOT_RATED

MOST_MOVES = 20


async def write(
    db: AsyncSession, house: Letterhead, to: Recipient, row: ScorecardMail, key: str, end: str
) -> Message:
    """Count the published cards; for who sees some plants or commodities only, what these make of it.

    A frozen card is of all plants, so such a reader is never told its band. A month before that was never
    published counts as it is rated now, as on the cards. Being rated at all is no change of band.
    """
    who = of_person(await db.get_one(Person, to.person_id), None, None)
    if who.is_limited:
        now, before = await _rated(db, who, row.month, row.month - 1)
    else:
        now, before = await _published(db, row.month), await _published(db, row.month - 1)
        if not before:
            [before] = await _rated(db, who, row.month - 1)
    query = select(col(Supplier.id), col(Supplier.name)).where(col(Supplier.id).in_(list(now)))
    names = dict([(each[0], each[1]) for each in await db.execute(query)])  # noqa: C404 # rows are no pairs
    counts = Counter(now.values())
    moves = sorted(
        (names[supplier], before[supplier], band)
        for supplier, band in now.items()
        if _has_moved(before.get(supplier, NOT_RATED), band)
    )
    return mails.scorecard_digest(
        house,
        to,
        path=f"/scorecards?period={key_of(row.month)}" if who.is_limited else address(row.month),
        key=key,
        month=row.month,
        counts=sorted(counts.items(), key=lambda pair: (pair[0] == NOT_RATED, pair[0])),
        moves=moves[:MOST_MOVES],
        more=max(len(moves) - MOST_MOVES, 0),
        is_part=who.is_limited,
        unsubscribe=end,
    )


def _has_moved(before: str, now: str) -> bool:
    return before != now and NOT_RATED not in {before, now}


async def _published(db: AsyncSession, month: int) -> Mapping[int, str]:
    """Give the published bands of a month by supplier, each with its latest correction."""
    query = (
        select(col(Scorecard.supplier_id), col(Scorecard.band))
        .where(col(Scorecard.month) == month, frozen.is_published())
        .order_by(col(Scorecard.supplier_id), col(Scorecard.revision))
    )
    return {supplier: band for supplier, band in await db.execute(query)}  # noqa: C416 # rows are no pairs


async def _rated(db: AsyncSession, who: Principal, *months: int) -> list[Mapping[int, str]]:
    """Give the bands of each of these months, rated from what somebody may see."""
    line, today = await timeline(db), await plan.our_today(db)
    periods = [Period(month) for month in months]
    rated = await rate_everybody(db, who, line, periods, today)
    facts = await limits.found(db, who, today=today)
    for period in periods:
        await limit_everybody(db, who, line, period, rated[period], facts)
    return [{key: row.band for key, row in rated[each].items()} for each in periods]
