"""The rows themselves: repeatable, and in agreement with each other on whatever day the demo is started."""

import hashlib
import os
import subprocess
import sys
from collections import defaultdict
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import pytest

from portal import sample
from portal.models.deliveries import DeliveryLine, Receipt
from portal.models.inspections import InspectionLot
from portal.models.nonconformances import Nonconformance
from portal.models.organisation import Part
from portal.models.ratings import ResponseStage
from portal.models.suppliers import AslEntry, AslEvent, Contact, Supplier
from portal.sample import history, parts
from portal.sample.companies import COMPANIES
from portal.sample.contacts import LATIN, NAMES
from portal.sample.days import Anchor
from scorecards.periods import month_number
from tests.sample.conftest import AS_OF

DAYS = [AS_OF, date(2026, 11, 1), date(2024, 2, 29), date(2027, 1, 2)]
PRINT_HASH = """
import hashlib, sys
from datetime import date
from portal import sample
made = sample.generate(date.fromisoformat(sys.argv[1]))
print(hashlib.sha256(repr(made.tables).encode()).hexdigest())
"""


@cache
def made_on(as_of):
    return sample.generate(as_of)


def records(made, model):
    table = made.of(model)
    return [dict(zip(table.columns, row, strict=True)) for row in table.rows]


def test_two_generations_are_equal_to_the_byte_also_in_another_process(generated):
    ours = hashlib.sha256(repr(generated.tables).encode()).hexdigest()
    assert hashlib.sha256(repr(sample.generate(AS_OF).tables).encode()).hexdigest() == ours
    theirs = subprocess.run(
        [sys.executable, "-c", PRINT_HASH, AS_OF.isoformat()],
        env={**os.environ, "PYTHONHASHSEED": "1", "PYTHONPATH": str(Path.cwd())},
        capture_output=True,
        text=True,
        check=True,
    )
    assert theirs.stdout.strip() == ours


def test_tomorrow_shows_the_same_history_and_one_day_more(generated):
    def arrivals(made):
        lines = {
            line["id"]: (line["order_number"], line["line_number"]) for line in records(made, DeliveryLine)
        }
        return {
            (*lines[r["delivery_line_id"]], r["reference"], r["received_on"], r["quantity"])
            for r in records(made, Receipt)
        }

    today, tomorrow = arrivals(generated), arrivals(sample.generate(AS_OF + timedelta(days=1)))
    assert today < tomorrow
    assert {arrived[3] for arrived in tomorrow - today} == {AS_OF}


def test_it_is_as_large_as_a_portal_in_use(generated):
    lines = generated.of(DeliveryLine).rows
    assert 18_000 <= len(lines) <= 25_000
    assert 58 <= len(generated.of(Supplier).rows) <= 70
    assert len({company.country for company in COMPANIES}) >= 15
    months = {
        month_number(line["acknowledged_on"] or line["requested_on"])
        for line in records(generated, DeliveryLine)
    }
    assert months == set(range(month_number(AS_OF) - 24, month_number(AS_OF) + 1))


@pytest.mark.parametrize("as_of", DAYS, ids=str)
def test_nothing_happens_before_its_time(as_of):
    made = made_on(as_of)
    lines = {line["id"]: line for line in records(made, DeliveryLine)}
    assert all(receipt["received_on"] < as_of for receipt in records(made, Receipt))
    assert all(receipt["delivery_line_id"] in lines for receipt in records(made, Receipt))
    assert all(lot["inspected_on"] < as_of for lot in records(made, InspectionLot))
    assert all(found["found_on"] < as_of for found in records(made, Nonconformance))
    assert all(line["cancelled_on"] is None or line["cancelled_on"] < as_of for line in lines.values())
    for event in records(made, AslEvent):
        assert event["at"].date() < as_of
    for stage in records(made, ResponseStage):
        assert stage["answered_at"] is None or stage["answered_at"].date() < as_of
        assert stage["accepted"] is None or stage["answered_at"] is not None


@pytest.mark.parametrize("as_of", DAYS, ids=str)
def test_orders_come_before_arrivals_and_only_what_was_ordered_arrives(as_of):
    told = history.tell(Anchor(as_of), parts.of_companies())
    for line in told.lines:
        assert line.order.placed_on < line.promised_on
        assert all(arrival.received_on > line.order.placed_on for arrival in line.arrivals)
        if line.cancelled_on or line.ordered == 0:
            assert line.arrivals == []
        assert sum(arrival.quantity for arrival in line.arrivals) <= line.ordered * 1.07
    for lot in told.lots:
        assert lot.inspected_on >= lot.arrival.received_on
    for found in told.found:
        assert 0 < found.quantity <= found.lot.arrival.quantity
        assert found.found_on >= found.lot.inspected_on
    for stage in told.stages:
        assert stage.answered_at is None or stage.answered_at > stage.due_at - stage.span
    assert all(scar.issued_at.date() >= scar.raised_by.found_on for scar in told.scars)


@pytest.mark.parametrize("as_of", DAYS, ids=str)
def test_natural_keys_are_unique(as_of):
    made = made_on(as_of)
    for model, columns in (
        (DeliveryLine, ("order_number", "line_number")),
        (Receipt, ("delivery_line_id", "reference")),
        (InspectionLot, ("supplier_id", "number")),
        (Nonconformance, ("number",)),
        (ResponseStage, ("supplier_id", "kind", "reference", "stage")),
        (Part, ("number",)),
        (Contact, ("supplier_id", "email", "role")),
        (AslEntry, ("supplier_id", "site_id", "scope_kind", "scope")),
    ):
        keys = [tuple(record[column] for column in columns) for record in records(made, model)]
        assert len(keys) == len(set(keys)), model.__name__


def test_one_order_goes_to_one_supplier_and_one_plant(generated):
    homes = defaultdict(set)
    for line in records(generated, DeliveryLine):
        homes[line["order_number"]].add((line["supplier_id"], line["plant_id"]))
    assert {number: who for number, who in homes.items() if len(who) > 1} == {}


def test_lots_carry_the_verdict_of_what_was_found_on_them(generated):
    lots = {(lot["supplier_id"], lot["number"]): lot for lot in records(generated, InspectionLot)}
    rejected = {key for key, lot in lots.items() if lot["result"] != "accepted"}
    found = {
        (one["supplier_id"], one["lot_number"])
        for one in records(generated, Nonconformance)
        if one["lot_number"] and one["responsibility"] == "supplier"
    }
    assert rejected <= found
    assert found <= set(lots)
    assert {lot["result"] for lot in lots.values()} == {"accepted", "rejected", "use_as_is"}


def test_every_kind_of_row_that_pages_distinguish_is_there(generated):
    found = records(generated, Nonconformance)
    assert {one["kind"] for one in found} == {
        *("Porosity", "Dimension", "Burrs", "Surface", "Wrong material", "Label, packing", "Other")
    }
    assert {one["responsibility"] for one in found} == {"supplier", "ours", "carrier", "undetermined"}
    assert {one["disposition"] for one in found} == {"open", "use_as_is", "rework", "return", "scrap"}
    assert any(one["is_sample"] for one in found)
    lines = records(generated, DeliveryLine)
    assert {line["excuse_code"] for line in lines} == {
        *(None, "late_order", "changed_date", "dock_closed", "our_carrier", "other")
    }
    assert all(line["excused_by_name"] for line in lines if line["excuse_code"])
    assert {line["paperwork_right"] for line in lines} == {True, False, None}
    stages = records(generated, ResponseStage)
    assert {stage["kind"] for stage in stages} == {"scar", "certificate", "audit_finding", "agreement"}
    assert {stage["accepted"] for stage in stages} == {True, False, None}
    entries = records(generated, AslEntry)
    assert {entry["status"] for entry in entries} == {
        *("pending", "approved", "conditional", "restricted", "disqualified")
    }
    ends = [entry["valid_until_on"] for entry in entries if entry["valid_until_on"]]
    assert sum(end < AS_OF for end in ends) == 1
    assert sum(AS_OF <= end <= AS_OF + timedelta(days=30) for end in ends) == 1
    restricted = next(entry for entry in entries if entry["status"] == "restricted")
    story = [event for event in records(generated, AslEvent) if event["asl_entry_id"] == restricted["id"]]
    assert [event["to_status"] for event in story] == ["approved", "conditional", "restricted"]
    assert all(event["reason"] for event in story)


def test_there_are_open_overdue_and_future_lines(generated):
    received = {receipt["delivery_line_id"] for receipt in records(generated, Receipt)}
    waiting = [
        line["acknowledged_on"]
        for line in records(generated, DeliveryLine)
        if line["id"] not in received
        and line["ordered"]
        and not line["cancelled_on"]
        and line["acknowledged_on"]
    ]
    assert sum(day < AS_OF for day in waiting) > 5
    assert sum(day >= AS_OF for day in waiting) > 100


def test_all_addresses_and_numbers_are_nobodys(generated):
    addresses = [contact["email"] for contact in records(generated, Contact)]
    addresses += [one.email for one in sample.SIGN_INS]
    assert all(address.endswith(".example") and address.isascii() for address in addresses)
    assert all(" 555 01 " in contact["phone"] for contact in records(generated, Contact))


def test_every_name_in_another_script_has_a_latin_spelling_for_its_address():
    assert {name for _, _, names in NAMES.values() for name in names if ord(name[0]) > 0x1100} == set(LATIN)
