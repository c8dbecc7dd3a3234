"""Files that people send, their versions, and the records they belong to.

A row says what was sent and how far it may be trusted; the content lies in the document store under its
hash. Nobody can open a document before it is released.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from portal import clock
from portal.languages import gettext, said_again
from portal.models.base import Stamped, choice, key, link


class DocumentStatus(StrEnum):
    RECEIVED = "received"  # announced: the browser sends it straight to the store
    CHECKING = "checking"  # in the store, the worker looks at it
    RELEASED = "released"
    REFUSED = "refused"  # ``problem`` says why
    QUARANTINED = "quarantined"  # the virus scanner found something


class ScanVerdict(StrEnum):
    CLEAN = "clean"
    INFECTED = "infected"
    NOT_SCANNED = "not_scanned"  # ``scan_note`` says why; it never reads as clean


class Document(Stamped, table=True):
    """One version of a file. ``series`` is what its versions share; the newest has no ``replaced_at``.

    Without ``attached_at`` it belongs to no record yet: then only who sent it sees it, and it is swept after
    a while.
    """

    __tablename__ = "document"
    __table_args__ = (
        UniqueConstraint("series", "number"),
        CheckConstraint("NOT (is_internal AND sent_by_supplier)", name="suppliers_share"),
        CheckConstraint(
            "status NOT IN ('checking', 'released') OR (file_key <> '' AND sha256 <> '')", name="is_stored"
        ),
        CheckConstraint("NOT on_hold OR hold_reason <> ''", name="hold_has_a_reason"),
        Index("ix_document_supplier_id", "supplier_id", "created_at"),
        Index("ix_document_file_key", "file_key"),
        Index("ix_document_not_attached", "created_at", postgresql_where=text("attached_at IS NULL")),
        Index("ix_document_deleted_at", "deleted_at", postgresql_where=text("deleted_at IS NOT NULL")),
    )

    id: int = key()
    supplier_id: int | None = link("supplier.id", optional=True)  # None: ours, about no supplier (yet)
    series: str = Field(max_length=32)
    number: int = Field(default=1)  # of the version, from 1
    file_name: str = Field(max_length=255)  # as sent, made harmless
    media_type: str = Field(max_length=100)  # by what it holds, never by its name
    size: int = Field(sa_type=BigInteger)  # bytes
    sha256: str = Field(max_length=64)
    file_key: str = Field(max_length=80)  # in the document store
    status: DocumentStatus = choice(DocumentStatus, "status", default=DocumentStatus.CHECKING)
    problem: str = Field(default="", max_length=400)  # in English, for the trail
    problem_parts: dict[str, Any] | None = Field(
        default=None, sa_column=Column("problem_parts", JSONB(none_as_null=True), nullable=True)
    )  # of a sentence with values, to say it in the reader's language
    scan: ScanVerdict = choice(ScanVerdict, "scan", default=ScanVerdict.NOT_SCANNED)
    scan_note: str = Field(default="", max_length=200)
    pages: int | None = Field(default=None)  # of which there are pictures; None: none were made
    is_internal: bool = Field(default=False)  # never shown to suppliers
    sent_by_supplier: bool = Field(default=False)
    uploaded_by_id: int | None = link("person.id", optional=True, index=True)  # None: the portal itself
    contact_id: int | None = link("contact.id", optional=True, ondelete="SET NULL")  # of a guest who sent it
    uploaded_by_name: str = Field(max_length=200)
    attached_at: datetime | None = Field(default=None)
    replaced_at: datetime | None = Field(default=None)
    keep_until_on: date | None = Field(default=None)  # cannot be deleted before
    on_hold: bool = Field(default=False)  # cannot be deleted at all
    hold_reason: str = Field(default="", max_length=400)
    deleted_at: datetime | None = Field(default=None)

    @property
    def is_open(self) -> bool:
        """Say whether it may be opened and shown."""
        return self.status is DocumentStatus.RELEASED and self.deleted_at is None

    @property
    def why_refused(self) -> str:
        """Say the problem in the language that is spoken here and now."""
        return said_again(self.problem_parts) if self.problem_parts else gettext(self.problem)


class DocumentAttachment(SQLModel, table=True):
    """A document at a record of any kind. ``slot`` is the capability's own word for its place there.

    A fixed one stays at this very version when the document is replaced, because the record was submitted or
    signed with it.
    """

    __tablename__ = "document_attachment"
    __table_args__ = (
        UniqueConstraint("table_name", "record_id", "document_id", "slot"),
        Index("ix_document_attachment_document_id", "document_id"),
    )

    id: int = key()
    document_id: int = link("document.id")
    table_name: str = Field(max_length=60)
    record_id: int = Field(sa_type=BigInteger)
    slot: str = Field(default="", max_length=40)
    supplier_id: int | None = link("supplier.id", optional=True, index=True)
    plant_id: int | None = link("plant.id", optional=True)
    is_fixed: bool = Field(default=False)
    attached_by_name: str = Field(max_length=200)
    attached_at: datetime = Field(default_factory=clock.now)


class DocumentPreview(SQLModel, table=True):
    """A page of a document, or a photo, as a picture of one width. It holds nothing but what is seen."""

    __tablename__ = "document_preview"
    __table_args__ = (UniqueConstraint("document_id", "page", "width"),)

    id: int = key()
    document_id: int = link("document.id", ondelete="CASCADE")
    supplier_id: int | None = link("supplier.id", optional=True)
    page: int  # from 1
    width: int  # pixels
    height: int
    media_type: str = Field(max_length=40)
    size: int
    file_key: str = Field(max_length=80)
