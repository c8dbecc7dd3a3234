"""Who is written to about a published month beside those it was planned for, and what each of them learns."""

from datetime import date, timedelta

import pytest
from sqlmodel import select

from portal import clock
from portal.models.absences import Absence
from portal.models.mailing import Wish
from portal.models.months import MailPlan
from portal.models.outbox import OutgoingMail
from portal.models.people import Role
from portal.models.tasks import Task
from portal.workflows.company_details import asking
from portal.workflows.company_details.kinds import CONFIRM
from portal.workflows.months import writing
from portal.workflows.ratings import active_policy
from portal.workflows.scorecards.view import CardView
from portal.workflows.tasks import registry
from scorecards.delivery import DeliverySums
from scorecards.explain import explain
from scorecards.periods import Period
from scorecards.sums import Sums
from scorecards.weighting import rate
from tests.factories import deliveries, people
from tests.people import principal_of
from tests.routes.test_scorecard_mails import MORNING, mail_of, planned, write


async def away(db, person, stand_in):
    db.add(
        Absence(
            supplier_id=person.supplier_id,
            person_id=person.id,
            stand_in_id=stand_in.id,
            from_on=MORNING.date(),
            until_on=MORNING.date(),
            starts_at=MORNING - timedelta(hours=5),
            ends_at=MORNING + timedelta(hours=19),
        )
    )
    await db.flush()


async def mails_to(db, person):
    query = select(OutgoingMail).where(OutgoingMail.person_id == person.id).order_by(OutgoingMail.id)
    return (await db.execute(query)).scalars().all()


async def test_who_stands_in_gets_the_card_once_in_their_language(db, settings, october):
    agata = await people.person(
        db, "Agata Nowak", Role.SUPPLIER_MEMBER, supplier_id=october.acme.id, language="de"
    )
    maria = await people.person(
        db, "María", Role.SUPPLIER_MEMBER, supplier_id=october.acme.id, email="maria@acme.test"
    )
    await away(db, october.tomasz, agata)
    await away(db, maria, agata)
    rows = await planned(db, kind=MailPlan.CARD)
    with clock.fixed(MORNING):
        assert await write(db, settings, *rows) == [True, True]
    [mail] = await mails_to(db, agata)
    assert mail.subject == "Bewertung Oktober 2026: Stufe D, 65,0"
    assert "María" in mail.body_text or october.tomasz.name in mail.body_text, "says why"
    assert len(await mails_to(db, october.tomasz)) == 1, "who is away gets theirs too"


async def test_who_stands_in_and_gets_it_anyway_gets_no_second_one(db, settings, october):
    maria = await people.person(
        db, "María", Role.SUPPLIER_MEMBER, supplier_id=october.acme.id, email="maria@acme.test"
    )
    await away(db, maria, october.tomasz)
    rows = await planned(db, kind=MailPlan.CARD)
    with clock.fixed(MORNING):
        await write(db, settings, *rows)
    assert len(await mails_to(db, october.tomasz)) == 1


async def test_the_card_names_what_is_open_and_leads_to_it(db, settings, october):
    [maria, _tomasz] = await planned(db, kind=MailPlan.CARD)
    await asking.ask(db, principal_of(october.elin), [october.acme], date(2026, 11, 30))
    task = (await db.execute(select(Task).where(Task.kind == CONFIRM))).scalar_one()
    asked = registry.KINDS[CONFIRM].path(task)
    with clock.fixed(MORNING):
        await write(db, settings, maria)
    mail = await mail_of(db, maria)
    assert "Open for you:" in mail.body_text
    assert f"http://portal.test{asked}" in mail.body_text
    assert f'href="http://portal.test{asked}"' in mail.body_html


async def test_the_digest_tells_who_sees_one_plant_of_that_plant_only(db, settings, october):
    await deliveries.line(
        db, october, (date(2026, 10, 8), 100), supplier_id=october.bolt.id, plant_id=october.gdansk.id
    )
    october.olle.plant_ids = [october.gdansk.id]
    await db.flush()
    [olle] = await planned(db, kind=MailPlan.DIGEST, person_id=october.olle.id)
    [karin] = await planned(db, kind=MailPlan.DIGEST, person_id=october.karin.id)
    with clock.fixed(MORNING):
        await write(db, settings, olle, karin)
    part, whole = (await mail_of(db, olle)).body_text, (await mail_of(db, karin)).body_text
    assert "D: 1" in whole, "Acme's published card"
    assert "D: 1" not in part, "Acme delivers to Luleå, which Olle does not see"
    assert "These bands are of the plants and commodities that you look after." in part
    assert "/scorecards?period=2026-10" in part


@pytest.mark.parametrize(
    ("wish", "before", "month", "is_wanted"),
    [
        (Wish.MONTHLY, 10, 321, True),
        (Wish.ON_CHANGE, 10, 321, False),
        (Wish.ON_CHANGE, 5, 321, True),
        (Wish.ON_CHANGE, None, 321, True),
        (Wish.QUARTERLY, 5, 321, False),
        (Wish.QUARTERLY, 10, 320, True),
    ],
)
async def test_a_wish_is_judged_by_the_card_itself(db, october, wish, before, month, is_wanted):
    """``before``: lines of ten on time in the month before; this month all ten are."""
    policy = await active_policy(db)

    def card(on_time, number):
        sums = Sums(delivery=DeliverySums(promised=10, on_time=on_time, late=10 - on_time))
        return rate(sums, policy, Period(number))

    now = card(10, month)
    earlier = None if before is None else card(before, month - 1)
    view = CardView(now.period, policy, MORNING.date(), now, explain(now, policy), None, (), before=earlier)
    assert writing._is_wanted(wish, view, month) is is_wanted
