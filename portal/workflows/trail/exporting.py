"""A record's history with what is needed to verify it without the portal."""

from bisect import bisect_left
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock
from portal.errors import NotReadyError
from portal.models.trail import TrailSeal
from portal.workflows.trail import kept, proof
from portal.workflows.trail.proof import HASH_BYTES, Entry
from portal.workflows.trail.records import Record
from portal.workflows.trail.rows import Place, instant, of_record, unhurried


async def export(db: AsyncSession, record: Record) -> dict[str, Any]:
    """Give every change of a record, the path from each to its seal, and the seals from there to the newest.

    ``portal/workflows/trail/proof.py`` says how it is checked, and checks it.

    Raises:
        NotReadyError: a change is not what was sealed.
    """
    await unhurried(db)
    seals = await kept.seals(db)
    entries = await of_record(db, record.table, record.id)
    numbered = [(entry, _sealed_in(seals, Place(entry["act"], entry["n"]))) for entry in entries]
    used = {seal.number for _, seal in numbered if seal is not None}
    trees: dict[int, list[list[bytes]]] = {}
    told = []
    for entry, seal in numbered:
        if seal is not None and seal.number not in trees:
            trees = {seal.number: proof.tree(await _hashes(db, seal))}  # entries come in the seals' order
        path = _path(entry, trees[seal.number], seal) if seal is not None else []
        told.append({"entry": entry, "seal": seal.number if seal is not None else None, "path": path})
    needed = [seal for seal in seals if used and seal.number >= min(used)] or seals[-1:]
    return {
        "kind": proof.EXPORT,
        "record": record._asdict(),
        "made_at": instant(clock.now()),
        "entries": told,
        "seals": [kept.document(seal) for seal in needed],
        "newest": {"number": needed[-1].number, "hash": needed[-1].hash} if needed else None,
    }


def _sealed_in(seals: list[TrailSeal], place: Place) -> TrailSeal | None:
    at = bisect_left(seals, place, key=lambda seal: Place(seal.last_act, seal.last_n))
    return seals[at] if at < len(seals) else None


async def _hashes(db: AsyncSession, seal: TrailSeal) -> list[bytes]:
    query = select(col(TrailSeal.leaves)).where(col(TrailSeal.number) == seal.number)
    stored = (await db.execute(query)).scalar_one()
    return [stored[at : at + HASH_BYTES] for at in range(0, len(stored), HASH_BYTES)]


def _path(entry: Entry, levels: list[list[bytes]], seal: TrailSeal) -> list[proof.Step]:
    own = proof.leaf(entry)
    if own not in levels[0]:
        name = f"{entry['act']}.{entry['n']}"
        raise NotReadyError(f"Change {name} is not what seal {seal.number} sealed. Run assay trail verify.")
    return proof.path(levels, levels[0].index(own))
