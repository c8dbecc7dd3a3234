"""Mails that arrive, taken apart: what is new, what is repeated, what a machine sent, what came back."""

from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.mail.addresses import Reader, Replies, ReplyPlace
from portal.mail.incoming import Failure, failures, read, split
from portal.mail.signing import Signer
from portal.models.threads import Audience

SIGNER = Signer(b"k" * 32)
REPLIES = Replies("in.norrland.example", SIGNER)


@pytest.mark.parametrize(
    "quoted",
    [
        "On Fri, 13 Nov 2026 at 16:40, Elin Sandberg <x@y.example> wrote:\n> Please add it.",
        "On Fri, 13 Nov 2026 at 16:40, Elin Sandberg\n<x@y.example> wrote:\n> Please add it.",
        "Am 13.11.2026 um 16:40 schrieb Elin Sandberg <x@y.example>:\n> Please add it.",
        "W dniu 13.11.2026 o 16:40, Elin Sandberg pisze:\n> Please add it.",
        "-----Original Message-----\nFrom: Elin\nSubject: x\n\nPlease add it.",
        "-----Ursprüngliche Nachricht-----\nVon: Elin\n\nPlease add it.",
        "________________________________\nFrom: Elin Sandberg\nPlease add it.",
        "Von: Elin Sandberg <x@y.example>\nGesendet: Freitag\nAn: Tomasz\nBetreff: Poren\n\nPlease add it.",
        "> Please add it.\n> Thank you.",
        "-- \nTomasz Wieczorek\nAcme Castings",
    ],
)
def test_what_a_mail_program_repeats_is_parted_and_kept(quoted):
    words, rest = split(f"Here it is.\r\n\r\nIn two parts.\r\n\r\n{quoted}\r\n")
    assert words == "Here it is.\n\nIn two parts."
    assert rest == "\n".join(line.rstrip() for line in quoted.split("\n"))


@pytest.mark.parametrize("text", ["From: here to there it is 3 mm.", "On Monday.", "> all quoted", ""])
def test_ordinary_words_are_not_taken_for_a_repetition(text):
    words, rest = split(text)
    assert (words or rest) == text


@given(st.text(max_size=300))
def test_nothing_that_was_written_is_lost(text):
    words, rest = split(text)
    letters = [c for c in text if not c.isspace()]
    assert sorted(letters) == sorted(c for c in words + rest if not c.isspace())


def mail(**headers):
    made = EmailMessage()
    made["From"] = "Tomasz <tomasz@acme.example>"
    made["Message-ID"] = "<1@acme.example>"
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content("Hello.")
    return made


@pytest.mark.parametrize(
    ("headers", "automatic"),
    [
        ({}, False),
        ({"Auto_Submitted": "no"}, False),
        ({"Auto_Submitted": "auto-replied"}, True),
        ({"Precedence": "bulk"}, True),
        ({"X_Autoreply": "yes"}, True),
        ({"List_Id": "<all.acme.example>"}, True),
    ],
)
def test_what_a_machine_sent_is_known_as_such(headers, automatic):
    assert read(mail(**headers).as_bytes()).is_automatic is automatic


def test_a_mail_of_html_alone_is_read_as_text_and_named_files_are_attachments():
    made = EmailMessage()
    made["From"] = "tomasz@acme.example"
    made.set_content(
        "<html><head><style>p{}</style></head><body><p>Here <b>it</b> is.</p>"
        "<blockquote><p>Please add it.</p></blockquote></body></html>",
        subtype="html",
    )
    made.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="../x-ray.pdf")
    found = read(made.as_bytes())
    assert found.words == "Here it is."
    assert found.quoted == "> Please add it."
    assert [(each.name, each.content) for each in found.attachments] == [("../x-ray.pdf", b"%PDF-1.7")]


@pytest.mark.parametrize(
    ("charset", "raw", "words"),
    [
        ("iso-2022-jp", b"\x1b$B>ZL@=q$rAw$j$^$9\x1b(B", "証明書を送ります"),
        ("utf-7", b"+ADw-script+AD4-alert(1) Gr+APwA3w-e", "<script>alert(1) Grüße"),
    ],
)
def test_letters_of_older_mail_programs_are_read(charset, raw, words):
    head = f"From: a@b.example\r\nContent-Type: text/plain; charset={charset}\r\n\r\n".encode()
    assert read(head + raw + b"\r\n").words == words


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00\xff\xfe",
        b"Content-Type: multipart/mixed\r\n\r\nno boundary",
        b"Content-Type: text/plain; charset=nonsense\r\n\r\nHello",
        b"From: =?utf-8?q?=FF?= <\r\nSubject: =?x?=\r\n\r\n",
        b"Content-Transfer-Encoding: base64\r\n\r\n!!!!",
        b"Message-ID: <a\r\n b@c>\r\n\r\nHello",
        b"Content-Type: multipart/report; boundary=x\r\n\r\n--x\r\nContent-Type: message/rfc822\r\n\r\n",
    ],
)
def test_broken_mails_are_read_as_far_as_they_go_and_never_break_us(raw):
    found = read(raw)
    assert "\n" not in found.message_id + found.subject + found.sender
    assert failures(raw) == []


def report(action="failed", status="5.1.1", message_id="<ours@suppliers.norrland.example>"):
    return (
        "From: MAILER-DAEMON@mx.acme.example\r\nAuto-Submitted: auto-replied\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; mx.acme.example\r\n\r\n"
        f"Final-Recipient: rfc822; tomasz@acme.example\r\nAction: {action}\r\nStatus: {status}\r\n"
        "Diagnostic-Code: smtp; 550 5.1.1 No such\r\n user here\r\n\r\n"
        "--b\r\nContent-Type: text/rfc822-headers\r\n\r\n"
        f"Subject: x\r\nMessage-ID: {message_id}\r\n\r\n--b--\r\n"
    ).encode()


def test_a_delivery_report_names_the_mail_the_address_and_the_reason():
    assert failures(report()) == [
        Failure("<ours@suppliers.norrland.example>", "tomasz@acme.example", "550 5.1.1 No such user here")
    ]
    whole = report().replace(b"text/rfc822-headers", b"message/rfc822")
    assert failures(whole) == failures(report())


@pytest.mark.parametrize(
    "other", [report("delayed", "4.4.1"), report("delivered", "2.0.0"), report(status="4.2.2")]
)
def test_a_delay_is_no_failure(other):
    assert failures(other) == []


def test_an_address_is_read_back_whatever_the_case_and_forged_ones_are_none():
    address = REPLIES.address(Audience.SHARED, 12, Reader(34))
    assert len(address.partition("@")[0]) <= 64
    assert REPLIES.read(address.upper()) == ReplyPlace(Audience.SHARED, 12, Reader(34))
    contact = Reader(7, is_contact=True)
    assert REPLIES.read(REPLIES.address(Audience.INTERNAL, 12, contact)).reader == contact
    forged = (
        address.replace("12.", "13."),
        address.replace("p34", "p35"),
        address.replace("p34", "c34"),
        address.replace("thread+", "note+"),
        address.replace("in.norrland", "in.other"),
        "thread+@in.norrland.example",
        "thread@in.norrland.example",
        "thread+1.p2.@in.norrland.example",
        "",
    )
    assert [REPLIES.read(each) for each in forged] == [None] * len(forged)
    assert Replies("in.norrland.example", Signer(b"x" * 32)).read(address) is None
    assert Replies("", SIGNER).address(Audience.SHARED, 1, Reader(1)) == ""


def test_a_token_of_one_purpose_is_none_of_another():
    assert SIGNER.read("b", SIGNER.sign("a", 1)) is None
    assert SIGNER.read("a", SIGNER.sign("a", "x", 1)) == ["x", "1"]
    with pytest.raises(ValueError, match="can't be signed"):
        SIGNER.sign("a", "1.2")
