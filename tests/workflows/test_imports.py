"""Deliveries go in once, as they are; what differs is updated with its history."""

from datetime import date

import pytest

from portal.models.imports import ImportStatus, OnBadRows
from tests.people import principal_of
from tests.workflows.importing import DELIVERIES, HEADER, without

ONE = "45001;10;104417;LUL;GH-220-04;10;2026-10-08;2026-10-07;10;DN-1"
TWO = "45001;20;104417;LUL;GH-220-04;480;2026-10-08;;;"
THREE = "45002;10;104900;GDN;GH-220-05;5;2026-09-30;2026-10-02;5;DN-2"


def file(*rows, header=HEADER):
    return "\n".join([header, *rows]) + "\n"


def counts(run):
    return run.rows_read, run.rows_added, run.rows_updated, run.rows_unchanged, run.rows_rejected


async def test_import_twice(office):
    first = await office.send(file(ONE, TWO, THREE))
    assert first.status is ImportStatus.DONE, first.problem
    assert counts(first) == (3, 3, 0, 0, 0)
    before = await office.everything()
    second = await office.send(file(ONE, TWO, THREE))
    assert counts(second) == (3, 0, 0, 3, 0)
    assert second.months_touched == []
    assert await office.everything() == before


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "utf-16"])
async def test_import_twice_in_another_dialect(office, separator, end, encoding):
    await office.send(file("45003;1;104417;LUL;Gehäuse;1234,5;08.10.2026;;;").replace("1234,5", "1234.5"))
    again = file("45003;1;104417;LUL;Gehäuse;1.234,5;8-Oct-26;;;")
    if separator == ",":
        again = again.replace("1.234,5", '"1.234,5"')
    content = again.replace(";", separator).replace("\n", end).encode(encoding)
    mapping = {**DELIVERIES, "file": {"decimal": ","}}
    run = await office.send(content, mapping)
    assert counts(run) == (1, 0, 0, 1, 0), await office.problems(run.id)


async def test_lines_are_derived_and_months_summed(office):
    await office.send(file(ONE, TWO, THREE))
    rows = await office.rows(
        "SELECT line_number, reference_on, reference_month, complete, received, in_window FROM delivery_line"
        " WHERE order_number = '45001' ORDER BY line_number"
    )
    assert rows == [("10", date(2026, 10, 8), 321, True, 10, 10), ("20", date(2026, 10, 8), 321, False, 0, 0)]
    acme = await office.one(
        "SELECT t.lines, t.lines_on_time, t.received FROM supplier_month_total AS t"
        " JOIN supplier ON supplier.id = supplier_id WHERE number = '104417' AND month = 321"
    )
    assert acme == (2, 1, 10)


async def test_split_deliveries_add_up(office):
    six, four = ONE.replace(";10;DN-1", ";6;DN-1"), ONE.replace("-07;10;DN-1", "-06;4;DN-2")
    run = await office.send(file(six, four))
    assert counts(run) == (2, 2, 0, 0, 0)
    assert await office.one("SELECT received, in_window, complete FROM delivery_line") == (10, 10, True)
    assert await office.one("SELECT count(*) FROM receipt") == 2


async def test_split_deliveries_without_delivery_notes_are_told_apart_by_day_and_quantity(office):
    mapping = without(DELIVERIES, "reference")
    rows = [
        ONE.replace(";10;DN-1", ";6;"),
        ONE.replace(";10;DN-1", ";4;"),
        ONE.replace("-07;10;DN-1", "-05;1;"),
    ]
    run = await office.send(file(*rows), mapping)
    assert counts(run) == (3, 3, 0, 0, 0)
    references = await office.rows("SELECT reference, quantity FROM receipt ORDER BY reference")
    assert references == [("2026-10-05", 1), ("2026-10-07", 6), ("2026-10-07/2", 4)]
    again = await office.send(file(*rows), mapping)
    assert counts(again) == (3, 0, 0, 3, 0)


async def test_a_corrected_row_updates_keeps_history_and_marks_its_months(office):
    first = await office.send(file(ONE, THREE))
    corrected = ONE.replace("2026-10-08", "2026-11-02").replace("2026-10-07;10", "2026-11-05;8")
    second = await office.send(file(corrected, THREE))
    assert counts(second) == (2, 0, 1, 1, 0)
    assert second.months_touched == [321, 322]
    rows = await office.rows(
        "SELECT table_name, before ->> 'acknowledged_on', before ->> 'received_on',"
        " (before ->> 'import_run_id')::bigint FROM import_change WHERE import_run_id = :run ORDER BY 1",
        run=second.id,
    )
    assert rows == [
        ("delivery_line", "2026-10-08", None, first.id),
        ("receipt", None, "2026-10-07", first.id),
    ]
    assert await office.one(
        "SELECT acknowledged_on, complete, received FROM delivery_line WHERE line_number = '10'"
        " AND order_number = '45001'"
    ) == (date(2026, 11, 2), False, 8)
    months = await office.rows(
        "SELECT month, lines FROM supplier_month_total JOIN supplier ON supplier.id = supplier_id"
        " WHERE number = '104417' AND lines > 0"
    )
    assert months == [(322, 1)]


async def test_a_line_that_moves_to_another_supplier_takes_its_arrivals_along(office):
    await office.send(file(ONE))
    moved = await office.send(file(ONE.replace("104417", "104900")))
    assert counts(moved) == (1, 0, 1, 0, 0)
    assert (
        await office.one(
            "SELECT count(*) FROM receipt JOIN supplier ON supplier.id = supplier_id WHERE number = '104900'"
        )
        == 1
    )
    assert [row["received"] for row in await office.sums()] == [10]


async def test_a_complete_file_takes_back_arrivals_that_it_no_longer_has(office):
    await office.send(file(ONE))
    moved = ONE.replace("2026-10-07;10;DN-1", "2026-10-09;10;")
    run = await office.send(file(moved), without(DELIVERIES, "reference"))
    assert counts(run) == (1, 0, 1, 0, 0)
    assert run.notes == ["1 arrival that the file no longer has was taken back."]
    assert await office.rows("SELECT reference, received_on FROM receipt") == [
        ("2026-10-09", date(2026, 10, 9))
    ]
    assert await office.one("SELECT received, complete FROM delivery_line") == (10, False)


async def test_a_file_of_new_arrivals_leaves_the_others(office):
    mapping = {**DELIVERIES, "arrivals": "new"}
    await office.send(file(ONE.replace(";10;DN-1", ";6;DN-1")), mapping)
    run = await office.send(file(ONE.replace("-07;10;DN-1", "-08;4;DN-2")), mapping)
    assert counts(run) == (1, 0, 1, 0, 0)
    assert await office.one("SELECT received, complete FROM delivery_line") == (10, True)


async def test_what_the_file_has_no_column_for_stays(office):
    await office.send(file(ONE))
    await office.rows(
        "UPDATE delivery_line SET excuse_code = 'dock_closed', excuse_note = 'strike',"
        " excused_by_name = 'Karin', excused_at = now(), cancelled_on = '2026-10-01', commodity_id = NULL"
        " RETURNING id"
    )
    run = await office.send(file(ONE.replace(";10;2026-10-08", ";12;2026-10-08")))
    assert counts(run) == (1, 0, 1, 0, 0)
    assert await office.one(
        "SELECT ordered, excuse_code, excuse_note, excused_by_name, cancelled_on, commodity_id"
        " FROM delivery_line"
    ) == (12, "dock_closed", "strike", "Karin", date(2026, 10, 1), None)


async def test_a_new_line_takes_the_commodity_of_its_part(office, staffed):
    await office.send(file(ONE))
    assert await office.one("SELECT commodity_id FROM delivery_line") == staffed.castings.id
    assert await office.one("SELECT commodity_id FROM receipt") == staffed.castings.id


BAD = [
    (ONE.replace(";10;2026", ";x;2026"), "Qty", "x", "Write a number"),
    (ONE.replace("2026-10-08", "10/08/2026"), "Promised", "10/08/2026", "Say in the mapping"),
    (ONE.replace("2026-10-07", "soon"), "Arrived", "soon", "Write a day"),
    (ONE.replace("45001", ""), "PO", "", "missing"),
    (ONE.replace("104417", "999999"), "Vendor", "999999", "There is no supplier with this number"),
    (ONE.replace("LUL", "MARS"), "Plant", "MARS", "There is no plant with this code"),
    (ONE.replace("45001", "x" * 61), "PO", "x" * 61, "61 characters"),
    (ONE + ";more", "", "", "11 cells and the header has 10"),
    ('"45001"x' + ONE[5:], "", "", "quote"),
    (THREE, "Note", "DN-2", "Line 3 of the file books this delivery note already"),
    (
        THREE.replace(";5;2026-09-30", ";6;2026-09-30").replace("DN-2", "DN-3"),
        "Pos",
        "45002 / 10",
        "something else in: Qty",
    ),
    (TWO, "Note", "45001 / 20", "The same as line 4"),
]


@pytest.mark.parametrize(("row", "column", "value", "words"), BAD)
async def test_a_bad_row_is_reported_by_line_and_column_and_does_not_stop_the_others(
    office, row, column, value, words
):
    run = await office.send(file("45009;1;104417;LUL;P;1;2026-10-08;;;", THREE, TWO, row))
    assert run.status is ImportStatus.DONE
    assert counts(run) == (4, 3, 0, 0, 1)
    (found,) = await office.problems(run.id)
    assert found[:3] == (5, column, value)
    assert words in found[3]


@pytest.mark.parametrize(("row", "column", "value", "words"), BAD[:3])
async def test_all_or_nothing(office, row, column, value, words):
    before = await office.everything()
    run = await office.send(file(THREE, row), on_bad_rows=OnBadRows.REFUSE)
    assert run.status is ImportStatus.REFUSED
    assert (run.rows_read, run.rows_rejected) == (2, 1)
    assert len(await office.problems(run.id)) == 1
    assert await office.everything() == before


async def test_a_file_without_bad_rows_goes_in_also_when_it_is_all_or_nothing(office):
    run = await office.send(file(ONE, THREE), on_bad_rows=OnBadRows.REFUSE)
    assert counts(run) == (2, 2, 0, 0, 0)


async def test_a_file_that_stops_in_the_middle_says_how_far(office):
    run = await office.send(file(ONE, TWO) + "45002;10;104900;GD")
    assert counts(run) == (3, 2, 0, 0, 1)
    assert "ends in the middle of line 4" in run.problem
    refused = await office.send(file(ONE, TWO) + '45002;10;"104900', on_bad_rows=OnBadRows.REFUSE)
    assert refused.status is ImportStatus.REFUSED
    assert "line 4" in refused.problem


async def test_hostile_values(office):
    rows = [
        ONE.replace("GH-220-04", "\x00"),
        TWO.replace("480", "1e309"),
        THREE.replace(";5;2026", ";NaN;2026"),
        "9;1;104417;LUL;" + "x" * 200_000 + ";1;2026-10-08;;;",
        "9;2;104417;LUL;=cmd|'/c calc'!A0;1;2026-10-08;;;",
        "9;3;104417;LUL;<script>alert(1)</script>;1;2026-10-08;;;",
        "9;4;104417;LUL;'; DROP TABLE receipt;--;1;2026-10-08",
    ]
    run = await office.send(file(*rows))
    assert run.status is ImportStatus.DONE, run.problem
    assert counts(run) == (7, 2, 0, 0, 5)
    parts = await office.rows("SELECT number FROM part WHERE number <> 'GH-220-04' ORDER BY number")
    assert parts == [("<script>alert(1)</script>",), ("=cmd|'/c calc'!A0",)]


async def test_a_mapping_that_does_not_fit_is_stopped_early_with_a_sentence(office):
    rows = [f"4;{n};104417;LUL;P;bad;2026-10-08;;;" for n in range(30_000)]
    run = await office.send(file(*rows))
    assert run.status is ImportStatus.FAILED
    assert "does not fit" in run.problem
    assert await office.one("SELECT count(*) FROM delivery_line") == 0


async def test_whoever_sees_one_plant_imports_for_that_plant_only(office, staffed):
    gustav = principal_of(staffed.gustav)
    await office.send(file(ONE))
    run = await office.send(file(ONE.replace("LUL", "GDN"), TWO, THREE), who=gustav)
    assert counts(run) == (3, 1, 0, 0, 2)
    problems = await office.problems(run.id)
    assert [(line, column) for line, column, _, _ in problems] == [(2, "Pos"), (3, "Plant")]
    assert "not one of yours" in problems[1][3]
    assert (
        await office.one("SELECT plant_id FROM delivery_line WHERE order_number = '45001'")
        == staffed.lulea.id
    )


async def test_suppliers_known_by_name_are_found_whatever_their_case_and_added_with_a_number(office):
    mapping = without(DELIVERIES, "supplier", supplier_by="name", create=["supplier", "part"])
    mapping["columns"]["supplier_name"] = {"from": ["Vendor"]}
    run = await office.send(
        file(ONE.replace("104417", "ACME  castings"), THREE.replace("104900", "Zenit Tools")), mapping
    )
    assert counts(run) == (2, 2, 0, 0, 0)
    assert run.notes == ["New in the master data: 1 supplier and 1 part."]
    names = await office.rows(
        "SELECT number, name FROM supplier JOIN delivery_line ON supplier.id = supplier_id ORDER BY 1"
    )
    assert names == [("104417", "Acme Castings"), ("S-00001", "Zenit Tools")]


async def test_two_suppliers_of_one_name_are_not_guessed(office):
    await office.rows("UPDATE supplier SET name = 'Twin' RETURNING id")
    mapping = without(DELIVERIES, "supplier", supplier_by="name")
    mapping["columns"]["supplier_name"] = {"from": ["Vendor"]}
    run = await office.send(file(ONE.replace("104417", "twin")), mapping)
    assert run.rows_rejected == 1
    assert "There are 2 suppliers of this name" in (await office.problems(run.id))[0][3]


async def test_a_number_that_no_address_can_hold_makes_no_supplier(office):
    mapping = {**DELIVERIES, "create": ["supplier", "part"]}
    run = await office.send(file(ONE.replace("104417", "A/1"), TWO.replace("104417", "NEW1")), mapping)
    assert counts(run) == (2, 1, 0, 0, 1)
    assert "address" in (await office.problems(run.id))[0][3]


async def test_a_column_full_of_something_else_makes_no_hundreds_of_plants(office):
    mapping = {**DELIVERIES, "create": ["supplier", "part", "plant"]}
    rows = [f"4;{n};104417;plant {n};P;1;2026-10-08;;;" for n in range(600)]
    run = await office.send(file(*rows), mapping)
    assert run.status is ImportStatus.FAILED
    assert "600 plants" in run.problem


async def test_an_unknown_part_is_a_bad_row_where_the_mapping_adds_none(office):
    run = await office.send(file(ONE, THREE), {**DELIVERIES, "create": []})
    assert counts(run) == (2, 1, 0, 0, 1)
    assert (await office.problems(run.id))[0][:3] == (3, "Part", "GH-220-05")
