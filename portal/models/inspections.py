from datetime import date
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, SmallInteger, UniqueConstraint
from sqlmodel import Field

from portal.models.base import QUANTITY, Stamped, brin, choice, key, link, month_agrees


class LotResult(StrEnum):
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    USE_AS_IS = "use_as_is"


class InspectionLot(Stamped, table=True):
    """What incoming inspection accepted or rejected. Numbers are unique within a supplier."""

    __tablename__ = "inspection_lot"
    __table_args__ = (
        UniqueConstraint("supplier_id", "number", name="uq_inspection_lot_natural"),
        CheckConstraint("quantity >= 0", name="quantity_not_negative"),
        month_agrees("month", "inspected_on"),
        Index("ix_inspection_lot_supplier_month", "supplier_id", "month"),
        brin("inspection_lot", "inspected_on"),
    )

    id: int = key()
    supplier_id: int = link("supplier.id")
    plant_id: int = link("plant.id")
    part_id: int = link("part.id")
    commodity_id: int | None = link("commodity.id", optional=True)
    number: str = Field(max_length=60)
    inspected_on: date
    month: int = Field(sa_type=SmallInteger)  # months since 2000-01, of the inspection
    quantity: Decimal = Field(sa_type=QUANTITY)
    result: LotResult = choice(LotResult, "result")
    import_run_id: int | None = link("import_run.id", optional=True)
