"""`idempotency`: a request with a key is done once, however often and however fast it arrives."""

import asyncio
import re
from contextlib import AsyncExitStack
from datetime import timedelta

import httpx
import pytest
from litestar import Litestar, Request, Response, post
from litestar.datastructures import State
from sqlalchemy import func, select, text, update

from portal import clock
from portal.access.permissions import P
from portal.app import state_of
from portal.models.documents import DocumentAttachment
from portal.models.given_answers import GivenAnswer
from portal.models.nonconformances import Nonconformance
from portal.models.scars import Scar, ScarCost
from portal.models.threads import ThreadMessage
from portal.web import errors, once
from portal.web.depends import DEPENDENCIES, Db, Who
from portal.web.guard import authorise
from portal.workflows import given_answers
from tests.conftest import visits
from tests.factories import scars
from tests.people import TESTER, invite_everybody, principal_of

KEY = {"Idempotency-Key": "7c1e"}
COST = {"kind": "hours", "words": "Sorting", "quantity": "14", "rate": "62"}
PIXEL = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
    b"\x00\x00\x00\rIDATx\x9cc\xf8\xcf\xc0\xf0\x1f\x00\x05\x00\x01\xff\x89\x99=\x1d\x00\x00\x00\x00IEND\xaeB`\x82"
)


async def count(db, model):
    return (await db.execute(select(func.count()).select_from(model))).scalar_one()


@pytest.fixture
async def costs(db, cast):
    """Where the cost lines of a SCAR are added."""
    return f"/scars/{(await scars.issued(db, cast)).number}/costs"


def draft(cast, **given):
    values = {
        "supplier": cast.acme.number,
        "title": "Pores",
        "severity": "major",
        "plant": "LUL",
        "defect": "Porosity",
        "source": "by_hand",
        "owner": str(cast.elin.id),
    }
    return values | given


async def test_the_same_request_again_gets_the_first_answer_and_does_nothing(elin, db, costs):
    first = await elin.post(costs, data=COST, headers=KEY)
    second = await elin.post(costs, data=COST, headers=KEY)
    assert first.status_code == second.status_code == 303
    assert first.headers["location"] == second.headers["location"]
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"
    assert first.headers["set-cookie"] == second.headers["set-cookie"], "it says what was done"
    assert await count(db, ScarCost) == 1
    assert (await elin.post(costs, data=COST, headers={"Idempotency-Key": "7c1f"})).status_code == 303
    assert await count(db, ScarCost) == 2


@pytest.mark.parametrize("other", [{"data": COST | {"rate": "63"}}, {"data": COST, "params": {"a": "1"}}])
async def test_another_request_with_the_key_is_refused(elin, db, costs, other):
    await elin.post(costs, data=COST, headers=KEY)
    answer = await elin.post(costs, headers=KEY, **other)
    assert answer.status_code == 422
    assert "Another request was sent with this key." in answer.text
    assert await count(db, ScarCost) == 1


async def test_a_key_belongs_to_whoever_sent_it(elin, karin, db, costs):
    assert [(await who.post(costs, data=COST, headers=KEY)).status_code for who in (elin, karin)] == [303] * 2
    assert await count(db, ScarCost) == 2


async def test_what_was_refused_may_be_tried_again_with_its_key(elin, db, costs):
    assert (await elin.post(costs, data=COST | {"rate": "-1"}, headers=KEY)).status_code == 422
    assert (await elin.post(costs, data=COST, headers=KEY)).status_code == 303
    for key in ("", " ", "x" * 201, "a\x7fb"):
        answer = await elin.post(costs, data=COST, headers={"Idempotency-Key": key})
        assert answer.status_code == 422, key
    assert await count(db, ScarCost) == 1


async def test_answers_are_forgotten_after_a_day(elin, db, costs):
    now = clock.now()
    await elin.post(costs, data=COST, headers=KEY)
    with clock.fixed(now + given_answers.KEPT - timedelta(minutes=1)):
        await given_answers.clear(db)
    assert await count(db, GivenAnswer) == 1
    await db.execute(update(GivenAnswer).values(created_at=now - given_answers.KEPT))
    assert (await elin.post(costs, data=COST, headers=KEY)).status_code == 303, "it makes another one"
    assert (await count(db, ScarCost), await count(db, GivenAnswer)) == (2, 1)
    with clock.fixed(now + given_answers.KEPT + timedelta(minutes=1)):
        await given_answers.clear(db)
    assert await count(db, GivenAnswer) == 0


async def test_a_form_sent_twice_makes_one_record_and_shows_it(elin, db, cast):
    page = await elin.get(f"/scars/new?supplier={cast.acme.number}")
    key = re.search(r'name="once" value="([\w-]{16})"', page.text)[1]
    assert key not in (await elin.get(f"/scars/new?supplier={cast.acme.number}")).text
    answers = [await elin.post("/scars", data=draft(cast, once=key)) for _ in range(2)]
    assert [answer.headers["location"] for answer in answers] == ["/scars/SCAR-2026-0001"] * 2
    answer = await elin.post("/scars", data=draft(cast, once=key, title="Cracks"))
    assert answer.status_code == 422
    assert "You have sent this form before with other words, and that was done." in answer.text
    assert await count(db, Scar) == 1


async def test_a_form_with_photos_sent_again_is_the_same_form(elin, db, cast):
    """Its parts are compared, not the wrapping, which is new with each sending."""
    page = await elin.get("/nonconformances/new")
    key = re.search(r"&amp;once=([\w-]+)", page.text)[1]
    found = {"supplier": cast.acme.number, "plant": "LUL", "part": cast.housing.number, "kind": "Porosity"}
    found |= {"quantity": "36", "responsibility": "supplier"}

    async def send(photo, **given):
        return await elin.post(
            "/nonconformances",
            params={"once": key},
            data=found | given,
            files={"files": ("pores.png", photo, "image/png")},
        )

    answers = [await send(PIXEL) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303], answers[0].text
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert (await send(PIXEL[:-1])).status_code == 422
    assert (await send(PIXEL, quantity="37")).status_code == 422
    assert (await count(db, Nonconformance), await count(db, DocumentAttachment)) == (1, 1)


async def test_a_message_sent_twice_is_said_once(tomasz, db, cast, costs):
    scar = (await db.execute(select(Scar))).scalar_one()
    where = f"/messages/scar/{scar.id}"
    told = {"HX-Request": "true", "HX-Current-URL": f"http://portal.test/scars/{scar.number}#thread"}
    files = {"words": (None, "We look into it.")}
    sent = [await tomasz.post(where, params={"once": "a"}, files=files, headers=told) for _ in range(2)]
    assert "We look into it." in sent[0].text
    assert (sent[1].status_code, sent[1].headers["hx-redirect"]) == (200, f"/scars/{scar.number}")
    assert await count(db, ThreadMessage) == 1
    kept = (await db.execute(select(GivenAnswer))).scalar_one()
    assert (kept.body, kept.supplier_id) == ("", cast.acme.id), "a page's tokens are kept nowhere"


@post("/things", permission=P.SCARS_WRITE)
async def make(request: Request, db: Db, who: Who) -> Response:
    moment = (await db.execute(text("SELECT clock_timestamp()::text"))).scalar_one()
    answer = Response({"made_at": moment, "by": who.name, "said": await request.json()}, status_code=201)
    return once.answered(request, answer)


async def test_an_answer_for_a_machine_is_given_again_to_the_byte(elin, database, settings):
    app = Litestar(
        [make],
        dependencies=DEPENDENCIES,
        guards=[authorise],
        exception_handlers=errors.HANDLERS,
        openapi_config=None,
        state=State(state_of(settings, database)),
    )
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url=settings.base_url, cookies=elin.cookies
    ) as program:
        told = KEY | {"x-csrf-token": elin.headers["x-csrf-token"]}
        answers = [await program.post("/things", json={"a": "ä"}, headers=told) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [201, 201]
        assert answers[0].content == answers[1].content
        assert answers[1].json()["by"] == "Elin Sandberg"
        assert answers[0].headers["content-type"] == answers[1].headers["content-type"]
        assert (await program.post("/things", json={"a": "o"}, headers=told)).status_code == 422


@pytest.fixture
async def committed(fresh, settings):
    """The cast in a database with real commits, and Elin's browser."""
    async with fresh.work(TESTER) as db:
        cast = await invite_everybody(db)
    async with AsyncExitStack() as stack:
        visit = await visits(stack, fresh, settings)
        yield cast, await visit(cast.elin)


async def test_at_the_same_time_one_is_done_and_no_other(fresh, committed):
    """Really parallel: a program is told to come again, a browser waits and is shown the one record."""
    cast, elin = committed
    who = principal_of(cast.elin)
    async with fresh.work(who) as first:
        await given_answers.earlier(first, who, KEY["Idempotency-Key"], waits=False)
        answer = await elin.post("/scars", data=draft(cast), headers=KEY)
        assert (answer.status_code, answer.headers["retry-after"]) == (409, "1")
    assert (await elin.post("/scars", data=draft(cast), headers=KEY)).status_code == 303

    answers = await asyncio.gather(*(elin.post("/scars", data=draft(cast, once="a")) for _ in range(12)))
    assert {(each.status_code, each.headers["location"]) for each in answers} == {
        (303, "/scars/SCAR-2026-0002")
    }
    told = await asyncio.gather(
        *(elin.post("/scars", data=draft(cast), headers={"Idempotency-Key": "b"}) for _ in range(12))
    )
    assert {each.status_code for each in told} <= {303, 409}
    assert {each.headers["location"] for each in told if each.status_code == 303} == {"/scars/SCAR-2026-0003"}
    async with fresh.work(TESTER) as db:
        assert await count(db, Scar) == 3
        assert await count(db, GivenAnswer) == 3
