"""Seal what has settled, in order, into the chain.

Rows of the trail get their numbers before their transactions commit, so a number that is missing may still
appear. Each run therefore leaves a mark: the last number given out, and after that a transaction number of
its own. Once the oldest transaction that still runs is younger than the mark, no row up to that number can
appear any more, and those that are there are sealed.
"""

import asyncio
from dataclasses import dataclass

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from portal import clock
from portal.access.principal import Principal
from portal.db import Database
from portal.errors import NotReadyError
from portal.models.trail import TrailSeal
from portal.storage import DocumentStore
from portal.workflows.trail import kept, proof
from portal.workflows.trail.rows import Place, in_order, raw, unhurried

ROWS = 32_768  # in one seal: little to read for a proof, little to hold in memory

_PAUSE = 0.1
_LOCK = 7203
_TRY_LOCK = text("SELECT pg_try_advisory_xact_lock(:lock)")
_LAST_ACT = text("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM trail_act_id_seq")
_MARK = text(
    "INSERT INTO trail_mark (transaction, last_act)"
    " VALUES (CAST(CAST(pg_current_xact_id() AS text) AS bigint), :last_act) RETURNING transaction"
)
_OLDEST = text("SELECT CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS bigint)")
_SETTLED = text(
    "SELECT coalesce(max(last_act), 0) FROM trail_mark"
    " WHERE transaction < CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS bigint)"
)
_SPENT = text("DELETE FROM trail_mark WHERE last_act <= :settled")
_END = (
    "SELECT act_id, n FROM (SELECT act_id, n FROM trail_change"
    " WHERE (act_id, n) > ($1, $2) AND act_id <= $3 ORDER BY act_id, n LIMIT $4) AS next"
    " ORDER BY act_id DESC, n DESC LIMIT 1"
)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Sealed:
    """What one run did; ``is_busy`` when another sealer was at work."""

    seals: int
    rows: int
    is_busy: bool = False


async def seal(
    database: Database,
    store: DocumentStore,
    who: Principal,
    *,
    after_loss: str = "",
    rows: int = ROWS,
    patience: float = 5,
) -> Sealed:
    """Seal all that has settled. Each seal is a transaction of its own; then the store gets its document.

    Args:
        database: for transactions beside the caller's.
        store: where documents lie.
        who: for whom it runs; they must be allowed to see everything.
        after_loss: why the store knows seals that the database does not have, such as a restored backup.
            The next seal carries it, with a number after the last one that the store knows.
        rows: at most so many in one seal.
        patience: seconds to wait for transactions that are just ending. What takes longer is sealed by the
            next run.

    Raises:
        NotReadyError: the store contradicts the database, and somebody must look first.
    """
    chain, number = await _agree(database, store, who, after_loss)
    await _settle(database, who, patience)
    seals = count = 0
    while True:
        async with database.work(who) as db:
            await unhurried(db)
            if not (await db.execute(_TRY_LOCK, {"lock": _LOCK})).scalar_one():
                return Sealed(seals, count, is_busy=True)
            made = await _seal_next(db, number, "" if seals else after_loss, rows)
        if made is None:
            return Sealed(seals, count)
        await kept.keep(store, chain, made)
        log.info("trail.sealed", number=made.number, rows=made.rows, hash=made.hash)
        seals += 1
        count += made.rows
        number = made.number


async def _agree(
    database: Database, store: DocumentStore, who: Principal, after_loss: str
) -> tuple[str, int]:
    """Give the chain's name and the last number in use, if database and store agree on them."""
    async with database.work(who) as db:
        seals = await kept.seals(db)
    if not seals or seals[0].number != 0:
        raise NotReadyError("The beginning of the trail's seals is gone. Run assay trail verify.")
    chain = seals[0].hash
    known = await kept.last_number(store, chain, seals[-1].number)
    async with database.work(who) as db:  # once more: meanwhile another sealer may have gone on
        last = await kept.newest(db) or seals[-1]
    problem = await _keep_unkept(store, chain, seals)
    if known > last.number:
        problem = (
            f"The document store knows seal {known} of the trail, and the database ends with seal"
            f" {last.number}. After restoring a backup, run: assay trail seal --after-loss REASON."
            " Otherwise somebody has removed the end of the trail."
        )
    if problem and not after_loss:
        raise NotReadyError(problem)
    if after_loss and not problem:
        raise NotReadyError("Nothing is missing: the document store knows no seal that the database lacks.")
    return chain, max(known, last.number)


async def _keep_unkept(store: DocumentStore, chain: str, seals: list[TrailSeal]) -> str:
    """Keep what a crash between the commit and the store has left unkept; say so if the store disagrees."""
    for each in reversed(seals):
        if await kept.knows_number(store, chain, each.number):
            if await kept.knows(store, each):
                return ""
            return (
                f"The document store knows another seal {each.number} than the database has: the trail was"
                " rewritten, or the store belongs to another database. Run assay trail verify."
            )
        await kept.keep(store, chain, each)
        log.info("trail.kept", number=each.number)
    return ""


async def _settle(database: Database, who: Principal, patience: float) -> None:
    """Leave a mark, and wait a little for the transactions that are older than it."""
    async with database.work(who) as db:
        last_act = (await db.execute(_LAST_ACT)).scalar_one()
        mark = (await db.execute(_MARK, {"last_act": last_act})).scalar_one()
    for _ in range(int(patience / _PAUSE)):
        async with database.work(who) as db:
            if (await db.execute(_OLDEST)).scalar_one() > mark:
                return
        await asyncio.sleep(_PAUSE)


async def _seal_next(db: AsyncSession, number: int, note: str, rows: int) -> TrailSeal | None:
    last = await kept.newest(db)
    if last is None:
        raise NotReadyError("The trail's seals are gone. Run assay trail verify.")
    settled = (await db.execute(_SETTLED)).scalar_one()
    after = Place(last.last_act, last.last_n)
    end = await (await raw(db)).fetchrow(_END, *after, settled, rows)
    if end is None and not note:
        await db.execute(_SPENT, {"settled": settled})
        return None
    upto = Place(*end) if end else after
    leaves: list[bytes] = []
    async for batch in in_order(db, after, upto):
        # In a thread: a worker that hashes for a second looks like one that has died.
        leaves += await asyncio.to_thread(proof.leaves, batch)
    made = TrailSeal(
        number=max(number, last.number) + 1,
        sealed_at=clock.now(),
        last_act=upto.act,
        last_n=upto.n,
        rows=len(leaves),
        root=await asyncio.to_thread(proof.root, leaves),
        previous=last.hash,
        note=note,
        hash="",
        leaves=b"".join(leaves),
    )
    made.hash = proof.seal_hash(kept.document(made))
    db.add(made)
    return made
