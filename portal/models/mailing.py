"""What people want mailed, and the daily summary."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel

from portal import clock
from portal.models.base import choice, key, link


class Topic(StrEnum):
    """Mails that one may do without. Tasks, codes and what happens to an account are not among them."""

    MESSAGES = "messages"
    SUMMARY = "summary"
    SCORECARDS = "scorecards"


class Wish(StrEnum):
    AT_ONCE = "at_once"
    SUMMED_UP = "summed_up"  # counted in the daily summary
    NEVER = "never"
    MONTHLY = "monthly"
    ON_CHANGE = "on_change"  # when the band is another one than the month before
    QUARTERLY = "quarterly"


class MailChoice(SQLModel, table=True):
    """What somebody said about a topic; who has said nothing gets the usual."""

    __tablename__ = "mail_choice"
    __table_args__ = (
        UniqueConstraint("person_id", "topic"),
        UniqueConstraint("contact_id", "topic"),
        CheckConstraint("(person_id IS NULL) <> (contact_id IS NULL)", name="one_reader"),
    )

    id: int = key()
    person_id: int | None = link("person.id", optional=True)
    contact_id: int | None = link("contact.id", optional=True, ondelete="CASCADE")
    topic: Topic = choice(Topic, "topic")
    wish: Wish = choice(Wish, "wish")
    at: datetime = Field(default_factory=clock.now)


class Summary(SQLModel, table=True):
    """The day of somebody's latest summary, and a fingerprint of what was open then."""

    __tablename__ = "summary"

    person_id: int = link("person.id", primary_key=True)
    day_on: date  # in the person's time zone
    fingerprint: str = Field(default="", max_length=64)


class MailKey(SQLModel, table=True):
    """The key of the tokens in our mails; one row."""

    __tablename__ = "mail_key"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)

    id: int = Field(default=1, primary_key=True)
    key: bytes = Field(sa_type=LargeBinary)
