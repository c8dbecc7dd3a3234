"""The month of the scorecards: its steps, what suppliers dispute in it, and the cards frozen at its end."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    LargeBinary,
    SmallInteger,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from portal import clock
from portal.models.base import Stamped, choice, key, link
from portal.models.deliveries import ExcuseCode
from portal.models.nonconformances import Responsibility


class Unanswered(StrEnum):
    """What becomes of a month in which a dispute is not decided."""

    BLOCK = "block"  # it is not published before
    MARK = "mark"  # it is published, and the line is marked on the card


class MonthRules(Stamped, table=True):
    """When things happen to a month, at the organisation; one row. Its days are those of the month after."""

    __tablename__ = "month_rules"
    __table_args__ = (
        CheckConstraint("id = 1", name="only_one"),
        CheckConstraint(
            "compute_on BETWEEN 1 AND 15 AND preview_until_day BETWEEN 1 AND 27"
            " AND publish_day BETWEEN preview_until_day AND 28"
            " AND preview_until_hour BETWEEN 0 AND 23 AND mail_hour BETWEEN 0 AND 23",
            name="days_sensible",
        ),
    )

    id: int = Field(default=1, primary_key=True)
    compute_on: int = Field(default=2)  # working day
    preview_until_day: int = Field(default=10)
    preview_until_hour: int = Field(default=17)
    publish_day: int = Field(default=12)
    mail_hour: int = Field(default=6)  # at each recipient's place
    unanswered: Unanswered = choice(Unanswered, "unanswered", default=Unanswered.BLOCK)


class MonthStatus(StrEnum):
    COMPUTED = "computed"  # looked at: something may be missing
    PREVIEW = "preview"  # suppliers look at their lines and dispute
    CLOSED = "closed"  # disputes are decided
    PROPOSED = "proposed"  # somebody has said that it is ready
    APPROVED = "approved"  # a second person agrees; the cards are frozen
    PUBLISHED = "published"


class ScorecardMonth(Stamped, table=True):
    """One month of all suppliers. Publishing it is the end: the database lets nobody take that back."""

    __tablename__ = "scorecard_month"

    id: int = key()
    month: int = Field(sa_type=SmallInteger, unique=True)  # months since 2000-01
    status: MonthStatus = choice(MonthStatus, "status", default=MonthStatus.COMPUTED)
    computed_at: datetime = Field(default_factory=clock.now)
    preview_until_at: datetime
    publish_at: datetime
    opened_by_name: str = Field(default="", max_length=200)  # who let the preview begin
    proposed_by_id: int | None = link("person.id", optional=True)
    proposed_by_name: str = Field(default="", max_length=200)
    proposed_at: datetime | None = Field(default=None)
    approved_by_id: int | None = link("person.id", optional=True)
    approved_by_name: str = Field(default="", max_length=200)
    approved_at: datetime | None = Field(default=None)
    as_of_on: date | None = Field(default=None)  # the day that its cards are frozen as of
    returned: str = Field(default="", max_length=2000)  # why it was not approved
    published_at: datetime | None = Field(default=None)
    cards: int = Field(default=0)
    digest: str = Field(default="", max_length=64)  # SHA-256 over the hashes of all its cards


class DisputeStatus(StrEnum):
    OPEN = "open"
    PROPOSED = "proposed"  # one of us would accept it; another has to approve that
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class ScorecardDispute(Stamped, table=True):
    """What a supplier says is wrong behind a number: one delivery line, or one nonconformance.

    An accepted line is excused with ``excuse_code``; a nonconformance gets ``responsibility``. ``effect``
    keeps the card's figures before and after, as they were when that was approved.
    """

    __tablename__ = "scorecard_dispute"
    __table_args__ = (
        CheckConstraint("(delivery_line_id IS NULL) <> (nonconformance_id IS NULL)", name="one_subject"),
        CheckConstraint(
            "status NOT IN ('proposed', 'accepted') OR (answer <> '' AND"
            " (CASE WHEN delivery_line_id IS NULL THEN responsibility IS NOT NULL"
            " ELSE excuse_code IS NOT NULL END))",
            name="answer_whole",
        ),
        CheckConstraint("status <> 'accepted' OR proposed_by_name <> decided_by_name", name="four_eyes"),
        Index("ix_scorecard_dispute_supplier_month", "supplier_id", "month"),
        Index("ix_scorecard_dispute_month", "month", "status"),
        Index(
            "uq_scorecard_dispute_line",
            "delivery_line_id",
            unique=True,
            postgresql_where=text("delivery_line_id IS NOT NULL AND status <> 'withdrawn'"),
        ),
        Index(
            "uq_scorecard_dispute_nonconformance",
            "nonconformance_id",
            unique=True,
            postgresql_where=text("nonconformance_id IS NOT NULL AND status <> 'withdrawn'"),
        ),
    )

    id: int = key()
    supplier_id: int = link("supplier.id")
    plant_id: int = link("plant.id")
    commodity_id: int | None = link("commodity.id", optional=True)
    month: int = Field(sa_type=SmallInteger)
    delivery_line_id: int | None = link("delivery_line.id", optional=True, index=True)
    nonconformance_id: int | None = link("nonconformance.id", optional=True, index=True)
    subject: str = Field(max_length=120)  # what people call it: "4500118732-10"
    reason: str = Field(max_length=4000)
    status: DisputeStatus = choice(DisputeStatus, "status", default=DisputeStatus.OPEN)
    disputed_by_id: int | None = link("person.id", optional=True)
    disputed_by_name: str = Field(max_length=200)
    disputed_at: datetime = Field(default_factory=clock.now)
    answer: str = Field(default="", max_length=4000)
    excuse_code: ExcuseCode | None = choice(ExcuseCode, "excuse_code", default=None, nullable=True)
    responsibility: Responsibility | None = choice(
        Responsibility, "responsibility", default=None, nullable=True
    )
    proposed_by_id: int | None = link("person.id", optional=True)
    proposed_by_name: str = Field(default="", max_length=200)
    proposed_at: datetime | None = Field(default=None)
    decided_by_name: str = Field(default="", max_length=200)
    decided_at: datetime | None = Field(default=None)
    effect: dict[str, Any] | None = Field(
        default=None, sa_column=Column("effect", JSONB(none_as_null=True), nullable=True)
    )


class Scorecard(SQLModel, table=True):
    """A supplier's card of a month as it was frozen; seen by the supplier once the month is published.

    Revision 0 is the card that was published; a later one is a correction with its reason. Rows are never
    changed, and none of a published month is ever removed: the database refuses.
    """

    __tablename__ = "scorecard"
    __table_args__ = (
        UniqueConstraint("supplier_id", "month", "revision"),
        Index("ix_scorecard_month", "month"),
        CheckConstraint("(revision = 0) = (reason = '')", name="revision_says_why"),
    )

    id: int = key()
    supplier_id: int = link("supplier.id")
    month: int = Field(sa_type=SmallInteger)
    revision: int = Field(default=0)
    as_of_on: date
    policy_name: str = Field(max_length=120)
    policy_version: int
    shown: Decimal | None = Field(default=None, max_digits=9, decimal_places=3)
    band: str = Field(max_length=40)
    sha256: str = Field(max_length=64)  # the seal inside its file
    # What is inside its file, for pages that show many: scorecards.policy.Policy, scorecards.weighting.Card.
    policy: dict[str, Any] = Field(sa_column=Column("policy", JSONB(), nullable=False))
    result: dict[str, Any] = Field(sa_column=Column("result", JSONB(), nullable=False))
    reason: str = Field(default="", max_length=2000)
    proposed_by_name: str = Field(default="", max_length=200)
    approved_by_name: str = Field(default="", max_length=200)
    frozen_at: datetime = Field(default_factory=clock.now)


class CorrectionStatus(StrEnum):
    OPEN = "open"  # the records say something else by now
    PROPOSED = "proposed"
    ISSUED = "issued"  # as a revision
    DISMISSED = "dismissed"  # the card stays as it was published


class ScorecardCorrection(Stamped, table=True):
    """That a published card would be another one by the records as they are now, and what becomes of it."""

    __tablename__ = "scorecard_correction"
    __table_args__ = (
        CheckConstraint("status <> 'issued' OR proposed_by_name <> decided_by_name", name="four_eyes"),
        Index("ix_scorecard_correction_month", "month"),
        Index(
            "uq_scorecard_correction_open",
            "supplier_id",
            "month",
            unique=True,
            postgresql_where=text("status IN ('open', 'proposed')"),
        ),
    )

    id: int = key()
    supplier_id: int = link("supplier.id")
    month: int = Field(sa_type=SmallInteger)
    revision: int  # that it would become
    status: CorrectionStatus = choice(CorrectionStatus, "status", default=CorrectionStatus.OPEN)
    before: dict[str, Any] = Field(sa_column=Column("before", JSONB(), nullable=False))  # score and band
    after: dict[str, Any] = Field(sa_column=Column("after", JSONB(), nullable=False))
    changes: list[str] = Field(sa_column=Column("changes", JSONB(), nullable=False))
    reason: str = Field(default="", max_length=2000)
    proposed_by_id: int | None = link("person.id", optional=True)
    proposed_by_name: str = Field(default="", max_length=200)
    decided_by_name: str = Field(default="", max_length=200)
    decided_at: datetime | None = Field(default=None)


class ScorecardTouch(SQLModel, table=True):
    """A supplier and month whose sums changed after cards were frozen that they count in; by triggers."""

    __tablename__ = "scorecard_touch"

    id: int = key()
    supplier_id: int = Field(sa_type=BigInteger)
    month: int = Field(sa_type=SmallInteger, index=True)
    at: datetime = Field(default_factory=clock.now)


class MailPlan(StrEnum):
    PREVIEW = "preview"
    CARD = "card"  # published, or with a revision corrected
    DIGEST = "digest"  # for our own people


class PlanStatus(StrEnum):
    PLANNED = "planned"
    WRITTEN = "written"  # what became of it stands at the mail
    SKIPPED = "skipped"


class ScorecardMail(SQLModel, table=True):
    """A mail that somebody is to get about a month: one row for each event and address, made once."""

    __tablename__ = "scorecard_mail"
    __table_args__ = (
        UniqueConstraint(
            *("month", "kind", "revision", "supplier_id", "address"), postgresql_nulls_not_distinct=True
        ),
        Index("ix_scorecard_mail_due_at", "due_at", postgresql_where=text("status = 'planned'")),
    )

    id: int = key()
    month: int = Field(sa_type=SmallInteger)
    kind: MailPlan = choice(MailPlan, "kind")
    revision: int = Field(default=0)
    supplier_id: int | None = link("supplier.id", optional=True)
    contact_id: int | None = link("contact.id", optional=True, ondelete="SET NULL")
    person_id: int | None = link("person.id", optional=True, ondelete="SET NULL")
    address: str = Field(max_length=254)
    status: PlanStatus = choice(PlanStatus, "status", default=PlanStatus.PLANNED)
    note: str = Field(default="", max_length=200)  # why it was skipped
    again: int = Field(default=0)  # how often somebody had it sent once more
    due_at: datetime
    planned_at: datetime = Field(default_factory=clock.now)
    written_at: datetime | None = Field(default=None)
    mail_id: int | None = link("outgoing_mail.id", optional=True, index=True, ondelete="SET NULL")


class ScorecardMailStop(SQLModel, table=True):
    """A supplier whom no scorecards are mailed to for now."""

    __tablename__ = "scorecard_mail_stop"

    supplier_id: int = link("supplier.id", primary_key=True)
    reason: str = Field(max_length=2000)
    by_name: str = Field(max_length=200)
    at: datetime = Field(default_factory=clock.now)


class ScorecardFile(SQLModel, table=True):
    """The card itself in canonical JSON: inputs with their ids, policy, result and hash."""

    __tablename__ = "scorecard_file"

    scorecard_id: int = link("scorecard.id", primary_key=True)
    content: bytes = Field(sa_type=LargeBinary)


class BundleStatus(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    EXPIRED = "expired"


class ScorecardBundle(Stamped, table=True):
    """All published cards of a month as PDF in one ZIP, made by a job and kept for some days.

    ``last_card`` is the newest card in it: after a correction another one is made.
    """

    __tablename__ = "scorecard_bundle"
    __table_args__ = (
        Index("ix_scorecard_bundle_month", "month"),
        CheckConstraint("(status = 'done') = (file_key IS NOT NULL)", name="done_has_a_file"),
    )

    id: int = key()
    month: int = Field(sa_type=SmallInteger)
    language: str = Field(max_length=5)
    last_card: int = Field(sa_type=BigInteger)
    cards: int
    asked_by_name: str = Field(max_length=200)
    status: BundleStatus = choice(BundleStatus, "status", default=BundleStatus.WAITING)
    cards_done: int = Field(default=0)
    file_key: str | None = Field(default=None, max_length=64)
    size: int = Field(default=0, sa_type=BigInteger)
    finished_at: datetime | None = Field(default=None)
    problem: str = Field(default="", max_length=400)


class ScorecardTotal(SQLModel, table=True):
    """The sums of all cards of a month, each with its latest correction: kept as cards are frozen.

    ``sums`` is a scorecards.sums.Sums of the month itself, without the months before that a card may take in.
    """

    __tablename__ = "scorecard_total"

    month: int = Field(
        primary_key=True, sa_type=SmallInteger, sa_column_kwargs={"autoincrement": False}
    )  # months since 2000-01
    sums: dict[str, Any] = Field(sa_column=Column("sums", JSONB(), nullable=False))
