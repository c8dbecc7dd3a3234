"""Words planted where somebody must not look, and everything that they can reach searched for them."""

import io
import re
import zipfile
from collections import Counter
from html import unescape
from urllib.parse import urldefrag, urljoin, urlsplit

import pytest
from litestar.routes import HTTPRoute
from sqlalchemy import Enum, String, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import AutoString

from portal.access.permissions import GRANTS, P
from portal.models import metadata
from portal.models.scars import ScarEvent
from portal.models.threads import ThreadNote
from portal.workflows import ratings
from tests.access.belongings import belongings
from tests.conftest import portal_with
from tests.factories import deliveries

LINK = re.compile(r"""\s(?:href|hx-get|src)="([^"]+)\"""")  # as our templates write them
PLANTED = re.compile(r"Qz\d+k", re.IGNORECASE)
# What signs people in is looked up by hashes, and what is told apart by them stays as it is.
NOT_PLANTED = re.compile(
    r"_hash$|^(table_name|kind|key|file_key|time_zone|zone|language|country|path|series|sha256)$"
)
LONGEST_CRAWL = 400
OF_ONE_PATH = 4  # orders and filters of a list: each shows the same rows once more
ASIDE = re.compile(r"^/(sign-out|language|static|health)")


def _is_text(column):
    return isinstance(column.type, String | AutoString) and not isinstance(column.type, Enum)


class Planter:
    """Puts a word of its own into every text of the rows that a condition names."""

    def __init__(self, db):
        self.db = db
        self.where = {}

    async def plant(self, table, column, condition):
        word = f"Qz{len(self.where)}k"
        value = f"{word.lower()}@canary.test" if column.name in {"email", "address"} else word
        change = text(f'UPDATE "{table}" SET "{column.name}" = :value WHERE {condition}')
        try:
            async with self.db.begin_nested():
                done = await self.db.execute(change, {"value": value})
        except DBAPIError:
            return  # one of few words that it may be, or it must be unlike that of another row
        if done.rowcount:
            self.where[word.lower()] = f"{table}.{column.name}"

    async def plant_all(self, condition_of):
        for name, table in metadata.tables.items():
            condition = condition_of(name, table.columns)
            if condition is None or name.startswith("trail"):
                continue
            for column in table.columns:
                is_text = _is_text(column)
                if is_text and not NOT_PLANTED.search(column.name) and not column.foreign_keys:
                    await self.plant(name, column, condition)


def words_of(answer):
    if answer.content[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
            return " ".join(book.read(name).decode("utf-8", "replace") for name in book.namelist())
    return answer.text + " ".join(f"{name}: {value}" for name, value in answer.headers.items())


async def crawl(browser, begin, where, longest=LONGEST_CRAWL):
    """Open everything that links lead to; give what was found where it must not be, and what was opened."""
    waiting, opened, leaks = list(begin), set(), []
    paths = Counter()
    while waiting and len(opened) < longest:
        address = waiting.pop(0)
        path = urlsplit(address).path
        if address in opened or ASIDE.match(address) or paths[path] == OF_ONE_PATH:
            continue
        opened.add(address)
        paths[path] += 1
        answer = await browser.get(address)
        assert answer.status_code < 500, address
        words = words_of(answer)
        leaks += [f"{where[word.lower()]} on {address}" for word in set(PLANTED.findall(words))]
        if "html" in answer.headers.get("content-type", ""):
            for link in sorted(set(LINK.findall(answer.text))):
                target = urljoin(address, urldefrag(unescape(link))[0])
                if not urlsplit(target).netloc:
                    waiting.append(target)
        if "location" in answer.headers:
            waiting.append(urljoin(address, answer.headers["location"]))
    return leaks, opened


@pytest.fixture
def addresses(settings, database):
    """What somebody may open who knows every address without a parameter, and what to look for there."""

    def of(person):
        found = []
        for route in portal_with(settings, database).litestar.routes:
            if isinstance(route, HTTPRoute) and "{" not in route.path_format:
                for handler in route.route_handlers:
                    permission = handler.opt.get("permission")
                    if "GET" in handler.http_methods and permission in GRANTS[person.role] | {P.ANYONE}:
                        found.append(route.path)
        return ["/", *sorted(found), "/search?q=Qz", "/messages?q=Qz", "/scorecard?period=2026-10"]

    return of


@pytest.fixture
async def story(db, settings, cast):
    await ratings.install_default_policy(db)
    mine = await belongings(db, settings, cast, cast.acme, cast.tomasz)
    theirs = await belongings(db, settings, cast, cast.bolt, cast.rita)
    for supplier in (cast.acme, cast.bolt):
        await deliveries.line(db, cast, (deliveries.PROMISED, 90), supplier_id=supplier.id)
        await deliveries.lot(db, cast, supplier_id=supplier.id)
    return mine, theirs


async def test_a_supplier_reaches_no_word_of_a_rival(db, cast, site, story, addresses):
    rival = cast.bolt.id
    theirs = f"person_id IN (SELECT id FROM person WHERE supplier_id = {rival})"

    def condition(name, columns):
        if name == "supplier":
            return f"id = {rival}"
        if "supplier_id" in columns:
            return f"supplier_id = {rival}"
        return theirs if "person_id" in columns else None

    planter = Planter(db)
    await planter.plant_all(condition)
    assert len(planter.where) > 60, planter.where
    browser = await site(cast.tomasz)
    leaks, opened = await crawl(browser, addresses(cast.tomasz), planter.where)
    assert leaks == []
    assert len(opened) > 40
    # The other side of it: whoever may see them, does.
    seen, _ = await crawl(await site(cast.rita), addresses(cast.rita), planter.where)
    assert len({leak.split(" on ")[0] for leak in seen}) > 15, seen
    told = await db.execute(
        text("SELECT concat(subject, body_text, body_html) FROM outgoing_mail WHERE supplier_id = :acme"),
        {"acme": cast.acme.id},
    )
    assert [mail for mail in told.scalars() if PLANTED.search(mail)] == []


async def test_what_is_ours_alone_reaches_no_supplier(db, cast, site, story, addresses):
    mine, _ = story
    acme = cast.acme.id
    thread = (await db.execute(text(f"SELECT id FROM thread WHERE supplier_id = {acme}"))).scalar_one()
    scar = (await db.execute(text(f"SELECT id, plant_id FROM scar WHERE supplier_id = {acme}"))).one()
    db.add(ThreadNote(thread_id=thread, author_name="Elin", is_ours=True, body="x"))
    db.add(
        ScarEvent(
            scar_id=scar.id,
            supplier_id=acme,
            plant_id=scar.plant_id,
            kind="drafted",
            is_internal=True,
        )
    )
    await db.flush()
    planter = Planter(db)
    for table, column, condition in (
        ("supplier", "note", f"id = {acme}"),
        ("scar", "internal_note", f"supplier_id = {acme}"),
        ("scar_event", "note", f"supplier_id = {acme} AND is_internal"),
        ("thread_note", "body", "true"),
        ("auditor_share", "reason", f"supplier_id = {acme}"),
        ("import_run", "file_name", "true"),
    ):
        await planter.plant(table, metadata.tables[table].columns[column], condition)
    assert len(planter.where) == 6
    leaks, opened = await crawl(await site(cast.tomasz), addresses(cast.tomasz), planter.where)
    assert leaks == []
    assert f"/scars/{mine['scar']}" in {address.split("?")[0] for address in opened}
    ours = ["/suppliers/104417", f"/scars/{mine['scar']}"]
    seen, _ = await crawl(await site(cast.karin), ours, planter.where, longest=len(ours))
    assert {"supplier.note", "scar.internal_note"} <= {leak.split(" on ")[0] for leak in seen}


async def test_who_is_limited_to_a_plant_reaches_no_word_of_another(db, cast, site, story, addresses):
    planter = Planter(db)
    await planter.plant_all(
        lambda name, columns: f"plant_id = {cast.lulea.id}" if "plant_id" in columns else None
    )
    assert len(planter.where) > 15, planter.where
    leaks, opened = await crawl(await site(cast.gustav), addresses(cast.gustav), planter.where)
    assert leaks == []
    assert len(opened) > 40
