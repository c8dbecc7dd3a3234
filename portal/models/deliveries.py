"""Receipt lines and the arrivals booked against them.

Civil dates in the receiving plant's zone. What the active policy makes of a line (its reference
day, month, window and the quantity inside) is stored with it, so that a month is a sum and not a
calculation; a policy with another window rebuilds those columns.
"""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, SmallInteger, UniqueConstraint, text
from sqlmodel import Field

from portal.models.base import QUANTITY, TOTAL, ZERO, Stamped, brin, choice, held, key, month_agrees
from portal.models.organisation import Unit

# Days that a card can be made of; the month numbers of all of them fit into a smallint.
_SENSIBLE = "BETWEEN DATE '1900-01-01' AND DATE '2999-12-31'"


class ExcuseCode(StrEnum):
    """Why a line that was late is not the supplier's doing."""

    LATE_ORDER = "late_order"
    CHANGED_DATE = "changed_date"
    DOCK_CLOSED = "dock_closed"
    OUR_CARRIER = "our_carrier"
    OTHER = "other"


class DeliveryLine(Stamped, table=True):
    """One scheduled delivery of one part on one purchase-order line."""

    __tablename__ = "delivery_line"
    __table_args__ = (
        UniqueConstraint("order_number", "line_number", name="uq_delivery_line_natural"),
        CheckConstraint("ordered >= 0", name="ordered_not_negative"),
        CheckConstraint(
            "(excuse_code IS NULL) = (excused_by_name IS NULL)"
            " AND (excuse_code IS NULL) = (excused_at IS NULL)",
            name="excuse_whole",
        ),
        CheckConstraint(
            f"requested_on {_SENSIBLE} AND acknowledged_on {_SENSIBLE} AND confirmed_on {_SENSIBLE}",
            name="days_sensible",
        ),
        Index("ix_delivery_line_supplier_month", "supplier_id", "reference_month"),
        brin("delivery_line", "reference_on"),
        # What-if ratings may judge by any of the three, so they cannot use the derived day.
        brin("delivery_line", "requested_on"),
        brin("delivery_line", "acknowledged_on"),
        brin("delivery_line", "confirmed_on"),
        # Neither on time nor settled otherwise: the only lines whose verdict depends on the day it is.
        Index(
            "ix_delivery_line_open",
            "reference_month",
            "supplier_id",
            "window_last_on",
            postgresql_include=["ordered", "in_window", "plant_id", "commodity_id"],
            postgresql_where=text(
                "NOT complete AND NOT too_early AND cancelled_on IS NULL AND excuse_code IS NULL"
                " AND ordered > 0"
            ),
        ),
    )

    id: int = key()
    supplier_id: int = held("supplier")
    plant_id: int = held("plant")
    part_id: int = held("part")
    commodity_id: int | None = held("commodity", optional=True)
    order_number: str = Field(max_length=60)
    line_number: str = Field(max_length=40)
    unit: Unit = choice(Unit, "unit", default=Unit.PIECE)
    ordered: Decimal = Field(sa_type=QUANTITY)
    requested_on: date | None = Field(default=None)
    acknowledged_on: date | None = Field(default=None)
    confirmed_on: date | None = Field(default=None)
    cancelled_on: date | None = Field(default=None)
    excuse_code: ExcuseCode | None = choice(ExcuseCode, "excuse_code", default=None, nullable=True)
    excuse_note: str = Field(default="", max_length=2000)
    excused_by_name: str | None = Field(default=None, max_length=200)
    excused_at: datetime | None = Field(default=None)
    paperwork_right: bool | None = Field(default=None)  # None: nobody checks the papers
    # Kept by a trigger: whether a nonconformance of the supplier was booked against this line.
    nonconforming: bool = Field(default=False)
    # Derived under the active policy by portal/workflows/ratings/derive.py, which whoever writes dates,
    # quantities or receipts calls in the same transaction.
    reference_on: date | None = Field(default=None)
    reference_month: int | None = Field(default=None, sa_type=SmallInteger)  # months since 2000-01
    window_first_on: date | None = Field(default=None)
    window_last_on: date | None = Field(default=None)
    received: Decimal = Field(default=ZERO, sa_type=TOTAL)  # all arrivals
    in_window: Decimal = Field(default=ZERO, sa_type=QUANTITY)  # inside the window, at most what was ordered
    early: Decimal = Field(default=ZERO, sa_type=TOTAL)  # arrivals before the window
    complete: bool = Field(default=False)  # in window >= ordered less the tolerance: on time
    too_early: bool = Field(default=False)  # not complete, but is with what came before the window
    import_run_id: int | None = held("import_run", optional=True)


class Receipt(Stamped, table=True):
    """One arrival at the dock, booked against a line."""

    __tablename__ = "receipt"
    __table_args__ = (
        UniqueConstraint("delivery_line_id", "reference", name="uq_receipt_natural"),
        CheckConstraint("quantity >= 0", name="quantity_not_negative"),
        CheckConstraint(f"received_on {_SENSIBLE}", name="day_sensible"),
        month_agrees("arrival_month", "received_on"),
        Index("ix_receipt_supplier_month", "supplier_id", "arrival_month"),
        brin("receipt", "received_on"),
    )

    id: int = key()
    delivery_line_id: int = held("delivery_line")
    supplier_id: int = held("supplier")
    # Repeated from the line, so that the received quantity of a month is one index range.
    plant_id: int = held("plant")
    commodity_id: int | None = held("commodity", optional=True)
    reference: str = Field(max_length=80)  # delivery note, or the day where there is none
    received_on: date
    arrival_month: int = Field(sa_type=SmallInteger)
    quantity: Decimal = Field(sa_type=QUANTITY)
    import_run_id: int | None = held("import_run", optional=True)
