"""An import can be taken back until something builds on it; then everything is as it was."""

import pytest

from portal.errors import NotReadyError
from portal.jobs import imports as jobs
from portal.models.imports import ImportKind, ImportStatus
from portal.workflows.imports import runs
from tests.workflows.importing import DELIVERIES, HEADER, without
from tests.workflows.test_imports import ONE, THREE, TWO, file
from tests.workflows.test_imports_records import LOTS, NONCONFORMANCES, lot, nonconformance

ADDING = {**DELIVERIES, "create": ["supplier", "part", "plant", "commodity"]}


async def test_undoing_the_first_import_leaves_nothing_of_it(office):
    before = await office.everything()
    run = await office.send(file(ONE, TWO, "1;1;N-1;HAL;P-1;3;2026-10-01;2026-10-01;3;D"), ADDING)
    assert run.status is ImportStatus.DONE, run.problem
    assert await office.everything() != before
    undone = await office.undo(run.id)
    assert undone.status is ImportStatus.UNDONE
    assert undone.undone_by_name == "Elin Sandberg"
    assert undone.months_touched == [321]
    assert await office.everything() == before


async def test_undoing_a_correction_brings_back_what_was_there(office):
    await office.send(file(ONE, THREE))
    before = await office.everything()
    changed = [
        ONE.replace("104417", "104900").replace("2026-10-08", "2026-11-02").replace(";10;DN-1", ";7;DN-1"),
        THREE.replace("DN-2", "DN-9"),
        TWO,
    ]
    second = await office.send(file(*changed))
    assert (second.rows_added, second.rows_updated) == (1, 2)
    assert await office.everything() != before
    undone = await office.undo(second.id)
    assert undone.status is ImportStatus.UNDONE
    assert await office.everything() == before


async def test_the_same_file_goes_in_again_after_it_was_undone(office):
    first = await office.send(file(ONE, TWO))
    await office.undo(first.id)
    again = await office.send(file(ONE, TWO))
    assert again.rows_added == 2


async def test_an_import_that_a_later_one_builds_on_stays_and_names_it(office):
    first = await office.send(file(ONE))
    later = await office.send(file(ONE.replace(";10;2026", ";12;2026")), name="november.csv")
    with pytest.raises(NotReadyError, match=rf"“november.csv” \(number {later.id}\) builds on this one"):
        await office.undo(first.id)
    assert (await office.look(first.id)).status is ImportStatus.DONE
    await office.undo(later.id)
    assert (await office.undo(first.id)).status is ImportStatus.UNDONE
    assert await office.one("SELECT count(*) FROM delivery_line") == 0


async def test_arrivals_booked_later_on_its_lines_keep_an_import(office):
    first = await office.send(file(ONE.replace(";10;DN-1", ";6;DN-1")))
    later = await office.send(
        file(ONE.replace("-07;10;DN-1", "-08;4;DN-2")), {**DELIVERIES, "arrivals": "new"}, name="rest.csv"
    )
    with pytest.raises(NotReadyError, match=r"rest\.csv"):
        await office.undo(first.id)
    before = await office.everything()
    await office.undo(later.id)
    assert await office.one("SELECT received FROM delivery_line") == 6
    await office.send(
        file(ONE.replace("-07;10;DN-1", "-08;4;DN-2")), {**DELIVERIES, "arrivals": "new"}, name="rest.csv"
    )
    after = await office.everything()
    assert after["sums"] == before["sums"]


async def test_a_nonconformance_imported_later_on_its_line_keeps_an_import(office):
    first = await office.send(file(ONE))
    await office.send(
        nonconformance("NC-1", order="45001", line="10"),
        NONCONFORMANCES,
        kind=ImportKind.NONCONFORMANCES,
        name="nc.csv",
    )
    with pytest.raises(NotReadyError, match=r"nc\.csv"):
        await office.undo(first.id)


async def test_a_line_that_was_excused_since_keeps_its_import(office):
    first = await office.send(file(ONE, TWO))
    await office.rows(
        "UPDATE delivery_line SET excuse_code = 'other', excused_by_name = 'Karin', excused_at = now()"
        " WHERE line_number = '20' RETURNING id"
    )
    with pytest.raises(NotReadyError, match="1 of its lines was excused since"):
        await office.undo(first.id)


async def test_an_excuse_on_a_line_that_was_only_changed_survives_the_undoing(office):
    await office.send(file(ONE))
    second = await office.send(file(ONE.replace(";10;2026", ";12;2026")))
    await office.rows(
        "UPDATE delivery_line SET excuse_code = 'other', excused_by_name = 'Karin', excused_at = now()"
        " RETURNING id"
    )
    await office.undo(second.id)
    assert await office.one("SELECT ordered, excused_by_name FROM delivery_line") == (10, "Karin")


async def test_what_something_else_uses_by_now_stays(office):
    first = await office.send(file("1;1;N-1;HAL;P-1;3;2026-10-01;;;"), ADDING)
    await office.send(file("2;1;N-1;LUL;P-2;3;2026-10-01;;;"), ADDING)
    await office.undo(first.id)
    assert await office.rows("SELECT number FROM supplier WHERE number = 'N-1'") == [("N-1",)]
    assert await office.rows("SELECT number FROM part WHERE number LIKE 'P-%'") == [("P-2",)]
    assert await office.rows("SELECT code FROM plant WHERE code = 'HAL'") == []


async def test_a_complete_file_that_took_arrivals_back_gives_them_again(office):
    await office.send(file(ONE))
    before = await office.everything()
    second = await office.send(
        file(ONE.replace("2026-10-07;10;DN-1", ";;")), without(DELIVERIES, "reference")
    )
    assert await office.one("SELECT count(*) FROM receipt") == 0
    await office.undo(second.id)
    assert await office.everything() == before


async def test_inspections_and_nonconformances_are_undone_the_same_way(office):
    await office.send(lot("L-1"), LOTS, kind=ImportKind.INSPECTIONS)
    await office.send(nonconformance("NC-1"), NONCONFORMANCES, kind=ImportKind.NONCONFORMANCES)
    before = await office.everything()
    lots = await office.send(
        lot("L-1", result="rejected", day="2026-11-02") + lot("L-2", header=False),
        LOTS,
        kind=ImportKind.INSPECTIONS,
    )
    assert (lots.rows_added, lots.rows_updated) == (1, 1)
    found = await office.send(
        nonconformance("NC-1", quantity="9", day="2026-09-02"),
        NONCONFORMANCES,
        kind=ImportKind.NONCONFORMANCES,
    )
    await office.undo(found.id)
    undone = await office.undo(lots.id)
    assert undone.months_touched == [321, 322]
    assert await office.everything() == before


async def test_what_is_not_done_is_not_undone(office):
    run = await office.send(file("x"))
    assert run.status is ImportStatus.DONE
    await office.undo(run.id)
    with pytest.raises(NotReadyError, match="Only an import that is done"):
        await office.undo(run.id)


async def test_what_came_between_asking_and_undoing_stops_it_with_its_sentence(office):
    first = await office.send(file(ONE))
    async with office.database.work(office.who) as db:
        await runs.ask_to_undo(db, await runs.to_change(db, office.who, first.id), office.who)
    await office.send(file(ONE.replace(";10;2026", ";12;2026")), name="quick.csv")
    await office.work(jobs.undo_import, first.id)
    after = await office.look(first.id)
    assert after.status is ImportStatus.DONE
    assert "quick.csv" in after.problem


def test_the_header_is_the_one_that_the_rows_have():
    assert len(HEADER.split(";")) == len(ONE.split(";"))
