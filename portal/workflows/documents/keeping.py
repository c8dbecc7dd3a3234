"""What happens to a document later: a new version, deletion, a hold that forbids it."""

from datetime import date

from sqlalchemy import delete as delete_rows
from sqlalchemy import exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock
from portal.access import scopes
from portal.access.principal import Principal
from portal.errors import NotFoundError, NotReadyError
from portal.languages import _
from portal.models.documents import Document, DocumentAttachment
from portal.workflows.documents.attaching import locked, refuse_unusable


async def replace(db: AsyncSession, who: Principal, old_id: int, new_id: int) -> Document:
    """Make what somebody has just sent the next version of a document.

    Records that go on changing show the new version; those that were submitted keep the old one.

    Raises:
        NotFoundError: one of the two is missing or foreign, or is the other side's to replace.
        NotReadyError: a newer version is there already, or every record was submitted with this one.
    """
    if old_id == new_id:
        raise NotFoundError
    old, new = await locked(db, who, [old_id, new_id])
    if not is_own(who, old) or new.attached_at is not None:
        raise NotFoundError
    refuse_unusable(new)
    if old.replaced_at is not None:
        raise NotReadyError(
            _("There is a newer version of this document already. Open it and replace that one.")
        )
    free = (col(DocumentAttachment.document_id) == old.id) & ~col(DocumentAttachment.is_fixed)
    moved = await db.execute(
        update(DocumentAttachment)
        .where(free)
        .values(document_id=new.id)
        .returning(col(DocumentAttachment.id))
    )
    if moved.first() is None:
        raise NotReadyError(_("This document was submitted with the record, so it stays."))
    now = clock.now()
    new.series, new.number = old.series, old.number + 1
    new.supplier_id, new.is_internal = old.supplier_id, old.is_internal
    new.keep_until_on, new.on_hold, new.hold_reason = old.keep_until_on, old.on_hold, old.hold_reason
    new.attached_at = old.replaced_at = now
    await db.flush()
    return new


async def throw_away(db: AsyncSession, who: Principal, document_id: int) -> None:
    """Give up what somebody has sent and attached nowhere.

    Raises:
        NotFoundError: missing, foreign, or at a record.
    """
    document = (await locked(db, who, [document_id]))[0]
    if document.attached_at is not None:
        raise NotFoundError
    document.deleted_at = clock.now()


async def delete(db: AsyncSession, who: Principal, document_id: int, *, today: date) -> None:
    """Delete a document with all its versions; the content goes some weeks later.

    Raises:
        NotFoundError: missing or foreign, or the other side's.
        NotReadyError: it is on hold, has to be kept, or was submitted with a record.
    """
    document = (await locked(db, who, [document_id]))[0]
    if not is_own(who, document):
        raise NotFoundError
    mine = (col(Document.series) == document.series) & scopes.condition(who, Document)
    query = select(Document).where(mine).with_for_update()
    versions = list((await db.execute(query)).scalars())
    for each in versions:
        _refuse_kept(each, today)
    ids = [each.id for each in versions]
    at_them = col(DocumentAttachment.document_id).in_(ids)
    submitted = select(exists().where(at_them, col(DocumentAttachment.is_fixed)))
    if (await db.execute(submitted)).scalar_one():
        raise NotReadyError(_("This document was submitted with the record, so it stays."))
    await db.execute(delete_rows(DocumentAttachment).where(at_them))
    for each in versions:
        each.deleted_at = clock.now()
    await db.flush()


async def hold(db: AsyncSession, who: Principal, document_id: int, reason: str) -> None:
    """Keep all versions of a document from being deleted until the hold is lifted."""
    await _set_hold(db, who, document_id, on_hold=True, reason=reason)


async def lift_hold(db: AsyncSession, who: Principal, document_id: int) -> None:
    await _set_hold(db, who, document_id, on_hold=False, reason="")


def is_own(who: Principal, document: Document) -> bool:
    """Say whether the principal's side sent it: each side replaces and deletes its own documents only."""
    return document.sent_by_supplier == who.is_supplier


async def _set_hold(
    db: AsyncSession, who: Principal, document_id: int, *, on_hold: bool, reason: str
) -> None:
    document = (await locked(db, who, [document_id]))[0]
    mine = (col(Document.series) == document.series) & scopes.condition(who, Document)
    await db.execute(
        update(Document)
        .where(mine)
        .values(on_hold=on_hold, hold_reason=reason)
        .execution_options(synchronize_session=False)
    )


def _refuse_kept(document: Document, today: date) -> None:
    if document.on_hold:
        raise NotReadyError(_("This document is on hold and can't be deleted."))
    if document.keep_until_on and document.keep_until_on > today:
        raise NotReadyError(
            _("This document has to be kept until %(day)s.", day=document.keep_until_on.isoformat())
        )
