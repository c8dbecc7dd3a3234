"""Documents at records: any capability attaches to its own, and lists what is there."""

from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel, col

from portal import clock
from portal.access import scopes
from portal.access.principal import Principal
from portal.errors import BadInputError, NotFoundError, NotReadyError
from portal.languages import N_, _
from portal.models.documents import Document, DocumentAttachment, DocumentStatus
from portal.models.suppliers import Supplier

MOST = 50  # at one time
_FIXED = N_("This document was submitted with the record, so it stays.")


class Place(NamedTuple):
    """A record that documents can be at."""

    table: str
    record_id: int
    supplier_id: int | None
    plant_id: int | None


def place_of(record: SQLModel) -> Place:
    """Give where a saved record is; its supplier and plant decide who sees what is attached to it."""
    columns: Any = record
    supplier_id = columns.id if isinstance(record, Supplier) else getattr(record, "supplier_id", None)
    return Place(str(columns.__tablename__), columns.id, supplier_id, getattr(record, "plant_id", None))


async def attach(
    db: AsyncSession,
    who: Principal,
    document_ids: Iterable[int],
    record: SQLModel,
    *,
    slot: str = "",
    internal: bool = False,
    keep_until_on: date | None = None,
    plant_id: int | None = None,
) -> list[Document]:
    """Attach documents to a record that the caller has loaded for this principal; again is harmless.

    Args:
        db: the transaction that also changes the record.
        who: must be able to see each document; one that is attached nowhere yet, only who sent it can.
        document_ids: in the order in which they shall be listed.
        record: has an id; a ``supplier_id`` and a ``plant_id`` where its kind has such.
        slot: the capability's word for the place, such as "certificate" or "d4".
        internal: suppliers never see what is attached so.
        keep_until_on: the day before which it cannot be deleted, where the record asks for that.
        plant_id: for a record that has none of its own but is about one that has.

    Raises:
        NotFoundError: one of them is missing, or somebody else's.
        BadInputError: one of them was refused, or internal ones would be shared.
    """
    wanted = list(dict.fromkeys(document_ids))
    if not wanted:
        return []
    if len(wanted) > MOST:
        raise BadInputError(_("These are too many documents at once. Add at most %(most)s.", most=MOST))
    place = place_of(record)
    documents = await locked(db, who, wanted)
    for document in documents:
        _move(document, who, place, internal=internal, keep_until_on=keep_until_on)
    await db.flush()
    rows = [
        {
            "document_id": document.id,
            "table_name": place.table,
            "record_id": place.record_id,
            "slot": slot,
            "supplier_id": document.supplier_id,
            "plant_id": place.plant_id or plant_id,
            "is_fixed": False,
            "attached_by_name": who.name,
            "attached_at": clock.now(),
        }
        for document in documents
    ]
    await db.execute(insert(DocumentAttachment).values(rows).on_conflict_do_nothing())
    return documents


async def attached(
    db: AsyncSession, who: Principal, record: SQLModel, *, slot: str | None = None
) -> list[Document]:
    """List the documents at a record that the principal may see, in the order in which they were attached."""
    place = place_of(record)
    query = (
        scopes.visible(who, Document)
        .join(DocumentAttachment, col(DocumentAttachment.document_id) == col(Document.id))
        .where(
            col(DocumentAttachment.table_name) == place.table,
            col(DocumentAttachment.record_id) == place.record_id,
            col(Document.deleted_at).is_(None),
        )
        .order_by(col(DocumentAttachment.id))
    )
    if slot is not None:
        query = query.where(col(DocumentAttachment.slot) == slot)
    return list({each.id: each for each in (await db.execute(query)).scalars()}.values())


async def attached_to_all(
    db: AsyncSession, who: Principal, table: str, record_ids: Iterable[int], *, slot: str | None = None
) -> dict[int, list[Document]]:
    """List the documents at many records of one table with one query, by the record's id."""
    query = (
        scopes.visible(who, Document)
        .join(DocumentAttachment, col(DocumentAttachment.document_id) == col(Document.id))
        .add_columns(col(DocumentAttachment.record_id))
        .where(
            col(DocumentAttachment.table_name) == table,
            col(DocumentAttachment.record_id).in_(list(record_ids)),
            col(Document.deleted_at).is_(None),
        )
        .order_by(col(DocumentAttachment.id))
    )
    if slot is not None:
        query = query.where(col(DocumentAttachment.slot) == slot)
    found: dict[int, list[Document]] = {}
    for document, record_id in await db.execute(query):
        found.setdefault(record_id, []).append(document)
    return found


async def detach(
    db: AsyncSession, who: Principal, document_id: int, record: SQLModel, *, slot: str | None = None
) -> None:
    """Take a document off a record; when it is at no other, it is swept after a while.

    Raises:
        NotFoundError: it is not there.
        NotReadyError: the record was submitted with it.
    """
    document = (await locked(db, who, [document_id]))[0]
    place = place_of(record)
    here = (
        (col(DocumentAttachment.document_id) == document.id)
        & (col(DocumentAttachment.table_name) == place.table)
        & (col(DocumentAttachment.record_id) == place.record_id)
    )
    if slot is not None:
        here &= col(DocumentAttachment.slot) == slot
    found = (await db.execute(select(DocumentAttachment).where(here))).scalars().all()
    if not found:
        raise NotFoundError
    if any(each.is_fixed for each in found):
        raise NotReadyError(_(_FIXED))
    await db.execute(delete(DocumentAttachment).where(here))
    left = (
        select(col(DocumentAttachment.id)).where(col(DocumentAttachment.document_id) == document.id).limit(1)
    )
    if (await db.execute(left)).first() is None:
        document.attached_at = None


async def fix(db: AsyncSession, record: SQLModel, *, slot: str | None = None) -> None:
    """Let the documents at a record stay as they are from now on: it was submitted or signed with them."""
    place = place_of(record)
    here = (col(DocumentAttachment.table_name) == place.table) & (
        col(DocumentAttachment.record_id) == place.record_id
    )
    if slot is not None:
        here &= col(DocumentAttachment.slot) == slot
    await db.execute(update(DocumentAttachment).where(here).values(is_fixed=True))


async def locked(db: AsyncSession, who: Principal, ids: list[int]) -> list[Document]:
    """Load and lock, in a fixed order; missing and foreign are the same."""
    query = (
        scopes.visible(who, Document)
        .where(col(Document.id).in_(ids), col(Document.deleted_at).is_(None))
        .order_by(col(Document.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found = {each.id: each for each in (await db.execute(query)).scalars()}
    if len(found) != len(ids):
        raise NotFoundError
    return [found[each] for each in ids]


def refuse_unusable(document: Document) -> None:
    """Raise BadInputError for what was not accepted, and for what was announced and never came."""
    if document.status in {DocumentStatus.REFUSED, DocumentStatus.QUARANTINED}:
        raise BadInputError(
            _("%(name)s was not accepted. Remove it, or send it again.", name=document.file_name)
        )
    if document.status is DocumentStatus.RECEIVED and not document.file_key:
        raise BadInputError(
            _("%(name)s has not arrived. Remove it, or send it again.", name=document.file_name)
        )


def _move(
    document: Document, who: Principal, place: Place, *, internal: bool, keep_until_on: date | None
) -> None:
    """Let a document belong to a record's supplier, unless it is another's or would be given away."""
    refuse_unusable(document)
    if place.supplier_id is not None:
        if document.supplier_id is None and document.attached_at is None:
            document.supplier_id, document.is_internal = place.supplier_id, internal
        elif document.supplier_id not in {None, place.supplier_id}:
            raise NotFoundError
    elif document.attached_at is None and who.is_staff:
        document.is_internal = True
    if document.is_internal and not internal and place.supplier_id is not None:
        raise BadInputError(
            _("%(name)s is internal. To share it with the supplier, send it again.", name=document.file_name)
        )
    document.attached_at = document.attached_at or clock.now()
    if keep_until_on and (document.keep_until_on is None or document.keep_until_on < keep_until_on):
        document.keep_until_on = keep_until_on
