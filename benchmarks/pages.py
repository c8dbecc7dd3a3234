"""The suppliers list through the whole portal, against the same page of two peers, in one process.

Each is called through its ASGI application with somebody signed in: session, fifty rows, counts for the
saved filters, choices for the other filters, HTML. Whoever asks does nothing but hand over a scope and add up
the bytes: a client library took as long as the pages. The peers get everything around the rows as ready text,
so they render less than the portal does.
"""

import asyncio
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import peer_django
import peer_fastapi
from bench import WHO, Table, portal_with_lines, run
from sqlalchemy import text

from portal.app import create_app
from portal.db import Database
from portal.models.people import Person, Role
from portal.settings import Settings
from portal.web import session as sessions

LINES = 0.06  # million: 200 suppliers
REQUESTS = 150
ADDRESS = "http://portal.test"
_ICON = (
    '<svg class="i{cls}" aria-hidden="true" viewBox="0 0 24 24">'
    '<use href="/static/icons.svg?v=0123456789#i-{name}"/></svg>'
)
_FLAG, _CHECK = _ICON.format(cls="", name="flag"), _ICON.format(cls=" as-t ok", name="circle-check")
# The same row in the peers' templates; both languages read it.
ROWS = (
    "{% for row in suppliers %}"
    '<tr><th scope="row" class="text-break"><a class="plain" href="/suppliers/{{ row.number|urlencode }}"'
    ' data-open><bdi>{{ row.name }}</bdi></a></th><td class="mono end">{{ row.number }}</td>'
    '<td class="nowrap">{{ row.country }}</td><td class="hide-n">{{ row.commodity.name }}</td>'
    '<td data-l="Risk">{% if row.risk == "high" %}<span class="nowrap as-t warn strong">'
    + _FLAG
    + " High</span>{% else %}{{ row.risk }}{% endif %}</td>"
    '<td><span class="nowrap">' + _CHECK + " {{ row.status }}</span></td>"
    '<td class="full nowrap"><span class="as-t {{ row.tone }}">'
    + _ICON.format(cls="", name="{{ row.icon }}")
    + " {{ row.standing }}</span></td></tr>\n{% endfor %}"
)


async def measure(_size: float, table: Table) -> None:
    print("List page of 50 rows", flush=True)
    async with portal_with_lines(LINES) as database:
        await arrange(database)
        with tempfile.TemporaryDirectory() as folder:
            await compare(database, Path(folder), table)


async def compare(database: Database, folder: Path, table: Table) -> None:
    settings = Settings(base_url=ADDRESS, data_dir=folder / "data")
    async with database.work(WHO) as db:
        person = Person(email="a@portal.test", name="Anna", role=Role.BUYER, is_active=True)
        db.add(person)
        await db.flush()
        token = await sessions.start(db, settings, person.id, address="127.0.0.1", agent="benchmark")
    portal = Page(create_app(settings, database).asgi, settings.cookie_name, token)
    html = (await portal.get()).decode()
    at, end = html.index("<tbody>") + len("<tbody>"), html.index("</tbody>")
    shell = html[:at], html[end:]
    django = peer_django.make(shell, ROWS)
    await asyncio.to_thread(peer_django.fill, await copied(database, token))
    peers = {
        "portal": portal,
        "Django ORM and templates": Page(django, "token", token),
        "FastAPI, SQLModel entities": Page(peer_fastapi.make(database.engine, shell, ROWS), "token", token),
    }
    sizes = {name: len(await each.get()) for name, each in peers.items()}
    taken: dict[str, list[float]] = {name: [] for name in peers}
    for at in range(REQUESTS + 20):
        for name, each in peers.items():
            began = time.perf_counter()
            await each.get()
            if at >= 20:
                taken[name].append(time.perf_counter() - began)
    middle = {name: statistics.median(each) for name, each in taken.items()}
    mine = middle.pop("portal")
    for (name, theirs), goal in zip(middle.items(), ("≤ 0.1×", "≤ 0.2×"), strict=True):
        table.add("list page of 50 rows", mine, name, theirs, goal)
        table.note("bytes of HTML, ours and theirs", f"{sizes['portal']:,}, {sizes[name]:,}")


class Page:
    """The list of suppliers of one application, for somebody who is signed in."""

    def __init__(self, app: Any, cookie: str, token: str) -> None:
        self.app = app
        self.headers = [(b"host", b"portal.test"), (b"cookie", f"{cookie}={token}".encode())]

    async def get(self) -> bytes:
        """Ask for the page and give its bytes; anything but 200 is an error."""
        sent: list[dict[str, Any]] = []
        asked = iter([{"type": "http.request", "body": b"", "more_body": False}])

        async def receive() -> dict[str, Any]:
            # After its body a client says nothing until it goes, which this one does not.
            return next(asked, None) or await asyncio.get_running_loop().create_future()

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": "/suppliers",
            "raw_path": b"/suppliers",
            "query_string": b"",
            "root_path": "",
            "headers": self.headers,
            "client": ("127.0.0.1", 1),
            "server": ("portal.test", 80),
            "state": {},
        }
        await self.app(scope, receive, send)
        if sent[0]["status"] != 200:
            raise RuntimeError(f"The page answered {sent[0]['status']}.")
        return b"".join(message.get("body", b"") for message in sent)


async def arrange(database: Database) -> None:
    """Give the suppliers what the list shows."""
    async with database.work(WHO) as db:
        for statement in _ARRANGED:
            await db.execute(text(statement))


async def copied(database: Database, token: str) -> dict[str, list[dict[str, Any]]]:
    """Give the rows that Django's own database needs."""
    queries = {
        "Commodity": "SELECT id, code, name FROM commodity",
        "Supplier": "SELECT id, number, name, country, city, status, risk, commodity_id FROM supplier",
        "AslEntry": "SELECT id, supplier_id, status, valid_until_on FROM asl_entry",
    }
    async with database.connection() as db:
        found = {
            name: [dict(row) for row in (await db.execute(text(query))).mappings()]
            for name, query in queries.items()
        }
    return found | {"Session": [{"token_hash": sessions.digest(token), "person": "Anna"}]}


_ARRANGED = (
    """UPDATE supplier SET commodity_id = id % 5 + 1, country = (ARRAY['SE', 'PL', 'DE', 'IT'])[id % 4 + 1],
        risk = (ARRAY['low', 'medium', 'high'])[id % 3 + 1]""",
    """INSERT INTO asl_entry (created_at, updated_at, version, supplier_id, scope_kind, scope, status, reason,
            valid_until_on)
        SELECT now(), now(), 1, id, 'commodity', 'C' || id % 5, 'approved', '',
            current_date + 400 - CAST(id % 450 AS int)
        FROM supplier""",
)

if __name__ == "__main__":
    run(measure)
