"""The mail about the ladder; see messages.py for what all of them keep to."""

from portal.mail.message import Letterhead, Message, Recipient
from portal.mail.render import written


def escalation_told(
    house: Letterhead,
    to: Recipient,
    *,
    path: str,
    key: str,
    rung: str,
    is_over: bool,
    reason: str,
    by: str,
) -> Message:
    """Tell a supplier on which rung it stands now, or that it has left one, and why."""
    return written(
        "escalation_told",
        house,
        to,
        key=key,
        link=house.link(path),
        rung=rung,
        is_over=is_over,
        reason=reason,
        by=by,
    )
