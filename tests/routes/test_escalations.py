"""The pages of the ladder, for us and, in German, for the supplier."""

from datetime import UTC, datetime

import pytest

from portal import clock
from portal.models.escalations import Escalation

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


@pytest.fixture
async def story(db, cast):
    with clock.fixed(NOW):
        yield cast


async def test_from_a_proposal_to_a_milestone_that_the_supplier_has_done(site, db, story):
    elin, karin, tomasz = await site(story.elin), await site(story.karin), await site(story.tomasz)
    bad = await elin.post("/suppliers/104417/escalation", data={"rung": "watch", "reason": ""})
    assert bad.status_code == 422
    made = await elin.post(
        "/suppliers/104417/escalation", data={"rung": "improvement_plan", "reason": "Pores for three months"}
    )
    here = made.headers["location"]
    assert (await tomasz.get(here)).status_code == 404
    assert "You have proposed this" not in (await karin.get(here)).text
    decision = {"rung": "improvement_plan", "clean_lots": "5", "reason": "Pores"}
    assert (await elin.post(f"{here}/acceptance", data=decision)).status_code == 404
    assert (await karin.post(f"{here}/acceptance", data={**decision, "clean_lots": "x"})).status_code == 422
    assert (await karin.post(f"{here}/acceptance", data=decision)).status_code == 303
    assert (await karin.post(f"{here}/acceptance", data=decision)).status_code == 409
    added = {"title": "New gauge", "due_on": "2026-12-10"}
    assert (await elin.post(f"{here}/milestones", data=added)).status_code == 303
    await tomasz.post("/language/de")
    story.tomasz.language = "de"
    await db.flush()
    page = (await tomasz.get(here)).text
    assert "Verbesserungsplan" in page
    assert "5 fehlerfreie Lose in Folge" in page
    assert "New gauge" in page
    step = page.split("/milestones/")[1].split("/")[0]
    assert (await tomasz.post(f"{here}/milestones/{step}/confirmation")).status_code == 404
    assert (await tomasz.post(f"{here}/milestones/{step}/done", data={"note": "In use"})).status_code == 303
    assert "In use" in (await elin.get(here)).text
    assert (await elin.post(f"{here}/milestones/{step}/confirmation")).status_code == 303
    assert (await karin.post(f"{here}/end", data={"reason": "Well"})).status_code == 409
    rita = await site(story.rita)
    assert (await rita.get(here)).status_code == 404
    assert "New gauge" not in (await rita.get("/escalations")).text
    assert "Acme" in (await elin.get("/escalations")).text
    found = await db.get(Escalation, int(here.rsplit("/", 1)[1]), populate_existing=True)
    assert found.decided_by_name == "Karin Holm"
