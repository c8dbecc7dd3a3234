"""One document or many, as far as the principal may see them."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.access import scopes
from portal.access.principal import Principal
from portal.errors import NotFoundError, NotReadyError
from portal.languages import _
from portal.models.documents import Document, DocumentAttachment, DocumentPreview, DocumentStatus
from portal.models.suppliers import Supplier
from portal.workflows.lists import contains


class Listed(NamedTuple):
    """A line of a list: the newest version, and how many there are."""

    document: Document
    versions: int


async def find(db: AsyncSession, who: Principal, document_id: int) -> Document:
    """Load a document of any status; missing and foreign are the same."""
    query = scopes.visible(who, Document).where(
        col(Document.id) == document_id, col(Document.deleted_at).is_(None)
    )
    found = (await db.execute(query)).scalar_one_or_none()
    if found is None:
        raise NotFoundError
    return found


async def to_open(db: AsyncSession, who: Principal, document_id: int) -> Document:
    """Load a document whose content the principal may have now.

    Raises:
        NotFoundError: missing or foreign.
        NotReadyError: it is not released; the sentence says why.
    """
    document = await find(db, who, document_id)
    if not document.is_open:
        raise NotReadyError(why_closed(document))
    return document


def why_closed(document: Document) -> str:
    match document.status:
        case DocumentStatus.REFUSED:
            return document.why_refused
        case DocumentStatus.QUARANTINED:
            return _("A virus was found in this file. Nobody can open it.")
        case _:
            return _("This file is still being checked. Try again in a minute.")


async def unattached(db: AsyncSession, who: Principal, document_ids: Sequence[int]) -> list[Document]:
    """Give what somebody has sent and not attached yet, out of what a form names; the rest is left out."""
    query = scopes.visible(who, Document).where(
        col(Document.id).in_(list(document_ids)),
        col(Document.attached_at).is_(None),
        col(Document.deleted_at).is_(None),
    )
    found = {each.id: each for each in (await db.execute(query)).scalars()}
    return [found[each] for each in document_ids if each in found]


async def versions(db: AsyncSession, who: Principal, document: Document) -> list[Document]:
    """All versions of a document, the newest first."""
    query = (
        scopes.visible(who, Document)
        .where(col(Document.series) == document.series, col(Document.deleted_at).is_(None))
        .order_by(col(Document.number).desc())
    )
    return list((await db.execute(query)).scalars())


async def general(
    db: AsyncSession, who: Principal, supplier: Supplier, *, find_text: str = "", rows: int = 50
) -> tuple[list[Listed], int]:
    """List the documents at a supplier itself, the newest first, and say how many there are."""
    here = (
        scopes.condition(who, Document),
        col(DocumentAttachment.table_name) == Supplier.__tablename__,
        col(DocumentAttachment.record_id) == supplier.id,
        col(Document.deleted_at).is_(None),
        col(Document.replaced_at).is_(None),
    )
    query = (
        select(Document)
        .join(DocumentAttachment, col(DocumentAttachment.document_id) == col(Document.id))
        .where(*here)
    )
    if find_text:
        query = query.where(contains(find_text, col(Document.file_name), col(Document.uploaded_by_name)))
    total = (await db.execute(select(func.count()).select_from(query.subquery()))).scalar_one()
    found = await db.execute(
        query.order_by(col(Document.created_at).desc(), col(Document.id).desc()).limit(rows)
    )
    return [Listed(each, each.number) for each in found.scalars()], total


async def previews(db: AsyncSession, document: Document) -> list[DocumentPreview]:
    """The pictures of a document that the caller has loaded for its principal, by page and width."""
    query = (
        select(DocumentPreview)
        .where(col(DocumentPreview.document_id) == document.id)
        .order_by(col(DocumentPreview.page), col(DocumentPreview.width))
    )
    return list((await db.execute(query)).scalars())
