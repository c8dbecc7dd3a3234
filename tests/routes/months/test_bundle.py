"""All cards of a month in one ZIP: refused before publication, made once, named safely, gone after a week."""

import io
from datetime import timedelta
from zipfile import ZipFile

from sqlalchemy import text

from portal import clock
from portal.models.months import BundleStatus
from portal.models.suppliers import Supplier
from portal.storage import make_store
from portal.workflows.documents import sweeping
from portal.workflows.months import bundling, records
from tests.factories.months import OCTOBER, PUBLISH
from tests.people import principal_of
from tests.routes.months.conftest import published

HERE = "/months/2026-10/cards"
LATER = PUBLISH + timedelta(hours=1)


async def made(db, database, settings, cast):
    """Make the file as the job does, and write down that it is there."""
    who = principal_of(cast.elin)
    bundle = await bundling.newest(db, who, OCTOBER)
    told = []

    async def report(cards):
        told.append(cards)

    key, size = await bundling.make(database, make_store(settings), who, bundle, report)
    bundle.file_key, bundle.size, bundle.status = key, size, BundleStatus.DONE
    bundle.cards_done, bundle.finished_at = bundle.cards, clock.now()
    await db.flush()
    return told


async def test_the_file_is_refused_before_the_month_is_published(site, db, cast, preview):
    elin = await site(cast.elin)
    assert "Not published yet" in (await elin.get(HERE)).text
    refused = await elin.post(HERE)
    assert refused.status_code == 409
    assert "The cards of October 2026 are not published yet" in refused.text
    assert (await elin.get(f"{HERE}.zip")).status_code == 404


async def test_the_file_holds_each_published_card_under_a_safe_name(
    site, db, database, settings, cast, preview
):
    await published(site, db, cast)
    cast.bolt.name = "../../etc/Bolt: & <Sons>"
    await db.flush()
    with clock.fixed(LATER):
        elin = await site(cast.elin)
        assert (await elin.post(HERE)).status_code == 303
        assert (await elin.post(HERE)).status_code == 303  # a double click asks once
        count = await db.execute(text("SELECT count(*) FROM scorecard_bundle"))
        assert count.scalar_one() == 1
        assert "Waiting for a worker" in (await elin.get(HERE)).text
        assert await made(db, database, settings, cast) == [2]
        page = (await elin.get(HERE)).text
        assert "Download 2 cards" in page
        answer = await elin.get(f"{HERE}.zip")
        assert answer.headers["content-disposition"].startswith(
            'attachment; filename="scorecards-2026-10.zip"'
        )
        with ZipFile(io.BytesIO(answer.content)) as archive:
            assert archive.testzip() is None
            assert archive.namelist() == [
                "2026-10 104417 Acme Castings.pdf",
                "2026-10 104900 .._.._etc_Bolt_ & _Sons_.pdf",
            ]
            kept = archive.read("2026-10 104417 Acme Castings.pdf")
        # Page and file give the same document.
        assert kept == (await elin.get("/suppliers/104417/scorecard/card.pdf?period=2026-10")).content
        for person in (cast.tomasz, cast.anna):
            client = await site(person)
            assert (await client.get(f"{HERE}.zip")).status_code in {403, 404}
            assert (await client.post(HERE)).status_code in {403, 404}
        gustav = await site(cast.gustav)  # sees Gdańsk only
        assert (await gustav.get(f"{HERE}.zip")).status_code == 404
        assert "Ask somebody who sees all of them." in (await gustav.post(HERE)).text
    store = make_store(settings)
    bundle = await bundling.newest(db, principal_of(cast.elin), OCTOBER)
    assert await sweeping.used_of(db, [bundle.file_key]) == {bundle.file_key}
    with clock.fixed(LATER + bundling.KEPT + timedelta(minutes=1)):
        key = bundle.file_key
        assert await bundling.clear(db) == 1
        assert await sweeping.used_of(db, [key]) == set()
        elin = await site(cast.elin)
        assert "files are kept for a week" in (await elin.get(HERE)).text
        assert (await elin.get(f"{HERE}.zip")).status_code == 404
    assert await store.exists(key)  # the sweep removes it


async def test_another_file_is_made_once_a_card_was_corrected_or_it_failed(site, db, cast, preview):
    await published(site, db, cast)
    who = principal_of(cast.elin)
    month = await records.find(db, OCTOBER)
    first = await bundling.begin(db, who, month)
    assert await bundling.begin(db, who, month) is first
    first.status, first.problem = BundleStatus.FAILED, bundling.BROKEN
    await db.flush()
    assert "The file could not be made." in (await (await site(cast.elin)).get(HERE)).text
    second = await bundling.begin(db, who, month)
    assert second.id != first.id
    second.status, second.file_key, second.finished_at = BundleStatus.DONE, "0" * 64, clock.now()
    await db.flush()
    assert await bundling.is_up_to_date(db, second)
    second.last_card -= 1  # as if a revision had been issued since
    await db.flush()
    assert "A card was corrected since." in (await (await site(cast.elin)).get(HERE)).text
    assert (await bundling.begin(db, who, month)).id != second.id


def test_names_are_unique_whatever_suppliers_are_called():
    taken: set[str] = set()
    suppliers = [Supplier(number="7", name=name, country="SE") for name in ("A/B", "a_b", "CON", "x" * 300)]
    names = [bundling.name_in_archive(each, OCTOBER, taken) for each in suppliers]
    assert names[:3] == ["2026-10 7 A_B.pdf", "2026-10 7 a_b (2).pdf", "2026-10 7 CON.pdf"]
    assert len(names[3]) < 120
    assert len({name.casefold() for name in names}) == 4
