"""The escalation ladder: where a supplier stands on it, why, and what leads off it again."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Column, Index, SmallInteger, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from portal import clock
from portal.models.base import Stamped, choice, key, link


class Rung(StrEnum):
    """From the lowest up."""

    WATCH = "watch"
    IMPROVEMENT_PLAN = "improvement_plan"
    CONTROLLED_SHIPPING_1 = "controlled_shipping_1"  # the supplier checks every piece once more
    CONTROLLED_SHIPPING_2 = "controlled_shipping_2"  # somebody else does, at the supplier's cost
    NEW_BUSINESS_HOLD = "new_business_hold"
    EXIT = "exit"


class EscalationStatus(StrEnum):
    PROPOSED = "proposed"
    OPEN = "open"
    DISMISSED = "dismissed"
    ENDED = "ended"


class Escalation(Stamped, table=True):
    """A supplier on one rung, from the proposal to its end; another rung is another row.

    ``reasons`` are the sentences of the rules that proposed it. ``lowered`` names the approvals that were
    lowered with it and what they were before.
    """

    __tablename__ = "escalation"
    __table_args__ = (
        Index("uq_escalation_open", "supplier_id", unique=True, postgresql_where=text("status = 'open'")),
        Index(
            "uq_escalation_proposed", "supplier_id", unique=True, postgresql_where=text("status = 'proposed'")
        ),
        Index("ix_escalation_supplier_id", "supplier_id", "status"),
        CheckConstraint("status = 'proposed' OR reason <> ''", name="decided_with_reason"),
        CheckConstraint("clean_lots BETWEEN 0 AND 100", name="clean_lots"),
    )

    id: int = key()
    supplier_id: int = link("supplier.id")
    rung: Rung = choice(Rung, "rung")
    status: EscalationStatus = choice(EscalationStatus, "status", default=EscalationStatus.PROPOSED)
    month: int | None = Field(default=None, sa_type=SmallInteger)  # that the rules looked at
    reasons: list[str] = Field(sa_column=Column("reasons", JSONB, nullable=False))
    proposed_at: datetime = Field(default_factory=clock.now)
    proposed_by_name: str = Field(max_length=200)
    proposed_by_id: int | None = link("person.id", optional=True)
    reason: str = Field(default="", max_length=2000)  # of the decision: the supplier reads it
    decided_at: datetime | None = Field(default=None)
    decided_by_name: str = Field(default="", max_length=200)
    began_on: date | None = Field(default=None)
    clean_lots: int = Field(default=0, sa_type=SmallInteger)  # in a row, that lead off it
    needs_cause: bool = Field(default=False)
    lowered: list[dict[str, Any]] = Field(
        default_factory=list, sa_column=Column("lowered", JSONB, nullable=False)
    )
    ended_on: date | None = Field(default=None)
    ended_because: str = Field(default="", max_length=2000)
    ended_by_name: str = Field(default="", max_length=200)


class Milestone(Stamped, table=True):
    """One step of a supplier's plan: the supplier says that it is done, one of us confirms it."""

    __tablename__ = "milestone"
    __table_args__ = (Index("ix_milestone_escalation_id", "escalation_id", "due_on"),)

    id: int = key()
    supplier_id: int = link("supplier.id", index=True)
    escalation_id: int = link("escalation.id")
    title: str = Field(max_length=200)
    due_on: date
    done_on: date | None = Field(default=None)
    done_by_name: str = Field(default="", max_length=200)
    note: str = Field(default="", max_length=2000)  # what was done, in the supplier's words
    confirmed_at: datetime | None = Field(default=None)
    confirmed_by_name: str = Field(default="", max_length=200)
