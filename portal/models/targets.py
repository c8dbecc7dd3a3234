"""What was agreed with a supplier that a figure of its card shall be."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, SmallInteger, text
from sqlmodel import Field

from portal import clock
from portal.models.base import Stamped, choice, key, link


class Aim(StrEnum):
    """The figures that a target can be for; measures have their keys of ``scorecards.measures``."""

    SCORE = "score"
    QUALITY = "quality"
    DELIVERY = "delivery"
    RESPONSIVENESS = "responsiveness"


class TargetStatus(StrEnum):
    PROPOSED = "proposed"
    AGREED = "agreed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    REPLACED = "replaced"  # by another one from the same month on
    ENDED = "ended"


class SupplierTarget(Stamped, table=True):
    """A target from a month on, until one from a later month takes its place, or it is ended.

    ``value`` is in the figure's own unit: points, PPM or percent. ``is_recorded`` where one of us wrote down
    what ``answered_by_name`` agreed to elsewhere. Months are counted since 2000-01.
    """

    __tablename__ = "supplier_target"
    __table_args__ = (
        CheckConstraint("value >= 0 AND (aim = 'quality' OR value <= 100)", name="value_sensible"),
        CheckConstraint(
            "status IN ('proposed', 'withdrawn') OR (answered_by_name <> '' AND answered_on IS NOT NULL)",
            name="answered_by_somebody",
        ),
        CheckConstraint("(status = 'ended') = (until_month IS NOT NULL)", name="ended_has_a_month"),
        Index("ix_supplier_target_supplier_id", "supplier_id", "aim", "from_month"),
        Index(
            "uq_supplier_target_proposed",
            *("supplier_id", "aim"),
            unique=True,
            postgresql_where=text("status = 'proposed'"),
        ),
        Index(
            "uq_supplier_target_agreed",
            *("supplier_id", "aim", "from_month"),
            unique=True,
            postgresql_where=text("status = 'agreed'"),
        ),
    )

    id: int = key()
    supplier_id: int = link("supplier.id")
    aim: Aim = choice(Aim, "aim")
    value: Decimal = Field(max_digits=12, decimal_places=3)
    from_month: int = Field(sa_type=SmallInteger)
    until_month: int | None = Field(default=None, sa_type=SmallInteger)
    status: TargetStatus = choice(TargetStatus, "status", default=TargetStatus.PROPOSED)
    reason: str = Field(max_length=2000)  # the supplier reads it
    proposed_by_id: int | None = link("person.id", optional=True)
    proposed_by_name: str = Field(max_length=200)
    proposed_at: datetime = Field(default_factory=clock.now)
    answered_by_name: str = Field(default="", max_length=200)
    answered_on: date | None = Field(default=None)
    is_recorded: bool = Field(default=False)
    answer: str = Field(default="", max_length=2000)  # why it was declined, or what it was agreed with
    ended_because: str = Field(default="", max_length=2000)
    ended_by_name: str = Field(default="", max_length=200)
