"""What people say to each other about a record.

A shared message and an internal note are rows of two tables: no query, address or mail of the one can ever
give the other, whatever somebody forgets. Notes carry no supplier, so nobody outside sees them.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from portal import clock
from portal.models.base import key, link

_IDS: Any = ARRAY(BigInteger())


class Audience(StrEnum):
    SHARED = "shared"  # the supplier's people and ours
    INTERNAL = "internal"  # ours alone


class Thread(SQLModel, table=True):
    """Everything said about one record: the row ``record_id`` of ``table_name``.

    ``supplier_id`` and ``plant_id`` are the record's: they decide who may see it. As things are said the
    database keeps the newest message and note, and whether a supplier waits for our first answer.
    """

    __tablename__ = "thread"
    __table_args__ = (
        UniqueConstraint("table_name", "record_id"),
        Index("ix_thread_unanswered", "id", postgresql_where=text("is_unanswered")),
    )

    id: int = key()
    table_name: str = Field(max_length=60)
    record_id: int = Field(sa_type=BigInteger)
    supplier_id: int | None = link("supplier.id", optional=True, index=True)
    plant_id: int | None = link("plant.id", optional=True)
    newest_message_id: int = Field(default=0, sa_type=BigInteger)
    newest_note_id: int = Field(default=0, sa_type=BigInteger)
    is_unanswered: bool = Field(default=False)
    created_at: datetime = Field(default_factory=clock.now)


class Said(SQLModel):
    """One thing said. One that was taken back keeps its place and loses its words.

    ``quoted`` is what a reply by mail repeated of the mail before it. ``mail_id`` is the Message-ID of such a
    reply: the same one is filed once.
    """

    id: int = key()
    thread_id: int = link("thread.id")
    author_id: int | None = link("person.id", optional=True)
    contact_id: int | None = link("contact.id", optional=True, ondelete="SET NULL")
    author_name: str = Field(max_length=200)
    is_ours: bool
    body: str = Field(sa_type=Text)
    quoted: str = Field(default="", sa_type=Text)
    mentioned_ids: list[int] = Field(default_factory=list, sa_type=_IDS)
    mail_id: str | None = Field(default=None, max_length=400, unique=True)
    said_at: datetime = Field(default_factory=clock.now)
    edited_at: datetime | None = Field(default=None)
    retracted_at: datetime | None = Field(default=None)
    told_at: datetime | None = Field(default=None)  # when those who had not read it were mailed


class ThreadMessage(Said, table=True):
    """Said to the other side."""

    __tablename__ = "thread_message"
    __table_args__ = (
        Index("ix_thread_message_thread_id", "thread_id", "supplier_id", "id"),
        Index("ix_thread_message_supplier_id", "supplier_id", "id"),
    )

    supplier_id: int = link("supplier.id")


class ThreadNote(Said, table=True):
    """Said among ourselves."""

    __tablename__ = "thread_note"
    __table_args__ = (Index("ix_thread_note_thread_id", "thread_id", "id"),)


class ThreadReading(SQLModel, table=True):
    """How far somebody has read: the newest message and note they have seen.

    The database keeps whether they take part, and whether anything is newer than what they have read, be it
    their own or taken back. A supplier's people take part in all threads of their company, and have a row for
    each; our people in those in which they spoke or are mentioned.
    """

    __tablename__ = "thread_reading"
    __table_args__ = (
        Index(
            "ix_thread_reading_news",
            "person_id",
            "thread_id",
            postgresql_where=text("takes_part AND has_news"),
        ),
    )

    thread_id: int = link("thread.id", primary_key=True)
    person_id: int = link("person.id", primary_key=True)
    message_id: int = Field(default=0, sa_type=BigInteger)
    note_id: int = Field(default=0, sa_type=BigInteger)
    supplier_id: int | None = link("supplier.id", optional=True, index=True)  # the thread's
    takes_part: bool = Field(default=False)
    has_news: bool = Field(default=False)
