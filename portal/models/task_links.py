"""How a supplier's contact without an account gets to a task: the link of a mail, a code, a narrow session.

Tokens and codes are stored as hashes only. Whoever opens a link is nobody yet: what its page says, and what
a session may reach, is written here when the link is sent, so that nothing else has to be read for it.
"""

from datetime import datetime

from sqlalchemy import BigInteger, Index, text
from sqlmodel import Field, SQLModel

from portal import clock
from portal.models.base import key, link, secret, unread

_TOKEN = secret("token_hash", 64, unique=True)


class TaskLink(SQLModel, table=True):
    """One link that was mailed to a contact; a newer one for the same task ends it."""

    __tablename__ = "task_link"
    __mapper_args__ = unread(_TOKEN)
    __table_args__ = (
        Index(
            "uq_task_link_open",
            "contact_id",
            "task_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_task_link_supplier", "supplier_id", "created_at"),
    )

    id: int = key()
    token_hash: str = Field(sa_column=_TOKEN)
    supplier_id: int = link("supplier.id")
    contact_id: int = link("contact.id", ondelete="CASCADE")
    task_id: int = link("task.id", index=True, ondelete="CASCADE")
    kind: str = Field(max_length=60)
    table_name: str = Field(max_length=60)
    record_id: int = Field(sa_type=BigInteger)
    email: str = Field(max_length=254)  # where it went; the code goes there too
    name: str = Field(max_length=200)
    language: str = Field(default="en", max_length=8)
    time_zone: str = Field(default="UTC", max_length=64)
    supplier_name: str = Field(max_length=200)
    title: str = Field(max_length=300)  # what the mail says has to be done
    path: str = Field(max_length=400)  # the page where it is done
    sent_by_name: str = Field(default="", max_length=200)
    created_at: datetime = Field(default_factory=clock.now)
    expires_at: datetime
    ended_at: datetime | None = Field(default=None)  # replaced, revoked, or the address is another's now
    done_at: datetime | None = Field(default=None)  # what it asked for is done
    used_at: datetime | None = Field(default=None)  # the last time that somebody got in with it
    uses: int = Field(default=0)


class TaskCode(SQLModel, table=True):
    """The code that was sent last for a link; a newer one takes its place."""

    __tablename__ = "task_code"

    link_id: int = Field(
        primary_key=True,
        sa_type=BigInteger,
        foreign_key="task_link.id",
        ondelete="CASCADE",
        sa_column_kwargs={"autoincrement": False},
    )
    code_hash: str = Field(max_length=400)
    expires_at: datetime
    attempts: int = Field(default=0)


class GuestSession(SQLModel, table=True):
    """A browser whose owner typed the code. The row's key is the hash of the cookie."""

    __tablename__ = "guest_session"

    token_hash: str = Field(primary_key=True, max_length=64)
    link_id: int = link("task_link.id", index=True, ondelete="CASCADE")
    task_id: int = link("task.id", index=True, ondelete="CASCADE")
    kind: str = Field(max_length=60)
    table_name: str = Field(max_length=60)
    record_id: int = Field(sa_type=BigInteger)
    csrf_secret: str = Field(max_length=64)
    created_at: datetime = Field(default_factory=clock.now)
    last_seen_at: datetime = Field(default_factory=clock.now)
    expires_at: datetime
    address: str = Field(default="", max_length=64)
    user_agent: str = Field(default="", max_length=400)
