"""Somebody is away and another stands in: with their own name, role and scope, until it ends by itself."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select, text

from portal import clock
from portal.models.absences import Absence
from portal.models.certificates import CertificateStatus
from portal.models.outbox import OutgoingMail
from portal.models.people import Role
from portal.models.scars import ScarEvent
from portal.models.tasks import Side, Task
from portal.workflows import summaries, tasks
from portal.workflows.certificates.kinds import REVIEW
from portal.workflows.company_details import asking
from portal.workflows.company_details.kinds import CONFIRM
from portal.workflows.scars import telling
from portal.workflows.task_links import sending
from portal.workflows.tasks import About
from tests.factories import certificates, people, scars
from tests.factories import suppliers as records
from tests.people import principal_of
from tests.routes.test_certificates import fields_in

NOON = datetime(2026, 11, 12, 12, tzinfo=UTC)
TODAY, UNTIL = NOON.date(), date(2026, 11, 20)


@pytest.fixture(autouse=True)
def _today():
    with clock.fixed(NOON):
        yield


@pytest.fixture
async def agata(db, cast):
    return await people.person(db, "Agata Nowak", Role.SUPPLIER_ADMINISTRATOR, supplier_id=cast.acme.id)


def said(stand_in, first=TODAY, last=UNTIL):
    return {"from_on": first.isoformat(), "until_on": last.isoformat(), "stand_in": str(stand_in.id)}


async def go_away(site, person, stand_in, **days):
    browser = await site(person)
    answer = await browser.post("/account/absence", data=said(stand_in, **days))
    assert answer.status_code == 303, answer.text
    return browser


async def opened(db, supplier, number=1, **given):
    fields = {"supplier_id": supplier.id, "facts": {"asked_by": f"Asker {number}"}, **given}
    side = fields.pop("side", Side.US)
    return await tasks.open_task(db, CONFIRM, About("test", number, f"T-{number:03}"), side, **fields)


async def mails(db, kind):
    query = select(OutgoingMail).where(OutgoingMail.kind == kind).order_by(OutgoingMail.id)
    return list((await db.execute(query)).scalars())


async def last_act(db, table):
    query = "SELECT person_id, person_name FROM trail_act WHERE table_name = :table ORDER BY id DESC LIMIT 1"
    return tuple((await db.execute(text(query), {"table": table})).one())


async def test_what_is_another_s_stands_on_the_list_of_whoever_stands_in_and_is_marked(site, db, cast):
    await opened(db, cast.acme, 1, person_id=cast.elin.id)
    await opened(db, cast.acme, 2, person_id=cast.olle.id)
    olle, karin = await site(cast.olle), await site(cast.karin)
    mark = "<b>for Elin Sandberg</b> while away"
    assert mark not in (await olle.get("/worklist?owner=me")).text
    elin = await go_away(site, cast.elin, cast.olle)

    page = (await olle.get("/worklist?owner=me")).text
    assert page.count(mark) == 1
    assert "T-001" in page
    assert "You stand in for Elin Sandberg." in page
    assert "needs you: </span>2</span>" in page
    assert mark not in (await karin.get("/worklist?owner=anyone")).text
    assert "T-001" in (await elin.get("/worklist?owner=me")).text, "what is hers stays hers"
    (mail,) = await mails(db, "stand_in")
    assert (mail.address, mail.subject) == (cast.olle.email, "You stand in for Elin Sandberg")

    assert "Olle Nyström stands in." in (await elin.get("/account")).text
    assert "You stand in for Elin Sandberg" in (await olle.get("/account")).text
    root = await site(cast.root)
    assert "Olle Nyström stands in" in (await root.get(f"/people/{cast.elin.id}")).text
    assert "2026-11-12 to 2026-11-20: Olle Nyström" in (await root.get("/people.csv")).text


async def test_it_begins_and_ends_by_itself_in_the_time_zone_of_who_is_away(site, db, cast):
    cast.elin.time_zone = "Europe/Stockholm"
    await opened(db, cast.acme, 1, person_id=cast.elin.id)
    await go_away(site, cast.elin, cast.olle, first=date(2026, 11, 14))
    for instant, is_there in (
        (NOON, False),
        (datetime(2026, 11, 13, 22, 59, tzinfo=UTC), False),
        (datetime(2026, 11, 13, 23, tzinfo=UTC), True),
        (datetime(2026, 11, 20, 22, 59, tzinfo=UTC), True),
        (datetime(2026, 11, 20, 23, tzinfo=UTC), False),
    ):
        with clock.fixed(instant):
            page = (await (await site(cast.olle)).get("/worklist?owner=me")).text
            assert ("T-001" in page) is is_there, instant
            shown = (await (await site(cast.elin)).get("/account")).text
            assert ("Olle Nyström stands in." in shown) is (instant < datetime(2026, 11, 20, 23, tzinfo=UTC))


@pytest.mark.parametrize("by", ["elin", "root"])
async def test_it_is_ended_early_by_themselves_or_an_administrator(site, db, cast, by):
    await opened(db, cast.acme, 1, person_id=cast.elin.id)
    await go_away(site, cast.elin, cast.olle)
    browser = await site(getattr(cast, by))
    where = "/account/return" if by == "elin" else f"/people/{cast.elin.id}/return"
    assert (await browser.post(where)).status_code == 303
    assert "T-001" not in (await (await site(cast.olle)).get("/worklist?owner=me")).text
    assert (await browser.post(where)).status_code == 404
    ended = (await db.execute(select(Absence.ended_by_name))).scalar_one()
    assert ended == getattr(cast, by).name
    assert (await last_act(db, "absence"))[1] == ended


async def test_another_absence_takes_the_place_of_the_one_before(site, db, cast):
    for stand_in in (cast.olle, cast.olle, cast.karin):
        await go_away(site, cast.elin, stand_in)
    open_ = select(func.count()).select_from(Absence).where(Absence.ended_at.is_(None))
    assert (await db.execute(open_)).scalar_one() == 1
    assert "Karin Holm stands in." in (await (await site(cast.elin)).get("/account")).text


async def test_a_refusal_says_what_to_do(site, db, cast, agata):
    elin = await site(cast.elin)
    other = await people.person(db, "Ada Other", Role.QUALITY_ENGINEER)
    await go_away(site, other, cast.karin)
    for data, sentence in (
        (said(cast.olle, first=TODAY - timedelta(days=1)), "Choose a first day from today on."),
        (said(cast.olle, last=TODAY - timedelta(days=1)), "The last day is before the first one."),
        (said(cast.olle, last=TODAY + timedelta(days=400)), "Choose a last day within a year"),
        (said(cast.elin), "Choose a colleague from the list."),
        (said(cast.tomasz), "Choose a colleague from the list."),
        (said(cast.anna), "Choose a colleague from the list."),
        (said(other), "That colleague is away then too."),
        ({"from_on": "x", "until_on": "2026-02-31", "stand_in": "1e9"}, "Enter a date"),
        ({}, "Enter the first day."),
    ):
        answer = await elin.post("/account/absence", data=data)
        assert (answer.status_code, sentence in answer.text) == (422, True), sentence
    # A supplier's person neither names one of ours nor a rival's; an auditor has no list.
    tomasz = await site(cast.tomasz)
    for nobody in (cast.elin, cast.rita):
        assert (await tomasz.post("/account/absence", data=said(nobody))).status_code == 422
    assert (await (await site(cast.anna)).get("/account/absence")).status_code == 404
    assert 'value="' + str(agata.id) + '"' in (await tomasz.get("/account/absence")).text


async def test_the_trail_names_who_did_it_and_for_whom(site, db, cast):
    task = await opened(db, cast.acme, 1, person_id=cast.elin.id)
    own = await opened(db, cast.acme, 2, person_id=cast.olle.id)
    await go_away(site, cast.elin, cast.olle)
    olle = await site(cast.olle)
    for each, name in ((own, "Olle Nyström"), (task, "Olle Nyström, for Elin Sandberg")):
        handed = {"task": str(each.id), "owner": str(cast.karin.id)}
        assert (await olle.post("/worklist/owners", data=handed)).status_code == 303
        assert await last_act(db, "task") == (cast.olle.id, name)


async def waiting(db, cast, **given):
    """A certificate that Elin reviews, as her task says."""
    made = await certificates.certificate(db, cast, status=CertificateStatus.SUBMITTED, **given)
    about = About("certificate", made.id, made.number)
    facts = {"type": "ISO 9001", "by": "Tomasz"}
    await tasks.open_task(
        db, REVIEW, about, Side.US, supplier_id=cast.acme.id, person_id=cast.elin.id, facts=facts
    )
    return made


async def test_a_stand_in_reviews_under_their_own_name_and_only_what_their_role_lets_them(site, db, cast):
    made = await waiting(db, cast)
    here = f"/certificates/{made.id}"
    await go_away(site, cast.elin, cast.olle)
    olle = await site(cast.olle)  # a buyer, who reviews nothing
    assert (await olle.post(f"{here}/acceptance", data={})).status_code == 404
    assert made.number not in (await olle.get("/worklist?owner=me")).text

    await go_away(site, cast.elin, cast.karin)
    karin = await site(cast.karin)
    assert made.number in (await karin.get("/worklist?owner=me")).text
    form = fields_in((await karin.get(here)).text)
    assert (await karin.post(f"{here}/acceptance", data=form)).status_code == 303
    await db.refresh(made)
    assert made.status is CertificateStatus.ACCEPTED
    assert await last_act(db, "certificate") == (cast.karin.id, "Karin Holm, for Elin Sandberg")
    assert (await last_act(db, "task"))[1] == "Karin Holm, for Elin Sandberg"


async def test_four_eyes_a_stand_in_does_not_approve_their_own_for_somebody_away(site, db, cast):
    made = await waiting(db, cast, is_on_behalf=True, submitted_by_id=cast.karin.id)
    await go_away(site, cast.elin, cast.karin)
    karin = await site(cast.karin)
    form = fields_in((await karin.get(f"/certificates/{made.id}")).text)
    answer = await karin.post(f"/certificates/{made.id}/acceptance", data=form)
    assert answer.status_code == 409
    assert "a colleague has to review it" in answer.text
    await db.refresh(made)
    assert made.status is CertificateStatus.SUBMITTED


async def test_a_stand_in_keeps_their_own_scope_in_lists_and_mails(site, db, cast, settings):
    scar = await scars.issued(db, cast)
    await opened(db, cast.acme, 1, person_id=cast.elin.id, plant_id=cast.lulea.id)
    await opened(db, cast.acme, 2, person_id=cast.elin.id, plant_id=cast.gdansk.id)
    event = ScarEvent(
        scar_id=scar.id, supplier_id=scar.supplier_id, plant_id=scar.plant_id, kind="send_containment",
        is_ours=False, person_name="Tomasz Wieczorek",
    )  # fmt: skip
    db.add(event)
    await db.flush()
    for stand_in, sees in ((cast.gustav, False), (cast.karin, True)):
        await go_away(site, cast.elin, stand_in)
        page = (await (await site(stand_in)).get("/worklist?owner=me")).text
        assert ("T-001" in page, "T-002" in page) == (sees, True)
        await telling.tell(db, settings, event.id)
        told = {mail.address: mail for mail in await mails(db, "scar_told")}
        assert (stand_in.email in told) is sees
    assert set(told) == {cast.elin.email, cast.karin.email}
    assert "You stand in for Elin Sandberg." in " ".join(told[cast.karin.email].body_text.split())
    assert "You stand in" not in told[cast.elin.email].body_text
    # The summary of the morning holds them as well.
    await summaries.begin(db)
    assert {task.reference for task in await summaries._tasks(db, principal_of(cast.karin))} >= {"T-001"}


async def test_a_supplier_s_colleague_stands_in_at_their_own_company(site, db, cast, agata, settings):
    contact = await records.contact(db, cast.acme, name="Tomasz Wieczorek", email=cast.tomasz.email.upper())
    await opened(db, cast.acme, 1, side=Side.SUPPLIER, contact_id=contact.id)
    await opened(db, cast.acme, 2, side=Side.SUPPLIER)
    mark = "For Tomasz Wieczorek while away"
    browser = await site(agata)
    assert mark not in (await browser.get("/")).text
    await go_away(site, cast.tomasz, agata)
    assert (await browser.get("/")).text.count(mark) == 1
    assert mark not in (await (await site(cast.rita)).get("/")).text
    agata.language = "de"
    await db.flush()
    assert "Für Tomasz Wieczorek, abwesend" in (await (await site(agata)).get("/")).text
    assert "Sie vertreten Tomasz Wieczorek" in (await (await site(agata)).get("/account")).text

    await asking.ask(db, principal_of(cast.elin), [cast.acme], UNTIL)
    query = select(Task).where(Task.kind == CONFIRM, Task.record_id == cast.acme.id)
    task = (await db.execute(query)).scalar_one()
    task.contact_id = contact.id
    await db.flush()
    await sending.send(db, settings, task.id, "Elin Sandberg")
    (link,), (told,) = await mails(db, "task_link"), await mails(db, "task_told")
    assert link.address == contact.email
    assert told.address == agata.email
    assert "token" not in told.body_text
    assert "Sie vertreten Tomasz Wieczorek." in " ".join(told.body_text.split())

    answer = await (await site(agata)).post("/company-details/confirmation", data={})
    assert answer.status_code in {303, 422}, answer.text
    changed = await last_act(db, "task")
    assert changed == (agata.id, "Agata Nowak, for Tomasz Wieczorek")
