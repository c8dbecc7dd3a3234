"""What happened to every business row, who did it, when and why; and the seals that prove it.

Triggers write it (portal/migrations/trailed.py), inside the transaction of the change. Rows are only ever
added.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, Index, LargeBinary, Text
from sqlmodel import Field, SQLModel

from portal.models.base import choice, key

# Tables without a trail, each with why not. Every other table has one; a house rule compares.
NOT_TRAILED = {
    "calendar_day": "worked out from public holidays",
    "company_sign_in": "lives for minutes, until the company's sign-in has answered",
    "given_answer": "what a request was answered, for a day, in case it comes again",
    "guest_session": "who came by a task link, seen with every request",
    "document_preview": "made from documents that are recorded",
    "half_sign_in": "lives for minutes, between the first factor and the second",
    "import_change": "itself what an import changed",
    "import_problem": "rows of a file that never got in",
    "mail_attachment": "goes with a mail, like its text",
    "mail_key": "made once, and shown to nobody",
    "mail_handover": "a moment of sending a mail",
    "outgoing_mail": "a queue, and itself the list of what was sent",
    "passkey_challenge": "lives for minutes, until a passkey has answered",
    "running_number": "counts what numbers were given",
    "saved_filter": "a person's own shortcuts through lists",
    "scorecard_mail": "a plan, and itself the list of what was mailed",
    "scorecard_total": "sums of cards that are recorded",
    "scorecard_touch": "what is still to be looked at",
    "scorecard_file": "its hash is recorded with the card",
    "session": "who is signed in, seen with every request",
    "sign_in_attempt": "counted for a day, then removed",
    "single_use_link": "lives for an hour; what it leads to is recorded",
    "summary": "of which day somebody has had one",
    "supplier_month_change": "what is on its way into the sums",
    "supplier_month": "sums of rows that are recorded",
    "supplier_month_total": "sums of rows that are recorded",
    "task_code": "lives for minutes, until it is typed",
    "thread_reading": "how far somebody has read",
    "trail_act": "the trail itself",
    "trail_change": "the trail itself",
    "trail_mark": "where the sealer is",
    "trail_seal": "sealed in its own chain",
    "undeliverable_address": "what mail servers answered; a mail that gets through removes it",
}
# Columns that are not recorded, beside key, version and stamps: they follow from others, only count, or mean
# nothing to people.
LEFT_OUT = {
    "back_test": {"months_done", "result"},
    "scorecard_bundle": {"cards_done"},
    "certificate": {"found"},
    "delivery_line": {
        *("reference_on", "reference_month", "window_first_on", "window_last_on", "received", "in_window"),
        *("early", "complete", "too_early", "nonconforming"),
    },
    "external_identity": {"last_used_at"},
    "document": {"pages", "problem_parts"},
    "import_run": {"bytes_read", "rows_read"},
    "inspection_lot": {"month"},
    "nonconformance": {"month"},
    "passkey": {"credential_id", "public_key", "user_handle", "sign_count", "last_used_at"},
    "person": {"last_signed_in_at"},
    "receipt": {"arrival_month"},
    "response_stage": {"month"},
    "scorecard": {"policy", "result"},
    "task": {"event", "event_at", "reminders", "reminded_at"},
    "task_link": {"used_at", "uses"},
    "thread": {"newest_message_id", "newest_note_id", "is_unanswered"},
    "thread_message": {"told_at"},
    "thread_note": {"told_at"},
    "totp": {"last_step"},
}
# Secrets: that they changed is recorded, what they were is not.
MASKED = {
    "calendar_feed": {"token_hash"},
    "invitation": {"token_hash"},
    "person": {"password_hash"},
    "recovery_code": {"code_hash"},
    "task_link": {"token_hash"},
    "totp": {"secret"},
}
HIDDEN = "(not recorded)"


class TrailAction(StrEnum):
    INSERT = "insert"
    UPDATE = "update"
    DELETE = "delete"


class TrailAct(SQLModel, table=True):
    """One statement on one table: who did what, when, in which transaction, and why."""

    __tablename__ = "trail_act"
    __table_args__ = (
        Index("ix_trail_act_person_id", "person_id", "id"),
        Index("ix_trail_act_table_name", "table_name", "id"),
        Index("ix_trail_act_at_brin", "at", postgresql_using="brin", postgresql_with={"pages_per_range": 32}),
    )

    id: int = key()
    at: datetime
    transaction: int = Field(sa_type=BigInteger)
    person_id: int | None = Field(sa_type=BigInteger)  # None: the portal itself, or somebody at the database
    person_name: str = Field(sa_type=Text)  # as it was, so that it reads right after the person is gone
    reason: str = Field(sa_type=Text)
    table_name: str = Field(sa_type=Text)
    action: TrailAction = choice(TrailAction, "action")
    columns: str | None = Field(sa_type=Text)  # JSON array: what the values of whole rows mean
    rows: int = Field(sa_type=BigInteger)


class TrailChange(SQLModel, table=True):
    """One row that an act changed.

    ``old`` and ``new`` are JSON texts, kept byte for byte: of an insert or a delete the values in the order
    of the act's columns, of an update an object of the columns that changed.
    """

    __tablename__ = "trail_change"
    __table_args__ = (Index("ix_trail_change_row_id", "row_id"),)

    act_id: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    n: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})  # from 1, within the act
    row_id: int = Field(sa_type=BigInteger)
    supplier_id: int | None = Field(sa_type=BigInteger)  # whose people may see it
    plant_id: int | None = Field(sa_type=BigInteger)
    old: str | None = Field(sa_type=Text)
    new: str | None = Field(sa_type=Text)


class TrailSeal(SQLModel, table=True):
    """A link of the chain: the changes after the seal before, up to ``last_act``, ``last_n``.

    Number 0 is made with the table and seals nothing. ``leaves`` holds the 32-byte hash of each change in
    order; ``root`` is the Merkle root over them. ``hash`` is that of the seal's own document, which is what
    lies in the document store.
    """

    __tablename__ = "trail_seal"

    number: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    sealed_at: datetime
    last_act: int = Field(sa_type=BigInteger)
    last_n: int
    rows: int
    root: str = Field(max_length=64)
    previous: str = Field(max_length=64)  # hash of the seal before; of number 0 something random
    note: str = Field(sa_type=Text)  # why numbers are missing before this one
    hash: str = Field(max_length=64)
    leaves: bytes = Field(sa_type=LargeBinary)


class TrailMark(SQLModel, table=True):
    """What the sealer saw: acts up to ``last_act`` belong to transactions older than ``transaction``."""

    __tablename__ = "trail_mark"

    transaction: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    last_act: int = Field(sa_type=BigInteger)
