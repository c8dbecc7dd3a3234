"""The mails about scorecards; see messages.py for what all of them keep to."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from portal.mail.message import Attached, Letterhead, Message, Recipient
from portal.mail.render import written

# The bands' colours on paper, as in portal.css; any other letter is grey.
COLORS = {"A": "#0a7468", "B": "#3468bd", "C": "#b06200", "D": "#871a3c"}
OTHER = "#535d6d"


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


def scorecard(
    house: Letterhead,
    to: Recipient,
    *,
    path: str,
    key: str,
    attached: Sequence[Attached] = (),
    unsubscribe: str = "",
    tasks: Sequence[tuple[str, str, datetime | None, bool]] = (),
    more_tasks: int = 0,
    **facts: Any,
) -> Message:
    """Bring a supplier its published card, or a correction of it.

    ``tasks`` are what the supplier has to do: words, path, until when, whether that has passed.

    ``facts`` are what the template speaks of: month, supplier_name, published_at, band, score, from_, to_,
    is_best, before (score and band), reason, measures, decided, marked, actions, corrected, file_name,
    chart_words.
    """
    return written(
        "scorecard",
        house,
        to,
        key=key,
        link=house.link(path),
        attached=attached,
        unsubscribe=unsubscribe,
        color=COLORS.get(facts["band"], OTHER),
        tasks=[
            {"words": words, "link": house.link(path), "due_at": due_at, "is_overdue": is_overdue}
            for words, path, due_at, is_overdue in tasks
        ],
        more_tasks=more_tasks,
        **facts,
    )


def scorecard_preview(
    house: Letterhead,
    to: Recipient,
    *,
    path: str,
    key: str,
    month: int,
    supplier_name: str,
    score: str,
    band: str,
    until: datetime,
    unsubscribe: str = "",
) -> Message:
    """Tell a supplier that it can look at its lines now, and until when it can dispute them."""
    return written(
        "scorecard_preview",
        house,
        to,
        key=key,
        link=house.link(path),
        month=month,
        supplier_name=supplier_name,
        score=score,
        band=band,
        until=until,
        unsubscribe=unsubscribe,
    )


def scorecard_digest(
    house: Letterhead,
    to: Recipient,
    *,
    path: str,
    key: str,
    month: int,
    counts: Sequence[tuple[str, int]],
    moves: Sequence[tuple[str, str, str]],
    more: int,
    is_part: bool = False,
    unsubscribe: str = "",
) -> Message:
    """Tell our own people how a month came out: bands, and who moved between them.

    ``is_part``: the reader sees some plants or commodities only, and the figures are of those.
    """
    return written(
        "scorecard_digest",
        house,
        to,
        key=key,
        link=house.link(path),
        month=month,
        counts=counts,
        moves=moves,
        more=more,
        is_part=is_part,
        unsubscribe=unsubscribe,
    )
