"""A queued mail as the bytes that a mail server takes; the same bytes however often it is tried.

Put together by hand: Python's email package decodes "=?utf-8?…?=" that somebody typed as a name, and a line
break in there becomes a header of its own. Here what people typed is either plain letters or encoded whole.
"""

import quopri
import textwrap
from base64 import b64encode
from collections.abc import Sequence
from email.utils import format_datetime, parseaddr

from portal.mail.address import for_server
from portal.mail.render import one_line
from portal.models.outbox import MailAttachment, OutgoingMail

_LINE = 60  # characters
_WORD = 45  # bytes that fill one encoded word of 75 characters


Files = Sequence[tuple[MailAttachment, bytes]]
_Body = tuple[list[tuple[str, str]], list[bytes]]


def compose(mail: OutgoingMail, sender: str, files: Files = ()) -> bytes:
    """Give the whole message. ``sender`` is "Name <address>" or an address; ``files`` go along.

    Raises:
        ValueError: an address is none.
    """
    boundary = "part-" + mail.message_id.strip("<>").partition("@")[0]
    head = [
        ("From", mailbox(*parseaddr(sender))),
        ("To", mailbox(mail.name, mail.address)),
        *_reply_to(mail.reply_to),
        ("Subject", words(mail.subject)),
        ("Date", format_datetime(mail.created_at)),
        ("Message-ID", mail.message_id),
        ("Content-Language", mail.language),
        # No holiday answer shall come back.
        ("Auto-Submitted", "auto-generated"),
        ("X-Auto-Response-Suppress", "All"),
        *_unsubscribe(mail.unsubscribe),
        ("MIME-Version", "1.0"),
    ]
    body: _Body = (
        [("Content-Type", f'multipart/alternative; boundary="{boundary}"')],
        [
            *_part(boundary, "text/plain", mail.body_text),
            *_part(boundary, "text/html", mail.body_html),
            f"--{boundary}--".encode(),
            b"",
        ],
    )
    shown = [each for each in files if each[0].content_id]
    kept = [each for each in files if not each[0].content_id]
    whole = _with_files(_with_files(body, shown, "related", boundary), kept, "mixed", boundary)
    return b"\r\n".join([*_lines([*head, *whole[0]]), b"", *whole[1]])


def _with_files(body: _Body, files: Files, kind: str, boundary: str) -> _Body:
    """Put a body and files into one of the kind; without files it stays what it is."""
    if not files:
        return body
    own = f"{kind}-{boundary}"
    lines = [f"--{own}".encode(), *_lines(body[0]), b"", *body[1]]
    for file, content in files:
        lines += [f"--{own}".encode(), *_lines(_file_head(file)), b"", *_in_lines(content), b""]
    return [("Content-Type", f'multipart/{kind}; boundary="{own}"')], [*lines, f"--{own}--".encode(), b""]


def _file_head(file: MailAttachment) -> list[tuple[str, str]]:
    """The names are our own, of plain letters; anything else is left out."""
    name = "".join(c for c in file.name if c.isascii() and (c.isalnum() or c in "-_.")) or "file"
    where = "inline" if file.content_id else "attachment"
    head = [
        ("Content-Type", f'{file.media_type}; name="{name}"'),
        ("Content-Transfer-Encoding", "base64"),
        ("Content-Disposition", f'{where}; filename="{name}"'),
    ]
    return [*head, ("Content-ID", f"<{file.content_id}>")] if file.content_id else head


def _in_lines(content: bytes) -> list[bytes]:
    encoded = b64encode(content)
    return [encoded[at : at + 76] for at in range(0, len(encoded), 76)]


def words(text: str) -> str:
    """Give text as it may stand in a header: folded at its spaces, or encoded (RFC 2047)."""
    clean = one_line(text)
    if clean.isascii() and "=?" not in clean:
        lines = textwrap.wrap(clean, _LINE, break_long_words=False, break_on_hyphens=False)
        if all(len(line) <= _LINE for line in lines):
            return "\r\n ".join(lines)
    return _encoded(clean)


def mailbox(name: str, address: str) -> str:
    """Give ``Name <address>``; ValueError when the address is none."""
    where = for_server(address)
    clean = one_line(name)
    if not clean:
        return where
    if not clean.isascii() or "=?" in clean or len(clean) > _LINE:
        return f"{_encoded(clean)}\r\n <{where}>"
    if not all(c.isalnum() or c in " -'" for c in clean):
        escaped = clean.replace("\\", "\\\\").replace('"', '\\"')
        clean = f'"{escaped}"'
    return f"{clean} <{where}>"


def _encoded(text: str) -> str:
    pieces, piece = [], b""
    for character in text:
        letters = character.encode()
        if len(piece) + len(letters) > _WORD:
            pieces.append(piece)
            piece = b""
        piece += letters
    return "\r\n ".join(f"=?utf-8?b?{b64encode(each).decode()}?=" for each in [*pieces, piece])


def _reply_to(address: str) -> list[tuple[str, str]]:
    try:
        return [("Reply-To", for_server(address))]
    except ValueError:
        # Somebody has typed it somewhere: a wrong one must not hold up the mail.
        return []


def _unsubscribe(address: str) -> list[tuple[str, str]]:
    if not address:
        return []
    # RFC 8058: the mail program's own button ends these mails with one click.
    return [
        ("List-Unsubscribe", f"<{address}>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
    ]


def _lines(headers: list[tuple[str, str]]) -> list[bytes]:
    return [f"{name}: {value}".encode() for name, value in headers]


def _part(boundary: str, kind: str, body: str) -> list[bytes]:
    head = [("Content-Type", f"{kind}; charset=utf-8"), ("Content-Transfer-Encoding", "quoted-printable")]
    encoded = quopri.encodestring("\n".join(body.splitlines()).encode())
    return [f"--{boundary}".encode(), *_lines(head), b"", encoded.replace(b"\n", b"\r\n"), b""]
