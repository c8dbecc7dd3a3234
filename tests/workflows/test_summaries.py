"""The daily summary: at seven in the reader's morning, once a day, and only when there is news."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlmodel import col

from portal import clock
from portal.access.permissions import P
from portal.mail.addresses import Reader
from portal.models.mailing import Topic, Wish
from portal.models.outbox import OutgoingMail
from portal.models.tasks import Side
from portal.workflows import mail_choices, summaries, tasks
from portal.workflows.tasks import registry
from portal.workflows.tasks.kinds import Kind
from portal.workflows.threads import say
from tests.people import principal_of

MORNING = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)  # seven in Stockholm and Warsaw

KIND = Kind(
    name="test.answer",
    label="Tests",
    icon="flag",
    area="tests",
    item=lambda task: f"Answer {task.reference}",
    title=lambda task: f"Answer {task.reference} & send it",
    button=lambda task: "Answer",
    path=lambda task: "/",
    our_path=lambda task: "/",
    permission=P.SIGNED_IN,
    our_permission=P.SIGNED_IN,
)


@pytest.fixture(autouse=True)
def kinds(monkeypatch):
    monkeypatch.setitem(registry.KINDS, KIND.name, KIND)


@pytest.fixture
async def day(db, cast, settings):
    """Runs the timetable's line and the jobs it queues at a moment; gives the subjects of the mails."""
    for person in (cast.elin, cast.tomasz):
        person.time_zone = "Europe/Stockholm"
    await db.flush()

    async def run(moment):
        with clock.fixed(moment):
            await summaries.begin(db)
            rows = await db.execute(
                text("DELETE FROM job_queue.pgqueuer WHERE entrypoint = 'summaries.write' RETURNING payload")
            )
            queued = {row.payload for row in rows}
            before = len((await db.execute(select(OutgoingMail))).all())
            for person in (cast.elin, cast.tomasz):
                if f'{{"reader": {person.id}}}'.encode() in queued:
                    await summaries.write(db, settings, person.id)
            mails = (await db.execute(select(OutgoingMail).order_by(col(OutgoingMail.id)))).scalars().all()
            return [(mail.name.split()[0], mail.subject) for mail in mails[before:]]

    return run


async def ask(db, cast, number, due):
    about = tasks.About("supplier", cast.acme.id + number, f"Q-{number}")
    await tasks.open_task(db, KIND.name, about, Side.SUPPLIER, supplier_id=cast.acme.id, due=due)
    await db.flush()


async def test_nobody_is_mailed_without_anything_open(day):
    assert await day(MORNING) == []


async def test_it_comes_at_seven_once_and_again_when_something_changed(db, cast, day):
    await ask(db, cast, 1, MORNING + timedelta(days=9))
    assert await day(MORNING - timedelta(minutes=1)) == []
    assert await day(MORNING) == [("Tomasz", "1 open: Norrland supplier portal")]
    assert await day(MORNING + timedelta(minutes=30)) == []
    assert await day(MORNING + timedelta(days=1)) == []
    await ask(db, cast, 2, MORNING + timedelta(days=9))
    assert await day(MORNING + timedelta(days=2)) == [("Tomasz", "2 open: Norrland supplier portal")]


async def test_what_is_overdue_is_news_every_morning(db, cast, day):
    await ask(db, cast, 1, MORNING - timedelta(days=1))
    for later in range(2):
        assert await day(MORNING + timedelta(days=later)) == [
            ("Tomasz", "1 open, 1 overdue: Norrland supplier portal")
        ]
    mail = (await db.execute(select(OutgoingMail))).scalars().first()
    assert "Answer Q-1 & send it: overdue since Thu 19 November 2026, 07:00" in mail.body_text
    assert mail.unsubscribe


async def test_unread_messages_are_news_to_whoever_has_not_read_them(db, cast, day):
    await say(db, principal_of(cast.tomasz), cast.acme, "Hello?")
    assert await day(MORNING) == [("Elin", "1 unread: Norrland supplier portal")]


async def test_whoever_wants_none_gets_none(db, cast, day):
    await ask(db, cast, 1, MORNING)
    await mail_choices.choose(db, Reader(cast.tomasz.id), Topic.SUMMARY, Wish.NEVER)
    assert await day(MORNING) == []


async def test_a_worker_that_was_down_all_day_does_not_write_at_night(db, cast, day):
    await ask(db, cast, 1, MORNING)
    assert await day(MORNING.replace(hour=18)) == []
    assert len(await day(MORNING.replace(day=21, hour=9))) == 1


async def test_summer_time_and_an_hour_back_bring_nobody_two(db, cast, day):
    await ask(db, cast, 1, MORNING - timedelta(days=90))
    start = datetime(2026, 10, 24, 20, 0, tzinfo=UTC)
    found = []
    for half_hour in range(24):
        found += await day(start + timedelta(minutes=30 * half_hour))
        found += await day(start + timedelta(minutes=30 * half_hour - 60))
    assert len(found) == 1


async def test_each_reads_it_in_their_own_language(db, cast, day):
    cast.tomasz.language = "de"
    await ask(db, cast, 1, MORNING + timedelta(days=9))
    assert await day(MORNING) == [("Tomasz", "1 offen: Norrland Lieferantenportal")]
