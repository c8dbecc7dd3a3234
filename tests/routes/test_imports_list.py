"""All imports as a list and as a file."""

import csv
import io

import pytest

from portal.models.imports import ImportKind, ImportRun, ImportStatus


@pytest.fixture
async def runs(db):
    """Three: one that is done, one that was refused and one that was never begun."""
    ends = {
        "october.csv": (ImportKind.DELIVERIES, ImportStatus.DONE, "Elin Sandberg"),
        "lots.xlsx": (ImportKind.INSPECTIONS, ImportStatus.REFUSED, "Karin Holm"),
        "waiting.csv": (ImportKind.DELIVERIES, ImportStatus.UPLOADED, "Elin Sandberg"),
    }
    for number, (name, (kind, status, by)) in enumerate(ends.items()):
        db.add(
            ImportRun(
                kind=kind,
                status=status,
                file_name=name,
                file_key="",
                file_size=1200,
                sha256="",
                mapping_name="",
                definition={},
                started_by_name=by,
                rows_read=12,
                rows_added=10 - number,
                rows_rejected=2 + number,
            )
        )
        await db.flush()
    return list(ends)


def shown(page, names):
    """The names that are on a page, in its order."""
    return sorted((name for name in names if f"{name}</bdi>" in page), key=page.index)


async def test_the_list_begins_empty_and_says_what_comes_next(elin):
    page = (await elin.get("/imports")).text
    assert "Nothing has been imported yet" in page
    assert 'href="/imports/new"' in page


async def test_they_are_searched_filtered_and_sorted(elin, runs):
    october, lots, waiting = runs
    for query, expected in {
        "": [waiting, lots, october],
        "?sort=when": [october, lots, waiting],
        "?sort=-added": [october, lots, waiting],
        "?sort=-rejected": [waiting, lots, october],
        "?sort=file": [lots, october, waiting],
        "?q=karin": [lots],
        "?q=.csv&sort=file": [october, waiting],
        "?kind=inspections": [lots],
        "?status=uploaded&status=refused": [waiting, lots],
        "?q=october&status=refused": [],
    }.items():
        assert shown((await elin.get(f"/imports{query}")).text, runs) == expected, query
    for query in ("sort=id", "kind=gossip", "q=%00", "rows=0"):
        assert (await elin.get(f"/imports?{query}")).status_code == 422, query


async def test_the_file_says_nothing_where_nothing_was_counted(elin, runs):
    answer = await elin.get("/imports.csv?sort=when")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
    assert [row["File"] for row in rows] == runs
    assert [(row["Added"], row["Rejected"]) for row in rows] == [("10", "2"), ("", "3"), ("", "")]
    assert rows[0]["Holds"] == "Deliveries"
    assert (await elin.get("/imports.xlsx")).content[:2] == b"PK"


async def test_fifty_are_shown_at_first(elin, db, runs):
    for number in range(60):
        db.add(
            ImportRun(
                kind=ImportKind.DELIVERIES,
                file_name=f"{number}.csv",
                file_key="",
                file_size=1,
                sha256="",
                mapping_name="",
                definition={},
                started_by_name="Elin",
            )
        )
    await db.flush()
    page = (await elin.get("/imports")).text
    assert "50 of 63 imports" in page
    assert "Show 13 more" in page
