"""An import leaves one row for each record it changed, with the file as the reason; so does undoing it."""

import pytest

from portal.models.imports import ImportStatus
from tests.workflows.importing import HEADER

ONE = "45001;10;104417;LUL;GH-220-04;10;2026-10-08;2026-10-07;10;DN-1"
TWO = "45001;20;104417;LUL;GH-220-04;480;2026-10-08;;;"
THREE = "45002;10;104900;GDN;GH-220-05;5;2026-09-30;2026-10-02;5;DN-2"
RECORDS = ("delivery_line", "receipt", "part")


def file(*rows):
    return "\n".join([HEADER, *rows]) + "\n"


@pytest.fixture
async def since(office):
    start = await office.one("SELECT coalesce(max(id), 0) FROM trail_act")

    async def read():
        nonlocal start
        found = await office.rows(
            "SELECT table_name, action, reason, person_name, count(*) FROM trail_act"
            f" JOIN trail_change ON act_id = id WHERE id > {start} GROUP BY 1, 2, 3, 4 ORDER BY 1, 2"
        )
        start = await office.one("SELECT max(id) FROM trail_act")
        assert {row[3] for row in found} <= {office.who.name}
        return {(row[0], row[1]): (row[4], row[2]) for row in found if row[0] in RECORDS}

    return read


async def test_each_record_that_an_import_adds_or_changes_is_one_row(office, since):
    await office.send(file(ONE, TWO, THREE), name="october.csv")
    assert await since() == {
        ("delivery_line", "insert"): (3, "Import of october.csv"),
        ("part", "insert"): (1, "Import of october.csv"),
        ("receipt", "insert"): (2, "Import of october.csv"),
    }
    await office.send(file(ONE, TWO, THREE), name="again.csv")
    assert await since() == {}
    await office.send(file(ONE.replace("2026-10-08", "2026-10-09"), TWO, THREE), name="corrected.csv")
    assert await since() == {("delivery_line", "update"): (1, "Import of corrected.csv")}


async def test_undoing_an_import_is_recorded_as_well(office, since):
    run = await office.send(file(ONE, TWO), name="wrong.csv")
    await since()
    assert (await office.undo(run.id)).status is ImportStatus.UNDONE
    found = await since()
    assert found["delivery_line", "delete"] == (2, "Import of wrong.csv undone")
    assert found["receipt", "delete"] == (1, "Import of wrong.csv undone")


async def test_a_refused_import_changes_no_record(office, since):
    run = await office.send(file(ONE.replace(";10;2026", ";ten;2026")))
    assert run.rows_rejected == 1
    assert await since() == {}
