"""Attempts are counted in the database: for an account, for an address, and over all processes."""

import logging
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
import structlog

from portal import clock, logs
from portal.app import create_app
from portal.workflows import sign_in
from tests.conftest import visits

PASSWORD = "seven gulls over the quay"
WRONG = "an arbitrary long guess"


@pytest.fixture
async def tomasz(db, cast):
    cast.tomasz.password_hash = await sign_in.hash_password(PASSWORD)
    await db.flush()
    return cast.tomasz


async def attempt(browser, email, password=WRONG, **headers):
    data = {"email": email, "password": password}
    return (await browser.post("/sign-in", data=data, headers=headers)).status_code


async def test_lockout_two_processes_count_together(database, settings, tomasz):
    async with AsyncExitStack() as stack:
        first, second = [await (await visits(stack, database, settings))(None) for _ in range(2)]
        for number in range(sign_in.PER_ACCOUNT):
            assert await attempt((first, second)[number % 2], tomasz.email) == 422
        assert await attempt(first, tomasz.email, PASSWORD) == 429
        assert await attempt(second, tomasz.email, PASSWORD) == 429


async def test_lockout_ends_by_itself_and_success_forgets(site, tomasz):
    browser = await site(None)
    for _ in range(sign_in.PER_ACCOUNT):
        await attempt(browser, tomasz.email)
    with clock.fixed(clock.now() + sign_in.WINDOW + timedelta(seconds=1)):
        for _ in range(sign_in.PER_ACCOUNT - 1):
            await attempt(browser, tomasz.email)
        assert await attempt(browser, tomasz.email, PASSWORD) == 303
        other = await site(None)
        for _ in range(sign_in.PER_ACCOUNT - 1):
            assert await attempt(other, tomasz.email) == 422


async def test_lockout_an_account_that_is_not_there_locks_the_same(site, tomasz):
    browser = await site(None)
    for email in (tomasz.email, "nobody@example.test"):
        answers = [await attempt(browser, email) for _ in range(sign_in.PER_ACCOUNT + 1)]
        assert answers == [422] * sign_in.PER_ACCOUNT + [429]


def from_address(database, settings, address):
    transport = httpx.ASGITransport(app=create_app(settings, database).asgi, client=(address, 1))
    return httpx.AsyncClient(transport=transport, base_url=settings.base_url)


async def test_lockout_one_address_tries_many_accounts_and_is_stopped(db, database, settings, tomasz):
    for number in range(sign_in.PER_ADDRESS):
        await sign_in.failed(db, f"x{number}@example.test", "192.0.2.9")
    async with from_address(database, settings, "192.0.2.9") as stopped:
        assert await attempt(stopped, tomasz.email, PASSWORD) == 429
    async with from_address(database, settings, "192.0.2.10") as other:
        assert await attempt(other, tomasz.email, PASSWORD) == 303


async def test_lockout_a_made_up_forwarded_address_helps_nobody(db, database, settings, tomasz):
    for number in range(sign_in.PER_ADDRESS):
        await sign_in.failed(db, f"x{number}@example.test", "192.0.2.9")
    async with from_address(database, settings, "192.0.2.9") as browser:
        claimed = {"x-forwarded-for": "198.51.100.1"}
        assert await attempt(browser, tomasz.email, PASSWORD, **claimed) == 429
    # Behind our proxy the address counts that the proxy saw, not what the client put in front of it.
    proxied = replace(settings, trusted_proxies=frozenset({"10.0.0.1"}))
    async with from_address(database, proxied, "10.0.0.1") as browser:
        claimed = {"x-forwarded-for": "198.51.100.1, 192.0.2.9"}
        assert await attempt(browser, tomasz.email, PASSWORD, **claimed) == 429
        honest = {"x-forwarded-for": "192.0.2.9, 198.51.100.1"}
        assert await attempt(browser, tomasz.email, PASSWORD, **honest) == 303


@pytest.fixture
def logged():
    """Everything that is logged, down to the last detail."""
    logs.configure("json", level=logging.DEBUG)
    with structlog.testing.capture_logs() as found:
        yield found
    logs.configure("console", level=logging.ERROR)


async def test_log_hygiene(site, tomasz, logged):
    """No password, code, token or cookie is ever logged, wherever it was sent."""
    browser = await site(None)
    await attempt(browser, tomasz.email, "guess-in-the-password")
    await browser.get("/invitation?token=token-of-an-invitation")
    await browser.post("/invitation", data={"token": "token-of-an-invitation", "password": WRONG})
    await browser.get("/password-reset/new?token=token-of-a-reset")
    await browser.post("/sign-in/code", data={"code": "987654"})
    await browser.post("/sign-in/passkey/options")
    await attempt(browser, tomasz.email, PASSWORD)
    cookie = next(iter(browser.cookies.jar)).value
    await browser.get("/account?done=password")
    text = str(logged)
    assert "/invitation" in text
    for secret in ("guess-in-the-password", "token-of-", WRONG, "987654", PASSWORD, cookie):
        assert secret not in text
