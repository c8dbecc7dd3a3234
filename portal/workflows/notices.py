"""Telling the owner of an account what has changed about it, also when somebody else did it."""

import secrets

from sqlalchemy.ext.asyncio import AsyncSession

from portal import clock
from portal.mail import messages, outbox
from portal.mail.message import Recipient
from portal.mail.messages import AccountChange
from portal.models.people import Person
from portal.settings import Settings


async def tell(
    db: AsyncSession,
    settings: Settings,
    person: Person,
    change: AccountChange,
    *,
    by: str = "",
    detail: str = "",
    to: Recipient | None = None,
) -> None:
    """Queue the mail in the transaction of the change.

    Args:
        db: that transaction.
        settings: with the address that links lead to.
        person: whose account it is.
        change: what happened.
        by: somebody else's name; '' when the owner did it.
        detail: what it is now, as words.
        to: another address than the account's own, such as the one it had before.
    """
    message = messages.account_changed(
        await outbox.letterhead(db, settings),
        to or Recipient.person(person),
        # Each change is an event of its own: two in one minute are two mails.
        key=f"{person.id}-{secrets.token_hex(8)}",
        change=change,
        at=clock.now(),
        by=by,
        detail=detail,
    )
    await outbox.queue(db, message)
