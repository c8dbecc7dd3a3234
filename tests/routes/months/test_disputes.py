"""What suppliers dispute, and how we decide."""

from datetime import UTC, datetime

from sqlalchemy import text
from sqlmodel import select

from portal import clock
from portal.models.months import (
    DisputeStatus,
    MonthStatus,
    Unanswered,
)
from portal.models.outbox import OutgoingMail
from portal.workflows.months import plan, records
from tests.factories import deliveries, files
from tests.factories.months import OCTOBER
from tests.routes.months.conftest import AFTER, CARD, PROMISED, decide, dispute_of, line_of, raise_dispute


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
