"""What mails say, in each language, and that their two parts say the same."""

import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest

from portal.mail import dates, messages, render
from tests.mail.conftest import AT, HOUSE, recipient
from tests.mail.everything import everything

TEMPLATES = Path(render.FOLDER) / "mail"


LANGUAGES = ("en", "de")


ALL = [(language, name) for language in LANGUAGES for name in everything()]


class Seen(HTMLParser):
    """The words that a mail program shows, and where its links lead."""

    def __init__(self, html):
        super().__init__()
        self.words, self.links, self.tags, self._hidden = [], [], Counter(), 0
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        has = dict(attrs)
        self.tags[tag] += 1
        if tag == "a":
            self.links.append(has["href"])
        if self._hidden or tag in {"style", "title"} or has.get("class") == "hidden":
            self._hidden += tag not in {"meta", "br"}

    def handle_endtag(self, tag):
        self._hidden = max(0, self._hidden - 1)

    def handle_data(self, data):
        if not self._hidden:
            self.words += data.split()


def bare(words):
    """Words without the marks that the two layouts set differently."""
    return Counter(found for word in words if (found := re.sub(r"[:\-\xa0]+$", "", word)))


@pytest.mark.parametrize(("language", "name"), ALL)
def test_the_text_part_says_what_the_html_part_says(language, name):
    message = everything(language=language)[name]
    assert bare(message.text.split()) == bare(Seen(message.html).words)


@pytest.mark.parametrize(("language", "name"), ALL)
def test_every_link_is_written_out_and_leads_to_the_portal(language, name):
    message = everything(language=language)[name]
    seen = Seen(message.html)
    assert len(seen.links) == seen.tags["a"] == (0 if name == "sign_in_code" else 1)
    for link in seen.links:
        assert link.startswith("https://suppliers.norrland.example/")
        assert link in message.text.split()
        assert link in seen.words
    assert all(each.startswith(HOUSE.base_url) for each in re.findall(r"https?://\S+", message.text))


@pytest.mark.parametrize(("language", "name"), ALL)
def test_it_needs_no_picture_no_script_and_nothing_from_elsewhere(language, name):
    message = everything(language=language)[name]
    seen = Seen(message.html)
    assert not {"img", "script", "link", "iframe", "form", "base", "object"} & set(seen.tags)
    assert "url(" not in message.html
    assert seen.tags["h1"] == 1
    assert f'<html lang="{language}">' in message.html
    assert 'width="600"' in message.html
    assert "max-width: 600px" in message.html
    # The styles that matter are on the elements; the head keeps what adapts to the screen.
    assert 'style="margin: 0;' in message.html
    assert "prefers-color-scheme: dark" in message.html


@pytest.mark.parametrize("name", everything())
def test_the_languages_differ_and_what_we_do_not_speak_is_english(name):
    english, german = everything(language="en")[name], everything(language="de-AT")[name]
    assert english.subject != german.subject or name in {"task_link", "task_told"}
    assert english.text != german.text
    assert everything(language="fi")[name].text == english.text
    assert everything(language="")[name].text == english.text


def test_every_message_has_a_template_in_every_language():
    names = {path.stem for path in (TEMPLATES / "en").iterdir()}
    assert names == {name.split()[0] for name in everything()}
    for language in LANGUAGES:
        assert {path.stem for path in (TEMPLATES / language).iterdir()} == names, language
    assert set(dates.LANGUAGES) == set(LANGUAGES)


def test_instants_are_in_the_recipients_zone_and_language():
    assert "Fri 13 November 2026, 16:40 (Europe/Warsaw)" in one_line(everything()["invitation"].text)
    german = everything(language="de")["invitation"].text
    assert "Freitag, 13. November 2026, 16:40 Uhr (Europe/Warsaw)" in one_line(german)
    assert dates.moment(AT, "Mars/Olympus", "en") == "Fri 13 November 2026, 15:40 (UTC)"
    assert dates.day(date(2026, 3, 1), "de") == "Sonntag, 1. März 2026"
    with pytest.raises(ValueError, match="zone"):
        dates.moment(datetime(2026, 1, 1), "UTC", "en")  # noqa: DTZ001 # naive is the point


def one_line(text):
    return " ".join(text.split())


def test_a_day_that_is_due_has_no_hour_and_an_instant_has_one():
    to = recipient(time_zone="Europe/Warsaw")
    asked = {"path": "/t/1", "key": "1", "task": "Contain", "asked_by": "Elin", "supplier_name": "Acme"}
    by_day = messages.task_link(HOUSE, to, **asked, expires_at=AT, due=date(2026, 12, 4))
    by_hour = messages.task_link(HOUSE, to, **asked, expires_at=AT, due=datetime(2026, 12, 4, 9, tzinfo=UTC))
    never = messages.task_link(HOUSE, to, **asked, expires_at=AT)
    assert by_day.subject == "Contain, by Fri 4 December 2026"
    assert by_hour.subject == "Contain, by Fri 4 December 2026, 10:00 (Europe/Warsaw)"
    assert never.subject == "Contain"
    assert "Due" not in never.text


def test_what_people_typed_is_text_and_nothing_else():
    house = replace(HOUSE, short_name="Nord<b>land")
    message = messages.invitation(
        house,
        recipient(address="t&c@acme.example"),
        path="/invitation/x",
        key="1",
        invited_by='<img src=x onerror="alert(1)">\r\nBcc: all@evil.example',
        supplier_name="{{ 7*7 }} {% raw %}Acme",
        expires_at=AT,
    )
    assert "<img" not in message.html
    assert "&lt;img src=x" in message.html
    assert "{{ 7*7 }} {% raw %}Acme" in one_line(message.text)
    assert "\r" not in message.subject
    assert "\n" not in message.subject
    assert message.subject.startswith('<img src=x onerror="alert(1)"> Bcc: all@evil.example invites you')
    assert not [line for line in message.text.splitlines() if line.startswith("Bcc:")]


def test_the_code_is_in_the_mail_but_not_in_the_subject():
    message = everything()["sign_in_code"]
    assert "731 905" in message.text
    assert "731 905" in message.html
    assert "731" not in message.subject


def test_every_mail_that_lets_somebody_in_is_secret_until_a_moment():
    for name, message in everything().items():
        is_notice = name.startswith(
            (
                "account_changed",
                "dispute",
                "escalation",
                "stand_in",
                "task_told",
                "scar_told",
                "scorecard",
                "thread_message",
                "summary",
                "certificate",
            )
        )
        assert message.is_secret is not is_notice
        assert message.expires_at == (None if is_notice else AT)
        assert message.unsubscribe == "", "none of these may be ended"
    with pytest.raises(ValueError, match="until when"):
        replace(everything()["invitation"], expires_at=None)


@pytest.mark.parametrize("path", ["https://evil.example/x", "//evil.example", "x", "/a b", "/a\nb", ""])
def test_host_header_a_link_is_a_path_of_the_configured_address(path):
    with pytest.raises(ValueError, match="path of the portal"):
        HOUSE.link(path)


def test_a_long_subject_ends_in_time():
    message = messages.task_link(
        HOUSE,
        recipient(),
        path="/t/1",
        key="1",
        task="Explain " * 100,
        asked_by="Elin",
        supplier_name="Acme",
        expires_at=AT,
    )
    assert len(message.subject) <= render.LONGEST_SUBJECT
    assert message.subject.endswith("…")


def test_mails_that_may_be_ended_say_how_in_both_parts():
    message = render.written(
        "password_reset",
        HOUSE,
        recipient(),
        key="1",
        expires_at=AT,
        link=HOUSE.link("/x"),
        unsubscribe=HOUSE.link("/mails/stop/abc"),
    )
    assert message.unsubscribe == "https://suppliers.norrland.example/mails/stop/abc"
    assert "Stop these mails" in message.text
    assert message.unsubscribe in message.text.split()
    assert message.unsubscribe in Seen(message.html).links
    assert bare(message.text.split()) == bare(Seen(message.html).words)
