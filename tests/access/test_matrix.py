"""Role × object × verb, made from the routes: what is another's answers exactly as what does not exist."""

import re
from collections import Counter
from dataclasses import dataclass

import pytest
from litestar.routes import HTTPRoute
from sqlalchemy import text

from portal.access.permissions import GRANTS, P
from portal.models import metadata
from portal.models.people import Role
from tests.access.belongings import belongings
from tests.conftest import portal_with
from tests.factories import people

CORRECTIONS = [f"/corrections/{{correction:str}}/{step}" for step in ("proposal", "dismissal", "issue")]


# Addresses with a parameter that names nothing of anybody's, each with why.
NOBODYS = {
    "/certificates/calendar/{token:str}": "a secret address: whoever knows it reads it",
    "/documents/arrivals/{arrival:str}": "what a browser sends; only who announced it can finish it",
    "/language/{code:str}": "a language",
    "/imports/templates/{name:str}": "an example to download",
    "/jobs/{job:str}/{decision:str}": "the portal's own work, for administrators",
    **{
        f"/months/{{name:str}}{step}": "a month of all suppliers, for our people"
        for step in (
            "",
            "/mails",
            "/cards",
            "/cards.zip",
            "/mails/{planned:str}/again",
            *CORRECTIONS,
            "/preview",
            "/proposal",
            "/approval",
            "/return",
            "/publication",
        )
    },
    "/scorecards/{name:str}": "the ranking as a file",
    "/movement/{name:str}": "who moved between bands, for our people",
    "/static/{file_path:path}": "what is the same for everybody",
}


# What an address means by its parameters, the longest beginning first. ``table`` and such are words.
OBJECTS = {
    "/account/passkeys/{passkey": {"passkey": "passkey"},
    "/account/sessions/{short": {"short": "session"},
    "/approved-suppliers/{entry": {"entry": "entry"},
    "/certificates/requirements/{requirement": {"requirement": "requirement"},
    "/certificates/types/{kind": {"kind": "certificate_type"},
    "/certificates/{certificate": {"certificate": "certificate"},
    "/company-details/contacts/{contact": {"contact": "contact"},
    "/company-details/sites/{site": {"site": "site"},
    "/disputes/{dispute": {"dispute": "dispute"},
    "/documents/{document:str}/pages": {"document": "document", "number": "=1", "width": "=240"},
    "/documents/{document": {"document": "document"},
    "/files/{document": {"document": "document"},
    "/imports/{run_id": {"run_id": "run"},
    "/mail/{mail_id": {"mail_id": "mail"},
    "/mailbox/{mail_id:str}/files": {"mail_id": "mail", "file_id": "=1"},
    "/mailbox/{mail_id": {"mail_id": "mail"},
    "/master-data/{kind:str}/new": {"kind": "kind"},
    "/master-data/{kind:str}/{record": {"kind": "=plants", "record": "plant"},
    "/messages/{table:str}/{record:str}/{audience": {
        "table": "=supplier",
        "record": "supplier",
        "audience": "=shared",
        "said": "said",
    },
    "/messages/{table": {"table": "=supplier", "record": "supplier"},
    "/escalations/{escalation:str}/milestones/{milestone": {
        "escalation": "escalation",
        "milestone": "milestone",
    },
    "/escalations/{escalation": {"escalation": "escalation"},
    "/targets/{target": {"target": "target"},
    "/policies/{policy": {"policy": "policy"},
    "/people/invitations/{invitation": {"invitation": "invitation"},
    "/people/{person": {"person": "person"},
    "/nonconformances/{number": {"number": "nonconformance"},
    "/saved-filters/{saved": {"saved": "saved_filter"},
    "/scars/{number:str}/answers/{step": {"number": "scar", "step": "=D1"},
    "/scars/{number:str}/evidence/{step": {"number": "scar", "step": "=D1"},
    "/scars/{number:str}/costs/{line": {"number": "scar", "line": "cost"},
    "/scars/{number:str}/stages/{stage": {"number": "scar", "stage": "=acknowledgement"},
    "/scars/{number:str}/translations/{step": {"number": "scar", "step": "=D1"},
    "/scars/{number": {"number": "scar"},
    "/lessons/{lesson": {"lesson": "lesson"},
    "/suppliers/{number:str}/contacts/{contact": {"number": "number", "contact": "contact"},
    "/suppliers/{number:str}/shares/{share_id": {"number": "number", "share_id": "share"},
    "/suppliers/{number:str}/sites/{site": {"number": "number", "site": "site"},
    "/suppliers/{number:str}/task-links/{link": {"number": "number", "link": "link"},
    "/suppliers/{number": {"number": "number"},
    "/trail/{act": {"act": "act"},
}


MISSING = {
    "number": "999999",
    "scar": "SCAR-2026-9999",
    "nonconformance": "NC-9999",
    "session": "f" * 16,
    "kind": "nothing",
}


# Not reached by anybody in this story, each with why.
UNREACHED = {
    "/files/{document:str}": "answers on the files' own host only",
    "/documents/{document:str}/removal": "before it belongs to a record",
    "/imports/{run_id:str}/mapping": "before an import has begun",
    "/imports/{run_id:str}/run": "before an import has begun",
    "/imports/{run_id:str}/rejected.csv": "with the file itself",
    "/mailbox/{mail_id:str}": "while developing only",
    "/mailbox/{mail_id:str}/body": "while developing only",
    "/mailbox/{mail_id:str}/files/{file_id:str}": "while developing only",
    "/policies/{policy:str}/back-test.csv": "after a draft was tried",
    "/policies/{policy:str}/back-test.xlsx": "after a draft was tried",
    "/people/{person:str}/company-permission": "where the company signs people in",
    "/people/{person:str}/company-removal": "where the company signs people in",
    "/scars/{number:str}/edit": "before it is issued",
}


@dataclass(frozen=True)
class Route:
    verb: str
    path: str
    permission: P
    means: dict[str, str]

    def address(self, things: dict[str, str]) -> str:
        def value(match: re.Match[str]) -> str:
            thing = self.means[match[1]]
            return thing[1:] if thing.startswith("=") else things.get(thing, MISSING.get(thing, "999999"))

        return re.sub(r"\{(\w+):\w+\}", value, self.path)

    @property
    def things(self) -> list[str]:
        return [thing for thing in self.means.values() if not thing.startswith("=")]


def means(path):
    found = [words for begin, words in OBJECTS.items() if path.startswith(begin)]
    assert found or path in NOBODYS, (
        f"{path} has a parameter that no object is registered for. Add what it names to OBJECTS and make one"
        " for each company in tests/access/belongings.py."
    )
    return found[0] if found else None


@pytest.fixture
def routes(settings, database):
    """Every address with a parameter, by verb."""
    found = []
    for route in portal_with(settings, database).litestar.routes:
        if isinstance(route, HTTPRoute) and "{" in route.path_format:
            for handler in route.route_handlers:
                for verb in handler.http_methods - {"OPTIONS", "HEAD"}:
                    if words := means(route.path):
                        assert set(re.findall(r"\{(\w+):", route.path)) == set(words), route.path
                        found.append(Route(verb, route.path, handler.opt["permission"], words))
    return found


@pytest.fixture
async def story(db, settings, cast):
    """Everybody of the stories, Acme's administrator among them, and the same things for both companies."""
    agata = await people.person(db, "Agata", Role.SUPPLIER_ADMINISTRATOR, supplier_id=cast.acme.id)
    mine = await belongings(db, settings, cast, cast.acme, cast.tomasz)
    theirs = await belongings(db, settings, cast, cast.bolt, cast.rita)
    everybody = [
        *(None, cast.tomasz, agata, cast.elin, cast.olle, cast.karin, cast.gustav),
        *(cast.vera, cast.anna, cast.root),
    ]
    assert {person.role for person in everybody if person} == set(Role)
    return everybody, mine, theirs


SIGN_IN = {(200, "/sign-in?next=/"), (200, "/sign-in?next=/&unsent=1")}


# A form without its fields; errors as fragments, which are quicker to make.
HEADERS = {"content-type": "application/x-www-form-urlencoded", "hx-request": "true"}


async def ask(browser, route, things):
    """Give status, way on and text of an answer, without what is the request's own."""
    address = route.address(things)
    answer = await browser.request(route.verb, address, headers=HEADERS)
    body = answer.text.replace(answer.headers.get("x-request-id", "-"), "…")
    way = answer.headers.get("location", "") + answer.headers.get("hx-redirect", "")
    return answer.status_code, way.replace(address, "…"), body.replace(address, "…")


async def rows_of(db, supplier_id):
    """A hash of everything that belongs to a company."""
    found = {}
    for name, table in metadata.tables.items():
        if "supplier_id" in table.columns and not name.startswith("trail"):
            # Secrets are read by nobody who looks here.
            columns = ", ".join(f"t.{each.name}" for each in table.c if not each.name.endswith("_hash"))
            row = f"CAST(ROW({columns}) AS text)"
            whole = f"string_agg({row}, chr(10) ORDER BY {row})"
            query = text(f'SELECT md5({whole}) FROM "{name}" AS t WHERE supplier_id = :supplier')
            found[name] = (await db.execute(query, {"supplier": supplier_id})).scalar_one()
    return found


class Matrix:
    """What was asked, what was reached, and what should not have been answered so."""

    def __init__(self, mine, theirs):
        self.mine, self.theirs = mine, theirs
        self.asked, self.reached, self.wrong = Counter(), set(), []
        self.missing = {}  # what is not there, as it last answered each role

    async def ask(self, browser, role, route, things):
        self.asked[role] += 1
        return await ask(browser, route, things)

    def refuse(self, role, route, what, answer):
        self.wrong.append(f"{role or 'nobody'}: {route.verb} {route.path}: {what} answers {answer[:2]}")

    async def whoever_may_not(self, browser, role, route):
        """They learn nothing about what there is: it answers as whatever is missing does."""
        there = await self.ask(browser, role, route, self.mine)
        if there != self.missing.get(role):
            self.missing[role] = await self.ask(browser, role, route, {})
        if there != self.missing[role] or there[:2] not in {(404, ""), *SIGN_IN}:
            self.refuse(role, route, "what they may not open", there)

    async def whoever_may(self, browser, role, route, db):
        missing = await self.ask(browser, role, route, {})
        if missing[0] != 404:
            self.refuse(role, route, "what does not exist", missing)
        if role.is_supplier:
            # A rival's, and their own parent with a rival's child.
            mixed = [{**self.theirs, route.things[0]: self.mine[route.things[0]]}]
            for things in (self.theirs, *(mixed if len(route.things) > 1 else ())):
                other = await self.ask(browser, role, route, things)
                if other != missing:
                    self.refuse(role, route, "a rival's", other)
        undone = await (await db.connection()).begin_nested()
        own = await self.ask(browser, role, route, self.mine)
        await undone.rollback()
        if own[0] != 404:
            self.reached.add((route.verb, route.path))
        if own[0] >= 500:
            self.refuse(role, route, "their own", own)


async def test_what_is_another_s_answers_exactly_as_what_does_not_exist(site, story, db, cast, routes):
    everybody, mine, theirs = story
    rival, before = cast.bolt.id, await rows_of(db, cast.bolt.id)
    matrix = Matrix(mine, theirs)
    for role, person in [(person.role if person else None, person) for person in everybody]:
        browser = await site(person)
        for route in routes:
            if role is None or route.permission not in GRANTS[role] | {P.ANYONE}:
                await matrix.whoever_may_not(browser, role, route)
            else:
                await matrix.whoever_may(browser, role, route, db)
    assert matrix.wrong == [], "\n".join(matrix.wrong)
    assert await rows_of(db, rival) == before
    everything = {(route.verb, route.path) for route in routes if route.path not in UNREACHED}
    assert everything - matrix.reached == set(), "nobody reaches these in the story"
    assert set(matrix.asked) == {None, *Role}
    size = f"{sum(matrix.asked.values())} requests to {len(routes)} addresses by {len(everybody)} people"
    print(size)  # noqa: T201 # pytest -s shows it
    assert sum(matrix.asked.values()) >= len(routes) * len(everybody), size
