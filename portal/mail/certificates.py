"""The mails about certificates; see messages.py for what all of them keep to."""

from collections.abc import Sequence
from datetime import date, datetime

from portal.mail.message import Letterhead, Message, Recipient
from portal.mail.render import written

Owed = tuple[str, str, date | None]  # a type, the state it is in, the day it ended or ends


def certificate_reminder(
    house: Letterhead,
    to: Recipient,
    *,
    path: str,
    key: str,
    type_code: str,
    number: str,
    until: date,
    days: int,
    supplier_name: str,
    link_until: datetime | None = None,
) -> Message:
    """Remind of one that ends. ``days`` are those left at the recipient's place; below 0 it has ended.

    ``link_until``: the path lets somebody without an account in until then.
    """
    return written(
        "certificate_reminder",
        house,
        to,
        key=key,
        is_secret=link_until is not None,
        expires_at=link_until,
        link=house.link(path),
        type_code=type_code,
        number=number,
        until=until,
        days=days,
        supplier_name=supplier_name,
    )


def certificate_returned(
    house: Letterhead, to: Recipient, *, path: str, key: str, type_code: str, reason: str, by: str
) -> Message:
    """Tell who handed one in that it was returned, and why."""
    return written(
        "certificate_returned",
        house,
        to,
        key=key,
        link=house.link(path),
        type_code=type_code,
        reason=reason,
        by=by,
    )


def certificates_asked(
    house: Letterhead,
    to: Recipient,
    *,
    path: str,
    key: str,
    wanted: Sequence[Owed],
    asked_by: str,
    supplier_name: str,
) -> Message:
    """Ask a supplier for all that it owes, in one mail."""
    return written(
        "certificates_asked",
        house,
        to,
        key=key,
        link=house.link(path),
        wanted=wanted,
        asked_by=asked_by,
        supplier_name=supplier_name,
    )
