"""Who is away, from when until when, and who stands in."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from portal import clock
from portal.models.base import key, link


class Absence(SQLModel, table=True):
    """One person's time away. It ends by itself, or earlier when somebody says so.

    The days are those of the person's time zone; the instants are where they begin and end.
    """

    __tablename__ = "absence"
    __table_args__ = (
        # One at a time: another one takes its place.
        Index("uq_absence_open", "person_id", unique=True, postgresql_where=text("ended_at IS NULL")),
        Index("ix_absence_stand_in_id", "stand_in_id", "ends_at"),
        CheckConstraint("person_id <> stand_in_id", name="somebody_else"),
        CheckConstraint("from_on <= until_on AND starts_at < ends_at", name="from_until"),
    )

    id: int = key()
    supplier_id: int | None = link("supplier.id", optional=True, index=True)
    person_id: int = link("person.id")
    stand_in_id: int = link("person.id")
    from_on: date
    until_on: date  # the last day
    starts_at: datetime
    ends_at: datetime
    created_at: datetime = Field(default_factory=clock.now)
    ended_at: datetime | None = Field(default=None)  # before its time, or when another one took its place
    ended_by_name: str = Field(default="", max_length=200)
