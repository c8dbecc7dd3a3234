"""Recompute the whole trail and name the first difference: what, where, and how."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.access.principal import Principal
from portal.db import Database
from portal.models.trail import TrailSeal
from portal.storage import DocumentStore
from portal.workflows.trail import kept, proof
from portal.workflows.trail.proof import HASH_BYTES, Entry
from portal.workflows.trail.rows import Place, in_order, unhurried


class Kind(StrEnum):
    CHANGED = "changed"
    DELETED = "deleted"
    INSERTED = "inserted"
    SEAL_CHANGED = "seal changed"
    SEAL_DELETED = "seal deleted"
    CUT_OFF = "tail cut off"
    REWRITTEN = "rewritten"


@dataclass(frozen=True, slots=True)
class Difference:
    """The first thing that is not as it was sealed. ``place`` is the row's, where it is about one."""

    kind: Kind
    seal: int
    sentence: str
    place: Place | None = None


@dataclass(slots=True)
class Report:
    """What was recomputed up to the first difference, or all of it when there is none."""

    seals: int = 0
    rows: int = 0
    unsealed: int = 0
    newest: TrailSeal | None = None
    difference: Difference | None = None
    remarks: list[str] = field(default_factory=list)


async def verify(
    database: Database,
    store: DocumentStore,
    who: Principal,
    *,
    progress: Callable[[int], None] | None = None,
) -> Report:
    """Recompute every hash, from the rows up to what the document store knows.

    Memory holds the rows of one seal's batch, whatever the trail's length; ``progress`` is told how many rows
    are done.
    """
    report = Report()
    async with database.work(who) as db:
        await unhurried(db)
        seals = await kept.seals(db)
        report.difference = _chain(seals, report)
        place = _LOWEST
        for seal in seals:
            if report.difference is not None and report.difference.seal <= seal.number:
                break
            found = await _rows(db, seal, place)
            if found is not None:
                report.difference = found
                break
            place = Place(seal.last_act, seal.last_n)
            report.seals += seal.number != 0
            report.rows += seal.rows
            report.newest = seal
            if progress:
                progress(report.rows)
        else:
            report.difference = report.difference or await _acts_alone(db, place)
            report.unsealed = (await db.execute(_UNSEALED, place._asdict())).scalar_one()
    if report.difference is None:
        report.difference = await _store(database, store, who, seals, report)
    return report


_LOWEST = Place(-(2**63), 0)  # a row with a number that was never given out is found as well
_UNSEALED = text("SELECT count(*) FROM trail_change WHERE (act_id, n) > (:act, :n)")
_ALONE = text(
    "SELECT id FROM trail_act WHERE id <= :act"
    " AND NOT EXISTS (SELECT FROM trail_change WHERE act_id = trail_act.id) ORDER BY id LIMIT 1"
)
# The first act between two places that has fewer changes than it says, and the first number that it lacks.
_LACKING = text(
    "SELECT id, (SELECT min(n) FROM generate_series(1, rows) AS n WHERE NOT EXISTS"
    "  (SELECT FROM trail_change WHERE act_id = trail_act.id AND trail_change.n = n.n)) AS n"
    " FROM trail_act WHERE id BETWEEN :low AND :high"
    " AND rows > (SELECT count(*) FROM trail_change WHERE act_id = trail_act.id) ORDER BY id LIMIT 1"
)


def _chain(seals: list[TrailSeal], report: Report) -> Difference | None:
    """Follow the chain itself, without its rows."""
    if not seals or seals[0].number != 0:
        return Difference(Kind.SEAL_DELETED, 0, "Seal 0, the beginning of the trail, is gone.")
    before = None
    for seal in seals:
        if proof.seal_hash(kept.document(seal)) != seal.hash:
            sentence = f"Seal {seal.number} was changed: it has no longer the hash that it was made with."
            return Difference(Kind.SEAL_CHANGED, seal.number, sentence)
        if before is not None and (broken := _link(before, seal)):
            return broken
        if seal.note:
            report.remarks.append(f"Seals before {seal.number} were lost. Reason given: {seal.note}")
        before = seal
    return None


def _link(before: TrailSeal, seal: TrailSeal) -> Difference | None:
    missing = before.number + 1
    if seal.number != missing and not (seal.note and seal.previous == before.hash):
        sentence = f"Seal {missing} is gone: after seal {before.number} comes seal {seal.number}."
        return Difference(Kind.SEAL_DELETED, missing, sentence)
    if seal.previous != before.hash:
        sentence = f"Seal {before.number} was exchanged: seal {seal.number} was made after another one."
        return Difference(Kind.SEAL_CHANGED, before.number, sentence)
    return None


async def _rows(db: AsyncSession, seal: TrailSeal, after: Place) -> Difference | None:
    query = select(col(TrailSeal.leaves)).where(col(TrailSeal.number) == seal.number)
    stored = (await db.execute(query)).scalar_one()
    sealed = [stored[at : at + HASH_BYTES] for at in range(0, len(stored), HASH_BYTES)]
    if len(sealed) != seal.rows or await asyncio.to_thread(proof.root, sealed) != seal.root:
        sentence = f"Seal {seal.number} was changed: the hashes of its rows do not lead to its root."
        return Difference(Kind.SEAL_CHANGED, seal.number, sentence)
    done = 0
    last = after
    differs: list[tuple[Entry, bytes]] = []
    async for batch in in_order(db, after, Place(seal.last_act, seal.last_n)):
        hashes = await asyncio.to_thread(proof.leaves, batch)
        alike = 0 if differs else _alike(hashes, sealed[done : done + len(hashes)])
        if alike:
            last = _place(batch[alike - 1])
            done += alike
        differs += zip(batch[alike:], hashes[alike:], strict=True)
    if not differs and done == len(sealed):
        return None
    return await _told(db, seal, sealed[done:], differs, last)


def _alike(some: list[bytes], others: list[bytes]) -> int:
    """How many are the same from the beginning."""
    if some == others:
        return len(some)
    pairs = zip(some, others, strict=False)
    return next((at for at, (one, other) in enumerate(pairs) if one != other), len(others))


async def _told(
    db: AsyncSession, seal: TrailSeal, sealed: list[bytes], found: list[tuple[Entry, bytes]], last: Place
) -> Difference:
    """Say what happened where the sealed hashes and the rows part.

    Args:
        db: to look for what is gone.
        seal: whose rows these are.
        sealed: the hashes from there on, as they were sealed.
        found: the rows from there on, with their hashes.
        last: the last row that was as it should be.
    """
    if not found or (found[0][1] in sealed and found[0][1] != sealed[0]):
        count = sealed.index(found[0][1]) if found else len(sealed)
        upto = _place(found[0][0]) if found else Place(seal.last_act, seal.last_n)
        row = (await db.execute(_LACKING, {"low": last.act, "high": upto.act})).first()
        place = Place(row.id, row.n) if row is not None else None
        where = f"change {place.act}.{place.n}" if place else f"what came after change {last.act}.{last.n}"
        more = f", and {count - 1:,} more after it" if count > 1 else ""
        return Difference(Kind.DELETED, seal.number, f"In seal {seal.number}, {where} is gone{more}.", place)
    entry = found[0][0]
    place = _place(entry)
    if not sealed or sealed[0] in (one for _, one in found):
        sentence = f"In seal {seal.number}, {_name(entry)} was put in afterwards."
        return Difference(Kind.INSERTED, seal.number, sentence, place)
    sentence = f"In seal {seal.number}, {_name(entry)} is not what was sealed."
    return Difference(Kind.CHANGED, seal.number, sentence, place)


async def _acts_alone(db: AsyncSession, upto: Place) -> Difference | None:
    """An act without any change: put in by hand, or the changes of an act that is not sealed were removed."""
    act = (await db.execute(_ALONE, {"act": upto.act})).scalar_one_or_none()
    if act is None:
        return None
    return Difference(Kind.INSERTED, 0, f"Act {act} has no changes: it was put in by hand.", Place(act, 0))


async def _store(
    database: Database, store: DocumentStore, who: Principal, seals: list[TrailSeal], report: Report
) -> Difference | None:
    """Compare the chain with what the store knows of it."""
    chain, last = seals[0].hash, seals[-1].number
    known = await kept.last_number(store, chain, last)
    async with database.work(who) as db:  # afterwards: meanwhile a sealer may have gone on
        newest = await kept.newest(db)
    if newest is None or known > newest.number:
        count = known - (newest.number if newest else 0)
        sentence = f"The tail is cut off: the document store knows {count:,} more seals, up to {known}."
        return Difference(Kind.CUT_OFF, last + 1, sentence)
    unkept = 0
    for seal in seals:
        if await kept.knows(store, seal):
            continue
        if await kept.knows_number(store, chain, seal.number):
            sentence = f"The document store knows another seal {seal.number}: the trail was rewritten."
            return Difference(Kind.REWRITTEN, seal.number, sentence)
        unkept += 1
    if unkept:
        report.remarks.append(
            f"The document store lacks {unkept:,} of the seals. Run assay trail seal to put them there."
        )
    return None


def _place(entry: Entry) -> Place:
    return Place(entry["act"], entry["n"])


def _name(entry: Entry) -> str:
    """The row in the database's words; of an act that is gone, only where it stands."""
    name = f"change {entry['act']}.{entry['n']}"
    return f"{name} ({entry['table']} {entry['row']}, {entry['at']})" if "table" in entry else name
