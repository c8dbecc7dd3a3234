"""What takes longer than a person wants to wait: done by the worker before anybody can open a file."""

import asyncio
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.access.permissions import P
from portal.access.principal import system
from portal.errors import BadInputError
from portal.jobs.queue import enqueue
from portal.languages import N_, Sentence
from portal.models.documents import Document, DocumentStatus, ScanVerdict
from portal.settings import Settings
from portal.storage import DocumentStore
from portal.workflows.documents import archives, pdfs
from portal.workflows.documents.kinds import DOCX, PDF, XLSX, ZIP, kind_of
from portal.workflows.documents.scanner import AWAY, Scan, scan
from portal.workflows.steps import Step, Steps, advance

SCAN_AGAIN = "documents.scan_again"  # the job
SCAN_AFTER = tuple(timedelta(minutes=minutes) for minutes in (2, 15, 60, 6 * 60, 24 * 60))
CHECKER = system("document check")
_UNCHECKED = N_("This file could not be checked. Send it again, or export it as PDF and send that.")

STEPS: Steps = {
    "arrive": Step((DocumentStatus.RECEIVED,), DocumentStatus.CHECKING, P.DOCUMENTS_CHECK),
    "release": Step((DocumentStatus.CHECKING,), DocumentStatus.RELEASED, P.DOCUMENTS_CHECK),
    "refuse": Step(
        (DocumentStatus.RECEIVED, DocumentStatus.CHECKING), DocumentStatus.REFUSED, P.DOCUMENTS_CHECK
    ),
    "quarantine": Step(
        (DocumentStatus.CHECKING, DocumentStatus.RELEASED), DocumentStatus.QUARANTINED, P.DOCUMENTS_CHECK
    ),
}


async def check(
    db: AsyncSession, store: DocumentStore, settings: Settings, document_id: int
) -> Document | None:
    """Check a document that is in the store, and release, refuse or quarantine it.

    Returns it when it was released just now; None when it was not, is gone, or was judged before.
    """
    document = await _waiting(db, document_id)
    if document is None:
        return None
    try:
        async with store.local_path(document.file_key) as path:
            await asyncio.to_thread(_look_closely, path, document.file_name)
    except BadInputError as refused:
        refuse(document, refused.sentence)
        return None
    _judge(document, await scan(settings.clamd, store.open(document.file_key)))
    if document.status is DocumentStatus.QUARANTINED:
        return None
    advance(document, STEPS, "release", by=CHECKER)
    await _scan_later(db, document, times=0)
    return document


async def scan_again(
    db: AsyncSession, store: DocumentStore, settings: Settings, document_id: int, *, times: int
) -> None:
    """Scan what was released while the scanner was away; a virus takes it away from everybody again."""
    document = await _released(db, document_id)
    if document is None:
        return
    # Nobody waits for the scanner: who wants to change the document meanwhile may.
    found = await scan(settings.clamd, store.open(document.file_key))
    document = await _released(db, document_id, lock=True)
    if document is not None:
        _judge(document, found)
        await _scan_later(db, document, times=times)


async def give_up(db: AsyncSession, document_id: int) -> None:
    """Refuse a document whose check fails again and again: nobody waits for ever, nobody opens it."""
    document = await _waiting(db, document_id)
    if document is not None:
        refuse(document, _UNCHECKED)


def refuse(document: Document, problem: str) -> None:
    """Refuse a document; the worker speaks English, and who reads it perhaps does not."""
    document.problem = str(problem)
    document.problem_parts = problem.parts if isinstance(problem, Sentence) else None
    advance(document, STEPS, "refuse", by=CHECKER)


def _judge(document: Document, found: Scan) -> None:
    document.scan, document.scan_note = found.verdict, found.note
    if found.verdict is ScanVerdict.INFECTED:
        advance(document, STEPS, "quarantine", by=CHECKER)


async def _scan_later(db: AsyncSession, document: Document, *, times: int) -> None:
    """Have it scanned when the scanner may be back; after the last time it stays not scanned, and says so."""
    if document.scan_note == AWAY and times < len(SCAN_AFTER):
        payload = {"document": document.id, "times": times + 1}
        await enqueue(db, SCAN_AGAIN, payload, after=SCAN_AFTER[times])


async def _released(db: AsyncSession, document_id: int, *, lock: bool = False) -> Document | None:
    query = select(Document).where(
        col(Document.id) == document_id,
        col(Document.status) == DocumentStatus.RELEASED,
        col(Document.deleted_at).is_(None),
        col(Document.scan_note) == AWAY,
    )
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return (await db.execute(query)).scalar_one_or_none()


async def _waiting(db: AsyncSession, document_id: int) -> Document | None:
    query = select(Document).where(
        col(Document.id) == document_id, col(Document.status) == DocumentStatus.CHECKING
    )
    return (await db.execute(query.with_for_update())).scalar_one_or_none()


def _look_closely(path: Path, name: str) -> None:
    with path.open("rb") as file:
        kind = kind_of(file, name)
        if kind in {XLSX, DOCX, ZIP}:
            archives.unpack(file)
        if kind is ZIP:
            archives.look_into_pdfs(file, pdfs.inspect)
    if kind is PDF:
        pdfs.inspect(path)
