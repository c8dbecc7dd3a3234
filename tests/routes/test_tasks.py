"""What needs somebody: a supplier's first page, our worklist, and the counts on every page."""

from datetime import date, timedelta

import pytest
from sqlalchemy import event, select

from portal import clock
from portal.access.principal import system
from portal.models.tasks import Severity, Side, Task
from portal.workflows import tasks
from portal.workflows.company_details import asking, confirming
from portal.workflows.company_details.kinds import CONFIRM
from portal.workflows.tasks import About, handing, registry
from tests.factories import suppliers as records
from tests.people import principal_of

NOW = clock.now()


async def opened(db, supplier, number=1, side=Side.SUPPLIER, **given):
    """A task of the one kind that there always is, about a made-up record."""
    fields = {"supplier_id": supplier.id, "facts": {"asked_by": f"Asker {number}"}, **given}
    return await tasks.open_task(db, CONFIRM, About("test", number, f"T-{number:03}"), side, **fields)


async def test_a_supplier_sees_what_is_due_first_and_nothing_of_a_rivals(site, db, cast):
    await opened(db, cast.acme, 1, due=NOW + timedelta(days=10))
    await opened(db, cast.acme, 2, due=NOW + timedelta(hours=20))
    await opened(db, cast.acme, 3, due=NOW - timedelta(hours=9, minutes=1))
    await opened(db, cast.acme, 4, due=NOW + timedelta(days=60))
    await opened(db, cast.acme, 5)
    await opened(db, cast.bolt, 6, due=NOW)
    page = (await (await site(cast.tomasz)).get("/")).text
    order = [page.index(f"Asker {number} asks") for number in (3, 2, 1, 5, 4)]
    assert order == sorted(order), "overdue, then the earliest due, then no end; what has time comes last"
    assert "Asker 6" not in page
    assert "9\N{NO-BREAK SPACE}h late" in page
    assert "5 things need Acme Castings. 2 are due within two days." in page
    assert page.index("Coming up") < order[-1]


async def test_what_waits_for_us_stands_quietly_below(site, db, cast, monkeypatch):
    kind = registry.KINDS[CONFIRM]
    monkeypatch.setitem(
        registry.KINDS, CONFIRM, type(kind)(**{**_fields(kind), "waiting": lambda task: "We look at it."})
    )
    await opened(db, cast.acme, 1, side=Side.US)
    await opened(db, cast.acme, 2, side=Side.US, is_shared=False)
    page = (await (await site(cast.tomasz)).get("/")).text
    assert page.count("We look at it.") == 1, "what we decide among ourselves is not shown"
    assert "Nothing needs you." in page


def _fields(kind):
    return {name: getattr(kind, name) for name in type(kind).__dataclass_fields__}


async def test_a_long_list_comes_in_pieces(site, db, cast):
    for number in range(60):
        await opened(db, cast.acme, number, due=NOW + timedelta(hours=number))
    browser = await site(cast.tomasz)
    page = (await browser.get("/")).text
    assert page.count("Check the details</a>") == 50
    assert "50 of 60" in page
    assert (await browser.get("/?rows=100")).text.count("Check the details</a>") == 60
    assert (await browser.get("/?rows=x")).status_code == 422


async def test_every_page_counts_what_needs_you_with_one_query(site, db, cast, database):
    await opened(db, cast.acme, 1)
    await opened(db, cast.acme, 2)
    await opened(db, cast.acme, 3, side=Side.US, person_id=cast.elin.id)
    await opened(db, cast.acme, 4, person_id=cast.elin.id)
    await opened(db, cast.bolt, 5, side=Side.US, person_id=cast.olle.id)
    browser = await site(cast.tomasz)
    asked = []

    def note(_connection, _cursor, statement, *_):
        if "FROM task" in statement:
            asked.append(statement)

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    page = (await browser.get("/account")).text
    event.remove(database.engine.sync_engine, "before_cursor_execute", note)
    assert len(asked) == 1
    assert "needs you: </span>3</span>" in page
    staff = (await (await site(cast.elin)).get("/suppliers")).text
    assert "needs you: </span>1</span>" in staff
    fragment = await (await site(cast.elin)).get("/suppliers", headers={"hx-request": "true"})
    assert "Worklist" not in fragment.text


@pytest.fixture
async def worklist(db, cast):
    """Elin follows three, Olle one, nobody the last; one is in Gdańsk alone."""
    contact = await records.contact(db, cast.acme, name="Jan Novák", email="jan@acme.test")
    mine = {"person_id": cast.elin.id, "contact_id": contact.id}
    found = [
        await opened(
            db, cast.acme, 1, due=NOW - timedelta(days=6, hours=2), severity=Severity.CRITICAL, **mine
        ),
        await opened(db, cast.acme, 2, side=Side.US, **mine),
        await opened(db, cast.bolt, 3, due=NOW + timedelta(days=5), **{**mine, "contact_id": None}),
        await opened(db, cast.acme, 4, person_id=cast.olle.id, plant_id=cast.lulea.id),
        await opened(db, cast.bolt, 5, plant_id=cast.gdansk.id),
    ]
    for task in found:
        task.opened_at = NOW - timedelta(days=7)
    await db.flush()
    return found


def shown(answer):
    return [number for number in range(1, 6) if f"T-{number:03}" in answer.text]


async def test_the_worklist_groups_by_turn_and_its_filters_are_addresses(site, worklist, cast):
    browser = await site(cast.elin)
    home = await browser.get("/")
    assert home.headers["location"] == "/worklist"
    start = await browser.get("/worklist")
    assert start.headers["location"] == "/worklist?owner=me"
    mine = await browser.get("/worklist?owner=me")
    assert shown(mine) == [1, 2, 3]
    text = mine.text
    assert text.index("Overdue, 1") < text.index("Waiting for us, 1") < text.index("Waiting on suppliers, 1")
    for query, numbers in {
        "owner=anyone": [1, 2, 3, 4, 5],
        "owner=nobody": [5],
        "owner=me&turn=us": [2],
        "owner=me&due=overdue": [1],
        "owner=me&due=week": [3],
        f"owner={cast.olle.id}": [4],
        "owner=anyone&plant=GDN": [5],
        "owner=anyone&severity=critical": [1],
        "owner=anyone&q=bolt": [3, 5],
        "owner=anyone&q=T-004": [4],
        "owner=anyone&kind=company_details.confirm&turn=supplier&sort=-severity": [1, 3, 4, 5],
    }.items():
        assert shown(await browser.get(f"/worklist?{query}")) == numbers, query
    for query in ("owner=\x00", "turn=moon", "sort=password", "rows=0"):
        assert (await browser.get("/worklist", params=query)).status_code == 422, query
    assert shown(await browser.get("/worklist?owner=99999999999999999999")) == []


async def test_site_scope_the_worklist_of_gdansk_is_not_that_of_lulea(site, worklist, cast):
    browser = await site(cast.gustav)
    assert shown(await browser.get("/worklist?owner=anyone")) == [1, 2, 3, 5]
    file = await browser.get("/worklist.csv?owner=anyone")
    assert "T-004" not in file.text
    assert "T-005" in file.text
    done = await browser.post(
        "/worklist/owners", data={"task": str(worklist[3].id), "owner": str(cast.elin.id)}
    )
    assert done.status_code == 303
    assert worklist[3].person_id == cast.olle.id, "what he does not see he does not hand over"


@pytest.mark.parametrize("name", ["tomasz", "rita", "vera", "anna"])
async def test_nobody_else_has_a_worklist(site, worklist, cast, name):
    browser = await site(getattr(cast, name))
    for path in ("/worklist?owner=anyone", "/worklist.csv"):
        assert (await browser.get(path)).status_code == 404
    for path in ("/worklist/reminders", "/worklist/owners"):
        assert (await browser.post(path, data={"task": str(worklist[0].id)})).status_code == 404


async def test_several_are_handed_over_at_once(site, db, worklist, cast):
    browser = await site(cast.elin)
    back = "/worklist?owner=me&turn=us"
    chosen = {"task": [str(worklist[0].id), str(worklist[1].id)], "owner": str(cast.olle.id), "back": back}
    done = await browser.post("/worklist/owners", data=chosen)
    assert done.headers["location"] == back
    rows = await db.execute(
        select(Task.person_id).order_by(Task.id).execution_options(populate_existing=True)
    )
    assert list(rows.scalars())[:2] == [cast.olle.id, cast.olle.id]
    for owner in (str(cast.tomasz.id), str(cast.vera.id), "", "x"):
        wrong = await browser.post("/worklist/owners", data={**chosen, "owner": owner})
        assert wrong.status_code == 422
    away = await browser.post("/worklist/owners", data={**chosen, "back": "//evil.test"})
    assert away.headers["location"] == "/worklist"
    assert (await browser.post("/worklist/owners", data={"owner": "nobody"})).status_code == 422


async def test_a_supplier_is_reminded_once_a_day_at_most(site, db, worklist, cast):
    browser = await site(cast.elin)
    everything = {"task": [str(task.id) for task in worklist[:3]]}
    first = await browser.post("/worklist/reminders", data=everything)
    page = (await browser.get(first.headers["location"] + "?owner=me")).text
    assert "1 reminder on the way. 2 can’t be" in page
    again = await browser.post("/worklist/reminders", data=everything)
    assert (
        "0 reminders on the way. 1 written to within a day already."
        in (await browser.get(again.headers["location"] + "?owner=me")).text
    )
    with clock.fixed(clock.now() + timedelta(days=1, minutes=1)):
        await handing.remind(db, principal_of(cast.elin), [worklist[0].id])
    await db.refresh(worklist[0])
    assert (worklist[0].reminders, worklist[0].event) == (2, "Reminder 2")


async def test_the_worklist_as_a_file_says_what_the_page_says(site, worklist, cast):
    answer = await (await site(cast.elin)).get("/worklist.csv?owner=me")
    lines = answer.text.splitlines()
    assert len(lines) == 4
    assert "Elin Sandberg" in lines[1]
    assert "Critical" in answer.text


async def test_a_supplier_reads_corrects_and_confirms_its_details(site, db, cast):
    await records.site(db, cast.acme, name="Foundry", city="Tarnów")
    contact = await records.contact(db, cast.acme, name="Jan Novák", email="jan@acme.test")
    rival = await records.contact(db, cast.bolt, name="Rita Bolt")
    browser = await site(cast.tomasz)
    page = (await browser.get("/company-details")).text
    assert "Foundry" in page
    assert "Jan Novák" in page
    assert "It was not confirmed yet." in page
    values = {"name": "Jan N.", "role": "sales", "email": "jan@acme.test", "language": "de", "version": "1"}
    assert (await browser.post(f"/company-details/contacts/{contact.id}", data=values)).status_code == 303
    stale = await browser.post(f"/company-details/contacts/{contact.id}", data={**values, "name": "Other"})
    assert stale.status_code == 412
    assert "Jan N." in stale.text
    assert "Other" in stale.text
    for path in (f"/company-details/contacts/{rival.id}", f"/company-details/contacts/{rival.id}/removal"):
        assert (await browser.post(path, data=values)).status_code == 404
    wrong = await browser.post(f"/company-details/contacts/{contact.id}", data={**values, "language": "xx"})
    assert wrong.status_code == 422
    added = {"name": "Second", "time_zone": "Europe/Warsaw", "supplier_id": str(cast.bolt.id)}
    assert (await browser.post("/company-details/sites", data=added)).status_code == 303
    assert (await browser.post("/company-details/confirmation")).status_code == 303
    done = (await db.execute(select(Task).where(Task.kind == CONFIRM))).scalar_one()
    assert (done.done_by_name, done.supplier_id) == ("Tomasz Wieczorek", cast.acme.id)
    assert "Last confirmed" in (await browser.get("/company-details")).text
    theirs = await site(cast.rita)
    assert "Foundry" not in (await theirs.get("/company-details")).text
    assert (await (await site(cast.elin)).get("/company-details")).status_code == 404


async def test_no_change_of_contacts_goes_unseen(site, db, cast):
    """Whom we write to decides who gets in by a task link."""
    contact = await records.contact(db, cast.acme, name="Jan Novák", email="jan@acme.test")
    browser = await site(cast.tomasz)
    await browser.post(f"/company-details/contacts/{contact.id}/removal")
    added = {"name": "Eve", "role": "quality", "email": "eve@acme.test", "language": "en"}
    await browser.post("/company-details/contacts", data=added)
    task = (await db.execute(select(Task))).scalar_one()
    assert (task.side, task.event, task.facts) == (
        Side.US,
        "Contact added",
        {"changed_by": "Tomasz Wieczorek"},
    )
    assert "We look at it all the same" in (await browser.get("/")).text
    assert (
        "Changed details, by Tomasz Wieczorek"
        in (await (await site(cast.olle)).get("/worklist?owner=nobody")).text
    )
    page = f"/suppliers/{cast.acme.number}"
    assert "I looked at it" not in (await (await site(cast.vera)).get(page)).text
    staff = await site(cast.elin)
    assert "Tomasz Wieczorek of Acme Castings changed something." in (await staff.get(page)).text
    assert (await browser.post(f"{page}/details-review")).status_code == 404
    assert (await staff.post(f"{page}/details-review")).status_code == 303
    await db.refresh(task)
    assert task.done_by_name == "Elin Sandberg"


async def test_nothing_is_confirmed_while_there_is_nobody_to_write_to(site, cast):
    refused = await (await site(cast.tomasz)).post("/company-details/confirmation")
    assert refused.status_code == 409
    assert "Add somebody we can write to" in refused.text


async def test_staff_ask_one_supplier_or_all_that_a_list_shows(site, db, cast):
    await records.contact(db, cast.acme, name="Jan Novák", email="jan@acme.test")
    browser = await site(cast.elin)
    nobody = await browser.post(f"/suppliers/{cast.bolt.number}/details-request")
    assert nobody.status_code == 422
    assert "nobody to write to" in nobody.text
    offer = (await browser.get("/suppliers/details-request?q=acme")).text
    assert "Ask 1 supplier" in offer
    day = (clock.today() + timedelta(days=7)).isoformat()
    asked = await browser.post("/suppliers/details-request", data={"due_on": day})
    assert "1 supplier asked" in asked.text
    assert "Bolt &amp; Sons" in asked.text, "who could not be asked is named"
    again = await browser.post(f"/suppliers/{cast.acme.number}/details-request")
    assert again.status_code == 303
    task = (await db.execute(select(Task))).scalar_one()
    assert (task.due_on.isoformat(), task.person_id, task.event) == (day, cast.elin.id, "Asked")
    for wrong in ("2000-01-01", "", "soon", "2099-01-01"):
        assert (await browser.post("/suppliers/details-request", data={"due_on": wrong})).status_code == 422
    page = (await browser.get(f"/suppliers/{cast.acme.number}")).text
    assert "Asked to confirm" in page
    for name in ("vera", "tomasz"):
        refused = await (await site(getattr(cast, name))).post(
            "/suppliers/details-request", data={"due_on": day}
        )
        assert refused.status_code == 404


async def test_who_confirmed_a_year_ago_is_asked_again(db, cast):
    await records.contact(db, cast.acme)
    await records.contact(db, cast.bolt)
    await confirming.confirm(db, principal_of(cast.tomasz))
    today = date(2027, 12, 1)
    assert (await asking.ask_again(db, system("job"), today)).now == 0
    with clock.fixed(clock.now() + asking.ASK_AGAIN + timedelta(hours=1)):
        assert (await asking.ask_again(db, system("job"), today)).now == 1
        assert (await asking.ask_again(db, system("job"), today)).now == 0
    asked = (await db.execute(select(Task).where(Task.done_at.is_(None)))).scalar_one()
    assert (asked.supplier_id, asked.person_id, asked.facts) == (cast.acme.id, None, {})
