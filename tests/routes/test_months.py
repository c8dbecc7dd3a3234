"""A month of the scorecards from the import to publication, as both sides go through it."""

import json
import re
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import select

from portal import clock
from portal.models.deliveries import DeliveryLine
from portal.models.months import (
    DisputeStatus,
    MonthStatus,
    ScorecardCorrection,
    ScorecardDispute,
    ScorecardMail,
    Unanswered,
)
from portal.models.outbox import OutgoingMail
from portal.models.tasks import Task
from portal.storage import make_store
from portal.workflows import ratings
from portal.workflows.months import correcting, following, freezing, plan, records, writing
from scorecards.cardfile import verify
from tests.factories import deliveries, files, suppliers
from tests.factories.months import OCTOBER, PUBLISH, month
from tests.people import TESTER

PREVIEW = datetime(2026, 11, 4, 9, tzinfo=UTC)
AFTER = datetime(2026, 11, 11, 9, tzinfo=UTC)
PROMISED = date(2026, 10, 8)
CARD = "/scorecard?period=2026-10"


@pytest.fixture
async def october(db, cast):
    """Acme: 10 lines on time and one 4 days late; 2 of 1,100 pieces bad. Bolt: one line on time."""
    await ratings.install_default_policy(db)
    for _ in range(10):
        await deliveries.line(db, cast, (PROMISED, 100))
    cast_line = await deliveries.line(db, cast, (date(2026, 10, 12), 100), order_number="LATE-1")
    await deliveries.line(db, cast, (PROMISED, 100), supplier_id=cast.bolt.id, order_number="BOLT-1")
    await deliveries.nonconformance(db, cast, number="NC-26-1")
    return cast_line


@pytest.fixture
async def preview(db, october):
    with clock.fixed(PREVIEW):
        yield await month(db)


async def line_of(db):
    query = select(DeliveryLine).where(DeliveryLine.order_number == "LATE-1")
    return (await db.execute(query.execution_options(populate_existing=True))).scalar_one()


async def dispute_of(db):
    query = select(ScorecardDispute).execution_options(populate_existing=True)
    return (await db.execute(query)).scalar_one()


async def raise_dispute(site, cast, db, **more):
    browser = await site(cast.tomasz)
    found = await line_of(db)
    return await browser.post(
        f"/disputes?line={found.id}", data={"reason": "The truck was at your gate on 8 October."}, **more
    )


async def decide(site, db, person, step, **data):
    dispute = await dispute_of(db)
    browser = await site(person)
    return await browser.post(
        f"/disputes/{dispute.id}/{step}", data={"version": str(dispute.version), **data}
    )


async def frozen(db, *, by):
    """Freeze what somebody has approved, as the worker does."""
    row = await records.to_change(db, OCTOBER)
    missing = await freezing.missing(db, by, row)
    await freezing.freeze_some(db, by, row, missing)
    return await freezing.seal(db, row)


async def published(site, db, cast):
    """Go through the two people and the worker, and publish October on its day."""
    row = await records.to_change(db, OCTOBER)
    row.status = MonthStatus.CLOSED
    await db.flush()
    with clock.fixed(AFTER):
        assert (await (await site(cast.elin)).post("/months/2026-10/proposal")).status_code == 303
        assert (await (await site(cast.karin)).post("/months/2026-10/approval")).status_code == 303
        await frozen(db, by=TESTER)
    with clock.fixed(PUBLISH):
        assert "published" in await following.follow(db, TESTER)
    return await records.find(db, OCTOBER)


async def test_the_clock_brings_a_month_to_its_end_and_never_twice(db, cast, october):
    moments = [
        (datetime(2026, 11, 2, 23, tzinfo=UTC), [], None),  # working day 2 is 3 November, 5:00
        (datetime(2026, 11, 3, 4, 5, tzinfo=UTC), ["computed", "opened"], MonthStatus.PREVIEW),
        (datetime(2026, 11, 10, 15, 50, tzinfo=UTC), [], MonthStatus.PREVIEW),  # 16:50 in Stockholm
        (datetime(2026, 11, 10, 16, 5, tzinfo=UTC), ["closed"], MonthStatus.CLOSED),
        (datetime(2026, 11, 10, 15, 5, tzinfo=UTC), [], MonthStatus.CLOSED),  # the clock goes back
        (datetime(2026, 11, 30, 12, tzinfo=UTC), [], MonthStatus.CLOSED),  # nobody has approved it
    ]
    for now, done, status in moments:
        with clock.fixed(now):
            assert await following.follow(db, TESTER) == done, now
            found = await records.known(db, OCTOBER)
            assert (found.status if found else None) == status, now
    assert (found.preview_until_at, found.publish_at) == (
        datetime(2026, 11, 10, 16, tzinfo=UTC),
        datetime(2026, 11, 12, 7, tzinfo=UTC),
    )


async def test_a_worker_that_was_away_takes_no_days_from_suppliers(db, cast, october):
    with clock.fixed(datetime(2026, 11, 9, 4, 5, tzinfo=UTC)):
        assert await following.follow(db, TESTER) == ["computed", "opened"]
    found = await records.find(db, OCTOBER)
    assert found.preview_until_at == datetime(2026, 11, 16, 16, tzinfo=UTC)


async def test_a_plant_that_went_silent_holds_up_the_preview_until_somebody_goes_on(site, db, cast, october):
    for day in range(90):
        on = date(2026, 7, 1) + timedelta(days=day)
        if on.weekday() < 5:
            await deliveries.line(db, cast, (on, 1), acknowledged_on=on, ordered=1, plant_id=cast.gdansk.id)
    await deliveries.line(db, cast, (date(2026, 10, 14), 1), ordered=1, plant_id=cast.gdansk.id)
    with clock.fixed(PREVIEW):
        assert await following.follow(db, TESTER) == ["computed"]
        elin = await site(cast.elin)
        page = await elin.get("/months/2026-10")
        assert "No deliveries from Gdańsk since 14 October. The preview waits." in page.text
        tasks = (await db.execute(select(Task).where(Task.kind == "month.hold"))).scalars().all()
        assert len(tasks) == 1
        assert (await (await site(cast.olle)).post("/months/2026-10/preview")).status_code == 404
        assert (await elin.post("/months/2026-10/preview")).status_code == 303
        page = await elin.get("/months/2026-10")
    assert "Elin Sandberg went on without." in page.text


async def test_the_supplier_disputes_a_line_with_evidence_and_sees_what_it_would_change(
    site, db, cast, preview
):
    tomasz = await site(cast.tomasz)
    page = await tomasz.get(f"{CARD}&explain=delivery")
    late = await line_of(db)
    assert f'href="/disputes/new?line={late.id}"' in page.text
    assert "Tue 10 Nov, 16:00" in page.text
    assert (await tomasz.get(f"/disputes/new?line={late.id}")).status_code == 200
    token = tomasz.headers["x-csrf-token"]
    sent = await tomasz.post(
        f"/disputes?line={late.id}&csrf_token={token}",
        data={"reason": "The truck was at your gate on 8 October."},
        files={"files": ("cmr.jpg", files.photo(), "image/jpeg")},
    )
    assert sent.status_code == 303
    page = (await tomasz.get(f"{CARD}&explain=delivery")).text
    assert "The truck was at your gate on 8 October." in page
    assert "cmr.jpg" in page
    assert "10 ÷ 10 = 100.0 %" in page
    assert f'href="/disputes/new?line={late.id}"' not in page
    again = await raise_dispute(site, cast, db)
    assert again.status_code == 409
    elin = await site(cast.elin)
    assert "Dispute of LATE-1-10" in (await elin.get("/worklist?owner=anyone")).text
    shown = await elin.get(f"/disputes/{(await dispute_of(db)).id}")
    assert "10 ÷ 10 = 100.0 %" in shown.text


async def test_what_is_a_rival_s_on_time_or_too_late_cannot_be_disputed(site, db, cast, preview):
    late = await line_of(db)
    rita = await site(cast.rita)
    for address in (f"/disputes/new?line={late.id}", "/disputes/new?line=999999", "/disputes/new"):
        assert (await rita.get(address)).status_code == 404
    assert (await rita.post(f"/disputes?line={late.id}", data={"reason": "x"})).status_code == 404
    on_time = await deliveries.line(db, cast, (PROMISED, 100))
    tomasz = await site(cast.tomasz)
    assert (await tomasz.get(f"/disputes/new?line={on_time.id}")).status_code == 409
    assert (await tomasz.post(f"/disputes?line={late.id}", data={"reason": ""})).status_code == 422
    with clock.fixed(datetime(2026, 11, 10, 16, tzinfo=UTC)):
        assert (await raise_dispute(site, cast, db)).status_code == 409
        assert "/disputes/new" not in (await tomasz.get(f"{CARD}&explain=delivery")).text


async def test_an_excuse_needs_a_reason_code_and_another_person(site, db, cast, preview):
    await raise_dispute(site, cast, db)
    lacking = await decide(site, db, cast.elin, "acceptance", answer="Our gate was full.")
    assert lacking.status_code == 422
    assert (await decide(site, db, cast.olle, "acceptance", answer="x", why="dock_closed")).status_code == 404
    done = await decide(site, db, cast.karin, "acceptance", answer="Our gate was full.", why="dock_closed")
    assert done.status_code == 303
    assert (await line_of(db)).excuse_code is None
    own = await decide(site, db, cast.karin, "approval")
    assert own.status_code == 409
    assert "somebody else has to approve it" in own.text
    assert (await decide(site, db, cast.elin, "approval")).status_code == 404
    assert (await decide(site, db, cast.root, "approval")).status_code == 303
    line = await line_of(db)
    assert (line.excuse_code, line.excuse_note) == ("dock_closed", "Our gate was full.")
    assert line.excused_by_name == "Rolf Root"
    dispute = await dispute_of(db)
    assert dispute.effect["before"] == {"value": "90.9 %", "score": "65.0", "band": "D"}
    assert dispute.effect["after"]["value"] == "100.0 %"
    mail = (await db.execute(select(OutgoingMail).where(OutgoingMail.kind == "dispute_decided"))).scalar_one()
    assert mail.address == cast.tomasz.email
    assert "On-time delivery changed from 90.9 % to 100.0 %" in " ".join(mail.body_text.split())
    page = await (await site(cast.tomasz)).get(f"{CARD}&explain=delivery")
    assert "Our gate was full. Approved by Rolf Root" in page.text


async def test_a_nonconformance_that_is_not_theirs_is_not_counted(site, db, cast, preview):
    tomasz = await site(cast.tomasz)
    found = (await db.execute(text("SELECT id FROM nonconformance"))).scalar_one()
    page = await tomasz.get(f"{CARD}&explain=quality")
    assert f"/disputes/new?nonconformance={found}" in page.text
    await tomasz.post(f"/disputes?nonconformance={found}", data={"reason": "Scratched in your store."})
    assert (await decide(site, db, cast.elin, "acceptance", answer="x", why="supplier")).status_code == 422
    await decide(site, db, cast.elin, "acceptance", answer="Our fork lift.", why="ours")
    assert (await decide(site, db, cast.karin, "approval")).status_code == 303
    assert (await db.execute(text("SELECT responsibility FROM nonconformance"))).scalar_one() == "ours"
    assert (await dispute_of(db)).effect["after"]["value"] == "0 PPM"


async def test_a_rejected_one_says_why_and_one_taken_back_may_come_again(site, db, cast, preview):
    await raise_dispute(site, cast, db)
    tomasz = await site(cast.tomasz)
    await tomasz.post(f"/disputes/{(await dispute_of(db)).id}/withdrawal")
    assert (await dispute_of(db)).status is DisputeStatus.WITHDRAWN
    await db.execute(text("DELETE FROM scorecard_dispute"))
    await raise_dispute(site, cast, db)
    await decide(site, db, cast.elin, "rejection", why_not="The gate book says 12 October.")
    page = await tomasz.get(f"/disputes/{(await dispute_of(db)).id}")
    assert "The gate book says 12 October." in page.text
    assert (await decide(site, db, cast.elin, "rejection", why_not="Again.")).status_code == 409


async def test_undecided_disputes_block_or_are_marked_as_the_organisation_says(site, db, cast, preview):
    await raise_dispute(site, cast, db)
    row = await records.to_change(db, OCTOBER)
    row.status = MonthStatus.CLOSED
    await db.flush()
    with clock.fixed(AFTER):
        elin = await site(cast.elin)
        refused = await elin.post("/months/2026-10/proposal")
        assert refused.status_code == 409
        assert "1 dispute is not decided yet" in refused.text
        assert "Held up." in (await elin.get("/months/2026-10")).text
        rules = await plan.rules(db)
        await plan.change(db, rules.version, {"unanswered": Unanswered.MARK})
        assert (await elin.post("/months/2026-10/proposal")).status_code == 303


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


async def test_the_pages_speak_german(site, db, cast, preview):
    await raise_dispute(site, cast, db)
    browser = await site(cast.tomasz)
    browser.cookies.set("language", "de", domain=browser.base_url.host)
    cast.tomasz.language = "de"
    await db.flush()
    dispute = await dispute_of(db)
    page = (await browser.get(f"/disputes/{dispute.id}")).text
    assert "Ihr Einspruch zu LATE-1-10" in page
    assert "weiter Stufe" in page or "statt" in page
    assert "Prüfen Sie die Positionen" in (await browser.get(CARD)).text


async def test_the_days_are_set_by_a_manager(site, db, cast, october):
    karin = await site(cast.karin)
    form = await karin.get("/months/rules")
    version = re.search(r'name="version" value="(\d+)"', form.text)[1]
    values = {"compute_on": "3", "preview_until_day": "11", "preview_until_hour": "12", "publish_day": "10"}
    more = {"mail_hour": "7", "unanswered": "mark", "version": version}
    refused = await karin.post("/months/rules", data={**values, **more})
    assert refused.status_code == 422
    saved = await karin.post("/months/rules", data={**values, **more, "publish_day": "14"})
    assert saved.status_code == 303
    stale = await karin.post("/months/rules", data={**values, **more, "publish_day": "15"})
    assert stale.status_code == 412
    assert (await (await site(cast.elin)).get("/months/rules")).status_code == 404
    found = plan.plan_of(await plan.rules(db), OCTOBER, await plan.place(db, OCTOBER))
    # 14 November 2026 is a Saturday.
    assert found.publish_at == datetime(2026, 11, 16, 7, tzinfo=UTC)


async def test_a_long_weekend_never_brings_publication_before_the_last_dispute(db, cast):
    # 10 October 2026 is a Saturday: the preview ends on Monday the 12th.
    found = plan.plan_of(await plan.rules(db), OCTOBER - 1, await plan.place(db, OCTOBER - 1))
    assert found.preview_until_at == datetime(2026, 10, 12, 15, tzinfo=UTC)
    assert found.publish_at == datetime(2026, 10, 13, 6, tzinfo=UTC)


async def test_suppliers_and_auditors_see_no_months(site, db, cast, preview):
    for person in (cast.tomasz, cast.rita, cast.anna):
        browser = await site(person)
        assert (await browser.get("/months")).status_code == 404
        assert (await browser.get("/months/2026-10")).status_code == 404
    assert (await (await site(cast.vera)).get("/months/2026-10")).status_code == 200
    assert (await (await site(cast.vera)).get("/months/2026-13")).status_code == 404


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
