"""What the document store knows of the seals, so that the database alone cannot forget one.

Documents lie under the hash of what they hold. Two are kept for each seal: the seal itself, which is
therefore found under its own hash, and one that says no more than that a seal with this number was made. The
second can be asked for by whoever knows the chain and the number: that is how seals that are gone from the
end of the chain are noticed, and counted.
"""

import hashlib
import json
from collections.abc import AsyncIterator

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer
from sqlmodel import col

from portal.models.trail import TrailSeal
from portal.storage import DocumentStore
from portal.workflows.trail import proof
from portal.workflows.trail.rows import instant


def document(seal: TrailSeal) -> proof.Seal:
    """Give the seal as it is hashed and handed out."""
    return {
        "kind": proof.SEAL,
        "last_act": seal.last_act,
        "last_n": seal.last_n,
        "note": seal.note,
        "number": seal.number,
        "previous": seal.previous,
        "root": seal.root,
        "rows": seal.rows,
        "sealed_at": instant(seal.sealed_at),
    }


async def seals(db: AsyncSession, first: int = 0) -> list[TrailSeal]:
    """The chain in order, without the hashes of its changes."""
    query = (
        select(TrailSeal)
        .options(defer(TrailSeal.leaves, raiseload=True))  # type: ignore[arg-type] # a column to SQLAlchemy
        .where(col(TrailSeal.number) >= first)
        .order_by(col(TrailSeal.number))
        .execution_options(populate_existing=True)
    )
    return list((await db.execute(query)).scalars())


async def newest(db: AsyncSession) -> TrailSeal | None:
    query = select(TrailSeal).order_by(col(TrailSeal.number).desc()).limit(1)
    query = query.options(defer(TrailSeal.leaves, raiseload=True))  # type: ignore[arg-type] # as above
    return (await db.execute(query)).scalar_one_or_none()


async def keep(store: DocumentStore, chain: str, seal: TrailSeal) -> None:
    """Put a committed seal into the store; doing it again changes nothing.

    Args:
        store: where documents lie.
        chain: the hash of seal 0.
        seal: what was committed.
    """
    await store.put(_once(proof.canonical(document(seal))), sha256=seal.hash)
    await store.put(_once(_announcement(chain, seal.number)))


def is_kept(content: bytes) -> bool:
    """Say whether a document of the store is one of these: it stays, whatever the database knows of it."""
    if content.startswith(b"assay trail "):
        return True
    try:
        found = json.loads(content)
    except ValueError:
        return False
    return isinstance(found, dict) and found.get("kind") == proof.SEAL and proof.canonical(found) == content


async def knows(store: DocumentStore, seal: TrailSeal) -> bool:
    return await store.exists(seal.hash)


async def knows_number(store: DocumentStore, chain: str, number: int) -> bool:
    return await store.exists(hashlib.sha256(_announcement(chain, number)).hexdigest())


async def last_number(store: DocumentStore, chain: str, number: int) -> int:
    """The last number that the store knows, looking onward from one that the database has."""
    while await knows_number(store, chain, number + 1):
        number += 1
    return number


def _announcement(chain: str, number: int) -> bytes:
    return f"assay trail {chain}: seal {number} was made\n".encode()


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content
