"""A month's scorecards mailed to many suppliers, by workers that are killed, to a mail server that refuses.

The test of it takes few suppliers and ``benchmarks/mailing.py`` takes a thousand.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zlib import crc32

from sqlalchemy import text

from portal.db import Database
from portal.models.months import MonthStatus
from portal.workflows import ratings
from portal.workflows.months import freezing, mailing, publishing, records
from tests.factories import deliveries, master, suppliers
from tests.factories.months import OCTOBER, month
from tests.mail.servers import OK, Postbox
from tests.people import TESTER, invite_everybody

BUSY = "451 Busy, try again"
UNKNOWN = "550 No such mailbox"
DOMAIN = "supplier-park.example"
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
PROMISED = date(2026, 10, 8)
RETRY = 1.0  # seconds before a worker's second try; the portal's own minute would only be waited for


class Unwilling(Postbox):
    """Of a hundred addresses it refuses two for good; of a hundred tries of the others it puts off twenty.

    Half of those at the address, the rest when the content has gone over. Which ones follows from the
    address and the number of the try, so that each run is the same. The one that makes ``half`` waits for its
    answer: that is the moment to kill a worker at.
    """

    def __init__(self, half: int) -> None:
        super().__init__()
        self.put_off = 0
        self.half = half
        self.is_half = asyncio.Event()
        self.may_go_on = asyncio.Event()
        self._tries: Counter[str] = Counter()

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802 # aiosmtpd's name
        number = number_of(address)
        if number is not None and is_refused(number):
            return UNKNOWN
        # 0 and 1 of ten: not now.
        session.mood = 9
        if number is not None:
            session.mood = crc32(f"{address} {self._tries[address]}".encode()) % 10
            self._tries[address] += 1
        if session.mood == 0:
            self.put_off += 1
            return BUSY
        envelope.rcpt_tos.append(address)
        return OK

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        if session.mood == 1:
            self.put_off += 1
            return BUSY
        answer = await super().handle_DATA(server, session, envelope)
        if len(self.taken) == self.half:
            self.is_half.set()
            await self.may_go_on.wait()
        return answer


def number_of(address: str) -> int | None:
    """Give which supplier's address it is; None for our own people's."""
    local, _, domain = address.partition("@")
    return int(local.removeprefix("quality-")) if domain == DOMAIN else None


def is_refused(number: int) -> bool:
    return number % 50 == 7


@dataclass(frozen=True, slots=True)
class Mailed:
    """What became of the mails of a month: their addresses by state, and how often each was accepted."""

    states: dict[str, list[str]]
    accepted: dict[str, int]
    put_off: int
    killed_at: int  # so many had been accepted
    under_way: int  # so many had begun to go over then

    @property
    def twice(self) -> int:
        return sum(max(times - 1, 0) for times in self.accepted.values())


async def published(database: Database, count: int) -> None:
    """Publish October for so many suppliers with a contact each, and let their mails be due."""
    async with database.work(TESTER) as db:
        cast = await invite_everybody(db)
        await ratings.install_default_policy(db)
        for number in range(count):
            supplier = await master.supplier(db, name=f"Supplier {number:04}")
            await suppliers.contact(db, supplier, email=f"quality-{number}@{DOMAIN}")
            day = PROMISED if number % 3 else date(2026, 10, 20)
            await deliveries.line(db, cast, (day, 100), supplier_id=supplier.id)
        await month(
            db,
            status=MonthStatus.APPROVED,
            as_of_on=date(2026, 11, 11),
            proposed_by_name="Elin Sandberg",
            approved_by_name="Karin Holm",
        )
    await freezing.freeze(database, TESTER, OCTOBER)
    async with database.work(TESTER) as db:
        await publishing.publish_if_ready(db, await records.to_change(db, OCTOBER), by=TESTER)
        await db.execute(text("UPDATE scorecard_mail SET due_at = :then"), {"then": LONG_AGO})
        await mailing.enqueue_due(db)


async def mailed(database: Database, box: Unwilling, start: Callable[[], Awaitable[Any]]) -> Mailed:
    """Let two workers mail, kill both with SIGKILL when the server has half, and let two others end it.

    ``start`` starts a worker and gives its process.
    """
    running = [await start(), await start()]
    try:
        await box.is_half.wait()
        await _end(running)
        killed_at, under_way = len(box.taken), await _count(database, "mail_handover")
        box.may_go_on.set()
        running = [await start(), await start()]
        # Other processes work here: nothing of theirs sets an event of ours.
        while await _count(database, "job_queue.pgqueuer WHERE status <> 'failed'"):  # noqa: ASYNC110
            await asyncio.sleep(0.2)
    finally:
        await _end(running)
    async with database.work(TESTER) as db:
        rows = await mailing.of_month(db, OCTOBER)
    states: dict[str, list[str]] = {}
    for each in rows:
        states.setdefault(each.state, []).append(each.row.address)
    times = Counter(box.ids)
    ids = {each.mail.message_id: each.row.address for each in rows if each.mail}
    accepted = {address: times.pop(message_id, 0) for message_id, address in ids.items()}
    assert not times, f"mails that nobody planned: {times}"
    return Mailed(states, accepted, box.put_off, killed_at, under_way)


async def _end(processes: list[Any]) -> None:
    for each in processes:
        each.kill()
    for each in processes:
        await each.wait()


async def _count(database: Database, table: str) -> int:
    async with database.work(TESTER) as db:
        return int((await db.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one())
