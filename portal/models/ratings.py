"""Policies, the feed of answers, and the monthly sums that ratings are made of."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Column, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from portal.models.base import QUANTITY, ZERO, Stamped, choice, key, link


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
        Index("ix_response_stage_supplier_month", "supplier_id", "month"),
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
    """Raw sums, kept by statement-level triggers. Points, weights and bands are made when read,
    so another weight rebuilds nothing.

    Lines count in the month of their reference day, received quantity in the month it arrived,
    nonconformances in the month they were found.
    """

    lines: int = Field(default=0)  # promised for the month, whatever became of them
    lines_excused: int = Field(default=0)
    lines_not_counted: int = Field(default=0)  # cancelled, or quantity 0
    lines_on_time: int = Field(default=0)
    lines_early: int = Field(default=0)  # not on time, and something arrived before the window
    ordered: Decimal = Field(default=ZERO, sa_type=QUANTITY)  # of counted lines
    in_window: Decimal = Field(default=ZERO, sa_type=QUANTITY)
    received: Decimal = Field(default=ZERO, sa_type=QUANTITY)
    nonconforming: Decimal = Field(default=ZERO, sa_type=QUANTITY)  # the supplier's, without samples
    nonconformances: int = Field(default=0)
    defects: int = Field(default=0)
    safety_escapes: int = Field(default=0)
    lots: int = Field(default=0)
    lots_accepted: int = Field(default=0)
    lots_use_as_is: int = Field(default=0)


class SupplierMonth(MonthlySums, table=True):
    """By plant and commodity. Commodity 0 stands for "none": a key has no holes."""

    __tablename__ = "supplier_month"

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
