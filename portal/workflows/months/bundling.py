"""All published cards of a month as PDF in one ZIP: asked for, made by a job, kept for some days.

One card after the other goes into a file on disk, so that memory does not grow with the number of suppliers.
Where a worker dies, the next one begins again: what nobody refers to is swept.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import date, datetime, timedelta
from typing import IO
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock, languages
from portal.access import scopes
from portal.access.principal import Principal
from portal.db import Database
from portal.errors import NotReadyError
from portal.jobs.queue import enqueue
from portal.models.months import BundleStatus, MonthStatus, Scorecard, ScorecardBundle, ScorecardMonth
from portal.models.organisation import Organisation
from portal.models.suppliers import Supplier
from portal.storage import DocumentStore
from portal.workflows.documents.names import harmless
from portal.workflows.months import frozen, printing
from portal.workflows.months.words import key_of, month_words
from portal.workflows.scorecards import cards
from scorecards.periods import Period

JOB = "months.bundle"  # its payload names the bundle
CLEAR = "months.clear_bundles"
KEPT = timedelta(days=7)
AT_ONCE = 4  # cards of one transaction
UNDER_WAY = (BundleStatus.WAITING, BundleStatus.RUNNING)
BROKEN = "The file could not be made. Ask for it again; if that happens twice, tell your administrator."
_CHUNK = 262_144
Report = Callable[[int], Awaitable[None]]


async def begin(db: AsyncSession, who: Principal, month: ScorecardMonth) -> ScorecardBundle:
    """Ask for the file; one that is under way, or says the same, is given instead.

    Raises:
        NotReadyError: the month is not published, or somebody sees a part of the suppliers only.
    """
    if who.is_limited:
        raise NotReadyError("The file holds all suppliers and plants. Ask somebody who sees all of them.")
    if month.status is not MonthStatus.PUBLISHED:
        raise NotReadyError(
            f"The cards of {month_words(month.month)} are not published yet, so they may still change."
            " Come back when they are."
        )
    last, count = await _cards(db, month.month)
    if not count:
        raise NotReadyError(f"No supplier has a card for {month_words(month.month)}.")
    found = await newest(db, who, month.month)
    is_good = found is not None and (found.status in UNDER_WAY or found.status is BundleStatus.DONE)
    if found is not None and is_good and (found.last_card, found.language) == (last, languages.spoken()):
        return found
    made = ScorecardBundle(
        month=month.month,
        language=languages.spoken(),
        last_card=last,
        cards=count,
        asked_by_name=who.name,
    )
    db.add(made)
    await db.flush()
    await enqueue(db, JOB, {"bundle": made.id})
    return made


async def newest(db: AsyncSession, who: Principal, month: int) -> ScorecardBundle | None:
    query = scopes.shared(who, ScorecardBundle).where(col(ScorecardBundle.month) == month)
    query = query.order_by(col(ScorecardBundle.id).desc()).limit(1)
    return (await db.execute(query.execution_options(populate_existing=True))).scalar_one_or_none()


async def is_up_to_date(db: AsyncSession, bundle: ScorecardBundle) -> bool:
    """Whether no card of the month was corrected since."""
    return (await _cards(db, bundle.month))[0] == bundle.last_card


def ends_at(bundle: ScorecardBundle) -> datetime | None:
    return bundle.finished_at + KEPT if bundle.finished_at else None


async def make(
    database: Database, store: DocumentStore, who: Principal, bundle: ScorecardBundle, report: Report
) -> tuple[str, int]:
    """Set all cards and put the file into the store; give its key and size."""
    async with database.work(who) as db:
        zone = (await db.execute(select(col(Organisation.time_zone)))).scalar_one()
        query = (
            select(col(Scorecard.supplier_id))
            .where(scopes.condition(who, Scorecard), col(Scorecard.month) == bundle.month)
            .where(frozen.is_published(bundle.month))
            .group_by(col(Scorecard.supplier_id))
        )
        supplier_ids = sorted((await db.execute(query)).scalars())
    with tempfile.TemporaryFile(prefix="assay-bundle-") as out, languages.speaking(bundle.language):
        with ZipFile(out, "w", ZIP_STORED) as archive:
            names: set[str] = set()
            for start in range(0, len(supplier_ids), AT_ONCE):
                batch = supplier_ids[start : start + AT_ONCE]
                async with database.work(who) as db:
                    await _add(db, who, archive, names, batch, bundle.month, clock.today(zone))
                await report(start + len(batch))
        out.seek(0)
        stored = await store.put(_chunks(out))
    return stored.key, stored.size


async def clear(db: AsyncSession) -> int:
    """Let files that were kept long enough go; the next sweep removes what nobody refers to."""
    gone = await db.execute(
        update(ScorecardBundle)
        .where(
            col(ScorecardBundle.status) == BundleStatus.DONE,
            col(ScorecardBundle.finished_at) < clock.now() - KEPT,
        )
        .values(status=BundleStatus.EXPIRED, file_key=None, updated_at=clock.now())
        .returning(col(ScorecardBundle.id))
    )
    return len(gone.all())


def name_in_archive(supplier: Supplier, month: int, taken: set[str]) -> str:
    """Give a name that every system can unpack, and no other card has, whatever suppliers are called."""
    words = f"{supplier.number} {supplier.name}".replace("/", "_").replace("\\", "_")
    stem = harmless(words).rstrip(".")[:100].rstrip()
    name, at = f"{key_of(month)} {stem}.pdf", 1
    while name.casefold() in taken:
        at += 1
        name = f"{key_of(month)} {stem} ({at}).pdf"
    taken.add(name.casefold())
    return name


async def _add(
    db: AsyncSession,
    who: Principal,
    archive: ZipFile,
    names: set[str],
    supplier_ids: Sequence[int],
    month: int,
    today: date,
) -> None:
    organisation = (await db.execute(select(Organisation))).scalar_one()
    query = scopes.visible(who, Supplier).where(col(Supplier.id).in_(supplier_ids)).order_by(col(Supplier.id))
    for supplier in (await db.execute(query)).scalars().all():
        card = await cards.card(db, who, supplier, Period(month), today)
        content = await printing.printed(db, who, organisation, supplier, card)
        at = card.frozen.row.frozen_at if card.frozen else clock.now()
        name = name_in_archive(supplier, month, names)
        member = ZipInfo(name, (at.year, at.month, at.day, at.hour, at.minute, at.second))
        await asyncio.to_thread(archive.writestr, member, content)


async def _cards(db: AsyncSession, month: int) -> tuple[int, int]:
    """Give the newest card of a month, and how many suppliers have one."""
    query = select(
        func.coalesce(func.max(col(Scorecard.id)), 0), func.count(func.distinct(col(Scorecard.supplier_id)))
    ).where(col(Scorecard.month) == month)
    last, count = (await db.execute(query)).one()
    return int(last), int(count)


async def _chunks(out: IO[bytes]) -> AsyncIterator[bytes]:
    while chunk := await asyncio.to_thread(out.read, _CHUNK):
        yield chunk
