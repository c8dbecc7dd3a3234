"""Pictures of a document's pages, made by the worker, so that a page can show them beside what they say."""

import asyncio
import json
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import structlog
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.access.principal import Principal
from portal.errors import NotFoundError
from portal.models.documents import Document, DocumentPreview
from portal.storage import DocumentStore
from portal.workflows.documents import finding
from portal.workflows.documents.kinds import PDF, PICTURES

MAKE = "documents.previews"  # the job
MEDIA_TYPE = "image/webp"
_CHILD = Path(__file__).with_name("preview_child.py")
_SECONDS = 180

log = structlog.get_logger()


class Made(NamedTuple):
    page: int
    width: int
    height: int
    content: bytes


def are_possible(document: Document) -> bool:
    return document.media_type == PDF.media_type or document.media_type in PICTURES


async def make(db: AsyncSession, store: DocumentStore, document_id: int) -> None:
    """Make the pictures of a released document; again replaces them.

    A document of which none can be made keeps none: it can be downloaded all the same.
    """
    query = select(Document).where(col(Document.id) == document_id).with_for_update()
    document = (await db.execute(query)).scalar_one_or_none()
    if document is None or not document.is_open or not are_possible(document):
        return
    async with store.local_path(document.file_key) as path:
        kind = "pdf" if document.media_type == PDF.media_type else "picture"
        made = await asyncio.to_thread(_pictures, path, kind)
    await db.execute(delete(DocumentPreview).where(col(DocumentPreview.document_id) == document.id))
    for each in made:
        stored = await store.put(_once(each.content))
        db.add(
            DocumentPreview(
                document_id=document.id,
                supplier_id=None if document.is_internal else document.supplier_id,
                page=each.page,
                width=each.width,
                height=each.height,
                media_type=MEDIA_TYPE,
                size=stored.size,
                file_key=stored.key,
            )
        )
    document.pages = max((each.page for each in made), default=0)
    await db.flush()


async def to_show(
    db: AsyncSession, who: Principal, document_id: int, page: int, width: int
) -> DocumentPreview:
    """Load one picture of a document that the principal may open now."""
    document = await finding.to_open(db, who, document_id)
    query = select(DocumentPreview).where(
        col(DocumentPreview.document_id) == document.id,
        col(DocumentPreview.page) == page,
        col(DocumentPreview.width) == width,
    )
    found = (await db.execute(query)).scalar_one_or_none()
    if found is None:
        raise NotFoundError
    return found


def _pictures(path: Path, kind: str) -> list[Made]:
    with tempfile.TemporaryDirectory(prefix="assay-previews-") as folder:
        try:
            # Isolated: neither the folder one is in nor the environment decides what is imported.
            said = subprocess.run(  # noqa: S603 # our own interpreter and script
                [sys.executable, "-I", str(_CHILD), str(path.absolute()), kind, folder],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=_SECONDS,
                check=True,
            )
            found = json.loads(said.stdout)
        except (subprocess.SubprocessError, ValueError) as error:
            log.warning("documents.previews", problem=str(error))
            return []
        return [
            Made(each["page"], each["width"], each["height"], Path(folder, each["file"]).read_bytes())
            for each in found
        ]


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content
