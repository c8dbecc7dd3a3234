"""How long something still has, as people say it: the time left on top, the exact time below."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from portal import clock
from portal.languages import _, ngettext
from portal.models.tasks import Side, Task
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


def due_of(due_at: datetime | None, due_on: date | None, zone: str) -> Due | None:
    """Say when something is due to a supplier's person in a zone; None where it has no end."""
    if due_at is None:
        return None
    now = clock.now()
    left = due_at - now
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


def ours_due(task: Task, zone: str) -> Due:
    """Say it in one line for our own people, who see forty at once; what waits for us, says how long."""
    if task.paused_at is not None:
        return Due("hold", "stopped", f"The clock stands still since {moment(task.paused_at, zone)}", "")
    now = clock.now()
    if task.due_at is None:
        since = moment(task.event_at, zone)
        top = length(now - task.event_at) if task.side is Side.US else "no end"
        return Due("", top, f"Since {since}", "")
    left = task.due_at - now
    here = now.astimezone(ZoneInfo(zone)).date()
    exact = day(task.due_on, here) if task.due_on else moment(task.due_at, zone, here)
    iso = (task.due_on or task.due_at).isoformat()
    if left < timedelta():
        return Due("bad", f"{length(-left)} over", exact, iso)
    if left < SOON:
        return Due("warn", f"in {length(left)}", exact, iso)
    return Due("", day(task.due_on or task.due_at.astimezone(ZoneInfo(zone)).date(), here), exact, iso)


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
