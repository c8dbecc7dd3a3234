"""A mail that arrived, taken apart: who wrote what, what it repeats, and whether a machine sent it.

What arrives is anybody's: nothing here trusts a header further than to find out which of our mails it
answers.
"""

import re
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.errors import MessageError
from email.message import EmailMessage, Message
from email.utils import parseaddr
from html.parser import HTMLParser

MOST_PARTS = 200
LONGEST_TEXT = 200_000  # letters that are looked at

# Lines after which a mail program repeats what is answered.
_REPEATS = (
    re.compile(
        r"^-{2,}\s*(original message|ursprüngliche nachricht|message d'origine)\s*-{2,}", re.IGNORECASE
    ),
    re.compile(r"^_{20,}$"),
    re.compile(
        r"^(on|am|le|w dniu|den) .{5,200}(wrote|schrieb|a écrit|pisze|napisał\(a\)|skrev).{0,80}:$",
        re.IGNORECASE,
    ),
)
# Or repeats its headers: a line such as the first, and soon one such as the second.
_FIRST_HEADER = re.compile(r"^(from|von|de|od|från):\s.+", re.IGNORECASE)
_SECOND_HEADER = re.compile(
    r"^(sent|gesendet|date|datum|to|an|subject|betreff|skickat|till)\b.*:", re.IGNORECASE
)
_BULK = {"bulk", "junk", "list", "auto_reply"}


@dataclass(frozen=True, slots=True)
class Attachment:
    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Incoming:
    """A mail as far as it concerns us. ``words`` are new, ``quoted`` is what it repeats."""

    message_id: str
    sender: str
    subject: str
    words: str
    quoted: str
    attachments: tuple[Attachment, ...]
    is_automatic: bool


@dataclass(frozen=True, slots=True)
class Failure:
    """What a mail server reports of one of our mails: it will never reach the address."""

    message_id: str
    address: str
    reason: str


def read(raw: bytes) -> Incoming:
    """Take a mail apart.

    Raises:
        ValueError: it is none, with a sentence for whoever sent it.
    """
    mail = _parsed(raw)
    text, quoted = split(_text_of(mail)[:LONGEST_TEXT])
    return Incoming(
        message_id=_header(mail, "Message-ID")[:400],
        sender=parseaddr(_header(mail, "From"))[1],
        subject=_header(mail, "Subject"),
        words=text,
        quoted=quoted,
        attachments=tuple(_attachments(mail)),
        is_automatic=_is_automatic(mail),
    )


def failures(raw: bytes) -> list[Failure]:
    """Give what a delivery report says has failed for good; none when it is no such report (RFC 3464)."""
    mail = _parsed(raw)
    if mail.get_content_type() != "multipart/report":
        return []
    parts = list(mail.walk())[:MOST_PARTS]
    about = next((each for part in parts if (each := _original_id(part))), "")
    reports = [
        report
        for part in parts
        if part.get_content_type() == "message/delivery-status" and part.is_multipart()
        for report in part.get_payload()
        if isinstance(report, Message)
    ]
    return [_failure(about, report) for report in reports if about and _is_final(report)]


def _is_final(report: Message) -> bool:
    return _header(report, "Action").lower() == "failed" and not _header(report, "Status").startswith("4")


def _failure(message_id: str, report: Message) -> Failure:
    address = _header(report, "Original-Recipient") or _header(report, "Final-Recipient")
    said = _header(report, "Diagnostic-Code").partition(";")[2].strip()
    return Failure(
        message_id, address.partition(";")[2].strip(), (said or f"{_header(report, 'Status')} refused")[:500]
    )


def split(text: str) -> tuple[str, str]:
    """Part what somebody wrote from what their program repeats below it."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    cut = next((n for n in range(len(lines)) if _begins_repeat(lines, n)), len(lines))
    words = lines[:cut]
    tail: list[str] = []
    while words and (words[-1].startswith(">") or not words[-1].strip()):
        tail.insert(0, words.pop())
    for n, line in enumerate(words):
        if line in {"--", "-- "}:  # a signature
            words, tail = words[:n], [*words[n:], *tail]
            break
    return _trimmed(words), _trimmed([*tail, *lines[cut:]])


def _begins_repeat(lines: list[str], n: int) -> bool:
    line = lines[n].strip()
    if _FIRST_HEADER.match(line):
        return any(_SECOND_HEADER.match(each.strip()) for each in lines[n + 1 : n + 4])
    if any(each.match(line) for each in _REPEATS):
        return True
    # "On … wrote:" may be broken over two lines.
    following = lines[n + 1].strip() if n + 1 < len(lines) else ""
    return not line.endswith(":") and bool(_REPEATS[2].match(f"{line} {following}"))


def _trimmed(lines: list[str]) -> str:
    return "\n".join(line.rstrip() for line in lines).strip("\n").strip()


def _parsed(raw: bytes) -> EmailMessage:
    try:
        mail = message_from_bytes(raw, policy=policy.default)
        # Its headers are read lazily, and some break only then.
        mail.get_content_type()
    except (MessageError, ValueError, LookupError, RecursionError, AttributeError) as broken:
        raise ValueError("This mail cannot be read.") from broken
    return mail


def _header(mail: Message, name: str) -> str:
    try:
        given = str(mail.get(name) or "")
    except (ValueError, LookupError, AttributeError, IndexError):
        return ""
    return " ".join("".join(c if c.isprintable() else " " for c in given).split())


def _is_automatic(mail: Message) -> bool:
    submitted = _header(mail, "Auto-Submitted").lower()
    return (
        (submitted not in {"", "no"})
        or _header(mail, "Precedence").lower() in _BULK
        or any(mail.get(name) is not None for name in ("X-Autoreply", "X-Autorespond", "List-Id"))
        or mail.get_content_type() == "multipart/report"
    )


def _text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain", "html"))
    if body is None:
        return ""
    try:
        content = body.get_content()
    except (LookupError, ValueError, AttributeError):
        payload = body.get_payload(decode=True)
        content = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
    return _Words(content).text if body.get_content_subtype() == "html" else str(content)


def _attachments(mail: EmailMessage) -> list[Attachment]:
    found = []
    for part in list(mail.iter_attachments())[:MOST_PARTS] if mail.is_multipart() else []:
        name = part.get_filename()
        payload = part.get_payload(decode=True)
        # Pictures of a signature have no name, or stand in the text.
        if name and isinstance(payload, bytes) and payload and part.get_content_disposition() != "inline":
            found.append(Attachment(name, payload))
    return found


def _original_id(part: Message) -> str:
    """Give the Message-ID of the mail that a report is about, from the copy of it that the report brings."""
    if part.get_content_type() == "message/rfc822" and part.is_multipart():
        inner = part.get_payload(0)
        return _header(inner, "Message-ID") if isinstance(inner, Message) else ""
    if part.get_content_type() == "text/rfc822-headers":
        payload = part.get_payload(decode=True)
        text = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
        found = re.search(r"^message-id:\s*(<[^>\s]{1,300}>)", text, re.IGNORECASE | re.MULTILINE)
        return found[1] if found else ""
    return ""


class _Words(HTMLParser):
    """The words of a mail that has no plain part."""

    _BREAKS = frozenset({"br", "p", "div", "tr", "li", "h1", "h2", "h3", "blockquote"})
    _UNSEEN = frozenset({"style", "script", "title", "head"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self._found: list[str] = []
        self._hidden = 0
        self._quoted = 0
        self.feed(html[:1_000_000])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self._hidden += tag in self._UNSEEN
        self._quoted += tag == "blockquote"
        if tag in self._BREAKS:
            self._found.append("\n" + "> " * self._quoted)

    def handle_endtag(self, tag: str) -> None:
        self._hidden = max(0, self._hidden - (tag in self._UNSEEN))
        self._quoted = max(0, self._quoted - (tag == "blockquote"))
        if tag in self._BREAKS:
            self._found.append("\n" + "> " * self._quoted)

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self._found.append(re.sub(r"\s+", " ", data))

    @property
    def text(self) -> str:
        lines = [line.strip() for line in "".join(self._found).split("\n")]
        # An empty line between two that say something, however many elements ended there.
        said = [line if line.strip("> ") else "" for line in lines]
        return "\n".join(line for n, line in enumerate(said) if line or (n and said[n - 1])).strip()
