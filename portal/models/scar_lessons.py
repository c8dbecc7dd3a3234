"""Around SCARs: how long suppliers have, as the organisation set it, and lessons read across."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field

from portal import clock
from portal.models.base import Stamped, choice, key, link
from portal.models.scars import Severity, Stage


class ScarAllowance(Stamped, table=True):
    """How long suppliers have for a stage, where the organisation has set it."""

    __tablename__ = "scar_allowance"
    __table_args__ = (
        UniqueConstraint("severity", "stage"),
        CheckConstraint("hours BETWEEN 1 AND 8760", name="hours"),
    )

    id: int = key()
    severity: Severity = choice(Severity, "severity")
    stage: Stage = choice(Stage, "stage")
    hours: int
    is_calendar: bool = Field(default=False)


class ScarLesson(Stamped, table=True):
    """A lesson read across: whether the same could happen with another part, or at another supplier.

    ``supplier_id`` is whom we ask. The words are ours; whose SCAR taught it they don't say.
    """

    __tablename__ = "scar_lesson"
    __table_args__ = (
        UniqueConstraint("scar_id", "supplier_id", "part_id", postgresql_nulls_not_distinct=True),
        CheckConstraint("(answered_at IS NULL) = (applies IS NULL)", name="answered"),
        Index("ix_scar_lesson_supplier_id", "supplier_id"),
    )

    id: int = key()
    scar_id: int = link("scar.id", ondelete="CASCADE")
    supplier_id: int = link("supplier.id")
    plant_id: int = link("plant.id")
    part_id: int | None = link("part.id", optional=True, index=True)
    defect: str = Field(max_length=80)
    words: str = Field(max_length=4000)
    due_on: date
    asked_by_id: int = link("person.id", index=True)
    asked_at: datetime = Field(default_factory=clock.now)
    applies: bool | None = Field(default=None)
    answer: str = Field(default="", max_length=4000)
    answered_at: datetime | None = Field(default=None)
    answered_by: str = Field(default="", max_length=200)
