"""A file comes in: streamed into the store, looked at on the way, checked by the worker afterwards."""

import uuid
from collections.abc import AsyncIterable
from typing import BinaryIO, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.access.principal import Principal
from portal.errors import TooLargeError
from portal.jobs.queue import enqueue
from portal.languages import _
from portal.models.documents import Document, DocumentStatus, ScanVerdict
from portal.settings import Settings
from portal.storage import DocumentStore, Stored
from portal.workflows.documents.kinds import Kind, kind_of
from portal.workflows.documents.names import harmless
from portal.workflows.documents.sweeping import DELETED_KEPT

CHECK = "documents.check"  # the job


class Taken(NamedTuple):
    """A file that is in the store and that the database knows nothing of yet."""

    name: str
    kind: Kind
    stored: Stored


async def receive(
    db: AsyncSession,
    store: DocumentStore,
    settings: Settings,
    who: Principal,
    name: str,
    chunks: AsyncIterable[bytes],
) -> Document:
    """Keep what somebody sends; it belongs to no record until it is attached.

    Whoever reads ``chunks`` limits their size.

    Raises:
        BadInputError: it is nothing that may be sent.
        TooLargeError: the supplier's documents together are too large.
    """
    return await record(db, settings, who, await take(store, name, chunks))


async def take(store: DocumentStore, name: str, chunks: AsyncIterable[bytes]) -> Taken:
    """Stream a file into the store; what is refused is not kept. Nothing is asked of the database."""
    glance = Glance(harmless(name))
    stored = await store.put(chunks, look=glance)
    return Taken(harmless(name, glance.kind.endings[0]), glance.kind, stored)


async def record(db: AsyncSession, settings: Settings, who: Principal, taken: Taken) -> Document:
    """Write down what was taken, and have the worker check it when this transaction commits.

    If it never does, the file is swept.
    """
    if who.is_supplier and who.supplier_id is not None:
        await refuse_above_quota(db, settings, who.supplier_id, taken.stored.size)
    document = Document(
        supplier_id=who.supplier_id,
        series=uuid.uuid4().hex,
        file_name=taken.name,
        media_type=taken.kind.media_type,
        size=taken.stored.size,
        sha256=taken.stored.sha256,
        file_key=taken.stored.key,
        status=DocumentStatus.CHECKING,
        scan=ScanVerdict.NOT_SCANNED,
        sent_by_supplier=who.is_supplier,
        uploaded_by_id=who.person_id or None,
        contact_id=who.guest.contact_id if who.guest else None,
        uploaded_by_name=who.name,
    )
    db.add(document)
    await db.flush()
    await enqueue(db, CHECK, {"document": document.id})
    return document


async def refuse_above_quota(db: AsyncSession, settings: Settings, supplier_id: int, size: int) -> None:
    """Raise TooLargeError when a supplier's documents would take more room than it has.

    Deleting makes room at once, although the content lies for some weeks yet. So that nobody fills the store
    by sending and deleting over and over, all of it together may take twice the room. Who sends at the same
    time waits: each counts what the others have sent.
    """
    await db.execute(select(func.pg_advisory_xact_lock(func.hashtext("assay.quota"), supplier_id)))
    sizes = func.sum(col(Document.size))
    used = select(
        func.coalesce(sizes.filter(col(Document.deleted_at).is_(None)), 0), func.coalesce(sizes, 0)
    ).where(col(Document.supplier_id) == supplier_id)
    here, with_deleted = (await db.execute(used)).one()
    if here + size > settings.supplier_quota_bytes:
        raise TooLargeError(
            _(
                "There is no room left for more documents of your company."
                " Delete some that you no longer need."
            )
        )
    if with_deleted + size > 2 * settings.supplier_quota_bytes:
        raise TooLargeError(
            _(
                "Your company has sent and deleted so much that there is no room at the moment: what is"
                " deleted is kept for %(days)s days. Try again later, or ask us for more room.",
                days=DELETED_KEPT.days,
            )
        )


class Glance:
    """Looks at a file that has arrived whole and is not kept yet."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._kind: Kind | None = None

    def __call__(self, file: BinaryIO) -> None:
        self._kind = kind_of(file, self._name)

    @property
    def kind(self) -> Kind:
        if self._kind is None:
            raise RuntimeError("The store has not shown the file.")
        return self._kind
