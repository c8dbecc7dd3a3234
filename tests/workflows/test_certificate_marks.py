"""Certificates mark exactly the months whose frozen cards they would have capped, or not have capped."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select, text

from portal import clock
from portal.models.certificates import Certificate, CertificateRequirement, CertificateStatus, Level
from portal.models.months import MonthStatus, Scorecard, ScorecardCorrection
from portal.models.suppliers import RiskClass
from portal.workflows import ratings
from portal.workflows.certificates import effects, expiry
from portal.workflows.months import correcting, freezing
from portal.workflows.scorecards import cards
from scorecards.periods import Period
from tests.factories import certificates, deliveries
from tests.factories.months import month
from tests.people import TESTER

NOW = datetime(2026, 12, 20, 9, tzinfo=UTC)
SEPTEMBER, OCTOBER, NOVEMBER = 320, 321, 322
# The days that the months are frozen as of.
DAYS = {SEPTEMBER: date(2026, 10, 12), OCTOBER: date(2026, 11, 11), NOVEMBER: date(2026, 12, 11)}
ENDED = date(2026, 10, 31)  # between the first and the second of them


@pytest.fixture
async def story(db, cast):
    """Acme must hold ISO 9001; what it holds ends in October, which caps its cards from then on."""
    await ratings.install_default_policy(db)
    with clock.fixed(datetime(2026, 1, 5, tzinfo=UTC)):
        await certificates.requirement(db)
    await certificates.certificate(db, cast, valid_until_on=ENDED)
    for number, day in DAYS.items():
        made = await month(db, month=number, status=MonthStatus.APPROVED, as_of_on=day)
        promised = date(2026, number - 311, 8)
        for _ in range(12):
            await deliveries.line(db, cast, (promised, 100), acknowledged_on=promised)
        await freezing.freeze_some(db, TESTER, made, [cast.acme.id])
        await freezing.seal(db, made)
        made.status = MonthStatus.PUBLISHED
        await db.flush()
    await marks(db)
    with clock.fixed(NOW):
        yield cast


async def the(db, model):
    """Give the only row of a table."""
    return (await db.scalars(select(model))).one()


async def marks(db):
    """Give the marks that there are, and take them."""
    taken = await db.execute(text("DELETE FROM scorecard_touch RETURNING supplier_id, month"))
    return sorted({(row.supplier_id, row.month) for row in taken})


async def bands(db):
    rows = await db.execute(Scorecard.__table__.select().order_by(Scorecard.month))
    return {row.month: row.band for row in rows}


async def test_an_accepted_certificate_marks_the_months_that_it_had_covered(db, story):
    old = await the(db, Certificate)
    assert await bands(db) == {SEPTEMBER: "A", OCTOBER: "C", NOVEMBER: "C"}
    waiting = {"status": CertificateStatus.SUBMITTED, "valid_until_on": date(2029, 11, 30)}
    made = await certificates.certificate(db, story, issued_on=date(2026, 12, 1), **waiting)
    assert await marks(db) == []
    made.status, made.decided_at = CertificateStatus.ACCEPTED, NOW
    await db.flush()
    # It was issued after October's day and before November's.
    assert await marks(db) == [(story.acme.id, NOVEMBER)]
    old.status = CertificateStatus.SUPERSEDED  # nothing changes by that
    await db.flush()
    assert await marks(db) == []


async def test_what_was_marked_becomes_a_correction_of_just_that_month(db, story):
    await certificates.certificate(
        db, story, issued_on=date(2026, 12, 1), valid_until_on=date(2029, 11, 30), decided_at=NOW
    )
    while await correcting.recheck(db, TESTER):
        pass
    found = (await db.execute(ScorecardCorrection.__table__.select())).mappings().all()
    assert [(each["supplier_id"], each["month"]) for each in found] == [(story.acme.id, NOVEMBER)]
    assert (found[0]["before"]["band"], found[0]["after"]["band"]) == ("C", "A")
    assert found[0]["changes"] == ["Expired mandatory certificate: None."]


async def test_a_withdrawn_certificate_marks_the_months_that_it_alone_covered(db, story):
    covers = await certificates.certificate(db, story, issued_on=date(2026, 11, 2), decided_at=NOW)
    assert await marks(db) == [(story.acme.id, OCTOBER), (story.acme.id, NOVEMBER)]
    other = await certificates.certificate(
        db, story, issued_on=date(2026, 12, 1), decided_at=NOW, number="Another"
    )
    assert await marks(db) == []
    covers.status = CertificateStatus.WITHDRAWN
    await db.flush()
    assert await marks(db) == [(story.acme.id, OCTOBER)]
    await db.delete(other)
    await db.flush()
    assert await marks(db) == [(story.acme.id, NOVEMBER)]


async def test_what_lapses_by_the_calendar_marks_nothing_and_what_ended_long_ago_begins_a_cap(db, story):
    assert await expiry.run(db, TESTER, today=NOW.date()) == 1
    assert (await the(db, Certificate)).status is CertificateStatus.EXPIRED
    assert await marks(db) == []
    rival = {"supplier_id": story.bolt.id, "issued_on": date(2023, 1, 1), "decided_at": NOW}
    # Bolt never held one, which caps nothing; an old one that is handed in late says that it has ended.
    await certificates.certificate(db, story, valid_until_on=date(2026, 10, 20), **rival)
    assert await marks(db) == [(story.bolt.id, OCTOBER), (story.bolt.id, NOVEMBER)]


async def test_only_what_is_mandatory_for_this_supplier_marks(db, story):
    story.acme.risk = RiskClass.LOW
    rule = await the(db, CertificateRequirement)
    anybody = {"level": Level.MANDATORY, "risk": None, "scope": "", "supplier_id": None, "commodity_id": None}
    for given, is_marked in (
        ({"level": Level.DESIRED}, False),
        ({"risk": RiskClass.HIGH}, False),
        ({"scope": "Die casting"}, False),
        ({"supplier_id": story.bolt.id}, False),
        ({"supplier_id": story.acme.id}, True),
        ({"commodity_id": story.castings.id, "risk": RiskClass.LOW}, True),
    ):
        for name, value in {**anybody, **given}.items():
            setattr(rule, name, value)
        await db.flush()
        made = await certificates.certificate(db, story, issued_on=date(2026, 11, 2), decided_at=NOW)
        marked = [(story.acme.id, OCTOBER), (story.acme.id, NOVEMBER)] if is_marked else []
        assert await marks(db) == marked, given
        await db.delete(made)
        await db.flush()
        await marks(db)


async def test_the_recheck_says_of_a_day_what_was_said_on_it(db, story):
    with clock.fixed(NOW):
        await certificates.requirement(db, "ISO 14001")  # asked for later than the cards were frozen
    await certificates.certificate(db, story, "ISO 14001", valid_until_on=date(2026, 1, 31))
    for number, day in DAYS.items():
        row = (await db.execute(Scorecard.__table__.select().where(Scorecard.month == number))).one()
        said = await effects.expired_on(
            db,
            TESTER,
            story.acme.id,
            day,
            end_of_day=datetime.combine(day, datetime.max.time(), UTC),
            asked_by=row.frozen_at,
        )
        assert said == (["ISO 9001 expired on 2026-10-31"] if number > SEPTEMBER else [])
        shown = await cards.card(db, TESTER, story.acme, Period(number), NOW.date())
        assert bool(shown.card.acting_caps) is bool(said)
