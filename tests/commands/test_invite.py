import re
from urllib.parse import urlsplit

import httpx
from sqlalchemy import select

from portal.app import create_app
from portal.models.people import Person, Role
from tests.people import TESTER


async def test_the_link_of_the_command_opens_the_first_account(said, fresh, settings):
    status, out, err = await said("invite", "rolf@norrland.example", "Rolf Root")
    assert status == 0, err
    link = urlsplit(re.search(r"http\S+/invitation\?token=\S+", out)[0])
    token = link.query.removeprefix("token=")
    assert token not in err
    transport = httpx.ASGITransport(app=create_app(settings, fresh).asgi)
    async with httpx.AsyncClient(transport=transport, base_url=settings.base_url) as browser:
        assert "rolf@norrland.example" in (await browser.get(f"/invitation?token={token}")).text
        data = {"token": token, "name": "Rolf Root", "password": "a kettle of grey herring"}
        answer = await browser.post("/invitation", data=data)
    assert answer.headers["location"] == "/sign-in/second-factor"
    async with fresh.work(TESTER) as db:
        person = (await db.execute(select(Person))).scalar_one()
    assert (person.role, person.is_active) == (Role.ADMINISTRATOR, True)


async def test_what_is_no_address_is_refused_with_a_sentence(said):
    status, out, _ = await said("invite", "rolf", "Rolf Root")
    assert status == 2
    assert "e-mail address" in out
