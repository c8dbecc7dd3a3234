"""Time zones that people choose from."""

from functools import cache
from zoneinfo import available_timezones

from portal.languages import N_


@cache
def offered() -> tuple[str, ...]:
    """Give the zones named after places, and UTC; abbreviations such as CET are accepted but not offered."""
    places = (name for name in available_timezones() if "/" in name and not name.startswith("Etc/"))
    return ("UTC", *sorted(places))


def check(value: str) -> str:
    """Give the zone's name back, or raise ValueError with a sentence."""
    if value not in available_timezones():
        raise ValueError(N_("Choose a time zone from the list, for example Europe/Stockholm."))
    return value
