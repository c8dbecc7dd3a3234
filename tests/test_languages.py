"""The language of a person, of a browser, and what numbers and days look like in it."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from portal import languages
from portal.web import filters
from portal.web.templates import environment


@pytest.mark.parametrize(
    ("wish", "spoken"),
    [("de", "de"), ("de-AT", "de"), ("DE_ch", "de"), ("fr", "en"), ("", "en"), ("x" * 99, "en")],
)
def test_what_we_do_not_speak_is_english(wish, spoken):
    assert languages.known(wish) == spoken


@pytest.mark.parametrize(
    ("header", "spoken"),
    [
        ("de-DE,de;q=0.9,en;q=0.8", "de"),
        ("fr, de;q=0.5", "de"),
        ("en-GB,de", "en"),
        ("*", "en"),
        (";,;=", "en"),
    ],
)
def test_a_browser_is_spoken_to_in_its_first_language_that_we_know(header, spoken):
    assert languages.preferred(header) == spoken


def test_german_numbers_and_days():
    with languages.speaking("de"):
        assert filters.number(Decimal("1265100.5"), 1) == "1.265.100,5"
        assert filters.percent(Decimal("92.3077")) == "92,3\N{NO-BREAK SPACE}%"
        assert filters.ppm(Decimal("0.04")) == "unter 0,1\N{NO-BREAK SPACE}PPM"
        assert filters.ppm(Decimal("3.04")) == "3\N{NO-BREAK SPACE}PPM"
        assert filters.filesize(1_240_000) == "1,2\N{NO-BREAK SPACE}MB"
        assert filters.day(date(2026, 10, 8), date(2026, 1, 1)) == "Do 8. Okt"
        when = datetime(2026, 10, 8, 12, 20, tzinfo=UTC)
        assert filters.moment(when, "Europe/Berlin", date(2026, 1, 1)) == "Do 8. Okt, 14:20"
        assert filters.month(326) == "März 2027"
    assert filters.number(Decimal("1265100.5"), 1) == "1,265,100.5"


def test_a_translation_is_escaped_like_everything_else():
    template = environment().from_string('{{ _("under %(least)s", least=name) }}')
    with languages.speaking("de"):
        assert template.render(name="<b>") == "unter &lt;b&gt;"


def test_the_language_ends_with_its_block():
    with languages.speaking("de"), languages.speaking("en"):
        assert languages.spoken() == "en"
    assert languages.spoken() == "en"
