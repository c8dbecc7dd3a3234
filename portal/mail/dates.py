"""Days and instants as a recipient reads them: in their language, an instant in their zone."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

_WEEKDAYS = {
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "de": ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"),
}
_MONTHS = {
    "en": (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
    "de": (
        *("Januar", "Februar", "März", "April", "Mai", "Juni"),
        *("Juli", "August", "September", "Oktober", "November", "Dezember"),
    ),
}
# The year is always there: a mail is read again years later.
_DAY = {"en": "{weekday} {day} {month} {year}", "de": "{weekday}, {day}. {month} {year}"}
_MOMENT = {"en": "{day}, {time} ({zone})", "de": "{day}, {time} Uhr ({zone})"}

LANGUAGES = tuple(_DAY)


def day(value: date, language: str) -> str:
    """Thu 8 October 2026."""
    return _DAY[language].format(
        weekday=_WEEKDAYS[language][value.weekday()],
        day=value.day,
        month=_MONTHS[language][value.month - 1],
        year=value.year,
    )


def moment(value: datetime, zone: str, language: str) -> str:
    """Thu 8 October 2026, 14:20 (Europe/Stockholm). An unknown zone is shown as UTC.

    Raises:
        ValueError: the instant is naive, so nobody can say when it was.
    """
    if value.tzinfo is None:
        raise ValueError("An instant needs its zone before it can be shown.")
    try:
        local, name = value.astimezone(ZoneInfo(zone)), zone
    except (KeyError, ValueError, OSError):
        local, name = value.astimezone(UTC), "UTC"
    return _MOMENT[language].format(day=day(local.date(), language), time=f"{local:%H:%M}", zone=name)


def when(value: date, zone: str, language: str) -> str:
    """Give an instant with its time, and a calendar day without."""
    return moment(value, zone, language) if isinstance(value, datetime) else day(value, language)


def month(number: int, language: str) -> str:
    """321 → October 2026: months since January 2000."""
    year, index = divmod(number, 12)
    return f"{_MONTHS[language][index]} {2000 + year}"
