"""A file that the browser sends straight to the store: announced, arrived, taken in by the worker.

What lies there in the meantime is nobody's document: it has no hash, nobody can open it, and it may hold
anything. The worker copies it to where documents lie, and only that copy is judged.
"""

import uuid
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.access import scopes
from portal.access.principal import Principal
from portal.errors import BadInputError, NotFoundError
from portal.jobs.queue import enqueue
from portal.languages import N_, _
from portal.models.documents import Document, DocumentStatus, ScanVerdict
from portal.settings import Settings
from portal.storage import Arrivals, DocumentStore
from portal.workflows.documents.checking import CHECKER, STEPS, refuse
from portal.workflows.documents.kinds import HEAD, refuse_by_beginning
from portal.workflows.documents.names import harmless
from portal.workflows.documents.receiving import CHECK, Glance, refuse_above_quota
from portal.workflows.steps import advance

TAKE_IN, DROP = "documents.take_in", "documents.drop_arrival"  # the jobs
UNKNOWN = "application/octet-stream"
_LOST = N_("The file did not arrive as a whole. Send it again.")


class Seen(NamedTuple):
    """What the store says of an arrival."""

    size: int
    beginning: bytes


async def announce(db: AsyncSession, settings: Settings, who: Principal, name: str, size: int) -> Document:
    """Write down that somebody is about to send a file; whoever asks has checked its size.

    It counts for the quota from now on: many forms together must not let more in than there is room for.
    """
    if who.is_supplier and who.supplier_id is not None:
        await refuse_above_quota(db, settings, who.supplier_id, size)
    document = Document(
        supplier_id=who.supplier_id,
        series=uuid.uuid4().hex,
        file_name=harmless(name),
        media_type=UNKNOWN,
        size=size,
        sha256="",
        file_key="",
        status=DocumentStatus.RECEIVED,
        scan=ScanVerdict.NOT_SCANNED,
        sent_by_supplier=who.is_supplier,
        uploaded_by_id=who.person_id or None,
        contact_id=who.guest.contact_id if who.guest else None,
        uploaded_by_name=who.name,
    )
    db.add(document)
    await db.flush()
    return document


async def look(arrivals: Arrivals, arrival: str) -> Seen:
    """Ask the store what has arrived, before anything is asked of the database.

    Raises:
        NotFoundError: nothing has.
    """
    size = await arrivals.size(arrival)
    if size is None:
        raise NotFoundError
    return Seen(size, await arrivals.beginning(arrival, HEAD) if size else b"")


async def arrive(db: AsyncSession, who: Principal, arrival: str, seen: Seen) -> Document:
    """Have the worker take in what has arrived, once; again is harmless.

    Raises:
        NotFoundError: nobody announced it, or somebody else.
        BadInputError: it is not what was announced, or nothing that may be sent.
    """
    query = scopes.visible(who, Document).where(
        col(Document.series) == arrival,
        col(Document.number) == 1,
        col(Document.deleted_at).is_(None),
    )
    document = (await db.execute(query.with_for_update())).scalar_one_or_none()
    if document is None:
        raise NotFoundError
    if document.status is DocumentStatus.RECEIVED and not document.file_key:
        if seen.size != document.size:
            raise BadInputError(_(_LOST))
        refuse_by_beginning(seen.beginning, document.file_name)
        document.file_key = arrival
        await enqueue(db, TAKE_IN, {"document": document.id})
    return document


async def take_in(db: AsyncSession, store: DocumentStore, document_id: int) -> None:
    """Make a document of what has arrived: copied under its hash, told what it is, then checked as any."""
    document = await _arrived(db, document_id)
    if document is None or store.arrivals is None:
        return
    arrival = document.file_key
    glance = Glance(document.file_name)
    try:
        stored = await store.arrivals.take_in(arrival, glance)
    except (BadInputError, NotFoundError) as refused:
        _refuse(document, refused.sentence if isinstance(refused, BadInputError) else _LOST)
    else:
        document.file_name = harmless(document.file_name, glance.kind.endings[0])
        document.media_type = glance.kind.media_type
        document.size, document.sha256, document.file_key = stored.size, stored.sha256, stored.key
        advance(document, STEPS, "arrive", by=CHECKER)
        await enqueue(db, CHECK, {"document": document.id})
    # A job of its own: the arrival may go only when this transaction has committed.
    await enqueue(db, DROP, {"arrival": arrival})


async def give_up(db: AsyncSession, document_id: int) -> None:
    """Refuse what the worker could not take in again and again."""
    document = await _arrived(db, document_id)
    if document is not None:
        _refuse(document, _LOST)


def _refuse(document: Document, sentence: str) -> None:
    document.file_key = ""
    refuse(document, sentence)


async def _arrived(db: AsyncSession, document_id: int) -> Document | None:
    query = select(Document).where(
        col(Document.id) == document_id,
        col(Document.status) == DocumentStatus.RECEIVED,
        col(Document.file_key) != "",
    )
    locked = query.with_for_update().execution_options(populate_existing=True)
    return (await db.execute(locked)).scalar_one_or_none()
