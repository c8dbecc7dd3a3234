"""Sessions end by themselves, end at once everywhere when they must, and ride in a cookie that stays put."""

from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta

import pytest

from portal import clock
from portal.db import at_the_gate
from portal.web import session
from tests.conftest import visits


async def start(db, settings, person):
    return await session.start(db, settings, person.id, address="192.0.2.1", agent="test")


async def find(db, settings, token):
    async with at_the_gate(db):
        return await session.find(db, settings, token)


async def test_cookies_a_session_left_alone_ends(db, settings, cast):
    now = clock.now()
    token = await start(db, settings, cast.tomasz)
    idle = timedelta(hours=settings.session_idle_hours)
    with clock.fixed(now + idle - timedelta(minutes=1)):
        assert await find(db, settings, token) is not None
    # Being seen put the end off.
    with clock.fixed(now + idle + timedelta(hours=1)):
        assert await find(db, settings, token) is not None
    with clock.fixed(now + 3 * idle):
        assert await find(db, settings, token) is None


async def test_cookies_a_session_in_constant_use_ends_as_well(db, settings, cast):
    now = clock.now()
    token = await start(db, settings, cast.tomasz)
    step = timedelta(hours=settings.session_idle_hours) / 2
    end = timedelta(days=settings.session_days)
    used = step
    while used < end:
        with clock.fixed(now + used):
            assert await find(db, settings, token) is not None, used
        used += step
    with clock.fixed(now + end + timedelta(seconds=1)):
        assert await find(db, settings, token) is None


async def test_a_renewed_session_keeps_its_end(db, settings, cast):
    now = clock.now()
    token = await start(db, settings, cast.tomasz)
    with clock.fixed(now + timedelta(hours=1)):
        renewed = await session.renew(db, session.digest(token))
    assert await find(db, settings, token) is None
    assert await find(db, settings, renewed) is not None
    with clock.fixed(now + timedelta(days=settings.session_days, seconds=1)):
        assert await find(db, settings, renewed) is None


async def test_only_the_hash_of_a_token_is_stored(db, settings, cast):
    token = await start(db, settings, cast.tomasz)
    assert session.digest(token) != token
    assert await find(db, settings, session.digest(token)) is None


async def test_kill_sessions_deactivation_counts_on_every_replica_at_once(database, db, settings, cast):
    async with AsyncExitStack() as stack:
        first, second = [await visits(stack, database, settings) for _ in range(2)]
        here, there = await first(cast.tomasz), await second(cast.tomasz)
        assert (await here.get("/account")).status_code == (await there.get("/account")).status_code == 200
        cast.tomasz.is_active = False
        await db.flush()
        for browser in (here, there):
            answer = await browser.get("/account")
            assert answer.status_code == 303
            assert answer.headers["location"].startswith("/sign-in")
            assert cast.tomasz.email not in answer.text


@pytest.mark.parametrize("base", ["https://assay.example.com", "http://127.0.0.1:8000"])
def test_cookies_stay_with_the_portal(settings, base):
    settings = replace(settings, base_url=base)
    header = session.cookie(settings, "token").to_header(header="")
    assert "HttpOnly" in header
    assert "SameSite=lax" in header
    assert "Path=/" in header
    assert "Domain" not in header
    assert ("Secure" in header) == base.startswith("https")
    assert header.strip().startswith("__Host-assay=" if base.startswith("https") else "assay_8000=")


def test_signing_out_takes_the_cookie_away_as_it_was_set(settings):
    settings = replace(settings, base_url="https://assay.example.com")
    header = session.no_cookie(settings).to_header(header="")
    assert "Max-Age=0" in header
    assert "Secure" in header
