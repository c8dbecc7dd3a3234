"""An auditor reads exactly what is shared with them, until its day, and nothing else."""

import csv
import io
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal import clock
from portal.models.shares import AuditorShare
from portal.workflows import shares
from tests.factories import deliveries
from tests.people import principal_of


@pytest.fixture
async def today(cast):
    return clock.today(cast.anna.time_zone)


@pytest.fixture
async def shared(db, cast, today):
    await deliveries.line(db, cast, (today, 100))
    return await shares.share(
        db, principal_of(cast.karin), cast.acme, cast.anna.id, today + timedelta(days=5), "IATF audit 2026"
    )


def card(supplier):
    return f"/suppliers/{supplier.number}/scorecard"


async def test_an_auditor_reads_the_shared_card_with_its_files(site, cast, shared):
    anna = await site(cast.anna)
    home = await anna.get("/", follow_redirects=True)
    assert str(home.url).endswith("/shared")
    assert "Acme Castings" in home.text
    assert "IATF audit 2026" in home.text
    for path in ("", "?explain=delivery", "/rows.csv?measure=delivery", "/card.json"):
        assert (await anna.get(card(cast.acme) + path)).status_code == 200, path
    assert f'/suppliers/{cast.acme.number}"' not in (await anna.get(card(cast.acme))).text


async def test_and_nothing_else(site, cast, shared):
    anna = await site(cast.anna)
    for path in (
        card(cast.bolt),
        f"/suppliers/{cast.acme.number}",
        f"/suppliers/{cast.acme.number}/shares",
        *("/suppliers", "/scorecards", "/dashboard", "/search?q=Acme", "/people", "/trail", "/imports"),
        *("/approved-suppliers", "/master-data", "/policy", "/mail", "/suppliers.csv", "/scorecards.csv"),
    ):
        assert (await anna.get(path)).status_code == 404, path
    assert "Bolt" not in (await anna.get("/shared")).text


async def test_before_it_is_shared_there_is_nothing(site, cast):
    anna = await site(cast.anna)
    assert "Nothing is shared with you" in (await anna.get("/shared")).text
    assert (await anna.get(card(cast.acme))).status_code == 404


async def test_a_day_that_is_over_shows_nothing(site, db, cast, shared, today):
    anna = await site(cast.anna)
    shared.until_on = today
    await db.flush()
    assert (await anna.get(card(cast.acme))).status_code == 200
    shared.until_on = today - timedelta(days=1)
    await db.flush()
    assert (await anna.get(card(cast.acme))).status_code == 404
    assert "Acme" not in (await anna.get("/shared")).text


async def test_revoking_counts_at_the_next_click(site, db, cast, shared):
    anna, karin = await site(cast.anna), await site(cast.karin)
    assert (await anna.get(card(cast.acme))).status_code == 200
    page = f"/suppliers/{cast.acme.number}/shares"
    assert (await karin.post(f"{page}/{shared.id}/revocation")).status_code == 303
    assert (await anna.get(card(cast.acme))).status_code == 404
    assert "Revoked" in (await karin.get(page)).text
    assert (await karin.post(f"{page}/{shared.id}/revocation")).status_code == 404
    # Of another supplier it is not there.
    other = f"/suppliers/{cast.bolt.number}/shares/{shared.id}/revocation"
    assert (await karin.post(other)).status_code == 404


async def test_a_manager_shares_on_the_page(site, db, cast, today):
    karin = await site(cast.karin)
    page = f"/suppliers/{cast.acme.number}/shares"
    assert page in (await karin.get(f"/suppliers/{cast.acme.number}")).text
    given = {
        "auditor": str(cast.anna.id),
        "until": str(today + timedelta(days=30)),
        "reason": "Customer audit",
    }
    assert (await karin.post(page, data=given)).status_code == 303
    assert (await karin.post(page, data=given)).status_code == 303  # takes the first one's place
    rows = (await db.execute(select(AuditorShare))).scalars().all()
    assert sorted(row.revoked_at is None for row in rows) == [False, True]
    assert rows[0].shared_by_name == "Karin Holm"
    for wrong in (
        {"auditor": str(cast.elin.id)},
        {"auditor": "1e309"},
        {"until": str(today - timedelta(days=1))},
        {"until": str(today + timedelta(days=500))},
        {"until": "soon"},
        {"reason": " "},
    ):
        assert (await karin.post(page, data={**given, **wrong})).status_code == 422, wrong


async def test_only_managers_and_administrators_share(site, cast, shared):
    page = f"/suppliers/{cast.acme.number}/shares"
    for person in (cast.elin, cast.olle, cast.vera, cast.anna, cast.tomasz, cast.rita):
        browser = await site(person)
        assert (await browser.get(page)).status_code == 404
        assert (await browser.post(page, data={})).status_code == 404
    assert (await (await site(cast.root)).get(page)).status_code == 200


async def test_the_access_review_says_what_is_shared_with_whom(site, cast, shared):
    root = await site(cast.root)
    assert "Acme Castings" in (await root.get(f"/people/{cast.anna.id}")).text
    answer = await root.get("/people.csv")
    rows = {row["E-mail"]: row for row in csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))}
    assert rows[cast.anna.email]["Shared with them until"] == f"Acme Castings ({shared.until_on})"
    assert rows[cast.elin.email]["Shared with them until"] == ""
