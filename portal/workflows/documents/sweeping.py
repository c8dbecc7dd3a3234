"""What nobody needs any more goes: uploads that were never attached, deleted documents, files without a row.

A file in the store may be anybody's: a document's, an import's, a preview's, or the trail's. It goes only
when it is old and nothing refers to it, and never when it is a seal of the trail, also when the database has
forgotten that seal.
"""

from collections.abc import Collection
from datetime import timedelta

import structlog
from sqlalchemy import Table, delete, exists, or_, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock
from portal.models import metadata
from portal.models.documents import Document, DocumentAttachment, DocumentStatus
from portal.storage import Arrivals, DocumentStore
from portal.workflows.trail import kept

UNATTACHED_KEPT = timedelta(days=2)  # a form may be filled in over a weekend
DELETED_KEPT = timedelta(days=30)
ORPHANS_KEPT = timedelta(days=2)  # a file is in the store before its row is committed
_LARGEST_SEAL = 4096  # bytes

log = structlog.get_logger()


async def sweep_rows(db: AsyncSession) -> int:
    """Remove documents that were never attached, and deleted ones after some weeks; return how many.

    Their files go with the next sweep of the store.
    """
    now = clock.now()
    free = ~col(Document.on_hold) & (
        col(Document.keep_until_on).is_(None) | (col(Document.keep_until_on) < now.date())
    )
    never_attached = col(Document.attached_at).is_(None) & (col(Document.created_at) < now - UNATTACHED_KEPT)
    deleted = col(Document.deleted_at) < now - DELETED_KEPT
    attached = exists().where(col(DocumentAttachment.document_id) == col(Document.id))
    gone = await db.execute(
        delete(Document)
        .where(free, or_(never_attached, deleted), ~attached)
        .returning(col(Document.id))
        .execution_options(synchronize_session=False)
    )
    return len(gone.all())


async def sweep_store(db: AsyncSession, store: DocumentStore) -> int:
    """Remove old files to which nothing refers; return how many."""
    count = 0
    before = clock.now() - ORPHANS_KEPT
    async for keys in store.keys(before):
        used = await used_of(db, keys)
        for key in keys:
            if key not in used and not await _is_a_seal(store, key):
                count += await store.delete_old(key, before)
    if store.arrivals is not None:
        async for names in store.arrivals.names(before):
            count += await _drop_arrivals(db, store.arrivals, names)
    if count:
        log.info("documents.swept", files=count)
    return count


async def _drop_arrivals(db: AsyncSession, arrivals: Arrivals, names: list[str]) -> int:
    """Drop what was sent and given up; what the worker has not taken in yet stays."""
    waiting = select(col(Document.file_key)).where(
        col(Document.status) == DocumentStatus.RECEIVED, col(Document.file_key).in_(names)
    )
    kept = set((await db.execute(waiting)).scalars())
    left = [name for name in names if name not in kept]
    for name in left:
        await arrivals.drop(name)
    return len(left)


async def used_of(db: AsyncSession, keys: Collection[str]) -> set[str]:
    """Give those of the keys that some row refers to: every column named ``file_key`` holds such."""
    parts = [
        select(table.c.file_key.label("key")).where(table.c.file_key.in_(list(keys))) for table in keepers()
    ]
    found = await db.execute(union_all(*parts))
    return set(found.scalars())


def keepers() -> list[Table]:
    """Name the tables whose rows refer to files in the store."""
    return [table for table in metadata.sorted_tables if "file_key" in table.columns]


async def _is_a_seal(store: DocumentStore, key: str) -> bool:
    content = b""
    async for chunk in store.open(key):
        content += chunk
        if len(content) > _LARGEST_SEAL:
            return False
    return kept.is_kept(content)
