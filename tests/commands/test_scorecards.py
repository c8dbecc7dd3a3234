"""`assay scorecards` as it is typed."""

import argparse
import asyncio
import csv
import io
import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import text

from portal.commands import scorecards
from portal.errors import RefusalError
from portal.models.ratings import Policy as PolicyRow
from portal.workflows import ratings
from portal.workflows.policies import back_tests
from scorecards.periods import Period
from scorecards.policy import DEFAULT_POLICY
from tests.factories import deliveries
from tests.people import TESTER, invite_everybody


@pytest.fixture
async def two_months(fresh):
    """Acme: ten lines for October, nine on time, and one for November 2 days late. Bolt: one in October."""
    async with fresh.work(TESTER) as db:
        cast = await invite_everybody(db)
        for late in (0,) * 9 + (2,):
            await deliveries.line(db, cast, (date(2026, 10, 8 + late), 100))
        await deliveries.line(db, cast, (date(2026, 11, 5), 100), acknowledged_on=date(2026, 11, 3))
        await deliveries.line(db, cast, (date(2026, 10, 8), 100), supplier_id=cast.bolt.id)
        await deliveries.nonconformance(db, cast)
    return cast


@pytest.fixture
def typed(fresh, capsys):
    """Run the command in this process: exit status and what it printed."""

    async def run(*words):
        parser = argparse.ArgumentParser()
        scorecards.arguments(parser)
        status = await scorecards.answer(parser.parse_args(words), fresh)
        return status, capsys.readouterr().out

    return run


@pytest.fixture
def rated(typed):
    async def run(*words):
        status, out = await typed("rate", "--as-of", "2026-12-01", *words)
        assert status == 0
        return out

    return run


async def test_every_supplier_is_rated_and_all_are_pooled(rated, two_months):
    out = await rated("--month", "2026-10")
    lines = [line.split() for line in out.splitlines()]
    assert lines[0][:2] == ["October", "2026,"]
    acme = ["Acme", "Castings", "(104417)", "10", "9", "90.00", "%", "2,000"]
    assert acme in [line[:8] for line in lines]
    bolt = next(line for line in lines if line[:1] == ["Bolt"])
    assert bolt[4:10] == ["1", "1", "100.00", "%", "no", "activity"]
    assert bolt[-2:] == ["few", "lines"]
    assert lines[-1] == ["All", "together", "11", "10", "90.91", "%", "1,818"]


async def test_another_window_is_tried_on_the_lines(rated, two_months):
    async def on_time(*words):
        found = json.loads(await rated("--format", "json", *words))
        return found["total"]["on_time"], found["total"]["counted"]

    assert await on_time() == (10, 12)
    assert await on_time("--late", "1") == (10, 12)
    assert await on_time("--late", "2") == (12, 12)
    assert await on_time("--early", "any", "--late", "2", "--supplier", "104417") == (11, 11)
    assert await on_time("--from", "2026-11", "--to", "2026-12", "--supplier", "acme") == (0, 1)


async def test_what_comes_after_it_can_read_it(rated, two_months):
    rows = list(csv.DictReader(io.StringIO(await rated("--month", "2026-10", "--format", "csv"))))
    assert [row["name"] for row in rows] == ["Acme Castings", "Bolt & Sons", "All together"]
    assert (rows[0]["delivery_percent"], rows[0]["ppm"], rows[0]["few_lines"]) == ("90", "2000", "False")
    assert (rows[1]["ppm_state"], rows[1]["ppm"]) == ("no_activity", "")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--supplier", "nobody"], "There is no supplier with the number or name “nobody”."),
        (["--supplier", "104"], "There is no supplier with the number or name “104”."),
        (["--supplier", "s"], "could be Acme Castings (104417), Bolt & Sons (104900). Give the number."),
        (["--from", "2026-10"], "Give both --from and --to."),
        (["--from", "2026-10", "--to", "2026-09"], "Let --to follow --from, within ten years."),
        (["--month", "2026-10", "--to", "2026-11"], "Give either --month, or --from and --to."),
        (["--late", "any"], "Give --late as a number of days"),
    ],
)
async def test_what_cannot_be_rated_is_said(rated, two_months, words, sentence):
    with pytest.raises(RefusalError) as refused:
        await rated(*words)
    assert sentence in refused.value.sentence


@pytest.mark.parametrize("words", [["--month", "2026-13"], ["--late", "999"], ["--as-of", "tomorrow"]])
async def test_what_is_no_month_or_day_is_refused(rated, capsys, words):
    with pytest.raises(SystemExit):
        await rated(*words)
    assert words[1] in capsys.readouterr().err


async def test_without_deliveries_it_says_how_to_get_some(said, fresh):
    status, _, err = await said("scorecards", "rate")
    assert status == 1
    assert "There are no deliveries yet." in err


async def test_drift_is_shown_and_mended(typed, fresh, two_months):
    assert await typed("recount") == (0, "Lines and monthly sums are what the rows say.\n")
    async with fresh.work(TESTER) as db:
        await db.execute(text("UPDATE supplier_month_total SET lines = 99 WHERE month = 322"))
    status, out = await typed("recount", "--month", "2026-11")
    assert status == 1
    assert "November 2026: lines is 99, counted 1" in out
    assert await typed("rebuild") == (0, "0 lines derived anew, 2 months counted afresh.\n")
    assert (await typed("recount"))[0] == 0


async def test_the_scms_file_is_rated_as_published(said, typed, fresh, shared_data):
    file = str(shared_data / "scms_delivery_history.csv")
    status, _, err = await said("import", "deliveries", file, "--mapping", "scms")
    assert (status, err) == (0, "")

    async def all_together(*words):
        status, out = await typed("rate", "--format", "json", *words)
        assert status == 0
        found = json.loads(out)
        total = found["total"]
        return found, total["counted"], total["on_time"], Decimal(total["delivery_percent"])

    found, *numbers = await all_together("--early", "any", "--late", "0")
    assert numbers == [10324, 9138, Decimal("88.512205")]
    assert len(found["suppliers"]) == 73
    assert {one["ppm_state"] for one in found["suppliers"]} == {"no_activity"}
    assert sum(one["few_lines"] for one in found["suppliers"]) == 43
    _, *numbers = await all_together()
    assert numbers == [10324, 6720, Decimal("65.09105")]
    year = ("--supplier", "Aurobindo Pharma Limited", "--from", "2013-01", "--to", "2013-12")
    _, *numbers = await all_together("--early", "any", *year)
    assert numbers == [78, 70, Decimal("89.74359")]
    await _a_stricter_window_is_tried(fresh)


async def _a_stricter_window_is_tried(database):
    """A back-test of 2013 with two days of earliness: nobody gains by it, and the engine says the same."""
    today, december = date(2014, 1, 15), Period.month(2013, 12)
    rules = replace(DEFAULT_POLICY.delivery, early_days=2)
    stricter = replace(DEFAULT_POLICY, version=2, delivery=rules)
    async with database.work(TESTER) as db:
        row = PolicyRow(name="Default", number=2, definition=stricter.to_dict())
        db.add(row)
        await db.flush()
        test = await back_tests.begin(db, TESTER, row, today=today)
        await back_tests.run(db, TESTER, test, lambda _: asyncio.sleep(0))
        found = back_tests.found(test)
        assert found.changes
        assert not any(change.is_up for change in found.changes)
        assert {sum(map(sum, found.matrix(month))) for month in found.counts} == {73}
        now = {each.supplier_id: each.card for each in await ratings.cards(db, TESTER, december, today)}
        then = await ratings.cards(db, TESTER, december, today, policy=stricter)
        bands = {each.supplier_id: each.card.band for each in then}
        moved = {key: band for key, band in bands.items() if band != now[key].band}
    of_december = [change for change in found.changes if change.month == december.last_month]
    assert {change.supplier_id: change.now for change in of_december} == moved
    assert all(change.reason.startswith("On-time delivery: ") for change in of_december)
