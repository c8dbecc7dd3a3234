"""What needs whom, by when. The home pages, the worklist and the links in mails all show these rows."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from portal import clock
from portal.models.base import Stamped, choice, key, link


class Side(StrEnum):
    """Whose turn it is."""

    SUPPLIER = "supplier"
    US = "us"


class Severity(StrEnum):
    CRITICAL = "critical"
    MAJOR = "major"
    MINOR = "minor"


_OPEN = text("done_at IS NULL")


class Task(Stamped, table=True):
    """One thing that one side has to do about one record, until ``done_at``.

    ``kind`` is one of portal/workflows/tasks/registry.py, which has its words and pages; ``facts`` are what
    the words speak of. ``person_id`` is whoever of us follows it, on whichever side the ball is;
    ``contact_id`` is whom at the supplier we write to.
    """

    __tablename__ = "task"
    __table_args__ = (
        # A record needs the same thing of a side once.
        Index("uq_task_open", "kind", "table_name", "record_id", "side", unique=True, postgresql_where=_OPEN),
        Index("ix_task_supplier_open", "supplier_id", "side", "due_at", postgresql_where=_OPEN),
        Index("ix_task_person_open", "person_id", "side", "due_at", postgresql_where=_OPEN),
        Index("ix_task_due_open", "due_at", "id", postgresql_where=_OPEN),
        Index("ix_task_record", "table_name", "record_id"),
        Index("ix_task_contact_open", "contact_id", postgresql_where=_OPEN),
        CheckConstraint("side = 'us' OR (supplier_id IS NOT NULL AND is_shared)", name="supplier_side"),
        CheckConstraint("due_on IS NULL OR due_at IS NOT NULL", name="due_day"),
    )

    id: int = key()
    kind: str = Field(max_length=60)
    side: Side = choice(Side, "side")
    supplier_id: int | None = link("supplier.id", optional=True)
    plant_id: int | None = link("plant.id", optional=True)
    # Whether the supplier sees it. Theirs always; ours only where they wait for us.
    is_shared: bool = Field(default=True)
    table_name: str = Field(max_length=60)
    record_id: int = Field(sa_type=BigInteger)
    reference: str = Field(default="", max_length=80)  # what people call the record: SCAR-2026-0147
    facts: dict[str, Any] = Field(default_factory=dict, sa_column=Column("facts", JSONB, nullable=False))
    severity: Severity | None = choice(Severity, "severity", default=None, nullable=True)
    person_id: int | None = link("person.id", optional=True)
    contact_id: int | None = link("contact.id", optional=True, ondelete="SET NULL")
    opened_at: datetime = Field(default_factory=clock.now)
    due_at: datetime | None = Field(default=None)
    due_on: date | None = Field(default=None)  # where the day counts and not the hour
    paused_at: datetime | None = Field(default=None)  # the clock stands still
    event: str = Field(default="", max_length=120)  # what happened last, for us: "D6 sent"
    event_at: datetime = Field(default_factory=clock.now)
    reminded_at: datetime | None = Field(default=None)
    reminders: int = Field(default=0)
    done_at: datetime | None = Field(default=None)
    done_by_name: str = Field(default="", max_length=200)
    ended: str = Field(default="", max_length=200)  # why it ended, where it was not simply done
