"""What requests were answered, so that one that comes again does nothing again."""

from datetime import datetime

from sqlalchemy import Index, Text
from sqlmodel import Field, SQLModel

from portal import clock
from portal.models.base import key, link


class GivenAnswer(SQLModel, table=True):
    """The answer to a request that came with a key, committed with what the request did."""

    __tablename__ = "given_answer"
    __table_args__ = (
        Index(
            "uq_given_answer_request",
            *("supplier_id", "asker", "request_key"),
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
    )

    id: int = key()
    supplier_id: int | None = link("supplier.id", optional=True)
    asker: str = Field(max_length=40)  # "person 12", or "contact 5" of somebody without an account
    request_key: str = Field(max_length=200)
    digest: str = Field(max_length=64)  # of where it went and what it said
    status: int
    place: str = Field(default="", max_length=2000)  # where the browser was sent
    note: str = Field(default="", max_length=2000)
    media_type: str = Field(default="", max_length=100)
    body: str = Field(default="", sa_type=Text)  # of an answer for a machine
    created_at: datetime = Field(default_factory=clock.now, index=True)
