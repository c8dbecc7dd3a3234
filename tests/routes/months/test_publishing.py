"""Two people publish; what is published never changes, and corrections are revisions."""

import json
from datetime import date, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import select

from portal import clock
from portal.models.months import (
    MonthStatus,
    ScorecardCorrection,
    ScorecardMail,
)
from portal.models.outbox import OutgoingMail
from portal.storage import make_store
from portal.workflows.months import correcting, following, freezing, records, writing
from scorecards.cardfile import verify
from tests.factories import deliveries, suppliers
from tests.factories.months import OCTOBER, PUBLISH
from tests.people import TESTER
from tests.routes.months.conftest import (
    AFTER,
    CARD,
    PROMISED,
    frozen,
    line_of,
    published,
)


async def test_two_people_publish_and_the_bytes_never_change(site, db, cast, preview):
    row = await published(site, db, cast)
    assert (row.status, row.cards) == (MonthStatus.PUBLISHED, 2)
    tomasz = await site(cast.tomasz)
    before = (await tomasz.get("/scorecard/card.json?period=2026-10")).content
    finding = verify(before)
    assert finding.difference is None
    assert json.loads(before)["sha256"] == finding.sha256
    page = (await tomasz.get(CARD)).text
    assert "Published." in page
    assert finding.sha256 in page
    # Upgrade the policy, correct a line, publish again: what was published stays as it was.
    await db.execute(text("UPDATE policy SET definition = jsonb_set(definition, '{weights,quality}', '10')"))
    await db.execute(text("UPDATE policy SET definition = jsonb_set(definition, '{weights,delivery}', '70')"))
    late = await line_of(db)
    late.excuse_code, late.excused_by_name, late.excused_at = "other", "Karin Holm", clock.now()
    await db.flush()
    with clock.fixed(PUBLISH + timedelta(days=1)):
        assert await following.follow(db, TESTER) == []
        tomasz = await site(cast.tomasz)
        assert (await tomasz.get("/scorecard/card.json?period=2026-10")).content == before
        assert "90.9 %" in (await tomasz.get(CARD)).text
    for statement in (
        "UPDATE scorecard SET band = 'A'",
        "DELETE FROM scorecard",
        "UPDATE scorecard_file SET content = ''",
        "DELETE FROM scorecard_file",
        "TRUNCATE scorecard CASCADE",
        "UPDATE scorecard_month SET status = 'closed'",
        "DELETE FROM scorecard_month",
    ):
        with pytest.raises(DBAPIError, match=r"never changed|permission denied"):
            async with db.begin_nested():
                await db.execute(text(statement))


async def test_a_rival_gets_its_own_card_and_nothing_before_it_is_published(site, db, cast, preview):
    await published(site, db, cast)
    theirs = (await (await site(cast.rita)).get("/scorecard/card.json?period=2026-10")).content
    assert b"BOLT-1" in theirs
    assert b"LATE-1" not in theirs
    await db.execute(text("SELECT set_config('role', 'assay_supplier', true)"))
    await db.execute(text("SELECT set_config('assay.supplier', :acme, true)"), {"acme": str(cast.acme.id)})
    assert (await db.execute(text("SELECT count(*) FROM scorecard"))).scalar_one() == 1
    assert (await db.execute(text("SELECT count(*) FROM scorecard_file"))).scalar_one() == 1
    await db.execute(text("SELECT set_config('role', 'assay_staff', true)"))


async def test_whoever_hands_in_cannot_approve_and_a_returned_month_keeps_no_cards(site, db, cast, preview):
    row = await records.to_change(db, OCTOBER)
    row.status = MonthStatus.CLOSED
    await db.flush()
    with clock.fixed(AFTER):
        karin = await site(cast.karin)
        assert (await karin.post("/months/2026-10/approval")).status_code == 409
        await karin.post("/months/2026-10/proposal")
        own = await karin.post("/months/2026-10/approval")
        assert own.status_code == 409
        assert "somebody else has to approve it" in own.text
        assert (await (await site(cast.elin)).post("/months/2026-10/approval")).status_code == 404
        root = await site(cast.root)
        assert (await root.post("/months/2026-10/approval")).status_code == 303
        await frozen(db, by=TESTER)
        assert await freezing.counted(db, OCTOBER) == 2
        assert (await root.post("/months/2026-10/return", data={"reason": ""})).status_code == 422
        await root.post("/months/2026-10/return", data={"reason": "Gdańsk is missing."})
        assert await freezing.counted(db, OCTOBER) == 0
        assert "Gdańsk is missing." in (await karin.get("/months/2026-10")).text


async def test_an_engineer_of_one_plant_sees_no_frozen_card_of_all_plants(site, db, cast, preview):
    await published(site, db, cast)
    gustav = await site(cast.gustav)
    page = await gustav.get("/suppliers/104417/scorecard?period=2026-10")
    assert "Not rated" in page.text
    assert b"LATE-1" not in (await gustav.get("/suppliers/104417/scorecard/card.json?period=2026-10")).content


async def corrected(db):
    """What the end of a transaction and the worker do: fold the sums, look at what they touch."""
    await db.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    await db.execute(text("SET CONSTRAINTS ALL DEFERRED"))
    while await correcting.recheck(db, TESTER):
        pass
    query = select(ScorecardCorrection).execution_options(populate_existing=True)
    return (await db.execute(query)).scalars().all()


async def test_a_later_correction_is_a_revision_with_both_values_and_a_mail(
    site, db, settings, cast, preview
):
    await suppliers.contact(db, cast.acme, email="q@acme.test")
    await published(site, db, cast)
    assert await corrected(db) == [], "what was frozen agrees with the records"
    with clock.fixed(PUBLISH + timedelta(days=1)):
        tomasz, elin, karin = [await site(each) for each in (cast.tomasz, cast.elin, cast.karin)]
        before = (await tomasz.get("/scorecard/card.json?period=2026-10")).content
        late = await line_of(db)
        late.excuse_code, late.excuse_note = "dock_closed", "Our dock was closed."
        late.excused_by_name, late.excused_at = "Karin Holm", clock.now()
        await db.flush()
        [found] = await corrected(db)
        assert (found.supplier_id, found.before["score"], found.revision) == (cast.acme.id, "65.0", 1)
        assert found.changes == ["LATE-1-10: excused (Our dock was closed.)."]
        page = (await elin.get("/months/2026-10")).text
        assert "Our dock was closed." in page
        here = f"/months/2026-10/corrections/{found.id}"
        assert (await elin.post(f"{here}/proposal", data={"reason": ""})).status_code == 422
        await karin.post(f"{here}/proposal", data={"reason": "Our dock was closed that week."})
        assert (await karin.post(f"{here}/issue")).status_code == 409, "four eyes"
        root = await site(cast.root)
        assert (await root.post(f"{here}/issue")).status_code == 303
        page = (await tomasz.get(CARD)).text
        assert "Corrected on" in page
        assert "Our dock was closed that week." in page
        assert "100.0 %" in page
        assert (await tomasz.get("/scorecard/card.json?period=2026-10&revision=0")).content == before
        after = (await tomasz.get("/scorecard/card.json?period=2026-10")).content
        assert verify(after).difference is None
        assert after != before
        mails = (await db.execute(select(ScorecardMail).where(ScorecardMail.revision == 1))).scalars().all()
        assert [each.address for each in mails] == ["q@acme.test"]
        await writing.write(db, make_store(settings), settings, TESTER, mails[0].id)
        mail = (await db.execute(select(OutgoingMail).where(OutgoingMail.kind == "scorecard"))).scalar_one()
    words = " ".join(mail.body_text.split())
    assert "Our dock was closed that week. The score was 65.0, band D; it is" in words


async def test_only_the_months_that_a_change_touches_are_looked_at(site, db, cast, preview):
    await published(site, db, cast)
    await corrected(db)
    with clock.fixed(PUBLISH + timedelta(days=1)):
        # November's line, and one of a rival in October.
        await deliveries.line(db, cast, acknowledged_on=date(2026, 11, 2))
        await db.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
        await db.execute(text("SET CONSTRAINTS ALL DEFERRED"))
        assert (await db.execute(text("SELECT count(*) FROM scorecard_touch"))).scalar_one() == 0
        await deliveries.line(db, cast, (PROMISED, 100), supplier_id=cast.bolt.id)
        await db.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
        await db.execute(text("SET CONSTRAINTS ALL DEFERRED"))
        marks = (await db.execute(text("SELECT DISTINCT supplier_id, month FROM scorecard_touch"))).all()
        assert [tuple(each) for each in marks] == [(cast.bolt.id, OCTOBER)]
        await correcting.recheck(db, TESTER)
        [found] = await corrected(db)
        assert found.supplier_id == cast.bolt.id


async def test_what_changes_between_approval_and_publication_is_approved_anew(site, db, cast, preview):
    row = await records.to_change(db, OCTOBER)
    row.status = MonthStatus.CLOSED
    await db.flush()
    with clock.fixed(AFTER):
        await (await site(cast.elin)).post("/months/2026-10/proposal")
        await (await site(cast.karin)).post("/months/2026-10/approval")
        await frozen(db, by=TESTER)
        await corrected(db)
        await deliveries.line(db, cast, (date(2026, 10, 20), 100), order_number="LATE-2")
        await corrected(db)
        found = await records.find(db, OCTOBER)
    assert found.status is MonthStatus.CLOSED
    assert "The card of Acme Castings has changed" in found.returned
