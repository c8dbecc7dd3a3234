"""Policies, the feed of answers, working days, and the monthly sums that ratings are made of."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Identity,
    Index,
    Numeric,
    SmallInteger,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

from portal.models.base import TOTAL, ZERO, Stamped, choice, key, link, month_agrees

POINTS = Numeric(5, 2)


class PolicyStatus(StrEnum):
    DRAFT = "draft"
    IN_REVIEW = "in_review"
    APPROVED = "approved"  # waits for the month that it is for
    ACTIVE = "active"
    RETIRED = "retired"
    DISCARDED = "discarded"


class Policy(Stamped, table=True):
    """A rating policy as versioned data; its meaning is scorecards.policy.Policy.

    It is for everybody, for the suppliers of a commodity, or for those in ``supplier_ids``, from a month on
    until another one of the same scope takes its place, or ``until_month``. None as ``from_month`` is the
    beginning. Who is in ``editor_ids`` has written in it, and approves it never.
    """

    __tablename__ = "policy"
    __table_args__ = (
        UniqueConstraint("name", "number"),
        Index(
            "uq_policy_active",
            "commodity_id",
            "supplier_ids",
            unique=True,
            postgresql_where=text("status = 'active'"),
            postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint("commodity_id IS NULL OR supplier_ids IS NULL", name="one_scope"),
    )

    id: int = key()
    name: str = Field(max_length=120)
    number: int = Field(default=1)  # "Castings 2026" version 3
    status: PolicyStatus = choice(PolicyStatus, "status", default=PolicyStatus.DRAFT)
    definition: dict[str, Any] = Field(sa_column=Column("definition", JSONB(), nullable=False))
    activated_at: datetime | None = Field(default=None)
    from_month: int | None = Field(default=None, sa_type=SmallInteger)
    until_month: int | None = Field(default=None, sa_type=SmallInteger)
    commodity_id: int | None = link("commodity.id", optional=True)
    supplier_ids: list[int] | None = Field(
        default=None, sa_column=Column("supplier_ids", ARRAY(BigInteger), nullable=True)
    )
    group_name: str = Field(default="", max_length=100)  # of those suppliers: "Key suppliers"
    reason: str = Field(default="", max_length=2000)  # why there is this version
    editor_ids: list[int] = Field(
        default_factory=list, sa_column=Column("editor_ids", ARRAY(BigInteger), nullable=False)
    )
    drafted_by_name: str = Field(default="", max_length=200)
    handed_in_at: datetime | None = Field(default=None)
    approved_at: datetime | None = Field(default=None)
    approved_by_name: str = Field(default="", max_length=200)
    returned_because: str = Field(default="", max_length=2000)

    @property
    def is_general(self) -> bool:
        return self.commodity_id is None and self.supplier_ids is None


class BackTestStatus(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class BackTest(Stamped, table=True):
    """A version as it was, tried on the months before; workflows/policies/back_tests reads ``result``."""

    __tablename__ = "back_test"

    id: int = key()
    policy_id: int = link("policy.id", index=True)
    policy_version: int  # of the row
    definition: dict[str, Any] = Field(sa_column=Column("definition", JSONB(), nullable=False))
    as_of: date
    first_month: int = Field(sa_type=SmallInteger)
    last_month: int = Field(sa_type=SmallInteger)
    asked_by_name: str = Field(max_length=200)
    status: BackTestStatus = choice(BackTestStatus, "status", default=BackTestStatus.WAITING)
    months_done: int = Field(default=0, sa_type=SmallInteger)
    finished_at: datetime | None = Field(default=None)
    problem: str = Field(default="", max_length=400)
    result: dict[str, Any] | None = Field(default=None, sa_column=Column("result", JSONB(), nullable=True))


class GivenPoints(Stamped, table=True):
    """Points from 0 to 100 that one of us gave a supplier for a month by a soft criterion, and why."""

    __tablename__ = "given_points"
    __table_args__ = (
        UniqueConstraint("supplier_id", "criterion", "month"),
        month_agrees("month", "given_on"),
        CheckConstraint("points BETWEEN 0 AND 100", name="points"),
        CheckConstraint("reason <> ''", name="reason"),
    )

    id: int = key()
    supplier_id: int = link("supplier.id")
    criterion: str = Field(max_length=50)  # its key
    points: Decimal = Field(sa_type=POINTS)
    reason: str = Field(max_length=2000)
    given_on: date
    month: int = Field(sa_type=SmallInteger)
    given_by_name: str = Field(max_length=200)


class DemeritEvent(Stamped, table=True):
    """Something that costs points under a policy with demerits: premium freight, a line that stood."""

    __tablename__ = "demerit_event"
    __table_args__ = (
        month_agrees("month", "happened_on"),
        CheckConstraint("note <> ''", name="note"),
        Index("ix_demerit_event_supplier_month", "supplier_id", "month"),
    )

    id: int = key()
    supplier_id: int = link("supplier.id")
    plant_id: int = link("plant.id")
    kind: str = Field(max_length=50)
    note: str = Field(max_length=2000)
    happened_on: date
    month: int = Field(sa_type=SmallInteger)
    recorded_by_name: str = Field(max_length=200)


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
