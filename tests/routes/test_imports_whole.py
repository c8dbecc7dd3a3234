"""An import from the file to the result, the correction and back, with a worker's work done in between."""

from contextlib import AsyncExitStack

import pytest

from portal.jobs import imports as jobs
from portal.jobs.job import JobContext
from portal.storage import make_store
from tests.conftest import visits
from tests.people import TESTER, invite_everybody, principal_of
from tests.routes.import_files import BAD, ONE, QUANTITY, content, fields, uploaded


@pytest.fixture
async def office(fresh, settings):
    async with fresh.work(TESTER) as db:
        cast = await invite_everybody(db)
    async with AsyncExitStack() as stack:
        visit = await visits(stack, fresh, settings)
        browser = await visit(cast.elin)

        async def work(job, run_id):
            who = principal_of(cast.elin)
            async with fresh.work(who) as db:
                context = JobContext(
                    db=db, who=who, database=fresh, store=make_store(settings), settings=settings
                )
                await job(context, {"run": run_id})

        yield browser, work


async def test_from_the_file_to_the_result_to_the_correction_and_back(office):
    browser, work = office
    here = await uploaded(browser, content(ONE, BAD))
    number = int(here.rpartition("/")[2])
    form = fields((await browser.get(here)).text) | QUANTITY
    await browser.post(f"{here}/run", data=form)
    await work(jobs.run_import, number)
    page = (await browser.get(here)).text
    for words in ("Done", "Rows read", "October 2026", "Undo this import", "ten", "Write a number"):
        assert words in page
    back = await browser.get(f"{here}/rejected.csv")
    assert 'filename="deliveries-rejected.csv"' in back.headers["content-disposition"]
    corrected = back.content.decode("utf-8-sig").replace("ten", "12").encode()
    second = await uploaded(browser, corrected, name="corrected.csv")
    await browser.post(f"{second}/run", data=fields((await browser.get(second)).text))
    await work(jobs.run_import, int(second.rpartition("/")[2]))
    page = (await browser.get(second)).text
    assert "corrected.csv" in page
    assert (await browser.get(f"{second}/rejected.csv")).status_code == 404
    third = await uploaded(browser, content(ONE.replace(";10;2026", ";11;2026")), name="third.csv")
    await browser.post(f"{third}/run", data=fields((await browser.get(third)).text))
    await work(jobs.run_import, int(third.rpartition("/")[2]))
    page = (await browser.get(here)).text
    assert "Undo this import" not in page
    assert "third.csv" in page
    refused = await browser.post(f"{here}/undoing")
    assert refused.status_code == 409
    assert "third.csv" in refused.text
    assert (await browser.post(f"{third}/undoing")).status_code == 303
    assert "is being undone" in (await browser.get(third)).text
    await work(jobs.undo_import, int(third.rpartition("/")[2]))
    assert "Undone by Elin Sandberg" in (await browser.get(third)).text
    listed = (await browser.get("/imports")).text
    assert "</svg>Undone</span>" in listed
    assert "corrected.csv" in listed


async def test_nothing_of_a_refused_file_is_in_and_the_page_says_so(office):
    browser, work = office
    here = await uploaded(browser, content(ONE, BAD))
    form = fields((await browser.get(here)).text) | QUANTITY | {"on_bad_rows": "refuse"}
    await browser.post(f"{here}/run", data=form)
    await work(jobs.run_import, int(here.rpartition("/")[2]))
    page = (await browser.get(here)).text
    assert "Nothing was imported." in page
    assert "1 row of 2 is wrong" in page


async def test_more_problems_are_shown_fifty_at_a_time(office):
    browser, work = office
    rows = [BAD.replace(";20;", f";{n};") for n in range(60)]
    here = await uploaded(browser, content(ONE, *rows))
    await browser.post(f"{here}/run", data=fields((await browser.get(here)).text) | QUANTITY)
    await work(jobs.run_import, int(here.rpartition("/")[2]))
    page = (await browser.get(here)).text
    assert page.count("Write a number") == 50
    assert "rows=100" in page
    assert (await browser.get(f"{here}?rows=100")).text.count("Write a number") == 60
    assert (await browser.get(f"{here}?rows=x")).status_code == 422


async def test_stored_xss(office):
    browser, work = office
    nasty = '"><img src=x onerror=alert(1)><div hx-get=/x hx-trigger=load>'
    rows = [ONE.replace("GH-220-04", nasty).replace('"', "”"), BAD.replace("ten", nasty).replace('"', "'")]
    here = await uploaded(browser, content(*rows))
    page = (await browser.get(here)).text
    assert "<img" not in page
    await browser.post(f"{here}/run", data=fields(page) | QUANTITY)
    await work(jobs.run_import, int(here.rpartition("/")[2]))
    page = (await browser.get(here)).text
    assert "<img" not in page
    assert "hx-get=/x" not in page.replace("&lt;div hx-get=/x", "")
