"""Every mail that the portal writes: one function each, over plain data.

A function gives a Message; ``outbox.queue`` puts it into the transaction of the event it tells of. ``path``
is a page of the portal: links lead to the configured address, never to what a request called itself. ``key``
is the event: the id of the invitation, reset, code or task row, the same whenever the same event is told.

The words are in ``templates/mail/<language>/<function>.jinja``; both parts of the mail come from that file.
"""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from portal.mail.message import Letterhead, Message, Recipient
from portal.mail.render import written


class AccountChange(StrEnum):
    """What can happen to an account that its owner is told about; the templates have a sentence for each."""

    PASSWORD = "password"  # noqa: S105 # the word, not one
    EMAIL = "email"
    PASSKEY_ADDED = "passkey_added"
    PASSKEY_REMOVED = "passkey_removed"
    TOTP_ON = "totp_on"
    TOTP_OFF = "totp_off"
    RECOVERY_CODES = "recovery_codes"
    COMPANY_ON = "company_on"
    COMPANY_OFF = "company_off"
    ROLE = "role"
    SIGNED_OUT = "signed_out"
    DEACTIVATED = "deactivated"
    REACTIVATED = "reactivated"


def invitation(
    house: Letterhead,
    to: Recipient,
    *,
    path: str,
    key: str,
    invited_by: str,
    expires_at: datetime,
    supplier_name: str = "",
) -> Message:
    """Ask somebody to open an account. ``supplier_name`` '' for staff."""
    return written(
        "invitation",
        house,
        to,
        key=key,
        is_secret=True,
        expires_at=expires_at,
        link=house.link(path),
        invited_by=invited_by,
        supplier_name=supplier_name,
    )


def password_reset(house: Letterhead, to: Recipient, *, path: str, key: str, expires_at: datetime) -> Message:
    return written(
        "password_reset",
        house,
        to,
        key=key,
        is_secret=True,
        expires_at=expires_at,
        link=house.link(path),
    )


def sign_in_code(
    house: Letterhead, to: Recipient, *, code: str, key: str, expires_at: datetime, task: str = ""
) -> Message:
    """Send a one-time code. ``task`` says in words what it opens, '' for signing in."""
    return written(
        "sign_in_code", house, to, key=key, is_secret=True, expires_at=expires_at, code=code, task=task
    )


def task_link(
    house: Letterhead,
    to: Recipient,
    *,
    path: str,
    key: str,
    task: str,
    asked_by: str,
    supplier_name: str,
    expires_at: datetime,
    due: date | None = None,
) -> Message:
    """Lead a contact to one task without an account.

    ``task`` says what to do, in the recipient's language: "Renew ISO 9001". ``due`` is a day, or an instant
    where the hour counts.
    """
    return written(
        "task_link",
        house,
        to,
        key=key,
        is_secret=True,
        expires_at=expires_at,
        link=house.link(path),
        task=task,
        asked_by=asked_by,
        supplier_name=supplier_name,
        due=due,
    )


def task_told(
    house: Letterhead,
    to: Recipient,
    *,
    path: str,
    key: str,
    task: str,
    asked_by: str,
    supplier_name: str,
    due: date | datetime | None = None,
) -> Message:
    """Tell somebody with an account of a task that a colleague was asked for who is away.

    ``task`` and ``due`` are as in ``task_link``; ``to`` says for whom they stand in.
    """
    return written(
        "task_told",
        house,
        to,
        key=key,
        link=house.link(path),
        task=task,
        asked_by=asked_by,
        supplier_name=supplier_name,
        due=due,
    )


def stand_in(
    house: Letterhead, to: Recipient, *, key: str, person: str, from_on: date, until_on: date
) -> Message:
    """Tell somebody that a colleague is away and has named them as the stand-in."""
    return written(
        "stand_in",
        house,
        to,
        key=key,
        link=house.link("/"),
        person=person,
        from_on=from_on,
        until_on=until_on,
    )


def email_change(
    house: Letterhead, to: Recipient, *, path: str, key: str, old_address: str, expires_at: datetime
) -> Message:
    """Ask at a new address whether it is the person's; ``to`` holds the new one."""
    return written(
        "email_change",
        house,
        to,
        key=key,
        is_secret=True,
        expires_at=expires_at,
        link=house.link(path),
        old_address=old_address,
    )


def account_changed(
    house: Letterhead,
    to: Recipient,
    *,
    key: str,
    change: AccountChange,
    at: datetime,
    by: str = "",
    detail: str = "",
    path: str = "/account",
) -> Message:
    """Tell the owner of an account what has changed; for a new address, tell the old one.

    ``by`` is somebody else's name, '' when the owner did it. ``detail`` is what it is now, as words: the
    name of the passkey, the role, the address.
    """
    return written(
        "account_changed",
        house,
        to,
        key=key,
        link=house.link(path),
        change=change,
        at=at,
        by=by,
        detail=detail,
    )


def thread_message(
    house: Letterhead,
    to: Recipient,
    *,
    key: str,
    path: str,
    title: str,
    author: str,
    author_place: str,
    words: str,
    is_internal: bool = False,
    is_mention: bool = False,
    reply_to: str = "",
    unsubscribe: str = "",
) -> Message:
    """Tell somebody what was said about a record.

    ``path`` '' for somebody without an account. ``reply_to`` is the address where an answer is filed; without
    one there is no such address.
    """
    return written(
        "thread_message",
        house,
        to,
        key=key,
        reply_to=reply_to,
        unsubscribe=unsubscribe,
        link=house.link(path) if path else "",
        title=title,
        author=author,
        author_place=author_place,
        words=words,
        is_internal=is_internal,
        is_mention=is_mention,
        is_contact=to.person_id is None,
        may_reply=bool(reply_to),
    )


def scar_told(
    house: Letterhead,
    to: Recipient,
    *,
    path: str,
    key: str,
    number: str,
    title: str,
    what: str,
    supplier_name: str,
    by: str = "",
    note: str = "",
    steps: str = "",
    due: datetime | None = None,
    is_late: bool = False,
) -> Message:
    """Tell the other side what happened with a SCAR.

    ``what`` is said in the recipient's language: "D3 returned". ``steps`` is what the supplier has to send by
    ``due``, '' when it is not their turn.
    """
    return written(
        "scar_told",
        house,
        to,
        key=key,
        link=house.link(path),
        number=number,
        title=title,
        what=what,
        supplier_name=supplier_name,
        by=by,
        note=note,
        steps=steps,
        due=due,
        is_late=is_late,
    )


class OpenTask(Protocol):
    """A task in its reader's words."""

    @property
    def words(self) -> str: ...
    @property
    def due_at(self) -> datetime | None: ...
    @property
    def is_overdue(self) -> bool: ...


def summary(
    house: Letterhead,
    to: Recipient,
    *,
    key: str,
    tasks: Sequence[OpenTask],
    more: int,
    overdue: int,
    unread: int,
    unsubscribe: str,
    path: str = "/",
) -> Message:
    """Say what is open for somebody today. ``more`` are tasks beyond those that are listed."""
    return written(
        "summary",
        house,
        to,
        key=key,
        unsubscribe=unsubscribe,
        link=house.link(path),
        tasks=tasks,
        more=more,
        overdue=overdue,
        unread=unread,
    )
