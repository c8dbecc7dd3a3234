"""A company's provider that runs, and browsers that go there and come back."""

import html
import re
from contextlib import AsyncExitStack
from dataclasses import replace

import httpx
import pytest
from sqlalchemy import select

from portal.models.identity import ExternalIdentity
from portal.models.people import Role
from portal.settings import Oidc
from portal.workflows import invitations
from tests.conftest import visits
from tests.oidc.provider import Account, CompanyProvider, running
from tests.people import principal_of

CALLBACK = "/sign-in/company/callback"


@pytest.fixture(scope="module")
async def provider():
    async with running(CompanyProvider()) as running_provider:
        yield running_provider


@pytest.fixture
def company(provider):
    """The provider as it begins: one who keeps to the rules, and Elin signed in there."""
    fresh = CompanyProvider()
    fresh.port = provider.port
    provider.__dict__.update({k: v for k, v in fresh.__dict__.items() if k != "sign"})
    provider.sign = provider._sign
    provider.account = Account("subject-of-elin", "elin.sandberg@example.test")
    return provider


@pytest.fixture
def oidc(company):
    return Oidc(company.issuer, company.client_id, company.client_secret, name="Norrland ID")


@pytest.fixture
async def open_site(database, db, settings, oidc):
    """A way to open browsers at a portal with this company sign-in; more settings may be given."""
    async with AsyncExitStack() as stack:

        async def opened(*, strong="", **more):
            more = {"require_second_factor": False, **more}
            config = replace(settings, oidc=replace(oidc, strong=frozenset(strong.split())), **more)
            return await visits(stack, database, config)

        yield opened


@pytest.fixture
async def known(db, cast, company):
    """Elin's account is connected with her company account."""
    db.add(ExternalIdentity(person_id=cast.elin.id, issuer=company.issuer, subject="subject-of-elin"))
    await db.flush()
    return cast


def way(answer):
    """Where the page sends the browser: by itself, and with a link."""
    assert answer.status_code == 200, answer.text
    found = html.unescape(re.search(r'http-equiv="refresh" content="0;url=([^"]+)"', answer.text)[1])
    assert html.unescape(re.search(r'class="btn btn-primary w-100" href="([^"]+)"', answer.text)[1]) == found
    return found


async def there_and_back(answer):
    """Follow the browser to the provider; return the path that it comes back to."""
    async with httpx.AsyncClient() as outside:
        back = await outside.get(way(answer))
    assert back.status_code == 302, back.text
    return back.headers["location"].removeprefix("http://portal.test")


async def round_trip(browser, begin="/sign-in/company", **data):
    return await browser.get(await there_and_back(await browser.post(begin, data=data)))


async def is_in(browser):
    return (await browser.get("/account")).status_code == 200


async def connected(db):
    query = select(ExternalIdentity).execution_options(populate_existing=True)
    return {row.person_id: row.subject for row in (await db.execute(query)).scalars()}


async def invited(db, settings, cast, **given):
    offer = invitations.Offer("nina.ny@example.test", "Nina Ny", given.pop("role", Role.BUYER), **given)
    return (await invitations.invite(db, settings, principal_of(cast.root), offer))[1]
