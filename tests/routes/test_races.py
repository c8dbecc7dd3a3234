"""`race`: every form with a version, sent twice at once, has one winner and one who is told.

The forms are those of the pages, and the pages those of the routes: what is new is tried without being named.
"""

import asyncio
import re
from contextlib import AsyncExitStack

import pytest
from sqlalchemy import text

from portal.models.people import Role
from tests import forms
from tests.access.belongings import belongings
from tests.conftest import portal_with, visits
from tests.factories import people
from tests.people import TESTER, invite_everybody

LEAST = 8


@pytest.fixture
async def story(fresh, settings):
    """The same things for a company as in the matrix, committed, and who may change all of it."""
    async with fresh.work(TESTER) as db:
        cast = await invite_everybody(db)
        agata = await people.person(db, "Agata", Role.SUPPLIER_ADMINISTRATOR, supplier_id=cast.acme.id)
        return (cast.root, agata), await belongings(db, settings, cast, cast.acme, cast.tomasz)


async def changes(database, after=0):
    """In how many transactions something was changed since an act of the trail, and the last act."""
    async with database.work(TESTER) as db:
        query = text(
            "SELECT count(DISTINCT transaction), coalesce(max(id), 0) FROM trail_act WHERE id > :after"
        )
        return (await db.execute(query, {"after": after})).one()


async def race(browsers, form, number):
    """Two people save different words, which nobody has used yet, into the form that both have open."""
    word = next((each for each in form.free if each.name in {"name", "title"}), form.free[-1])
    values = {
        name: value for name, value in form.values.items() if name != "csrf_token"
    }  # each has their own
    posts = [
        browser.post(form.action, data={**values, word.name: f"Race {number}{name}"[-word.most :]})
        for browser, name in zip(browsers, "AB", strict=True)
    ]
    return sorted([answer.status_code for answer in await asyncio.gather(*posts)])


async def test_race_every_form_with_a_version_has_one_winner(fresh, story, settings):
    walkers, things = story
    app = portal_with(settings, fresh).litestar
    done, wrong = set(), []
    async with AsyncExitStack() as stack:
        visit = await visits(stack, fresh, settings)
        for person in walkers:
            browsers = await visit(person), await visit(person)
            for address in forms.pages(app, person, things):
                for form in forms.on(await forms.open_page(browsers[0], address)):
                    where = re.sub(r"\d+", "…", form.action.partition("?")[0])
                    if where in done or "version" not in form.names or not form.free:
                        continue
                    _, last = await changes(fresh)
                    codes = await race(browsers, form, len(done))
                    if codes in ([422, 422], [409, 409]):
                        continue  # it wants more than these words, or is not the next step
                    done.add(where)
                    count, _ = await changes(fresh, last)
                    # What is new in both has its name or number once.
                    if codes[0] not in {200, 303} or codes[1] not in {409, 412, 422} or count != 1:
                        wrong.append(f"{where}: {codes}, changed in {count} transactions")
    assert wrong == [], "\n".join(wrong)
    assert len(done) >= LEAST, sorted(done)
