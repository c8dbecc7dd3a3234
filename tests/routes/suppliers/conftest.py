"""The day of the stories about suppliers, and what their forms and files hold."""

import csv
import io
from datetime import UTC, date, datetime

import pytest

from portal import clock

NOON = datetime(2026, 10, 8, 12, 0, tzinfo=UTC)


TODAY = date(2026, 10, 8)


FORM = {
    "number": "105777",
    "name": "Kessler Präzision",
    "status": "active",
    "risk": "low",
    "commodity": "CAST",
    "country": "DE",
    "city": "Ulm",
    "time_zone": "Europe/Berlin",
    "note": "Pays attention.",
}


@pytest.fixture(autouse=True)
def noon():
    with clock.fixed(NOON):
        yield


def file_rows(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def names_in(text: str) -> list[str]:
    return [part.partition("</bdi>")[0] for part in text.partition("<tbody>")[2].split("data-open><bdi>")[1:]]
