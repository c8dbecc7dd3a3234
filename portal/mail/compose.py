"""A queued mail as the bytes that a mail server takes; the same bytes however often it is tried."""

import contextlib
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import parseaddr

from portal.mail.address import for_server
from portal.mail.render import one_line
from portal.models.outbox import OutgoingMail


def compose(mail: OutgoingMail, sender: str) -> bytes:
    """Give the whole message. ``sender`` is "Name <address>" or an address.

    Raises:
        ValueError: an address is none.
    """
    to = for_server(mail.address)
    found = EmailMessage(policy=SMTP if to.isascii() else SMTPUTF8)
    found["From"] = _mailbox(*parseaddr(sender))
    found["To"] = _mailbox(mail.name, to)
    with contextlib.suppress(ValueError):
        # Somebody has typed it somewhere: a wrong one must not hold up the mail.
        found["Reply-To"] = _mailbox("", mail.reply_to)
    found["Subject"] = one_line(mail.subject)
    found["Date"] = mail.created_at
    found["Message-ID"] = mail.message_id
    found["Content-Language"] = mail.language
    # No holiday answer shall come back, and none shall be answered.
    found["Auto-Submitted"] = "auto-generated"
    found["X-Auto-Response-Suppress"] = "All"
    if mail.unsubscribe:
        # RFC 8058: the mail program's own button ends these mails with one click.
        found["List-Unsubscribe"] = f"<{mail.unsubscribe}>"
        found["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    found.set_content(mail.body_text, cte="quoted-printable")
    found.add_alternative(mail.body_html, subtype="html", cte="quoted-printable")
    # The parts' boundary would be another one each time.
    found.set_boundary(f"part-{mail.message_id.strip('<>').partition('@')[0]}")
    return found.as_bytes()


def _mailbox(name: str, address: str) -> Address:
    return Address(display_name=one_line(name), addr_spec=for_server(address))
