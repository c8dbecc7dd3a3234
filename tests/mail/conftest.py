from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlmodel import col

from portal import clock
from portal.mail import messages, outbox
from portal.mail.delivery import Delivery
from portal.mail.gate import Gate
from portal.mail.message import Letterhead, Recipient
from portal.models.outbox import OutgoingMail
from tests.mail.servers import Postbox, listening
from tests.people import TESTER

HOUSE = Letterhead(
    base_url="https://suppliers.norrland.example",
    name="Norrland Drives AB",
    short_name="Norrland Drives",
    desk_hours="Weekdays 07:00 to 17:00",
    desk_phone="+46 920 555 104",
    desk_email="desk@norrland.example",
)
AT = datetime(2026, 11, 13, 15, 40, tzinfo=UTC)
SENDER = "Norrland suppliers <suppliers@norrland.example>"


def recipient(**given):
    return Recipient(**{"address": "tomasz@acme.example", "name": "Tomasz Wieczorek", **given})


def invitation(key="1", to=None, *, valid=timedelta(days=7)):
    return messages.invitation(
        HOUSE,
        to or recipient(),
        path=f"/invitation/secret-{key}",
        key=key,
        invited_by="Elin Sandberg",
        supplier_name="Acme Castings",
        expires_at=clock.now() + valid,
    )


def notice(key="1", to=None):
    """A mail without a secret."""
    return messages.account_changed(
        HOUSE, to or recipient(), key=key, change=messages.AccountChange.PASSWORD, at=clock.now()
    )


class Office:
    """A database, a mail server and what a worker does with them; ``settings`` may be replaced."""

    def __init__(self, database, settings, box):
        self.database, self.settings, self.box = database, settings, box
        self.gate = Gate()

    async def queue(self, *written):
        async with self.database.work(TESTER) as db:
            for message in written:
                assert await outbox.queue(db, message)

    async def send(self, mail=None):
        """Run the job of one mail, the only one when none is named, and give it as it is then."""
        mail = mail or await self.mail()
        async with self.database.work(TESTER) as db:
            await Delivery(db, self.database, self.settings, self.gate).send(mail.message_id)
        return await self.mail(mail.id)

    async def mails(self):
        async with self.database.work(TESTER) as db:
            return list((await db.execute(select(OutgoingMail).order_by(col(OutgoingMail.id)))).scalars())

    async def mail(self, mail_id=None):
        found = [mail for mail in await self.mails() if mail_id in {None, mail.id}]
        assert len(found) == 1
        return found[0]

    def without_server(self, **more):
        self.settings = replace(self.settings, smtp=None, **more)


@pytest.fixture
async def office(fresh, settings):
    box = Postbox()
    async with listening(box) as server:
        yield Office(fresh, replace(settings, smtp=server, mail_from=SENDER), box)
