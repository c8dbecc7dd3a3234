"""What SCARs teach: each figure, its calculation, and that its link shows exactly the rows behind it."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest

from portal import clock
from portal.models.scars import CauseKind, Severity, Stage
from portal.workflows.scars import issue
from tests.factories import scars
from tests.people import principal_of

NOON = datetime(2026, 11, 3, 12, 30, tzinfo=UTC)
YEAR = "/improvement?period=2026-11~12"
WEAK = {"occurrence": ["The operator forgot it."], "escape": ["Nobody looked."], "proof": "Seen."}


@pytest.fixture
async def story(db, cast):
    """Five that count: three of porosity, one a repeat, one weak; one of a rival; a draft, one cancelled."""
    us, them = principal_of(cast.elin), principal_of(cast.tomasz)
    with clock.fixed(NOON):
        first = await scars.issued(db, cast)
        again = await scars.issued(db, cast, title="Pores again", repeat_of_id=first.id)
        await scars.issued(db, cast, title="Burrs", defect="Burrs", severity=Severity.MINOR, part_id=None)
        await scars.issued(db, cast, title="Rust", defect="Rust", supplier=cast.bolt)
        await scars.drafted(db, cast, title="Not yet")
        await issue.cancel(db, await scars.issued(db, cast, title="Ours"), "Ours.", by=us)
    for scar, content, days in ((first, WEAK, 2), (again, None, 4)):
        await scars.bring_to(db, scar, Stage.CONTAINMENT, cast)
        with clock.fixed(NOON + timedelta(days=days)):
            await scars.send(db, scar, Stage.CONTAINMENT, them)
            await scars.accept(db, scar, us)
            await scars.write(db, scar, scars.Discipline.D4, them, content)
            await scars.send(db, scar, Stage.ANALYSIS, them)
    first.cause = CauseKind.METHOD
    await db.flush()
    return first, again


def text_of(html):
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


async def rows(browser, page, words):
    """Follow the link whose words begin so, and name the SCARs one finds there."""
    found = re.search(rf'href="(/scars\?[^"]+)"[^>]*>(?:<bdi>)?{words}', page)
    assert found, words
    listed = await browser.get(unescape(found[1]))
    assert listed.status_code == 200
    return sorted(re.findall(r"data-open><bdi>(.*?)</bdi>", listed.text))


async def test_each_figure_explains_itself_and_opens_to_its_rows(elin, story):
    with clock.fixed(NOON + timedelta(days=10)):
        page = (await elin.get(YEAR)).text
        said = text_of(page)
        assert "4 SCARs issued in this time" in said
        assert "Came back 25.0 % 1 of 4 SCARs" in said
        assert "Weak answers 50.0 % 1 of 2 root causes sent" in said
        assert "Containment , median 3.0 days of 2 accepted" in said.replace(", median", " , median")
        assert await rows(elin, page, "Porosity") == ["Pores again", scars.VALUES["title"]]
        assert await rows(elin, page, "Method") == [scars.VALUES["title"]]
        again = (await elin.get(f"{YEAR}&explain=again")).text
        assert "1 SCARs that came back 4 SCARs issued × 100 = 25.0 %" in text_of(again)
        assert await rows(elin, again, "The 1 row") == ["Pores again"]
        weak = (await elin.get(f"{YEAR}&explain=weak")).text
        assert await rows(elin, weak, "The 1 row") == [scars.VALUES["title"]]
        stages = text_of((await elin.get(f"{YEAR}&explain=stages")).text)
        assert "Containment 3.0 2" in stages
        narrowed = (await elin.get(f"{YEAR}&by=plant&supplier=104417&severity=minor")).text
        assert "1 SCAR issued" in text_of(narrowed)
        assert await rows(elin, narrowed, "Luleå") == ["Burrs"]
        assert "No SCARs in this time" in (await elin.get("/improvement?period=2025-01")).text


async def test_a_count_is_taken_away_as_a_file_and_nobody_else_sees_it(elin, site, cast, story):
    lines = (await elin.get("/improvement.csv?period=2026-11~12&by=defect")).text.splitlines()
    assert lines == [
        '\ufeff"Defect","SCARs","Share, %","Running share, %"',
        '"Porosity",2,50.00,50.00',
        '"Burrs",1,25.00,75.00',
        '"Rust",1,25.00,100.00',
    ]
    # A part that is not known stands last, whatever its size.
    parts = (await elin.get("/improvement.csv?period=2026-11~12&by=part")).text.splitlines()
    assert parts[-1].startswith('"Not known",1')
    assert (await (await site(cast.tomasz)).get("/improvement")).status_code == 404
    for wrong in ("by=colour", "explain=all", "period=never", "cause=ghosts", "severity=bad", "part=%00"):
        assert (await elin.get(f"/improvement?{wrong}")).status_code == 422, wrong
    for wrong in (
        "issued=2026",
        "issued=2026-13..2026-14",
        "issued=2026-05..2026-01",
        "issued=0000-01..0000-02",
    ):
        assert (await elin.get(f"/scars?{wrong}")).status_code == 422, wrong
