"""A mail before it is queued: to whom, whose letterhead, what it says. Plain data, no database."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self
from urllib.parse import urlsplit

from portal.models.people import Person
from portal.models.suppliers import Contact


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """One person: a mail never has two, so that each gets it in their own language and zone, and one
    address that fails keeps it from nobody else.
    """

    address: str
    name: str = ""
    language: str = "en"
    time_zone: str = "UTC"
    person_id: int | None = None
    contact_id: int | None = None
    supplier_id: int | None = None
    stands_in_for: str = ""  # why somebody gets what another is told

    @classmethod
    def person(cls, person: Person, *, stands_in_for: str = "") -> Self:
        return cls(
            address=person.email,
            name=person.name,
            language=person.language,
            time_zone=person.time_zone,
            person_id=person.id,
            supplier_id=person.supplier_id,
            stands_in_for=stands_in_for,
        )

    @classmethod
    def contact(cls, contact: Contact, time_zone: str) -> Self:
        """``time_zone`` is that of the contact's site, or of the supplier."""
        return cls(
            address=contact.email,
            name=contact.name,
            language=contact.language,
            time_zone=time_zone,
            contact_id=contact.id,
            supplier_id=contact.supplier_id,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Letterhead:
    """Whose mail it is, and the one address that its links lead to."""

    base_url: str
    name: str = "Assay"
    short_name: str = "Assay"
    desk_hours: str = ""
    desk_phone: str = ""
    desk_email: str = ""

    def link(self, path: str) -> str:
        """Give the address of a page of the portal; ValueError for anything but a path."""
        if not path.startswith("/") or path.startswith("//") or any(c.isspace() for c in path):
            raise ValueError(f"A link in a mail is a path of the portal, not “{path[:60]}”.")
        return self.base_url + path

    @property
    def domain(self) -> str:
        return urlsplit(self.base_url).hostname or "localhost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """A file that goes with a mail; it is in the document store. With a ``content_id`` the text shows it."""

    name: str
    media_type: str
    size: int
    file_key: str
    content_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What ``outbox.queue`` takes.

    ``kind`` and ``key`` say which event it tells of: the same event is queued once. A secret mail holds a
    link or a code that lets somebody in: its text is removed as soon as it is sent or has expired.
    ``unsubscribe`` is an address where one click ends mails of this kind, for those that may be ended.
    """

    kind: str
    key: str
    to: Recipient
    subject: str
    text: str
    html: str
    domain: str  # of its Message-ID
    reply_to: str = ""
    is_secret: bool = False
    expires_at: datetime | None = None
    unsubscribe: str = ""
    attached: tuple[Attached, ...] = ()

    def __post_init__(self) -> None:
        if self.is_secret and self.expires_at is None:
            raise ValueError("A mail that lets somebody in says until when.")
