"""A mail as bytes: no header can be forged, and every name arrives as it is written."""

import re
from email import message_from_bytes, policy
from email.header import decode_header, make_header

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.mail.address import for_server
from portal.mail.compose import compose
from portal.mail.render import one_line
from portal.models.outbox import OutgoingMail
from tests.mail.conftest import AT, SENDER

HEADERS = {
    *("From", "To", "Reply-To", "Subject", "Date", "Message-ID", "Content-Language", "MIME-Version"),
    *("Auto-Submitted", "X-Auto-Response-Suppress", "Content-Type"),
}


def mail(**given):
    return OutgoingMail(
        **{
            "kind": "notice",
            "key": "1",
            "message_id": "<0123456789abcdef@suppliers.norrland.example>",
            "name": "Tomasz Wieczorek",
            "address": "tomasz@acme.example",
            "reply_to": "desk@norrland.example",
            "subject": "Your password was changed",
            "body_text": "Grüße\n",
            "body_html": "<p>Grüße</p>",
            "created_at": AT,
            **given,
        }
    )


def read(content):
    return message_from_bytes(content, policy=policy.default)


def shown(content):
    """Give the recipient's name and the subject as RFC 2047 says they are read.

    Not by the newer policy: it puts spaces between the encoded words of a name.
    """
    old = message_from_bytes(content, policy=policy.compat32)
    raw = re.sub(r"\s*<?tomasz@acme\.example>?$", "", old["To"])
    if raw.startswith('"'):
        raw = re.sub(r"\\(.)", r"\1", raw[1:-1])
    return tuple(
        str(make_header(decode_header(each.replace("\r\n ", " ")))) for each in (raw, old["Subject"])
    )


def test_the_same_mail_is_the_same_bytes_every_time():
    assert compose(mail(), SENDER) == compose(mail(), SENDER)


def test_what_is_sent_is_ascii_in_short_lines():
    content = compose(mail(name="Łukasz Żółć", subject="Prüfung " * 30, body_html="<p>" + "ä" * 5000), SENDER)
    assert content.isascii()
    assert max(map(len, content.split(b"\r\n"))) < 100


def test_plain_letters_stay_plain_however_long():
    subject = "Explain why castings GH-220-04 had pores, " * 5
    content = compose(mail(subject=subject, name="O'Brien, Pat (Acme)"), SENDER)
    assert b"=?" not in content
    assert b'To: "O\'Brien, Pat (Acme)" <tomasz@acme.example>' in content
    assert read(content)["Subject"] == subject.strip()


def test_the_two_parts_in_the_order_that_mail_programs_expect():
    found = read(compose(mail(), SENDER))
    assert found.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in found.iter_parts()] == ["text/plain", "text/html"]
    assert found.get_body(("plain",)).get_content().strip() == "Grüße"
    assert found["Date"].datetime == AT


@pytest.mark.parametrize(
    "hostile",
    [
        "Tomasz\r\nBcc: all@evil.example",
        "Tomasz\nBcc: all@evil.example",
        "Tomasz\rBcc: all@evil.example",
        "Tomasz\x0bBcc: all@evil.example",
        "Tomasz\x85Bcc: all@evil.example",
        "Tomasz\u2028Bcc: all@evil.example",
        "Tomasz\r\n\r\n<html>",
        "\r\n.\r\nMAIL FROM:<x@evil.example>",
        '"Tomasz" <boss@norrland.example>, <x@evil.example>',
        "=?utf-8?q?Tomasz=0D=0ABcc=3A_all=40evil.example?=",
        "x" * 500 + "\r\nBcc: all@evil.example",
    ],
)
def test_mail_header_nothing_that_people_typed_becomes_a_header(hostile):
    content = compose(mail(name=hostile, subject=hostile), SENDER)
    assert content.count(b"\r\n") == content.count(b"\n") == content.count(b"\r")
    found = read(content)
    assert set(found.keys()) <= HEADERS
    assert [each.addr_spec for each in found["To"].addresses] == ["tomasz@acme.example"]
    assert shown(content) == (one_line(hostile), one_line(hostile))
    assert found.get_body(("plain",)).get_content().strip() == "Grüße"


NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=120)


@given(NAMES, NAMES)
@settings(deadline=None)
def test_every_name_and_subject_arrives_as_one_line(name, subject):
    content = compose(mail(name=name, subject=subject), SENDER)
    head = content.partition(b"\r\n\r\n")[0]
    assert max(map(len, head.split(b"\r\n"))) < 998
    found = read(content)
    assert set(found.keys()) <= HEADERS
    assert [each.addr_spec for each in found["To"].addresses] == ["tomasz@acme.example"]
    assert shown(content) == (one_line(name), one_line(subject))


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("tomasz@acme.example", "tomasz@acme.example"),
        ("o'brien+sq@acme.example", "o'brien+sq@acme.example"),
        ("info@żółć.example", "info@xn--kda4b0koi.example"),
        ("żółć@acme.example", "żółć@acme.example"),
    ],
)
def test_an_address_is_given_as_servers_take_it(given, wanted):
    assert for_server(given) == wanted


@pytest.mark.parametrize(
    "given",
    [
        *(
            "",
            "@",
            "a@",
            "@b.example",
            "a b@c.example",
            "a@b.example\r\nRCPT TO:<x@y.example>",
            "a@b@c.example",
        ),
        *("<a@b.example>", "a@b.example,c@d.example", "a@b.example>", 'a"b@c.example', "a..b@c.example"),
        *(
            "a@b..example",
            f"{'a' * 65}@b.example",
            f"a@{'b.' * 130}example",
            ".a@b.example",
            "a@b.example\x00",
        ),
    ],
)
def test_what_is_no_address_is_refused(given):
    with pytest.raises(ValueError, match="not an e-mail address"):
        for_server(given)


def test_mails_that_may_be_ended_have_the_button_of_rfc_8058():
    found = read(compose(mail(unsubscribe="https://suppliers.norrland.example/mails/stop/abc"), SENDER))
    assert found["List-Unsubscribe"] == "<https://suppliers.norrland.example/mails/stop/abc>"
    assert found["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_a_wrong_reply_address_does_not_hold_up_the_mail():
    assert read(compose(mail(reply_to="call us"), SENDER))["Reply-To"] is None
