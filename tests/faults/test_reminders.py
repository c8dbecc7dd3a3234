"""A year of reminders with two workers, of which one is killed now and then: each step once, none missing."""

import asyncio
import os
import random
import signal
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlmodel import col

from portal.access.principal import system
from portal.jobs.certificates import REMIND
from portal.jobs.queue import enqueue
from portal.models.certificates import Certificate, CertificateReminder, CertificateStatus
from portal.models.outbox import OutgoingMail
from portal.models.suppliers import Contact
from tests.factories import certificates
from tests.people import invite_everybody

ROOT = Path(__file__).resolve().parents[2]
BEGIN = date(2026, 1, 1)
LADDER = [90, 60, 30, 14, 7, 0]


class Workers:
    """Two real workers; ``kill`` ends one in the middle of what it does, and another takes its place."""

    def __init__(self, nursery, url, folder, time_file):
        self._nursery = nursery
        self._words = (str(ROOT / "tests/faults/reminder_worker.py"), url, folder, time_file)
        self._log = Path(folder).parent / "workers.log"
        self.running = []
        self.killed = 0

    async def start(self):
        self.running.append(await self._nursery.start(*self._words, env=dict(os.environ), err=self._log))

    async def kill(self, which):
        worker = self.running.pop(which)
        worker.send_signal(signal.SIGKILL)
        await worker.wait()
        self.killed += 1

    async def end(self):
        while self.running:
            await self.kill(0)


@pytest.fixture
async def workers(fresh, nursery, tmp_path):
    (tmp_path / "time").write_text(datetime.combine(BEGIN, time(9), UTC).isoformat())
    made = Workers(
        nursery,
        fresh.url.render_as_string(hide_password=False),
        str(tmp_path / "assay"),
        str(tmp_path / "time"),
    )
    await made.start()
    await made.start()
    yield made
    await made.end()


async def all_done(database):
    """Wait until nothing is queued that a worker would take."""
    for _ in range(1200):
        async with database.connection() as connection:
            left = await connection.execute(
                text("SELECT count(*) FROM job_queue.pgqueuer WHERE status IN ('queued', 'picked')")
            )
            if not left.scalar_one():
                return
        await asyncio.sleep(0.02)
    pytest.fail("the workers do not come to an end")


def expected(ends_on, stops):
    """Say from the rule alone which steps are due on which days; ``stops`` are the days without reminders."""
    taken = []
    for number in range(366):
        day = BEGIN + timedelta(days=number)
        left = (ends_on - day).days
        step = (
            min((each for each in LADDER if each >= left), default=None) if left >= 0 else -(-left // 7) * 7
        )
        if step is not None and step not in taken and not any(first <= day < last for first, last in stops):
            taken.append(step)
    return taken


async def test_each_step_is_sent_once_over_a_year_with_two_workers_of_which_some_are_killed(
    fresh, workers, tmp_path
):
    day_of = lambda number: BEGIN + timedelta(days=number)  # noqa: E731 # days are counted here
    async with fresh.work(system("test")) as db:
        cast = await invite_everybody(db)
        for code in ("ISO 9001", "Insurance", "IATF 16949"):
            await certificates.requirement(db, code)
        db.add(Contact(supplier_id=cast.acme.id, name="Tomasz", email="tomasz@acme.example", language="pl"))
        db.add(Contact(supplier_id=cast.bolt.id, name="Rita", email="rita@bolt.example", language="de"))
        late = await certificates.certificate(db, cast, valid_until_on=day_of(100))
        early = await certificates.certificate(db, cast, "Insurance", valid_until_on=day_of(150))
        never = await certificates.certificate(
            db, cast, "IATF 16949", supplier_id=cast.bolt.id, valid_until_on=day_of(44)
        )
    renewals = {}

    async def hand_in(name, old, status=CertificateStatus.SUBMITTED):
        async with fresh.work(system("test")) as db:
            made = await certificates.certificate(
                db,
                cast,
                supplier_id=old.supplier_id,
                type_id=old.type_id,
                status=status,
                number=name,
                valid_until_on=day_of(2000),
            )
            renewals[name] = made.id

    async def decide(name, status, **more):
        async with fresh.work(system("test")) as db:
            found = (
                await db.execute(select(Certificate).where(col(Certificate.id) == renewals[name]))
            ).scalar_one()
            found.status = status
            for field, value in more.items():
                setattr(found, field, value)

    events = {
        130: lambda: hand_in("early", early),
        140: lambda: decide("early", CertificateStatus.ACCEPTED),
        200: lambda: hand_in("late", late),
        230: lambda: decide("late", CertificateStatus.REJECTED, reason="A page is missing"),
        300: lambda: hand_in("late again", late),
        310: lambda: decide("late again", CertificateStatus.ACCEPTED),
    }
    chance = random.Random(11)
    steps = {end - step for end in (44, 100, 150) for step in LADDER} | set(range(44, 366, 7))
    # Days on which nothing can happen are left out; those before a step and after it are not.
    days = sorted({day + more for day in {*steps, *events} for more in (-1, 0, 1)} & set(range(366)))
    for at, number in enumerate(days):
        if number in events:
            await events[number]()
        (tmp_path / "new").write_text(datetime.combine(day_of(number), time(9), UTC).isoformat())
        (tmp_path / "new").replace(tmp_path / "time")
        async with fresh.work(system("test")) as db:
            # Each of the two might have followed the timetable in the same moment.
            await enqueue(db, REMIND, {})
            await enqueue(db, REMIND, {})
        if at % 40 == 10:
            await asyncio.sleep(chance.random() * 0.1)
            await workers.kill(chance.randrange(2))
            await workers.start()
        await all_done(fresh)
    assert workers.killed >= 4

    async with fresh.work(system("test")) as db:
        rows = (await db.execute(select(CertificateReminder).order_by(col(CertificateReminder.id)))).scalars()
        sent = {late.id: [], early.id: [], never.id: []}
        for row in rows:
            sent[row.certificate_id].append(row.step)
        mails = Counter(
            (
                await db.execute(
                    select(col(OutgoingMail.key)).where(col(OutgoingMail.kind) == "certificate_reminder")
                )
            ).scalars()
        )
    assert sent[late.id] == expected(day_of(100), [(day_of(200), day_of(230)), (day_of(300), day_of(999))])
    assert sent[early.id] == expected(day_of(150), [(day_of(130), day_of(999))]) == [90, 60, 30]
    assert sent[never.id] == expected(day_of(44), [])
    assert sent[never.id][:4] == [60, 30, 14, 7]
    assert set(mails.values()) == {1}
    assert len(mails) == sum(map(len, sent.values()))
