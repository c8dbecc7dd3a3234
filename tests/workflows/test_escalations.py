"""The ladder: proposed with reasons, decided by another, tracked by the records, left when all is met."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text

from portal import clock
from portal.errors import BadInputError, NotFoundError, NotReadyError
from portal.models.escalations import Escalation, EscalationStatus, Rung
from portal.models.suppliers import AslEntry, AslStatus
from portal.workflows import ratings
from portal.workflows.escalations import criteria, deciding, plan, records, rules
from tests.factories import deliveries, scars, suppliers
from tests.people import TESTER, principal_of

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
TODAY = NOW.date()


@pytest.fixture
async def story(db, cast):
    await ratings.install_default_policy(db)
    with clock.fixed(NOW):
        yield cast


async def late(db, cast, month, count=12, **more):
    day = date(2026, month, 8)
    for _ in range(count):
        await deliveries.line(db, cast, (day + timedelta(days=9), 100), acknowledged_on=day, **more)


async def put_on(db, settings, cast, rung, **more):
    made = await deciding.propose(db, cast.acme, rung, ["Because"], by=principal_of(cast.elin))
    record = await records.find(db, principal_of(cast.karin), made.id)
    given = {"reason": "Three bad months", "clean_lots": 2, **more}
    await deciding.accept(db, settings, record, rung=rung, by=principal_of(cast.karin), today=TODAY, **given)
    return record


@pytest.mark.parametrize(
    ("months", "rung"),
    [((10,), Rung.WATCH), ((9, 10), Rung.IMPROVEMENT_PLAN), ((8, 9, 10), Rung.CONTROLLED_SHIPPING_1)],
)
async def test_the_rules_propose_the_more_the_longer_it_lasts_and_once_a_month(db, story, months, rung):
    for month in months:
        await late(db, story, month)
    assert await rules.run(db, TESTER, today=TODAY) == 1
    made = (await db.execute(Escalation.__table__.select())).mappings().one()
    assert (made["supplier_id"], made["rung"], made["status"]) == (
        story.acme.id,
        rung,
        EscalationStatus.PROPOSED,
    )
    assert made["reasons"][0].startswith("Band D in ")
    assert made["reasons"][0].endswith("October 2026.")
    assert await rules.run(db, TESTER, today=TODAY) == 0


async def test_few_lines_propose_nothing_and_what_touches_safety_does(db, story):
    await late(db, story, 10, count=3)
    assert await rules.due(db, TESTER, 321, today=TODAY) == {}
    await deliveries.nonconformance(
        db, story, supplier_id=story.bolt.id, found_on=date(2026, 10, 9), is_safety=True
    )
    found = await rules.due(db, TESTER, 321, today=TODAY)
    assert found == {
        story.bolt.id: (
            Rung.CONTROLLED_SHIPPING_1,
            ["One nonconformance of October 2026 touched safety."],
        )
    }


async def test_a_person_decides_and_never_the_one_who_proposed(db, settings, story):
    karin = principal_of(story.karin)
    made = await deciding.propose(db, story.acme, Rung.WATCH, ["Late"], by=karin)
    record = await records.find(db, karin, made.id)
    given = {"rung": Rung.WATCH, "reason": "Late", "clean_lots": 3, "today": TODAY}
    with pytest.raises(NotReadyError, match="Somebody else has to decide"):
        await deciding.accept(db, settings, record, by=karin, **given)
    with pytest.raises(NotFoundError):
        await deciding.accept(db, settings, record, by=principal_of(story.elin), **given)
    with pytest.raises(NotReadyError, match="already"):
        await deciding.propose(db, story.acme, Rung.EXIT, ["Late"], by=karin)
    await deciding.accept(db, settings, record, by=principal_of(story.root), **given)
    with pytest.raises(NotReadyError):
        await deciding.accept(db, settings, record, by=principal_of(story.root), **given)
    assert made.status is EscalationStatus.OPEN


async def test_it_lowers_approvals_tells_the_supplier_and_gives_back_what_nobody_touched(db, settings, story):
    await suppliers.contact(db, story.acme, language="de")
    entry = await suppliers.approval(
        db, story.acme, status=AslStatus.APPROVED, valid_until_on=TODAY + timedelta(days=90)
    )
    record = await put_on(db, settings, story, Rung.NEW_BUSINESS_HOLD, clean_lots=0)
    assert (await db.get_one(AslEntry, entry.id)).status is AslStatus.RESTRICTED
    subjects = (await db.execute(text("SELECT subject FROM outgoing_mail ORDER BY id"))).scalars().all()
    assert subjects == ["Ab jetzt: Kein Neugeschäft"]
    await deciding.end(db, settings, record, "All is well", by=principal_of(story.karin), today=TODAY)
    assert (await db.get_one(AslEntry, entry.id)).status is AslStatus.APPROVED
    assert record.escalation.status is EscalationStatus.ENDED


async def test_what_leads_off_it_is_counted_from_the_records(db, settings, story):
    karin = principal_of(story.karin)
    record = await put_on(db, settings, story, Rung.IMPROVEMENT_PLAN)

    async def lots(*results):
        for number, result in enumerate(results, 1):
            day = TODAY + timedelta(days=number)
            await deliveries.lot(db, story, inspected_on=day, result=result)

    async def clean():
        return await criteria.clean_lots(db, karin, record.escalation)

    await lots("accepted", "accepted", "use_as_is")
    assert await clean() == 0
    for days in (5, 6):
        await deliveries.lot(db, story, inspected_on=TODAY + timedelta(days=days), result="accepted")
    assert await clean() == 2
    scar = await scars.issued(db, story, supplier=story.acme)
    with pytest.raises(NotReadyError, match="every SCAR closed"):
        await deciding.end(db, settings, record, "Well", by=karin, today=TODAY)
    await db.execute(text("UPDATE scar SET status = 'cancelled' WHERE id = :id"), {"id": scar.id})
    await deciding.end(db, settings, record, "Well", by=karin, today=TODAY)


async def test_another_rung_ends_the_one_before_and_the_history_keeps_both(db, settings, story):
    first = await put_on(db, settings, story, Rung.WATCH)
    second = await put_on(db, settings, story, Rung.CONTROLLED_SHIPPING_1)
    assert first.escalation.status is EscalationStatus.ENDED
    assert first.escalation.ended_because == "Goes on as: controlled shipping 1. Three bad months"
    listed = await records.listed(db, principal_of(story.elin), supplier_id=story.acme.id)
    assert [each.escalation.id for each in listed] == [second.escalation.id, first.escalation.id]


async def test_a_plan_goes_to_and_fro_and_a_rival_sees_nothing_of_it(db, settings, story):
    elin, tomasz, rita = (principal_of(who) for who in (story.elin, story.tomasz, story.rita))
    record = await put_on(db, settings, story, Rung.IMPROVEMENT_PLAN)
    with pytest.raises(BadInputError):
        await plan.add(db, record, "New gauge", TODAY - timedelta(days=1), by=elin, today=TODAY)
    await plan.add(db, record, "New gauge", TODAY + timedelta(days=9), by=elin, today=TODAY)
    (step,) = await records.milestones(db, elin, record.escalation)
    with pytest.raises(NotReadyError):
        await plan.confirm(db, record, step, by=elin)
    await plan.done(db, record, step, "Gauge in use", by=tomasz, today=TODAY)
    side = "SELECT side FROM task WHERE kind = 'escalation.plan' AND done_at IS NULL"
    assert (await db.execute(text(side))).scalars().all() == ["us"]
    await plan.confirm(db, record, step, by=elin)
    assert (await db.execute(text(side))).scalars().all() == ["supplier"]
    met = {each.words: each.is_met for each in await criteria.criteria(db, elin, record.escalation, [step])}
    assert met["Every milestone of the plan done and confirmed"]
    with pytest.raises(NotFoundError):
        await records.find(db, rita, record.escalation.id)
    assert await records.milestones(db, rita, record.escalation) == []
