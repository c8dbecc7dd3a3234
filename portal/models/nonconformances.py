from datetime import date
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, SmallInteger
from sqlmodel import Field

from portal.models.base import QUANTITY, Stamped, brin, choice, key, link, month_agrees


class Responsibility(StrEnum):
    SUPPLIER = "supplier"
    OURS = "ours"
    CARRIER = "carrier"
    UNDETERMINED = "undetermined"


class Disposition(StrEnum):
    OPEN = "open"
    USE_AS_IS = "use_as_is"
    REWORK = "rework"
    RETURN = "return"
    SCRAP = "scrap"


class Nonconformance(Stamped, table=True):
    """Something received that does not meet its requirement."""

    __tablename__ = "nonconformance"
    __table_args__ = (
        CheckConstraint("quantity >= 0 AND defects >= 0", name="counts"),
        month_agrees("month", "found_on"),
        Index("ix_nonconformance_supplier_month", "supplier_id", "month"),
        brin("nonconformance", "found_on"),
    )

    id: int = key()
    number: str = Field(max_length=60, unique=True)  # ours, so it is unique over all suppliers
    supplier_id: int = link("supplier.id")
    plant_id: int = link("plant.id")
    part_id: int = link("part.id")
    commodity_id: int | None = link("commodity.id", optional=True)
    # The delivery it was found on, where that is known: a perfect order has none.
    delivery_line_id: int | None = link("delivery_line.id", optional=True, index=True, ondelete="SET NULL")
    lot_number: str = Field(default="", max_length=60)
    found_on: date
    month: int = Field(sa_type=SmallInteger)
    quantity: Decimal = Field(sa_type=QUANTITY)  # nonconforming pieces
    defects: int = Field(default=0)  # for DPMO: one piece may have several
    kind: str = Field(default="Other", max_length=80)  # porosity, dimension, burrs …
    description: str = Field(default="", max_length=4000)
    responsibility: Responsibility = choice(
        Responsibility, "responsibility", default=Responsibility.UNDETERMINED
    )
    disposition: Disposition = choice(Disposition, "disposition", default=Disposition.OPEN)
    is_sample: bool = Field(default=False)  # samples don't count in PPM
    is_safety: bool = Field(default=False)  # a safety escape caps the band
    checked: Decimal | None = Field(default=None, sa_type=QUANTITY)  # of so many pieces
    line_down_hours: Decimal | None = Field(default=None, sa_type=QUANTITY)  # how long our line stood
    scar_id: int | None = link("scar.id", optional=True, index=True, ondelete="SET NULL")
    reported_by_id: int | None = link("person.id", optional=True, index=True, ondelete="SET NULL")
    import_run_id: int | None = link("import_run.id", optional=True)
