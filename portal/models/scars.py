"""Supplier corrective action requests, answered as 8D: request, clocks, every version of an answer."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Column, Index, Numeric, SmallInteger, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from portal import clock
from portal.models.base import QUANTITY, ZERO, Stamped, choice, key, link

MONEY = Numeric(14, 2)


class Severity(StrEnum):
    CRITICAL = "critical"
    MAJOR = "major"
    MINOR = "minor"


class ScarSource(StrEnum):
    NONCONFORMANCE = "nonconformance"
    COMPLAINT = "complaint"
    AUDIT_FINDING = "audit_finding"
    BY_HAND = "by_hand"


class ScarStatus(StrEnum):
    DRAFT = "draft"
    ISSUED = "issued"
    RESPONSIBILITY_REJECTED = "responsibility_rejected"
    ACKNOWLEDGED = "acknowledged"
    CONTAINMENT_SUBMITTED = "containment_submitted"
    CONTAINMENT_ACCEPTED = "containment_accepted"
    ROOT_CAUSE_SUBMITTED = "root_cause_submitted"
    ROOT_CAUSE_ACCEPTED = "root_cause_accepted"
    ACTIONS_SUBMITTED = "actions_submitted"
    ACTIONS_ACCEPTED = "actions_accepted"
    IMPLEMENTATION_SUBMITTED = "implementation_submitted"
    IMPLEMENTED = "implemented"
    PREVENTION_SUBMITTED = "prevention_submitted"
    EFFECTIVENESS_CHECK = "effectiveness_check"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class Discipline(StrEnum):
    D0 = "D0"
    D1 = "D1"
    D2 = "D2"
    D3 = "D3"
    D4 = "D4"
    D5 = "D5"
    D6 = "D6"
    D7 = "D7"
    D8 = "D8"


class Stage(StrEnum):
    """What is sent together and has one deadline."""

    ACKNOWLEDGEMENT = "acknowledgement"  # D0
    CONTAINMENT = "containment"  # D1 to D3
    ANALYSIS = "analysis"  # D4 and D5
    IMPLEMENTATION = "implementation"  # D6
    PREVENTION = "prevention"  # D7


class AnswerStatus(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    RETURNED = "returned"


class CauseKind(StrEnum):
    """Where a root cause lies, as the engineer who accepts D4 sees it; what the Pareto of causes counts."""

    METHOD = "method"
    MACHINE = "machine"
    MATERIAL = "material"
    MEASUREMENT = "measurement"
    PEOPLE = "people"
    ENVIRONMENT = "environment"
    DESIGN = "design"
    SUB_SUPPLIER = "sub_supplier"


class CostKind(StrEnum):
    HOURS = "hours"
    SCRAP = "scrap"
    FREIGHT = "freight"
    DOWNTIME = "downtime"
    ADMINISTRATION = "administration"


class CostStatus(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


class Scar(Stamped, table=True):
    """One request. What it is about is ours to write, the answers are the supplier's.

    ``round`` is 1, and one more each time the causes are looked for again. ``zone`` and ``country`` are
    those of the supplier's site on the day of issue: its clocks never move with the master data.
    """

    __tablename__ = "scar"
    __table_args__ = (
        CheckConstraint("quantity >= 0 AND quantity_checked >= 0", name="counts"),
        CheckConstraint("(status = 'draft') = (issued_at IS NULL) OR status = 'cancelled'", name="issued"),
        CheckConstraint("(status = 'closed') = (closed_at IS NOT NULL)", name="closed"),
        Index("ix_scar_supplier_id", "supplier_id", "status"),
        Index("ix_scar_status_due", "status", "due_at"),
        Index("ix_scar_due_at", "due_at", "id"),
        Index("ix_scar_supplier_due", "supplier_id", "due_at", "id"),
        Index("ix_scar_part_id", "part_id", "defect"),
        Index("ix_scar_issued_on", "issued_on"),
        Index(
            "ix_scar_title_trgm",
            "title",
            "number",
            "lots",
            postgresql_using="gin",
            postgresql_ops={"title": "gin_trgm_ops", "number": "gin_trgm_ops", "lots": "gin_trgm_ops"},
        ),
    )

    id: int = key()
    number: str = Field(max_length=40, unique=True)  # SCAR-2026-0147
    supplier_id: int = link("supplier.id")
    site_id: int | None = link("supplier_site.id", optional=True, index=True)
    plant_id: int = link("plant.id", index=True)
    part_id: int | None = link("part.id", optional=True)
    commodity_id: int | None = link("commodity.id", optional=True, index=True)
    status: ScarStatus = choice(ScarStatus, "status", default=ScarStatus.DRAFT)
    severity: Severity = choice(Severity, "severity", default=Severity.MAJOR)
    source: ScarSource = choice(ScarSource, "source", default=ScarSource.NONCONFORMANCE)
    title: str = Field(max_length=200)
    description: str = Field(default="", max_length=4000)
    defect: str = Field(default="Other", max_length=80)  # as a nonconformance's kind
    lots: str = Field(default="", max_length=400)
    quantity: Decimal = Field(default=ZERO, sa_type=QUANTITY)  # bad pieces
    quantity_checked: Decimal = Field(default=ZERO, sa_type=QUANTITY)  # of so many
    internal_note: str = Field(default="", max_length=4000)  # never shown to the supplier
    author_id: int = link("person.id", index=True)  # who wrote and issued it
    owner_id: int = link("person.id", index=True)  # our engineer, who reviews
    buyer_id: int | None = link("person.id", optional=True, index=True)
    assignee_id: int | None = link("person.id", optional=True, index=True)  # at the supplier
    repeat_of_id: int | None = link("scar.id", optional=True, index=True)
    earlier_id: int | None = link("scar.id", optional=True, index=True)  # the 8D that the supplier refers to
    zone: str = Field(default="UTC", max_length=64)
    country: str = Field(default="", max_length=2)
    round: int = Field(default=1, sa_type=SmallInteger)
    issued_at: datetime | None = Field(default=None)
    issued_on: date | None = Field(default=None)  # in the plant's zone
    due_at: datetime | None = Field(default=None)  # of the stage whose turn it is; none while it is ours
    escalation: int = Field(default=0, sa_type=SmallInteger)  # the last step taken for this stage
    cause: CauseKind | None = choice(CauseKind, "cause", default=None, nullable=True)
    is_weak: bool = Field(default=False)  # the accepted or latest root cause stopped at a person
    rejection: str = Field(default="", max_length=4000)  # why the supplier says it is not theirs
    plan: str = Field(default="", max_length=2000)  # how we see that it worked
    plan_by_id: int | None = link("person.id", optional=True, index=True)
    plan_due_on: date | None = Field(default=None)
    checked_at: datetime | None = Field(default=None)
    checked_by_id: int | None = link("person.id", optional=True, index=True)
    is_effective: bool | None = Field(default=None)
    check_note: str = Field(default="", max_length=2000)
    closed_at: datetime | None = Field(default=None)
    closed_by_id: int | None = link("person.id", optional=True, index=True)
    closing_note: str = Field(default="", max_length=2000)  # D8: thanks, lessons
    cancel_reason: str = Field(default="", max_length=2000)


class ScarCriterion(Stamped, table=True):
    """What a good answer must show, and with which discipline it was shown."""

    __tablename__ = "scar_criterion"
    __table_args__ = (UniqueConstraint("scar_id", "position"),)

    id: int = key()
    scar_id: int = link("scar.id", ondelete="CASCADE")
    supplier_id: int = link("supplier.id", index=True)
    plant_id: int = link("plant.id")
    position: int = Field(sa_type=SmallInteger)
    words: str = Field(max_length=400)
    shown_with: Discipline | None = choice(Discipline, "shown_with", default=None, nullable=True)


class ScarStage(Stamped, table=True):
    """One clock: the time that a supplier has for a stage, and what became of it.

    ``hours`` counts on working days of the supplier's site, or round the clock where ``is_calendar``.
    ``due_at`` carries the time that the ball was in our court and what was granted.
    """

    __tablename__ = "scar_stage"
    __table_args__ = (
        UniqueConstraint("scar_id", "round", "stage"),
        CheckConstraint("hours > 0 AND extra_hours >= 0", name="hours"),
        Index("ix_scar_stage_supplier_id", "supplier_id"),
    )

    id: int = key()
    scar_id: int = link("scar.id", ondelete="CASCADE")
    supplier_id: int = link("supplier.id")
    plant_id: int = link("plant.id")
    round: int = Field(default=1, sa_type=SmallInteger)
    stage: Stage = choice(Stage, "stage")
    hours: int
    is_calendar: bool = Field(default=False)
    extra_hours: int = Field(default=0)  # granted
    started_at: datetime
    due_at: datetime
    submitted_at: datetime | None = Field(default=None)
    decided_at: datetime | None = Field(default=None)
    accepted: bool | None = Field(default=None)  # None: not decided; False: returned


class ScarPause(Stamped, table=True):
    """The ball was in our court: from a submission or a rejection to our decision."""

    __tablename__ = "scar_pause"
    __table_args__ = (
        CheckConstraint("ended_at >= started_at", name="order"),
        # Nobody waits twice at once.
        Index("uq_scar_pause_open", "scar_id", unique=True, postgresql_where=text("ended_at IS NULL")),
        Index("ix_scar_pause_scar_id", "scar_id", "started_at"),
    )

    id: int = key()
    scar_id: int = link("scar.id", ondelete="CASCADE")
    supplier_id: int = link("supplier.id", index=True)
    plant_id: int = link("plant.id")
    stage: Stage | None = choice(Stage, "stage", default=None, nullable=True)  # none: whose fault it is
    started_at: datetime
    ended_at: datetime | None = Field(default=None)


class ScarAnswer(Stamped, table=True):
    """One version of one discipline. What was sent never changes; a new version begins as its copy."""

    __tablename__ = "scar_answer"
    __table_args__ = (
        UniqueConstraint("scar_id", "round", "discipline", "revision"),
        CheckConstraint("(status = 'draft') = (submitted_at IS NULL)", name="submitted"),
        # One draft of a discipline at a time: two people write on the same one, or are told.
        Index(
            "uq_scar_answer_draft",
            "scar_id",
            "discipline",
            unique=True,
            postgresql_where=text("status = 'draft'"),
        ),
        Index("ix_scar_answer_supplier_id", "supplier_id"),
        Index(
            "ix_scar_answer_sent_cause",
            "scar_id",
            postgresql_where=text("discipline = 'D4' AND status <> 'draft'"),
        ),
    )

    id: int = key()
    scar_id: int = link("scar.id", ondelete="CASCADE")
    supplier_id: int = link("supplier.id")
    plant_id: int = link("plant.id")
    round: int = Field(default=1, sa_type=SmallInteger)
    discipline: Discipline = choice(Discipline, "discipline")
    revision: int = Field(default=1, sa_type=SmallInteger)
    status: AnswerStatus = choice(AnswerStatus, "status", default=AnswerStatus.DRAFT)
    content: dict[str, Any] = Field(
        default_factory=dict, sa_column=Column("content", JSONB(), nullable=False)
    )
    language: str = Field(default="en", max_length=8)  # of what was written
    written_by_id: int | None = link("person.id", optional=True, index=True)  # None: came by a link
    written_by_name: str = Field(default="", max_length=200)
    is_on_behalf: bool = Field(default=False)  # one of us wrote it for the supplier
    is_weak: bool = Field(default=False)
    submitted_at: datetime | None = Field(default=None)
    decided_at: datetime | None = Field(default=None)
    decided_by_id: int | None = link("person.id", optional=True, index=True)
    reason: str = Field(default="", max_length=2000)  # of the return, or a remark with the acceptance
    translation: dict[str, Any] | None = Field(
        default=None, sa_column=Column("translation", JSONB(none_as_null=True), nullable=True)
    )
    translation_language: str = Field(default="", max_length=8)
    translated_by_id: int | None = link("person.id", optional=True, index=True)


class ScarExtension(Stamped, table=True):
    """More time, asked for by the supplier and decided by us."""

    __tablename__ = "scar_extension"
    __table_args__ = (
        CheckConstraint("days BETWEEN 1 AND 60", name="days"),
        Index("uq_scar_extension_open", "scar_id", unique=True, postgresql_where=text("decided_at IS NULL")),
        Index("ix_scar_extension_scar_id", "scar_id"),
    )

    id: int = key()
    scar_id: int = link("scar.id", ondelete="CASCADE")
    supplier_id: int = link("supplier.id", index=True)
    plant_id: int = link("plant.id")
    round: int = Field(default=1, sa_type=SmallInteger)
    stage: Stage = choice(Stage, "stage")
    days: int = Field(sa_type=SmallInteger)  # working days at the supplier's site
    reason: str = Field(max_length=2000)
    asked_by_id: int = link("person.id", index=True)
    asked_at: datetime = Field(default_factory=clock.now)
    granted: bool | None = Field(default=None)
    decided_at: datetime | None = Field(default=None)
    decided_by_id: int | None = link("person.id", optional=True, index=True)
    note: str = Field(default="", max_length=2000)


class ScarCost(Stamped, table=True):
    """What it costs us, as quantity × rate; the supplier accepts or rejects each line."""

    __tablename__ = "scar_cost"
    __table_args__ = (
        CheckConstraint("quantity >= 0 AND rate >= 0", name="amounts"),
        Index("ix_scar_cost_scar_id", "scar_id"),
    )

    id: int = key()
    scar_id: int = link("scar.id", ondelete="CASCADE")
    supplier_id: int = link("supplier.id", index=True)
    plant_id: int = link("plant.id")
    kind: CostKind = choice(CostKind, "kind")
    words: str = Field(default="", max_length=400)
    quantity: Decimal = Field(sa_type=QUANTITY)
    rate: Decimal = Field(sa_type=MONEY)
    currency: str = Field(default="EUR", max_length=3)
    status: CostStatus = choice(CostStatus, "status", default=CostStatus.OPEN)
    decided_at: datetime | None = Field(default=None)
    decided_by_id: int | None = link("person.id", optional=True, index=True)
    reason: str = Field(default="", max_length=2000)

    @property
    def amount(self) -> Decimal:
        return self.quantity * self.rate


class ScarEvent(SQLModel, table=True):
    """What happened, in order, for the timeline; rows are only ever added."""

    __tablename__ = "scar_event"
    __table_args__ = (Index("ix_scar_event_scar_id", "scar_id", "id"),)

    id: int = key()
    scar_id: int = link("scar.id", ondelete="CASCADE")
    supplier_id: int = link("supplier.id", index=True)
    plant_id: int = link("plant.id")
    at: datetime = Field(default_factory=clock.now)
    kind: str = Field(max_length=40)  # the step, or what was asked and decided
    stage: Stage | None = choice(Stage, "stage", default=None, nullable=True)
    discipline: Discipline | None = choice(Discipline, "discipline", default=None, nullable=True)
    person_id: int | None = link("person.id", optional=True, index=True)  # none: the portal itself
    person_name: str = Field(default="", max_length=200)
    is_ours: bool = Field(default=True)  # who did it; a supplier's person otherwise
    is_internal: bool = Field(default=False)  # never shown to the supplier
    note: str = Field(default="", max_length=4000)


class RunningNumber(SQLModel, table=True):
    """The last number that was given in a year, counted on under its row's lock: SCAR-2026-0147."""

    __tablename__ = "running_number"
    __table_args__ = (UniqueConstraint("prefix", "year"),)

    id: int = key()
    prefix: str = Field(max_length=20)
    year: int = Field(sa_type=SmallInteger)
    last: int = Field(default=0)
