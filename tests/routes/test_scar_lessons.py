"""Lessons read across, deadlines as the organisation sets them, translations, and who comes by a link."""

import re
from datetime import UTC, datetime, timedelta

import pypdfium2
import pytest
from sqlalchemy import select, text
from sqlmodel import col

from portal import clock
from portal.models.outbox import OutgoingMail
from portal.models.scar_lessons import ScarLesson
from portal.models.scars import Discipline, ScarEvent, ScarStatus, Stage
from portal.models.suppliers import ProcessRole
from portal.models.task_links import GuestSession
from portal.models.tasks import Task
from portal.workflows.scars import kinds, lessons, record, telling
from tests.factories import deliveries, files, scars, suppliers
from tests.people import principal_of, secrets_of

NOON = datetime(2026, 11, 3, 12, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def noon():
    with clock.fixed(NOON):
        yield


@pytest.fixture
async def scar(db, cast):
    return await scars.issued(db, cast)


async def test_a_lesson_is_asked_once_answered_and_never_says_whose_it_was(site, db, cast, scar):
    """It becomes a task of a rival, who reads our words and the defect and nothing of the SCAR."""
    cast.bolt.commodity_id = scar.commodity_id
    await db.flush()
    elin, rita = await site(cast.elin), await site(cast.rita)
    page = (await elin.get(f"/scars/{scar.number}")).text
    assert f'value="supplier:{cast.bolt.id}"' in page
    form = {"whom": [f"supplier:{cast.bolt.id}"], "words": "Measure the density.", "due": "2026-11-17"}
    for said in ("1 asked.", "0 asked; the others were asked before."):
        answer = await elin.post(f"/scars/{scar.number}/lessons", data=form, follow_redirects=True)
        assert said in answer.text
    lesson = (await db.execute(select(ScarLesson))).scalar_one()
    home = (await rita.get("/")).text
    assert "Could it happen at yours? Porosity" in home
    assert f'href="/lessons/{lesson.id}"' in home
    asked = (await rita.get(f"/lessons/{lesson.id}")).text
    assert "Measure the density." in asked
    for secret in (scar.number, "Acme", scar.title, scar.description):
        assert secret not in asked + home
    assert (await (await site(cast.tomasz)).get(f"/lessons/{lesson.id}")).status_code == 404
    assert (await rita.post(f"/lessons/{lesson.id}", data={"words": "We looked."})).status_code == 422
    good = {"applies": "yes", "words": "Density check added."}
    assert (await rita.post(f"/lessons/{lesson.id}", data=good)).status_code == 303
    assert (await rita.post(f"/lessons/{lesson.id}", data=good)).status_code == 409
    assert "Could it happen at yours?" not in (await rita.get("/")).text
    ours = (await elin.get(f"/scars/{scar.number}")).text
    assert "Density check added." in ours
    assert "1 of 1 answered" in ours


async def test_whoever_asked_is_told_when_everybody_has_answered(site, db, cast, scar):
    elin, rita = await site(cast.elin), await site(cast.rita)
    found = [await scars.lesson(db, scar, supplier_id=each.id) for each in (cast.bolt, cast.acme)]
    jobs = text("SELECT count(*) FROM job_queue.pgqueuer WHERE entrypoint = 'scars.lesson_answered'")
    good = {"applies": "yes", "words": "Density check added."}
    assert (await rita.post(f"/lessons/{found[0].id}", data=good)).status_code == 303
    assert (await db.execute(jobs)).scalar_one() == 1
    await lessons.gathered(db, scar.id)
    assert "all lessons answered" not in (await elin.get("/worklist?owner=me")).text
    tomasz = await site(cast.tomasz)
    await tomasz.post(f"/lessons/{found[1].id}", data=good | {"applies": "no"})
    for _ in range(2):  # a job may come twice
        await lessons.gathered(db, scar.id)
    page = (await elin.get("/worklist?owner=me")).text
    assert page.count(f"{scar.title}: all lessons answered") == 1
    assert "2 answered, 1 say yes" in page
    assert "all lessons answered" not in (await tomasz.get("/")).text
    assert "I have read them" in (await elin.get(f"/scars/{scar.number}")).text
    assert (await tomasz.post(f"/scars/{scar.number}/lessons/reading")).status_code == 404
    assert (await elin.post(f"/scars/{scar.number}/lessons/reading")).status_code == 303
    assert "all lessons answered" not in (await elin.get("/worklist?owner=me")).text


async def test_only_whom_the_page_offers_is_asked(site, db, cast, scar):
    elin = await site(cast.elin)
    await deliveries.line(db, cast, (deliveries.PROMISED, 10))
    for whom in ([], ["supplier:999999"], ["part:999999"], ["x"]):
        answer = await elin.post(
            f"/scars/{scar.number}/lessons", data={"whom": whom, "words": "Look.", "due": "2026-11-17"}
        )
        assert answer.status_code == 422, whom
    assert (await db.execute(select(ScarLesson))).first() is None


async def test_deadlines_are_set_by_who_answers_for_quality_and_hold_from_then_on(site, db, cast, scar):
    karin = await site(cast.karin)
    page = (await karin.get("/scars/deadlines")).text
    form = dict(re.findall(r'name="((?:critical|major|minor)-[a-z]+)" value="(\d+)"', page))
    units = re.findall(r'name="([a-z-]+-unit)">.*?value="(\w+)" selected', page)
    form |= {**dict(units), "version": re.search(r'name="version" value="(\d+)"', page)[1]}
    assert (form["major-containment"], form["major-containment-unit"]) == ("48", "hours")
    assert (form["major-analysis"], form["major-analysis-unit"]) == ("7", "days")
    bad = await karin.post("/scars/deadlines", data=form | {"major-analysis": "soon"})
    assert bad.status_code == 422
    assert "Major, root cause and actions: enter a whole number." in bad.text
    before = (await record.stages(db, scar))[1].due_at
    assert (await karin.post("/scars/deadlines", data=form | {"major-containment": "24"})).status_code == 303
    stale = await karin.post("/scars/deadlines", data=form | {"major-containment": "12"})
    assert stale.status_code == 412
    later = await scars.issued(db, cast, title="Later")
    found = {each.stage: each for each in await record.stages(db, later)}[Stage.CONTAINMENT]
    assert (found.hours, found.due_at) == (24, NOON + timedelta(hours=24))
    assert (await record.stages(db, scar))[1].due_at == before
    for person in (cast.elin, cast.olle, cast.tomasz):
        assert (await (await site(person)).get("/scars/deadlines")).status_code == 404


async def test_a_translation_stands_beside_what_was_written(site, db, cast, scar):
    elin = await site(cast.elin)
    await scars.bring_to(db, scar, Stage.CONTAINMENT, cast)
    await scars.send(db, scar, Stage.CONTAINMENT, principal_of(cast.tomasz))
    address = f"/scars/{scar.number}/translations/D2"
    page = (await elin.get(address)).text
    version = re.search(r'name="version" value="(\d+)"', page)[1]
    form = {"language": "de", "problem": "Offene Poren im Lagersitz.", "version": version}
    assert (await elin.post(address, data=form | {"language": "xx"})).status_code == 422
    assert (await elin.post(address, data=form)).status_code == 303
    assert (await elin.post(address, data=form)).status_code == 412
    assert "Offene Poren im Lagersitz." in (await elin.get(f"/scars/{scar.number}")).text
    found = pypdfium2.PdfDocument((await elin.get(f"/scars/{scar.number}/8d.pdf")).content)
    text = " ".join(each.get_textpage().get_text_bounded() for each in found)
    for piece in (
        "Offene Poren",
        "Open pores",
        "As written, English",
        "Translation, Deutsch, by Elin Sandberg",
    ):
        assert piece in " ".join(text.split()), piece
    assert (await elin.get(f"/scars/{scar.number}/translations/D4")).status_code == 409
    assert (await (await site(cast.tomasz)).post(address, data=form)).status_code == 404


async def test_a_mail_to_somebody_without_an_account_leads_to_the_scar_where_they_write(
    site, db, cast, settings
):
    """They read it, write and save; what is sent is signed, and that needs an account."""
    jan = await suppliers.contact(db, cast.acme, email="jan@acme.test", role=ProcessRole.QUALITY)
    cast.tomasz.is_active = False
    await db.flush()
    scar = await scars.issued(db, cast)
    event = (await db.execute(select(ScarEvent).where(col(ScarEvent.kind) == "issued"))).scalars().first()
    await telling.tell(db, settings, event.id)
    mail = (await db.execute(select(OutgoingMail))).scalar_one()
    assert (mail.kind, mail.address) == ("task_link", jan.email)
    task = (await db.execute(select(Task).where(col(Task.kind) == kinds.ANSWER))).scalar_one()
    assert task.contact_id == jan.id
    guest = await site(None)
    token = re.search(r"/task\?token=([\w-]+)", mail.body_text)[1]
    await guest.post("/task/code", data={"token": token})
    mails = await db.execute(select(OutgoingMail).where(col(OutgoingMail.kind) == "sign_in_code"))
    code = re.search(r"\b(\d{6})\b", mails.scalar_one().body_text)[1]
    entered = await guest.post("/task/session", data={"token": token, "code": code})
    assert entered.headers["location"] == f"/scars/{scar.number}"
    guest.headers["x-csrf-token"] = (await secrets_of(db, select(GuestSession.csrf_secret)))[0]
    here, draft = f"/scars/{scar.number}", {"response": "Lot blocked.", "version": "0", "go": "leave"}
    saved = await guest.post(f"{here}/answers/D0", data=draft)
    assert saved.status_code == 303
    page = (await guest.get(here)).text
    assert "Lot blocked." in page
    assert "Sending it needs an account" in page
    refused = await guest.post(f"{here}/answers/D0", data=draft | {"version": "1", "go": "send"})
    assert refused.status_code == 409
    assert (await guest.post(f"{here}/stages/acknowledgement")).status_code == 404
    await db.refresh(scar)
    assert scar.status is ScarStatus.ISSUED
    answers = await record.answers(db, principal_of(cast.tomasz), scar)
    kept = answers.newest(Discipline.D0)
    assert (kept.written_by_id, kept.written_by_name) == (None, jan.name)
    token = {"csrf_token": guest.headers["x-csrf-token"]}
    photo = {"files": ("blocked.jpg", files.photo(), "image/jpeg")}
    assert (await guest.post(f"{here}/evidence/D0", files=photo, params=token)).status_code == 303
    assert "blocked.jpg" in (await guest.get(f"{here}?step=D0")).text
    wrong = {"files": ("x.exe", b"MZ\0\0", "application/octet-stream")}
    assert (await guest.post(f"{here}/evidence/D0", files=wrong, params=token)).status_code == 422
    other = await scars.issued(db, cast, title="Another")
    for foreign in (
        f"/scars/{other.number}/evidence/D0",
        f"{here}/photos",
        "/scars/SCAR-2026-9999/evidence/D0",
    ):
        assert (await guest.post(foreign, files=photo, params=token)).status_code == 404, foreign
