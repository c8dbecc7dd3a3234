"""The mails about scorecards; see messages.py for what all of them keep to."""

from collections.abc import Mapping
from typing import Any

from portal.mail.message import Letterhead, Message, Recipient
from portal.mail.render import written


def dispute_decided(
    house: Letterhead,
    to: Recipient,
    *,
    path: str,
    key: str,
    subject: str,
    month: int,
    status: str,
    answer: str,
    effect: Mapping[str, Any] | None,
    supplier_name: str,
) -> Message:
    """Tell who disputed something what was decided, and what that changed."""
    return written(
        "dispute_decided",
        house,
        to,
        key=key,
        link=house.link(path),
        about=subject,
        month=month,
        is_accepted=status == "accepted",
        answer=answer,
        effect=effect,
        supplier_name=supplier_name,
    )
