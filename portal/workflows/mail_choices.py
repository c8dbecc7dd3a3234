"""Which mails somebody does without. Tasks, codes and what happens to an account are no choice."""

from urllib.parse import urlencode

from sqlalchemy import ColumnElement, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock
from portal.errors import NotReadyError
from portal.languages import _
from portal.mail.addresses import Reader
from portal.mail.signing import Signer, signer
from portal.models.mailing import MailChoice, Topic, Wish
from portal.models.people import Person
from portal.models.suppliers import Contact

# What one may wish, the usual first.
OFFERED: dict[Topic, tuple[Wish, ...]] = {
    Topic.MESSAGES: (Wish.AT_ONCE, Wish.SUMMED_UP, Wish.NEVER),
    Topic.SUMMARY: (Wish.SUMMED_UP, Wish.NEVER),
    Topic.SCORECARDS: (Wish.MONTHLY, Wish.ON_CHANGE, Wish.QUARTERLY, Wish.NEVER),
}
_PURPOSE = "unsubscribe"


async def wishes(db: AsyncSession, reader: Reader) -> dict[Topic, Wish]:
    """Give what somebody wants of every topic; the usual where they have not said."""
    query = select(col(MailChoice.topic), col(MailChoice.wish)).where(_of(reader))
    said = {topic: wish for topic, wish in await db.execute(query)}  # noqa: C416 # rows are no pairs to the type checker
    return {topic: said.get(topic, offered[0]) for topic, offered in OFFERED.items()}


async def choose(db: AsyncSession, reader: Reader, topic: Topic, wish: Wish) -> None:
    """Remember a wish; one that is not offered for the topic is refused with ValueError."""
    if wish not in OFFERED[topic]:
        raise ValueError(f"{topic} cannot be {wish}.")
    statement = insert(MailChoice).values(**_columns(reader), topic=topic, wish=wish, at=clock.now())
    await db.execute(
        statement.on_conflict_do_update(
            index_elements=["contact_id" if reader.is_contact else "person_id", "topic"],
            set_={"wish": statement.excluded.wish, "at": statement.excluded.at},
        )
    )


def link(base_url: str, key: Signer, topic: Topic, reader: Reader) -> str:
    """Give the address where one click ends mails of a topic for one reader (RFC 8058)."""
    return f"{base_url}/unsubscribe?{urlencode({'token': key.sign(_PURPOSE, topic.value, reader.sign)})}"


async def read(db: AsyncSession, token: str) -> tuple[Topic, Reader]:
    """Read such an address; NotReadyError when it is none of ours."""
    parts = (await signer(db)).read(_PURPOSE, token) or []
    reader = Reader.read(parts[1]) if len(parts) == 2 else None  # topic and reader
    if reader is None or parts[0] not in set(Topic):
        raise NotReadyError(_("This link is not complete. Open it from the mail again."))
    return Topic(parts[0]), reader


async def language_of(db: AsyncSession, reader: Reader) -> str:
    found: Contact | Person | None = await db.get(Contact if reader.is_contact else Person, reader.id)
    return found.language if found else "en"


def _of(reader: Reader) -> ColumnElement[bool]:
    column = col(MailChoice.contact_id) if reader.is_contact else col(MailChoice.person_id)
    return column == reader.id


def _columns(reader: Reader) -> dict[str, int | None]:
    return {
        "person_id": None if reader.is_contact else reader.id,
        "contact_id": reader.id if reader.is_contact else None,
    }
