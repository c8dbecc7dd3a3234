"""Mappings are data that is checked; a row becomes our values or sentences about its cells."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from portal import clock
from portal.imports.convert import Converter
from portal.imports.look import Look, look
from portal.imports.mapping import MappingError, SupplierBy, gaps, read
from portal.imports.opening import open_reader
from portal.imports.options import FileOptions
from portal.imports.propose import propose
from portal.imports.shipped import SHIPPED
from portal.imports.targets import TARGETS
from portal.imports.template import template
from portal.models.imports import ImportKind

DELIVERIES = ImportKind.DELIVERIES
COLUMNS = ["PO", "Pos", "Vendor", "Werk", "Part", "Qty", "Promised", "Arrived", "Got", "Note", "Gone"]


def definition(**more):
    names = {
        "order_number": "PO",
        "line_number": "Pos",
        "supplier": "Vendor",
        "plant": "Werk",
        "part": "Part",
        "ordered": "Qty",
        "acknowledged_on": "Promised",
        "received_on": "Arrived",
        "received": "Got",
        "reference": "Note",
        "cancelled_on": "Gone",
    }
    return {"columns": {ours: {"from": [theirs]} for ours, theirs in names.items()}, **more}


def converter(data=None, columns=COLUMNS, kind=DELIVERIES, zones=None):
    return Converter(read(data or definition(), kind), columns, zones or {})


GOOD = ["45001", "10", "104417", "LUL", "GH-220", "480", "2026-10-08", "2026-10-07", "480", "DN-1", ""]


def row(**changes):
    names = dict(zip(COLUMNS, GOOD, strict=True)) | changes
    return [names[name] for name in COLUMNS]


@pytest.fixture(autouse=True)
def today():
    with clock.fixed(datetime(2026, 11, 20, 12, tzinfo=UTC)):
        yield


def advice(cells, data=None, **more):
    problems = converter(data, **more).convert(7, cells)
    assert isinstance(problems, list), problems
    assert all(problem.line == 7 for problem in problems)
    return [(problem.column, problem.value, problem.advice) for problem in problems]


def test_a_good_row():
    assert converter().convert(2, GOOD) == {
        "order_number": "45001",
        "line_number": "10",
        "supplier": "104417",
        "plant": "LUL",
        "part": "GH-220",
        "ordered": Decimal(480),
        "acknowledged_on": date(2026, 10, 8),
        "cancelled_on": None,
        "received_on": date(2026, 10, 7),
        "received": Decimal(480),
        "reference": "DN-1",
    }


def test_every_bad_cell_of_a_row_is_named_with_its_column_and_value():
    found = advice(row(Qty="x", Promised="31.02.2026", Part=""))
    assert [(column, value) for column, value, _ in found] == [
        ("Part", ""),
        ("Qty", "x"),
        ("Promised", "31.02.2026"),
    ]
    assert all(sentence.endswith(".") for _, _, sentence in found)


@pytest.mark.parametrize(
    ("changes", "column", "words"),
    [
        ({"Promised": ""}, "Promised", "promised day is missing"),
        ({"Arrived": ""}, "Arrived", "write the day"),
        ({"Got": ""}, "Got", "how much"),
        ({"Arrived": "2027-10-07"}, "Arrived", "future"),
        ({"PO": "x" * 61}, "PO", "61 characters"),
        ({"Part": "a\x00b"}, "Part", "can't be stored"),
        ({"Part": "a\ud800b"}, "Part", "can't be stored"),
        ({"Part": "Gie\ufffderei"}, "Part", "encoding"),
        ({"Qty": "NaN"}, "Qty", "number"),
        ({"Qty": "1e309"}, "Qty", "shortened"),
        ({"Qty": "-5"}, "Qty", "0 or more"),
        ({"Promised": "2026-10-08T99:00:00Z"}, "Promised", "day"),
    ],
)
def test_hostile_values_end_in_a_sentence(changes, column, words):
    found = advice(row(**changes))
    assert found[0][0] == column
    assert words in found[0][2]


def test_an_open_line_has_no_arrival_however_it_is_written():
    for changes in ({"Arrived": "", "Got": ""}, {"Arrived": "00.00.0000", "Got": "0"}, {"Got": "0"}):
        values = converter().convert(2, row(**changes))
        assert (values["received_on"], values["received"], values["reference"]) == (None, None, None)


def test_a_mark_for_cancelled_takes_the_promised_day():
    assert converter().convert(2, row(Gone="X"))["cancelled_on"] == date(2026, 10, 8)
    assert converter().convert(2, row(Gone="2026-10-01"))["cancelled_on"] == date(2026, 10, 1)
    assert converter().convert(2, row(Gone="no"))["cancelled_on"] is None


def test_an_instant_becomes_the_day_at_the_plant():
    zones = {"LUL": "Europe/Stockholm", "NYC": "America/New_York"}
    last_second = "2026-10-07T21:59:59Z"  # 23:59:59 in Luleå
    assert converter(zones=zones).convert(2, row(Arrived=last_second))["received_on"] == date(2026, 10, 7)
    next_day = "2026-10-07T22:00:00Z"
    assert converter(zones=zones).convert(2, row(Arrived=next_day))["received_on"] == date(2026, 10, 8)
    there = row(Arrived="2026-10-08T03:59:59Z", Werk="NYC")
    assert converter(zones=zones).convert(2, there)["received_on"] == date(2026, 10, 7)


def test_quantities_follow_the_order_when_the_file_has_none_of_its_own():
    data = definition()
    del data["columns"]["received"]
    assert converter(data).convert(2, GOOD)["received"] == 480


def test_constants_joined_columns_words_and_formats():
    data = definition(file={"empty": ["k.A."], "decimal": ",", "dates": "month-day-year"})
    data["columns"]["line_number"] = {"from": ["Pos", "Note"], "joined_by": "/"}
    data["columns"]["plant"] = {"constant": "GDN"}
    data["columns"]["unit"] = {"from": ["Vendor"], "words": {"104417": "kg"}}
    data["columns"]["received_on"] = {"from": ["Arrived"], "dates": "day-month-year"}
    values = converter(data).convert(
        2, row(Qty="1.480", Promised="10/08/2026", Arrived="07/10/2026", Gone="K.A.")
    )
    assert values["line_number"] == "10/DN-1"
    assert values["plant"] == "GDN"
    assert values["unit"] == "kg"
    assert values["ordered"] == 1480
    assert values["acknowledged_on"] == date(2026, 10, 8)
    assert values["received_on"] == date(2026, 10, 7)
    assert values["cancelled_on"] is None


def test_texts_that_spreadsheets_protect_come_back_as_they_were():
    values = converter().convert(2, row(PO='="00123"', Part="'=cmd|calc", Vendor="'-5"))
    assert (values["order_number"], values["part"], values["supplier"]) == ("00123", "=cmd|calc", "-5")


def test_marks_that_nobody_sees_do_not_make_another_part():
    one = converter().convert(2, row(Part="GH\u200b-220 \u202eA\u00a0B"))["part"]
    assert one == "GH-220 A B"
    assert converter().convert(2, row(Part="Gehäuse"))["part"] == "Gehäuse"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ([], "JSON object"),
        ({}, "columns"),
        ({"columns": {"nonsense": {"from": ["x"]}}}, "not a column"),
        ({"columns": {"ordered": {}}}, "say “from”"),
        ({"columns": {"ordered": {"from": "x"}}}, "list of texts"),
        ({"columns": {"ordered": {"from": ["x"] * 6}}}, "at most 5"),
        ({"columns": {"unit": {"from": ["x"], "words": {"a": "b"}}}}, "none of pc, kg"),
        ({"columns": {}, "file": {"separator": "x"}}, "separator"),
        ({"columns": {}, "file": {"dates": "backwards"}}, "dates"),
        ({"columns": {}, "file": {"header_line": -1}}, "header_line"),
        ({"columns": {}, "file": {"wings": 2}}, "wings"),
        ({"columns": {}, "create": ["world"]}, "world"),
        ({"columns": {}, "arrivals": "some"}, "arrivals"),
        ({"columns": {}, "supplier_by": "smell"}, "supplier_by"),
        ({"columns": {}, "surprise": 1}, "surprise"),
    ],
)
def test_a_mapping_that_is_none_says_everything_that_is_wrong(data, words):
    with pytest.raises(MappingError, match=words):
        read(data, DELIVERIES)


def test_gaps_name_our_columns_and_the_files():
    lacking = gaps(read({"columns": {"order_number": {"from": ["PO"]}}}, DELIVERIES), ["Something"])
    assert set(lacking) == {
        "order_number",
        "line_number",
        "plant",
        "part",
        "ordered",
        "supplier",
        "acknowledged_on",
    }
    assert "no column “PO”" in lacking["order_number"]
    with pytest.raises(MappingError):
        converter(definition(), columns=["PO"])


@pytest.mark.parametrize("kind", list(ImportKind))
def test_a_mapping_is_the_same_after_it_was_kept(kind):
    for mapping in SHIPPED[kind].values():
        assert read(mapping.as_data(), kind) == mapping
        assert gaps(mapping) == {}


@pytest.mark.parametrize("kind", list(ImportKind))
def test_our_own_template_is_understood_by_its_mapping_and_its_remarks_are_no_rows(tmp_path, kind):
    path = tmp_path / "x.csv"
    example = ",".join(f'"{target.example}"' for target in TARGETS[kind]).encode()
    path.write_bytes(template(kind) + example + b"\r\n")
    mapping = SHIPPED[kind]["assay"]
    reader = open_reader(path, look(path, FileOptions()).options)
    converting = Converter(mapping, reader.columns, {})
    rows = list(reader)
    reader.close()
    assert len(rows) == 1
    values = converting.convert(*rows[0])
    assert isinstance(values, dict), values
    assert values["part"] == "GH-220-04"


def test_a_template_explains_every_column():
    text = template(DELIVERIES).decode("utf-8-sig")
    for target in TARGETS[DELIVERIES]:
        assert target.label in text
        assert target.help in text


def seen(columns, *rows):
    return Look(
        options=FileOptions(), columns=columns, header_line=1, rows=list(enumerate(map(list, rows), 2))
    )


def test_german_headings_are_understood():
    columns = [
        "Bestellung",
        "Pos.",
        "Lieferant",
        "Lieferantenname",
        "Werk",
        "Materialnr.",
        "Material",
        "Kurztext",
        "Bestellmenge",
        "ME",
        "Liefertermin",
        "WE-Datum",
        "WE-Menge",
        "Lieferschein",
    ]
    cells = [
        "4500012345",
        "10",
        "104417",
        "Gießerei",
        "LUL",
        "",
        "GH-220",
        "Deckel",
        "480",
        "ST",
        "08.10.2026",
        "07.10.2026",
        "480",
        "LS-1",
    ]
    mapping = propose(seen(columns, cells), DELIVERIES)
    found = {name: source.columns[0] for name, source in mapping.sources.items()}
    assert found == {
        "order_number": "Bestellung",
        "line_number": "Pos.",
        "supplier": "Lieferant",
        "supplier_name": "Lieferantenname",
        "plant": "Werk",
        "part": "Material",
        "part_name": "Kurztext",
        "ordered": "Bestellmenge",
        "unit": "ME",
        "acknowledged_on": "Liefertermin",
        "received_on": "WE-Datum",
        "received": "WE-Menge",
        "reference": "Lieferschein",
    }
    assert gaps(mapping, columns) == {}


def test_a_heading_is_not_believed_when_its_cells_are_something_else():
    mapping = propose(
        seen(["Order", "Line", "Quantity", "Delivery date"], ["1", "1", "blue", "next week"]), DELIVERIES
    )
    assert not mapping.has("ordered")
    assert not mapping.has("acknowledged_on")


def test_names_identify_suppliers_where_there_are_no_numbers_and_a_lone_plant_needs_no_column():
    mapping = propose(seen(["Vendor", "Part"], ["Acme", "GH"]), DELIVERIES, ["LUL"])
    assert mapping.supplier_by is SupplierBy.NAME
    assert mapping.source("plant").constant == "LUL"


@pytest.mark.parametrize(
    ("days", "order"),
    [
        (["25/12/2026", "06/02/2026"], "day-month-year"),
        (["12/25/2026", "06/02/2026"], "month-day-year"),
        (["06/02/2026", "07/03/2026"], "auto"),
        (["25/12/2026", "12/25/2026"], "auto"),
    ],
)
def test_the_order_of_days_is_proposed_when_a_column_proves_it(tmp_path, days, order):
    path = tmp_path / "x.csv"
    path.write_text("a;b;Due date\n" + "".join(f"1;2;{day}\n" for day in days))
    assert look(path, FileOptions()).options.dates == order


@pytest.mark.parametrize(
    ("numbers", "mark"),
    [
        (["1.234,5", "2"], ","),
        (["1,234.5", "2"], "."),
        (["1.234", "2.345"], "auto"),
        (["1.5", "1,5"], "auto"),
        (["0.500", "480.000"], "."),
    ],
)
def test_the_decimal_mark_is_proposed_when_a_column_proves_it(tmp_path, numbers, mark):
    path = tmp_path / "x.csv"
    path.write_text("a;Day;Quantity\n" + "".join(f"x;02.06.2026;{number}\n" for number in numbers))
    assert look(path, FileOptions()).options.decimal == mark
