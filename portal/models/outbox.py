"""Mail on its way out: written with the change that causes it, sent by a worker after the commit."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, Index, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from portal import clock
from portal.models.base import choice, key, link


class MailStatus(StrEnum):
    QUEUED = "queued"
    SENT = "sent"
    BOUNCED = "bounced"  # the mail server refused the address or the mail
    FAILED = "failed"  # given up: nobody would take it for days, it had expired, or may have arrived twice
    KEPT = "kept"  # without a mail server while developing: to be read in the mailbox


class OutgoingMail(SQLModel, table=True):
    """One mail to one person, as it is sent: what was true at the commit is what arrives.

    ``kind`` and ``key`` name the event, so that it is told once. The Message-ID stays the same however often
    the mail is tried. A secret text lets somebody in: it is removed once the mail has left or has expired.
    """

    __tablename__ = "outgoing_mail"
    __table_args__ = (
        UniqueConstraint("kind", "key"),
        UniqueConstraint("message_id"),
        Index("ix_outgoing_mail_waiting", "next_try_at", postgresql_where=text("status = 'queued'")),
        Index("ix_outgoing_mail_created_at", "created_at"),
        Index("ix_outgoing_mail_person_id", "person_id", postgresql_where=text("person_id IS NOT NULL")),
        Index("ix_outgoing_mail_contact_id", "contact_id", postgresql_where=text("contact_id IS NOT NULL")),
        Index(
            "ix_outgoing_mail_supplier_id", "supplier_id", postgresql_where=text("supplier_id IS NOT NULL")
        ),
    )

    id: int = key()
    kind: str = Field(max_length=60)
    key: str = Field(max_length=200)
    message_id: str = Field(max_length=200)
    status: MailStatus = choice(MailStatus, "status", default=MailStatus.QUEUED)
    person_id: int | None = link("person.id", optional=True, ondelete="SET NULL")
    contact_id: int | None = link("contact.id", optional=True, ondelete="SET NULL")
    supplier_id: int | None = link("supplier.id", optional=True, ondelete="SET NULL")
    name: str = Field(default="", max_length=200)
    address: str = Field(max_length=254)
    language: str = Field(default="en", max_length=8)
    reply_to: str = Field(default="", max_length=254)
    unsubscribe: str = Field(default="", max_length=400)
    subject: str = Field(max_length=300)
    body_text: str = Field(default="", sa_type=Text)
    body_html: str = Field(default="", sa_type=Text)
    is_secret: bool = Field(default=False)
    created_at: datetime = Field(default_factory=clock.now)
    queued_at: datetime = Field(default_factory=clock.now)  # later than created_at when it was queued again
    expires_at: datetime | None = Field(default=None)
    next_try_at: datetime = Field(default_factory=clock.now)
    tries: int = Field(default=0)
    ended_at: datetime | None = Field(default=None)
    problem: str = Field(default="", max_length=600)  # what the mail server said last


class MailAttachment(SQLModel, table=True):
    """A file that goes with a mail, in the document store. One with a content id is a picture in its text."""

    __tablename__ = "mail_attachment"

    id: int = key()
    mail_id: int = link("outgoing_mail.id", index=True, ondelete="CASCADE")
    name: str = Field(max_length=255)
    media_type: str = Field(max_length=120)
    size: int = Field(sa_type=BigInteger)
    file_key: str = Field(max_length=80)
    content_id: str = Field(default="", max_length=60)


class Handover(SQLModel, table=True):
    """The moment before a mail's content goes to the mail server, committed on its own.

    It is removed when the server has answered. One that stays means that nobody knows whether the server
    took the mail: the connection broke, or we were killed.
    """

    __tablename__ = "mail_handover"

    id: int = key()
    mail_id: int = link("outgoing_mail.id", index=True, ondelete="CASCADE")
    at: datetime = Field(default_factory=clock.now)


class UndeliverableAddress(SQLModel, table=True):
    """An address that a mail server refused for good; a mail that gets through removes it."""

    __tablename__ = "undeliverable_address"

    address: str = Field(primary_key=True, max_length=254)  # in small letters
    reason: str = Field(max_length=600)
    first_at: datetime = Field(default_factory=clock.now)
    last_at: datetime = Field(default_factory=clock.now)
