"""Inspections and nonconformances: one row is one record."""

from datetime import date

import pytest

from portal.models.imports import ImportKind
from tests.workflows.importing import without
from tests.workflows.test_imports import ONE, counts, file

MASTER = {
    "supplier": {"from": ["Vendor"]},
    "plant": {"from": ["Plant"]},
    "part": {"from": ["Part"]},
    "quantity": {"from": ["Qty"]},
}
LOTS = {
    "columns": {
        **MASTER,
        "number": {"from": ["Lot"]},
        "inspected_on": {"from": ["Day"]},
        "result": {"from": ["Result"], "words": {"Z": "use_as_is"}},
    },
    "create": ["part"],
}
NONCONFORMANCES = {
    "columns": {
        **MASTER,
        "number": {"from": ["NC"]},
        "found_on": {"from": ["Day"]},
        "responsibility": {"from": ["Cause"]},
        "is_sample": {"from": ["Sample"]},
        "kind": {"from": ["Kind"]},
        "order_number": {"from": ["PO"]},
        "line_number": {"from": ["Pos"]},
    },
    "create": ["part"],
}


def lot(number, *, vendor="104417", plant="LUL", quantity="480", day="2026-10-09", result="OK", header=True):
    row = f"{number},{vendor},{plant},GH-220-04,{quantity},{day},{result}\n"
    return ("Lot,Vendor,Plant,Part,Qty,Day,Result\n" if header else "") + row


def nonconformance(
    number,
    *,
    quantity="12",
    day="2026-10-12",
    cause="Lieferant",
    sample="",
    kind="Porosity",
    order="",
    line="",
    header=True,
):
    row = f"{number},104417,LUL,GH-220-04,{quantity},{day},{cause},{sample},{kind},{order},{line}\n"
    return ("NC,Vendor,Plant,Part,Qty,Day,Cause,Sample,Kind,PO,Pos\n" if header else "") + row


async def test_inspections_go_in_once_and_are_summed(office):
    content = (
        lot("L-1")
        + lot("L-2", result="abgelehnt", header=False)
        + lot("L-3", result="z", header=False)
        + lot("L-1", vendor="104900", header=False)
    )
    first = await office.send(content, LOTS, kind=ImportKind.INSPECTIONS)
    assert counts(first) == (4, 4, 0, 0, 0), await office.problems(first.id)
    assert first.months_touched == [321]
    sums = await office.rows(
        "SELECT number, lots_accepted, lots_rejected, lots_used_as_is FROM supplier_month_total"
        " JOIN supplier ON supplier.id = supplier_id ORDER BY number"
    )
    assert sums == [("104417", 1, 1, 1), ("104900", 1, 0, 0)]
    again = await office.send(content, LOTS, kind=ImportKind.INSPECTIONS)
    assert counts(again) == (4, 0, 0, 4, 0)
    corrected = await office.send(
        lot("L-2", result="angenommen", day="2026-11-02"), LOTS, kind=ImportKind.INSPECTIONS
    )
    assert counts(corrected) == (1, 0, 1, 0, 0)
    assert corrected.months_touched == [321, 322]


async def test_nonconformances_go_in_once_and_are_summed(office):
    content = (
        nonconformance("NC-1")
        + nonconformance("NC-2", sample="x", header=False)
        + nonconformance("NC-3", cause="carrier", header=False)
    )
    first = await office.send(content, NONCONFORMANCES, kind=ImportKind.NONCONFORMANCES)
    assert counts(first) == (3, 3, 0, 0, 0), await office.problems(first.id)
    assert await office.one(
        "SELECT nonconforming, nonconformances, nonconformances_left_out FROM supplier_month_total"
    ) == (12, 1, 2)
    again = await office.send(content, NONCONFORMANCES, kind=ImportKind.NONCONFORMANCES)
    assert counts(again) == (3, 0, 0, 3, 0)


async def test_what_the_file_does_not_say_takes_its_default_and_stays_later(office):
    sparse = without(NONCONFORMANCES, "responsibility", "is_sample", "kind", "order_number", "line_number")
    await office.send(nonconformance("NC-1"), sparse, kind=ImportKind.NONCONFORMANCES)
    assert await office.one(
        "SELECT responsibility, disposition, is_sample, kind, defects FROM nonconformance"
    ) == ("undetermined", "open", False, "Other", 0)
    await office.rows(
        "UPDATE nonconformance SET disposition = 'scrap', responsibility = 'supplier' RETURNING id"
    )
    run = await office.send(nonconformance("NC-1", quantity="13"), sparse, kind=ImportKind.NONCONFORMANCES)
    assert counts(run) == (1, 0, 1, 0, 0)
    assert await office.one("SELECT quantity, disposition, responsibility FROM nonconformance") == (
        13,
        "scrap",
        "supplier",
    )


async def test_a_nonconformance_finds_its_order_line(office):
    await office.send(file(ONE))
    content = nonconformance("NC-1", order="45001", line="10") + nonconformance(
        "NC-2", order="45001", line="99", header=False
    )
    run = await office.send(content, NONCONFORMANCES, kind=ImportKind.NONCONFORMANCES)
    assert counts(run) == (2, 1, 0, 0, 1)
    assert (await office.problems(run.id))[0][:3] == (3, "PO", "45001 / 99")
    assert await office.one("SELECT nonconforming FROM delivery_line") is True
    assert await office.one(
        "SELECT found_on FROM nonconformance JOIN delivery_line AS l ON l.id = delivery_line_id"
    ) == (date(2026, 10, 12))


async def test_a_nonconformance_never_touches_a_line_of_another_supplier(office):
    await office.send(file(ONE))
    rivals = nonconformance("NC-1", order="45001", line="10").replace("104417", "104900")
    run = await office.send(rivals, NONCONFORMANCES, kind=ImportKind.NONCONFORMANCES)
    assert counts(run) == (1, 0, 0, 0, 1)
    assert "This supplier has no such order line" in (await office.problems(run.id))[0][3]
    assert await office.one("SELECT nonconforming FROM delivery_line") is False


@pytest.mark.parametrize(
    ("content", "mapping", "kind", "column", "words"),
    [
        (
            lot("L-1", result="perhaps"),
            LOTS,
            ImportKind.INSPECTIONS,
            "Result",
            "accepted, rejected, use_as_is",
        ),
        (lot("L-1", result=""), LOTS, ImportKind.INSPECTIONS, "Result", "Result is missing"),
        (lot("L-1", day="2030-01-01"), LOTS, ImportKind.INSPECTIONS, "Day", "future"),
        (
            lot("L-1") + lot("L-1", header=False),
            LOTS,
            ImportKind.INSPECTIONS,
            "Lot",
            "Line 2 of the file has this",
        ),
        (
            nonconformance("NC-1", sample="maybe"),
            NONCONFORMANCES,
            ImportKind.NONCONFORMANCES,
            "Sample",
            "yes or no",
        ),
        (
            nonconformance("NC-1", cause="the moon"),
            NONCONFORMANCES,
            ImportKind.NONCONFORMANCES,
            "Cause",
            "supplier, ours, carrier",
        ),
    ],
)
async def test_bad_records(office, content, mapping, kind, column, words):
    run = await office.send(content, mapping, kind=kind)
    assert run.rows_rejected == 1
    (found,) = await office.problems(run.id)
    assert found[1] == column
    assert words in found[3]
