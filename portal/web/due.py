"""How long something still has, as people say it: the time left on top, the exact time below."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from portal import clock
from portal.languages import _, ngettext
from portal.web.filters import NBSP, day, moment

SOON = timedelta(hours=48)
WEEK = timedelta(days=7)
_HOUR, _DAY = 3600, 86_400


@dataclass(frozen=True, slots=True)
class Due:
    """``kind`` is '', warn or bad, as ``due`` of macros/ui.html takes it."""

    kind: str
    top: str
    below: str
    iso: str


def due_of(due_at: datetime | None, due_on: date | None, zone: str, *, ours: bool = False) -> Due | None:
    """Say when something is due to somebody in a zone; None where it has no end.

    A supplier is warned a week before, our own people, who see forty at once, two days before.
    """
    if due_at is None:
        return None
    now = clock.now()
    left = due_at - now
    if ours:
        kind = "bad" if left < timedelta() else "warn" if left < SOON else ""
    else:
        kind = "bad" if left < SOON else "warn" if left < WEEK else ""
    here = now.astimezone(ZoneInfo(zone)).date()
    on = due_on or due_at.astimezone(ZoneInfo(zone)).date()
    below = day(due_on, here) if due_on else moment(due_at, zone, here)
    if left < timedelta():
        top = _("%(time)s late", time=length(-left))
    elif due_on and (on - here).days <= 1:
        top = _("Today") if on <= here else _("Tomorrow")
    elif left < SOON:
        top = _("%(time)s left", time=length(left))
    else:
        top = ngettext("%(num)s day left", "%(num)s days left", max((on - here).days, 2))
    return Due(kind, top, below, (due_on or due_at).isoformat())


def length(time: timedelta) -> str:
    """31 h, 6 d 2 h, 40 min: as long as a glance takes."""
    seconds = int(time.total_seconds())
    days, hours = seconds // _DAY, seconds % _DAY // _HOUR
    if seconds < _HOUR:
        return f"{max(seconds // 60, 1)}{NBSP}min"
    if seconds < SOON.total_seconds():
        return f"{seconds // _HOUR}{NBSP}h"
    text = _("%(num)s d", num=days).replace(" ", NBSP)
    return f"{text} {hours}{NBSP}h" if days < 7 and hours else text
