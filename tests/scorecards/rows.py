"""Rows with valid defaults, and hypothesis strategies for them."""

import csv
import io
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import strategies as st

from scorecards.feeds import DeliveryLine, Excuse, Inputs, Nonconformance, Receipt, Stage
from scorecards.periods import Period

OCTOBER = Period.month(2026, 10)
LATER = date(2026, 12, 1)
EXCUSE = Excuse("dock_closed", "Our dock was closed 1 to 5 Oct.", "O. Nyström")
SCMS = Path(__file__).parents[2].parent / "shared" / "data" / "scms_delivery_history.csv"


def receipt(day: date, quantity: object) -> Receipt:
    return Receipt(day, Decimal(str(quantity)))


def line(
    number: object = 1,
    ordered: object = 10,
    promised: date | None = date(2026, 10, 15),
    receipts: tuple[Receipt, ...] | None = None,
    **more: object,
) -> DeliveryLine:
    """Without `receipts`, all of it arrives on the promised day."""
    if receipts is None:
        receipts = (receipt(promised, ordered),)
    return DeliveryLine(
        id=str(number),
        order_number="4500118655",
        line_number=str(number),
        part="GH-220-04",
        plant=str(more.pop("plant", "Luleå")),
        commodity="castings",
        ordered=Decimal(str(ordered)),
        acknowledged_on=promised,
        receipts=receipts,
        **more,
    )


def nonconformance(number: object = 1, quantity: object = 1, **more: object) -> Nonconformance:
    return Nonconformance(
        **{
            "id": str(number),
            "number": f"NC-{number}",
            "part": "GH-220-04",
            "plant": "Luleå",
            "commodity": "castings",
            "found_on": date(2026, 10, 20),
            "quantity": Decimal(str(quantity)),
            "responsibility": "supplier",
            **more,
        }
    )


def stage(
    number: object = 1, due: date = date(2026, 10, 20), answered: int | None = -1, **more: object
) -> Stage:
    """`answered` is in hours from the due instant."""
    due_at = datetime.combine(due, time(12), UTC)
    return Stage(
        id=str(number),
        kind="scar",
        reference="SCAR-2026-0147",
        title="D4 root cause",
        due_on=due,
        due_at=due_at,
        answered_at=None if answered is None else due_at + timedelta(hours=answered),
        accepted=more.get("accepted", None if answered is None else True),
    )


def scms_rows() -> list[dict[str, str]]:
    if not SCMS.exists():
        pytest.skip(f"the SCMS delivery history is not there: {SCMS.name} in ../shared/data")
    text = SCMS.read_bytes().decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    return list(csv.DictReader(io.StringIO(text)))


def scms_lines() -> list[tuple[str, DeliveryLine]]:
    """(vendor, line): D is the scheduled date, the receipt is at the client's."""
    found = []
    for row in scms_rows():
        scheduled = _scms_day(row["Scheduled Delivery Date"])
        arrived = Receipt(_scms_day(row["Delivered to Client Date"]), Decimal(row["Line Item Quantity"]))
        made = line(row["ID"], row["Line Item Quantity"], scheduled, (arrived,), plant=row["Country"])
        found.append((row["Vendor"], made))
    return found


def _scms_day(text: str) -> date:
    day, month, year = text.split("-")
    months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    return date(2000 + int(year), months.index(month) + 1, int(day))


days = st.dates(date(2026, 8, 25), date(2026, 11, 5))
quantities = st.decimals(0, 200, places=1, allow_nan=False, allow_infinity=False)
receipts = st.builds(Receipt, received_on=days, quantity=quantities)


@st.composite
def lines(draw: st.DrawFn, number: object = None) -> DeliveryLine:
    return line(
        draw(st.uuids()) if number is None else number,
        draw(quantities),
        draw(st.none() | st.dates(date(2026, 9, 1), date(2026, 10, 31))),
        tuple(draw(st.lists(receipts, max_size=3))),
        confirmed_on=draw(st.none() | days),
        cancelled_on=draw(st.sampled_from([None, None, None, date(2026, 10, 1)])),
        excuse=draw(st.sampled_from([None, None, None, EXCUSE])),
        nonconforming=draw(st.booleans()),
        paperwork_right=draw(st.sampled_from([None, True, False])),
    )


@st.composite
def nonconformances(draw: st.DrawFn) -> Nonconformance:
    return nonconformance(
        draw(st.uuids()),
        draw(quantities),
        found_on=draw(days),
        defects=draw(st.integers(0, 50)),
        responsibility=draw(st.sampled_from(["supplier", "ours", "carrier", "undetermined"])),
        is_sample=draw(st.booleans()),
        safety=draw(st.booleans()),
    )


@st.composite
def stages(draw: st.DrawFn) -> Stage:
    return stage(
        draw(st.uuids()),
        draw(days),
        draw(st.none() | st.integers(-200, 200)),
        accepted=draw(st.sampled_from([None, True, False])),
    )


inputs = st.builds(
    Inputs,
    supplier=st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20),
    lines=st.lists(lines(), max_size=15, unique_by=lambda row: row.id).map(tuple),
    nonconformances=st.lists(nonconformances(), max_size=4, unique_by=lambda row: row.id).map(tuple),
    stages=st.lists(stages(), max_size=5, unique_by=lambda row: row.id).map(tuple),
)
