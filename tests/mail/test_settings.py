"""How the mail server is named in the environment."""

import pytest

from portal import settings
from portal.settings import SettingsError, Smtp

FROM = {"ASSAY_MAIL_FROM": "Norrland suppliers <suppliers@norrland.example>"}


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("smtp://mail", Smtp("mail", 25, tls="offered")),
        ("smtp://mail:1025", Smtp("mail", 1025, tls="offered")),
        ("smtp://mail?starttls=never", Smtp("mail", 25, tls="never")),
        ("smtp://mail?starttls=required", Smtp("mail", 587, tls="required")),
        ("smtp://u:p@mail", Smtp("mail", 587, "u", "p", "required")),
        ("smtp://u:p@mail:25?starttls=never", Smtp("mail", 25, "u", "p", "never")),
        ("smtps://u%40n:p%2Fq@mail.example", Smtp("mail.example", 465, "u@n", "p/q", "always")),
        ("smtps://mail:4465?starttls=never", Smtp("mail", 4465, tls="always")),
        ("smtp://[::1]:25", Smtp("::1", 25, tls="offered")),
    ],
)
def test_an_address_says_all_there_is_to_say(url, wanted):
    assert settings.read({"ASSAY_SMTP_URL": url, **FROM}).smtp == wanted


@pytest.mark.parametrize(
    "url",
    [
        *(
            "mail.example",
            "http://mail",
            "smtp://",
            "smtp://mail:port",
            "smtp://mail:99999",
            "smtp://mail/path",
        ),
        *("smtp://mail?starttls=perhaps", "smtp://mail?starttls=always"),
    ],
)
def test_what_makes_no_sense_is_refused_without_repeating_the_password(url):
    with pytest.raises(SettingsError, match="ASSAY_SMTP_URL"):
        settings.read({"ASSAY_SMTP_URL": url, **FROM})
    with pytest.raises(SettingsError) as refused:
        settings.read({"ASSAY_SMTP_URL": "http://u:hush@mail", **FROM})
    assert "hush" not in str(refused.value)


def test_no_server_means_no_sender_is_needed():
    found = settings.read({})
    assert (found.smtp, found.mail_from) == (None, "")


@pytest.mark.parametrize("sender", ["", "Norrland", "suppliers@", "@norrland.example", "a@b\r\nBcc: c@d"])
def test_with_a_server_the_sender_is_an_address(sender):
    with pytest.raises(SettingsError, match="ASSAY_MAIL_FROM"):
        settings.read({"ASSAY_SMTP_URL": "smtp://mail", "ASSAY_MAIL_FROM": sender})


def test_the_password_is_not_shown():
    found = settings.read({"ASSAY_SMTP_URL": "smtps://u:hush@mail", **FROM})
    assert "hush" not in repr(found)
