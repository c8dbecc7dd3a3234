"""Targets: proposed and answered, or recorded; compared on card, ranking and PDF; never a rival's."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import text

from portal import clock
from portal.models.targets import Aim, SupplierTarget, TargetStatus
from portal.workflows import ratings
from portal.workflows.months import sheet
from portal.workflows.scorecards import cards
from portal.workflows.targets import agreeing, records
from portal.workflows.targets.distance import distances
from scorecards import measures
from scorecards.periods import Period
from tests.factories import deliveries
from tests.people import principal_of

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
TODAY = NOW.date()
SEPTEMBER, OCTOBER, NOVEMBER = 320, 321, 322
NB = "\N{NO-BREAK SPACE}"
HERE = "/suppliers/104417/targets"
PROPOSAL = {"aim": "delivery", "value": "95", "from_month": "321", "reason": "The line waits for it"}


@pytest.fixture
async def story(db, cast):
    """Acme in October: 10 of 11 lines on time, that is 90.91 %."""
    await ratings.install_default_policy(db)
    day = date(2026, 10, 8)
    for _ in range(10):
        await deliveries.line(db, cast, (day, 100), acknowledged_on=day)
    await deliveries.line(db, cast, (date(2026, 10, 12), 100), acknowledged_on=day)
    with clock.fixed(NOW):
        yield cast


async def test_the_supplier_agrees_and_everybody_sees_the_distance(site, db, story):
    elin, tomasz, rita = await site(story.elin), await site(story.tomasz), await site(story.rita)
    assert (await elin.post(HERE, data={**PROPOSAL, "value": "120"})).status_code == 422
    assert (await elin.post(HERE, data={**PROPOSAL, "reason": ""})).status_code == 422
    assert (await elin.post(HERE, data={**PROPOSAL, "from_month": "300"})).status_code == 422
    assert (await elin.post(HERE, data=PROPOSAL)).status_code == 303
    assert "waits for an answer already" in (await elin.post(HERE, data=PROPOSAL)).text
    assert "missed by" not in (await elin.get("/suppliers/104417/scorecard?period=2026-10")).text
    assert f"at least 95{NB}%" in (await tomasz.get("/")).text
    made = (await db.execute(SupplierTarget.__table__.select())).mappings().one()
    answer = f"/targets/{made['id']}/acceptance"
    assert (await rita.post(answer)).status_code == 404
    assert (await elin.post(answer)).status_code == 404
    assert (await tomasz.post(answer)).status_code == 303
    assert (await tomasz.post(answer)).status_code == 409
    card = await tomasz.get("/scorecard?period=2026-10&explain=delivery")
    missed = "Missed with 90.9 % by 4.1 percentage points. With 1 more line on time it would have been met."
    assert card.text.count(missed) == 2  # with the explanation, and among the targets
    assert "Agreed by Tomasz Wieczorek on" in card.text
    assert 'class="tgt"' not in card.text  # no target for the score itself
    below = await elin.get("/scorecards/2026-10?below=yes")
    assert "Acme" in below.text
    assert "Bolt" not in below.text
    rows = (await elin.get("/scorecards/2026-10.csv?below=yes")).text
    assert f"On-time delivery: 90.9 %, agreed at least 95{NB}%" in rows
    for path in ("/targets", "/scorecard?period=2026-10", "/"):
        assert f"95{NB}%" not in (await rita.get(path)).text
    assert (await rita.get(HERE)).status_code == 404


async def test_a_supplier_declines_and_the_ball_is_ours(site, db, story):
    elin, tomasz = await site(story.elin), await site(story.tomasz)
    await elin.post(HERE, data=PROPOSAL)
    target = (await db.scalars(records.scopes.visible(principal_of(story.elin), SupplierTarget))).one()
    refusal = f"/targets/{target.id}/refusal"
    assert (await tomasz.post(refusal, data={"answer": ""})).status_code == 422
    assert (await tomasz.post(refusal, data={"answer": "Not before spring"})).status_code == 303
    assert "Not before spring" in (await elin.get(HERE)).text
    assert f"On-time delivery, at least 95{NB}%" in (await elin.get("/worklist?kind=target.answer")).text
    assert await records.in_force(db, principal_of(story.elin), OCTOBER) == {}
    await elin.post(HERE, data={**PROPOSAL, "value": "92,5"})
    left = await db.execute(
        text("SELECT record_id FROM task WHERE kind = 'target.answer' AND done_at IS NULL")
    )
    assert left.scalars().all() != [target.id]
    await tomasz.post("/language/de")
    story.tomasz.language = "de"
    await db.flush()
    page = (await tomasz.get("/targets")).text
    assert f"mindestens 92,5{NB}%" in page
    assert "Zustimmen" in page
    newer = page.split("/targets/")[1].split("/")[0]
    assert (await elin.post(f"/targets/{newer}/withdrawal")).status_code == 303
    assert "Zustimmen" not in (await tomasz.get("/targets")).text


async def test_what_was_agreed_elsewhere_is_recorded_with_who_and_when(site, db, story):
    elin = await site(story.elin)
    given = {**PROPOSAL, "is_agreed": "on", "agreed_by": "", "agreed_on": ""}
    bad = await elin.post(HERE, data=given)
    assert "Say who agreed." in bad.text
    assert "Give the day on which they agreed." in bad.text
    given |= {"agreed_by": "Jan Kowalski", "agreed_on": "2026-12-01"}
    assert "still to come" in (await elin.post(HERE, data=given)).text
    assert (await elin.post(HERE, data={**given, "agreed_on": "2026-11-03"})).status_code == 303
    page = (await elin.get(HERE)).text
    assert "Agreed by Jan Kowalski on Tue 3 Nov" in page
    assert "recorded by Elin Sandberg" in page
    vera = await site(story.vera)
    assert (await vera.get(HERE)).status_code == 200
    assert (await vera.post(HERE, data=PROPOSAL)).status_code in {403, 404}


async def agree(db, cast, value, month, aim=Aim.DELIVERY, today=TODAY):
    by = principal_of(cast.elin)
    given = {"agreed_by": "Tomasz", "agreed_on": today, "by": by, "today": today}
    return await agreeing.record(db, cast.acme, aim, Decimal(value), month, "Why", **given)


async def test_history_is_kept_and_published_months_keep_what_held_then(db, story):
    who = principal_of(story.elin)
    await agree(db, story, 90, SEPTEMBER)
    replaced = await agree(db, story, 95, NOVEMBER)
    last = await agree(db, story, 96, NOVEMBER)
    assert replaced.status is TargetStatus.REPLACED

    async def course():
        return await records.course(db, who, story.acme.id, Aim.DELIVERY, range(319, 324))

    assert await course() == [None, 90, 90, 96, 96]
    await db.execute(
        text(
            "INSERT INTO scorecard_month (month, status, computed_at, preview_until_at, publish_at,"
            " opened_by_name, proposed_by_name, approved_by_name, returned, cards, digest, created_at,"
            " updated_at, version) VALUES (321, 'published', now(), now(), now(), '', '', '', '', 0, '',"
            " now(), now(), 1)"
        )
    )
    with pytest.raises(agreeing.BadInputError, match="published months keep what held then"):
        await agree(db, story, 99, OCTOBER)
    proposed = await agreeing.propose(
        *(db, story.acme, Aim.DELIVERY, Decimal(97), NOVEMBER, "Why"), by=who, today=TODAY
    )
    proposed.from_month = OCTOBER  # it had waited since before that was published
    await agreeing.accept(db, proposed, by=principal_of(story.tomasz), today=TODAY)
    assert await course() == [None, 90, 90, 97, 97]
    assert last.status is TargetStatus.REPLACED
    await agreeing.end(db, proposed, "No longer", by=who, today=TODAY)
    assert await course() == [None, 90, 90, 90, 90]


async def test_distances_count_what_was_missing_for_every_figure(db, story):
    who = principal_of(story.elin)
    for aim, value in ((Aim.SCORE, 100), (Aim.DELIVERY, 90), (Aim.QUALITY, 10), (Aim.RESPONSIVENESS, 90)):
        await agree(db, story, value, SEPTEMBER, aim)
    await deliveries.nonconformance(db, story, found_on=date(2026, 10, 9), quantity=Decimal(3))
    shown = await cards.card(db, who, story.acme, Period(OCTOBER), TODAY)
    found = {
        each.aim: each
        for each in await records.distances_of(db, who, story.acme.id, shown.card, shown.policy)
    }
    assert found[Aim.DELIVERY].is_met
    assert found[Aim.QUALITY].missing == 3  # of 1,100 pieces not one may be defective for 10 PPM
    assert found[Aim.RESPONSIVENESS].value is None
    assert "no figure to compare" in found[Aim.RESPONSIVENESS].sentence
    assert found[Aim.SCORE].gap == 100 - shown.card.shown
    values = sheet.values(story.organisation, story.acme, shown, [], [], list(found.values()))
    quality = next(each for each in values["explained"] if "defects" in each["title"])
    assert found[Aim.QUALITY].sentence in quality["sentences"]
    assert found[Aim.SCORE].sentence.rstrip(".") in values["distance"]
    # Where pieces are counted, no number of lines is said.
    by_piece = distances(shown.card, {Aim.DELIVERY: await agree(db, story, 99, NOVEMBER)}, by_line=False)
    assert by_piece[0].is_missed
    assert by_piece[0].missing is None
    assert shown.card.measure(measures.DELIVERY).numerator == 10
