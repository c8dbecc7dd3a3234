"""The editor of the policy, with and without scripts, and the way of a version to a second person."""

from datetime import UTC, date, datetime

import pytest

from portal import clock
from portal.models.ratings import Policy as PolicyRow
from portal.models.ratings import PolicyStatus
from portal.workflows import ratings
from portal.workflows.policies import approving, back_tests
from portal.workflows.policies.typed import as_typed
from scorecards.policy import DEFAULT_POLICY
from tests.factories import deliveries
from tests.people import principal_of

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


@pytest.fixture
async def first(db, cast):
    await ratings.install_default_policy(db)
    for _ in range(12):
        day = date(2026, 10, 8)
        await deliveries.line(db, cast, (day, 100), acknowledged_on=day)
    with clock.fixed(NOW):
        yield cast


async def the(db, **values):
    query = PolicyRow.__table__.select().filter_by(**values)
    row = (await db.execute(query)).mappings().one()
    return await db.get_one(PolicyRow, row["id"], populate_existing=True)


async def begun(browser, db):
    first = await the(db, number=1)
    answer = await browser.post(f"/policies/{first.id}/drafts")
    assert answer.status_code == 303
    return await the(db, number=2)


def filled_in(**changed):
    return {**as_typed(DEFAULT_POLICY), "version": "1", "reason": "Stricter", **changed}


async def test_a_version_goes_from_a_draft_to_the_one_that_rates(site, db, first):
    elin, karin = await site(first.elin), await site(first.karin)
    draft = await begun(elin, db)
    here = f"/policies/{draft.id}"
    stricter = filled_in(early_days="2", **{"weight-quality": "30", "weight-delivery": "50"})
    assert (await elin.post(here, data=stricter)).status_code == 303
    page = (await elin.get(here)).text
    assert "Weight of on-time delivery" in page
    assert "from 2 calendar days before" in page
    assert (await elin.post(f"{here}/review")).status_code == 303
    assert (await elin.post(f"{here}/approval", data={"month": "322"})).status_code == 404
    assert "Rating policy Default 2" in (await karin.get("/worklist?who=all", follow_redirects=True)).text
    assert (await karin.post(f"{here}/approval", data={"month": "322"})).status_code == 303
    await approving.activate_due(db, today=NOW.date())
    assert (await the(db, number=2)).status is PolicyStatus.ACTIVE
    assert "version 2" in (await karin.get("/policy")).text
    old = (await elin.get("/suppliers/104417/scorecard?period=2026-10")).text
    assert "policy “Default” version 1" in old


async def test_what_is_wrong_stands_at_its_field_and_nothing_is_saved(site, db, first):
    elin = await site(first.elin)
    draft = await begun(elin, db)
    wrong = filled_in(
        **{"weight-quality": "45", "band-1-to": "85", "own-0-formula": "lines_late / lines_tine"}
    )
    answer = await elin.post(f"/policies/{draft.id}", data=wrong)
    assert answer.status_code == 422
    assert 'href="#f-weight-quality"' in answer.text
    assert "No band covers 85 to below 90" in answer.text
    assert 'value="45"' in answer.text
    assert (await the(db, number=2)).version == 1


async def test_while_one_types_a_fragment_says_what_is_wrong_and_works_formulas_out(site, db, first):
    elin = await site(first.elin)
    draft = await begun(elin, db)
    typed = filled_in(**{"own-0-title": "Steady", "own-0-key": "steady"})
    htmx = {"hx-request": "true"}

    async def checked(formula):
        data = {**typed, "own-0-formula": formula}
        return await elin.post(f"/policies/{draft.id}/check", data=data, headers=htmx)

    good = await checked("100 * lines_in_full / lines_counted")
    assert good.status_code == 200
    assert good.text.lstrip().startswith("<section")
    assert "100 × 12 ÷ 12 = <b>100</b>" in good.text
    assert "Acme Castings" in good.text
    assert "The score is the weighted average of" in good.text
    bad = await checked("100 * lines_in_ful / lines_counted")
    assert "100 * <mark>lines_in_ful</mark> / lines_counted" in bad.text
    assert "Did you mean lines_in_full?" in bad.text
    whole = await elin.post(f"/policies/{draft.id}/check", data=filled_in())
    assert "<html" in whole.text
    assert (await the(db, number=2)).version == 1


async def test_two_who_edit_one_draft_lose_nothing(site, db, first):
    elin, karin = await site(first.elin), await site(first.karin)
    draft = await begun(elin, db)
    assert (await elin.post(f"/policies/{draft.id}", data=filled_in())).status_code == 303
    answer = await karin.post(f"/policies/{draft.id}", data=filled_in(reason="Mine"))
    assert answer.status_code == 412
    assert "Somebody else saved this draft meanwhile" in answer.text
    assert "Mine" in answer.text
    assert (await the(db, number=2)).reason == "Stricter"


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"suppliers": "104417, 999"}, "There is no supplier with the number 999."),
        ({"suppliers": "104417"}, "Give the group of these suppliers a name."),
        ({"commodity": "77777"}, "Choose a commodity from the list."),
        ({"name": "a\0b"}, "This holds characters that cannot be stored."),
        ({"own-0-formula": "__import__('os')", "own-0-key": "x", "own-0-title": "X"}, "has no meaning here"),
    ],
)
async def test_hostile_and_impossible_values_are_refused(site, db, first, changed, sentence):
    elin = await site(first.elin)
    draft = await begun(elin, db)
    answer = await elin.post(f"/policies/{draft.id}", data=filled_in(**changed))
    assert answer.status_code == 422
    assert sentence in answer.text


async def test_a_buyer_reads_and_changes_nothing_and_a_supplier_finds_nothing(site, db, first):
    olle, tomasz = await site(first.olle), await site(first.tomasz)
    one = await the(db, number=1)
    assert (await olle.get(f"/policies/{one.id}")).status_code == 200
    assert (await olle.post(f"/policies/{one.id}/drafts")).status_code == 404
    for path in ("/policies", f"/policies/{one.id}", f"/policies/{one.id}/edit"):
        assert (await tomasz.get(path)).status_code == 404


async def test_points_and_events_are_given_with_a_reason_and_only_what_the_policy_counts(site, db, first):
    elin = await site(first.elin)
    row = await the(db, number=1)
    soft = [{"key": "cooperation", "title": "Cooperation"}]
    demerits = {"points": {"premium_freight": "3"}, "at_most": "10"}
    weights = {"quality": "40", "delivery": "40", "responsiveness": "10", "cooperation": "10"}
    row.definition = {**row.definition, "soft": soft, "demerits": demerits, "weights": weights}
    row.version += 1
    await db.flush()
    here = "/suppliers/104417/scorecard/given"
    given = {"criterion": "cooperation", "month": "321", "points": "80,5", "reason": "Quick answers"}
    assert (await elin.post(f"{here}/points", data={**given, "reason": ""})).status_code == 422
    assert (await elin.post(f"{here}/points", data={**given, "points": "101"})).status_code == 422
    wrong = await elin.post(f"{here}/points", data={**given, "criterion": "steady"})
    assert "The policy of October 2026 has no criterion steady." in wrong.text
    for points in ("70", "80,5"):
        assert (await elin.post(f"{here}/points", data={**given, "points": points})).status_code == 303
    event = {
        "kind": "premium_freight",
        "plant": str(first.lulea.id),
        "happened_on": "2026-10-20",
        "note": "Flown",
    }
    assert (await elin.post(f"{here}/events", data=event)).status_code == 303
    late = await elin.post(f"{here}/events", data={**event, "happened_on": "2026-12-20"})
    assert "not still to come" in late.text
    other = await elin.post(f"{here}/events", data={**event, "kind": "line_stoppage"})
    assert "takes no points off for this" in other.text
    card = (await (await site(first.tomasz)).get("/scorecard?period=2026-10")).text
    assert "80.5" in card
    assert "Points and events" not in card
    assert (await (await site(first.olle)).get(here)).status_code == 404
    shown = (await elin.get(here)).text
    assert shown.count("Quick answers") == 1
    assert "Premium freight, Luleå" in shown


async def test_a_back_test_says_whose_band_changes_and_why(site, db, first):
    elin = await site(first.elin)
    for _ in range(4):
        day = date(2026, 10, 20)
        await deliveries.line(db, first, (date(2026, 10, 17), 100), acknowledged_on=day)
    draft = await begun(elin, db)
    here = f"/policies/{draft.id}"
    assert (await elin.post(here, data=filled_in(early_days="0"))).status_code == 303
    assert "Not tried yet" in (await elin.get(f"{here}/back-test")).text
    assert (await elin.post(f"{here}/back-test")).status_code == 303
    assert "Waiting for a worker" in (await elin.get(f"{here}/back-test")).text
    draft = await the(db, number=2)
    test = await back_tests.newest(db, principal_of(first.elin), draft)
    told = []

    async def report(months):
        told.append(months)

    await back_tests.run(db, principal_of(first.elin), test, report)
    assert told == [1, 11]
    page = (await elin.get(f"{here}/back-test?month=2026-10")).text
    assert "1 change of band" in page
    assert "On-time delivery: 100.0 % becomes 75.0 % (−85 of the score)." in page
    found = back_tests.found(test)
    at = {band: place for place, band in enumerate(found.bands)}
    assert found.matrix(321)[at["A"]][at["D"]] == 1
    assert sum(map(sum, found.matrix(321))) == 2
    rows = (await elin.get(f"{here}/back-test.csv?month=2026-10")).text.splitlines()
    assert rows[1].startswith('"2026-10","Acme Castings","104417","A","D",100.0,15.0,"On-time delivery:')
    assert (await elin.get(f"{here}/back-test.xlsx")).content.startswith(b"PK")
    assert (await elin.get(f"{here}/back-test?month=2031-10")).status_code == 422
    assert (await (await site(first.gustav)).post(f"{here}/back-test")).status_code == 409
    assert "From A to D, and why" in (await elin.get(f"{here}/back-test?before=A&now=D")).text
    assert "Nobody’s." in (await elin.get(f"{here}/back-test?before=A&now=C")).text
    assert (await elin.get(f"{here}/back-test?before=A&now=E")).status_code == 422
    first.elin.language = "de"
    await db.flush()
    page = (await elin.get(f"{here}/back-test?month=2026-10")).text
    assert "Liefertreue: aus 100,0 % wird 75,0 % (−85 zur Punktzahl)." in page
    first.elin.language = "en"
    await db.flush()
    assert (await elin.post(f"{here}/back-test", data={"until": "200"})).status_code == 422, "no figures"
    # A double click begins one; what is asked for again is tried again.
    again = await back_tests.begin(db, principal_of(first.elin), draft, today=test.as_of)
    assert again.id != test.id
    assert (await back_tests.begin(db, principal_of(first.elin), draft, today=test.as_of)).id == again.id
