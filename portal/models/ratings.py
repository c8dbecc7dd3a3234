"""Policies, the feed of answers, working days, and the monthly sums that ratings are made of."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Column, Identity, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from portal.models.base import TOTAL, ZERO, Stamped, choice, key, link, month_agrees


class PolicyStatus(StrEnum):
    DRAFT = "draft"
    ACTIVE = "active"
    RETIRED = "retired"


class Policy(Stamped, table=True):
    """A rating policy as versioned data; its meaning is scorecards.policy.Policy."""

    __tablename__ = "policy"
    __table_args__ = (
        UniqueConstraint("name", "number"),
        Index("uq_policy_active", "status", unique=True, postgresql_where=text("status = 'active'")),
    )

    id: int = key()
    name: str = Field(max_length=120)
    number: int = Field(default=1)  # "Castings 2026" version 3
    status: PolicyStatus = choice(PolicyStatus, "status", default=PolicyStatus.DRAFT)
    definition: dict[str, Any] = Field(sa_column=Column("definition", JSONB(), nullable=False))
    activated_at: datetime | None = Field(default=None)


class StageKind(StrEnum):
    SCAR = "scar"
    CERTIFICATE = "certificate"
    AUDIT_FINDING = "audit_finding"
    AGREEMENT = "agreement"


class ResponseStage(Stamped, table=True):
    """Something a supplier had to answer, and whether the answer came in time.

    ``due_at`` already carries the time that the ball was in our court.
    """

    __tablename__ = "response_stage"
    __table_args__ = (
        UniqueConstraint("supplier_id", "kind", "reference", "stage"),
        month_agrees("month", "due_on"),
        Index("ix_response_stage_supplier_month", "supplier_id", "month"),
        Index("ix_response_stage_month", "month"),
    )

    id: int = key()
    supplier_id: int = link("supplier.id")
    plant_id: int = link("plant.id")
    commodity_id: int | None = link("commodity.id", optional=True)
    kind: StageKind = choice(StageKind, "kind")
    reference: str = Field(max_length=60)  # "SCAR-2026-0147"
    stage: str = Field(max_length=80)  # "D3 containment"
    due_at: datetime
    due_on: date  # in the plant's zone
    month: int = Field(sa_type=SmallInteger)
    answered_at: datetime | None = Field(default=None)
    accepted: bool | None = Field(default=None)  # None: not decided yet; False: returned


def _part_of_key(kind: Any) -> Any:
    return Field(primary_key=True, sa_type=kind, sa_column_kwargs={"autoincrement": False})


class MonthlySums(SQLModel):
    """Raw sums, kept by triggers (migration 0002). Points, weights and bands are made when read, so another
    weight rebuilds nothing.

    Lines count in the month of their reference day, received quantity in the month it arrived,
    lots in the month of inspection, nonconformances in the month they were found. Late and pending
    lines are not told apart here, because that changes with the day it is:
    lines = cancelled + empty + excused + on time + early + (late or pending).
    """

    lines: int = Field(default=0)  # promised for the month, whatever became of them
    lines_cancelled: int = Field(default=0)
    lines_empty: int = Field(default=0)  # reduced to quantity 0
    lines_excused: int = Field(default=0)
    lines_on_time: int = Field(default=0)
    lines_early: int = Field(default=0)  # whole, but too early
    lines_in_full: int = Field(default=0)  # on time, without using the tolerance
    lines_perfect: int = Field(default=0)  # in full, nothing nonconforming, paperwork not wrong
    # Of lines on time, early, late and pending.
    ordered: Decimal = Field(default=ZERO, sa_type=TOTAL)
    in_window: Decimal = Field(default=ZERO, sa_type=TOTAL)
    early_ordered: Decimal = Field(default=ZERO, sa_type=TOTAL)  # the early lines' share of the two
    early_in_window: Decimal = Field(default=ZERO, sa_type=TOTAL)
    received: Decimal = Field(default=ZERO, sa_type=TOTAL)
    lines_arrived: int = Field(default=0)  # lines on which anything arrived in the month
    nonconforming: Decimal = Field(default=ZERO, sa_type=TOTAL)  # the supplier's, without samples
    defects: int = Field(default=0, sa_type=BigInteger)
    nonconformances: int = Field(default=0)
    nonconformances_left_out: int = Field(default=0)  # not the supplier's, undecided, or samples
    safety_escapes: int = Field(default=0)
    lots_accepted: int = Field(default=0)
    lots_rejected: int = Field(default=0)
    lots_used_as_is: int = Field(default=0)


class SupplierMonth(MonthlySums, table=True):
    """By plant and commodity. Commodity 0 stands for "none": a key has no holes."""

    __tablename__ = "supplier_month"
    __table_args__ = (Index("ix_supplier_month_month", "month", "plant_id"),)

    supplier_id: int = _part_of_key(BigInteger)
    month: int = _part_of_key(SmallInteger)
    plant_id: int = _part_of_key(BigInteger)
    commodity_id: int = _part_of_key(BigInteger)


class SupplierMonthTotal(MonthlySums, table=True):
    """Over all plants and commodities: one row is one card."""

    __tablename__ = "supplier_month_total"
    __table_args__ = (Index("ix_supplier_month_total_month", "month"),)

    supplier_id: int = _part_of_key(BigInteger)
    month: int = _part_of_key(SmallInteger)


class SupplierMonthChange(MonthlySums, table=True):
    """What transactions under way have changed and not yet added to the sums; empty between them."""

    __tablename__ = "supplier_month_change"
    __table_args__ = (Index("ix_supplier_month_change_supplier_month", "supplier_id", "month"),)

    transaction: int = _part_of_key(BigInteger)
    id: int = Field(
        default=None, primary_key=True, sa_type=BigInteger, sa_column_args=(Identity(always=False),)
    )
    is_first: bool  # of the rows of one statement
    supplier_id: int = Field(sa_type=BigInteger)
    month: int = Field(sa_type=SmallInteger)
    plant_id: int = Field(sa_type=BigInteger)
    commodity_id: int = Field(sa_type=BigInteger)


class CalendarDay(SQLModel, table=True):
    """One day of a country's working calendar, for policies that count business days.

    Working days are numbered in order. ``back`` is the number of the last working day up to this day,
    ``ahead`` of the first one from it; on a working day the two are equal. So any number of working
    days before or after a day is one look-up.
    """

    __tablename__ = "calendar_day"
    __table_args__ = (
        Index(
            "uq_calendar_day_number",
            "country",
            "back",
            unique=True,
            postgresql_where=text("back = ahead"),
        ),
    )

    country: str = Field(primary_key=True, max_length=2)  # empty: weekends only
    day: date = Field(primary_key=True)
    back: int
    ahead: int
