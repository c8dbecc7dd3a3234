"""Certificates: the kinds there are, who must hold which, and what suppliers have handed in."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

from portal import clock
from portal.models.base import Stamped, choice, key, link, secret, unread
from portal.models.suppliers import RiskClass


class Level(StrEnum):
    MANDATORY = "mandatory"
    DESIRED = "desired"


class OnLapse(StrEnum):
    """What happens to a supplier's entries of the approved list when a mandatory certificate has run out."""

    SHOW = "show"  # they stay as they are, and say so
    CONDITIONAL = "conditional"
    RESTRICTED = "restricted"


class CertificateStatus(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class CertificateType(Stamped, table=True):
    """A kind of certificate. The organisation adds its own to those that come with the portal."""

    __tablename__ = "certificate_type"
    __table_args__ = (
        Index("uq_certificate_type_lower_code", text("lower(code)"), unique=True),
        CheckConstraint("usual_months BETWEEN 1 AND 240", name="usual_months"),
    )

    id: int = key()
    code: str = Field(max_length=60)  # "ISO 9001"
    name: str = Field(default="", max_length=200)  # "Quality management"
    position: int = Field(default=1000, sa_type=SmallInteger)  # order in the matrix
    usual_months: int | None = Field(default=None, sa_type=SmallInteger)  # how long one is valid
    has_end: bool = Field(default=True)  # one without a last day cannot be handed in
    names_sites: bool = Field(default=True)  # it says which sites it covers


class CertificateRequirement(Stamped, table=True):
    """Which suppliers must hold a type: those whom each condition fits; without conditions, all."""

    __tablename__ = "certificate_requirement"
    __table_args__ = (
        UniqueConstraint(
            "type_id",
            "commodity_id",
            "risk",
            "scope",
            "supplier_id",
            name="uq_certificate_requirement_conditions",
            postgresql_nulls_not_distinct=True,
        ),
    )

    id: int = key()
    type_id: int = link("certificate_type.id")
    level: Level = choice(Level, "level", default=Level.MANDATORY)
    commodity_id: int | None = link("commodity.id", optional=True, index=True)
    risk: RiskClass | None = choice(RiskClass, "risk", default=None, nullable=True)
    scope: str = Field(default="", max_length=200)  # of an entry of the approved list
    supplier_id: int | None = link("supplier.id", optional=True, index=True)
    on_lapse: OnLapse = choice(OnLapse, "on_lapse", default=OnLapse.SHOW)
    note: str = Field(default="", max_length=2000)  # why we ask; the supplier reads it


class Certificate(Stamped, table=True):
    """One certificate of a supplier, as confirmed by a person; ``found`` is what was read off the file."""

    __tablename__ = "certificate"
    __table_args__ = (
        # Per supplier: that another one uses the same number must not show. The renewal of a certificate
        # may keep its number; the same certificate twice may not.
        Index(
            "uq_certificate_number",
            "supplier_id",
            "type_id",
            text("lower(number)"),
            "valid_until_on",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("status IN ('submitted', 'accepted', 'superseded', 'expired')"),
        ),
        Index("ix_certificate_supplier_type", "supplier_id", "type_id", "status"),
        Index("ix_certificate_waiting", "submitted_at", postgresql_where=text("status = 'submitted'")),
        Index("ix_certificate_ending", "valid_until_on", postgresql_where=text("status = 'accepted'")),
        # The matrix asks for the first of these of each supplier and type: so they need no sorting.
        Index(
            "ix_certificate_held",
            "supplier_id",
            "type_id",
            text("valid_until_on DESC"),
            text("id DESC"),
            postgresql_include=["status"],
            postgresql_where=text("status IN ('accepted', 'expired')"),
        ),
        Index(
            "ix_certificate_newest",
            "supplier_id",
            "type_id",
            text("id DESC"),
            postgresql_include=["status", "submitted_at"],
            postgresql_where=text("status IN ('submitted', 'rejected')"),
        ),
        CheckConstraint("valid_until_on >= issued_on", name="days"),
        CheckConstraint("status IN ('draft', 'withdrawn') OR type_id IS NOT NULL", name="typed"),
        CheckConstraint("status = 'draft' OR status = 'withdrawn' OR submitted_at IS NOT NULL", name="sent"),
        CheckConstraint("status <> 'rejected' OR reason <> ''", name="rejected_with_reason"),
    )

    id: int = key()
    supplier_id: int = link("supplier.id")
    type_id: int | None = link("certificate_type.id", optional=True, index=True)  # None: not known yet
    status: CertificateStatus = choice(CertificateStatus, "status", default=CertificateStatus.DRAFT)
    number: str = Field(default="", max_length=120)
    issuing_body: str = Field(default="", max_length=200)
    accreditation: str = Field(default="", max_length=200)
    scope: str = Field(default="", max_length=4000)
    site_ids: list[int] = Field(
        default_factory=list, sa_column=Column("site_ids", ARRAY(BigInteger()), nullable=False)
    )
    issued_on: date | None = Field(default=None)
    valid_until_on: date | None = Field(default=None)  # the last valid day; None: without end
    renews_id: int | None = link("certificate.id", optional=True, index=True)
    found: dict[str, Any] | None = Field(
        default=None, sa_column=Column("found", JSONB(none_as_null=True), nullable=True)
    )
    submitted_at: datetime | None = Field(default=None)
    submitted_by_id: int | None = link("person.id", optional=True, index=True, ondelete="SET NULL")
    submitted_by_name: str = Field(default="", max_length=200)
    is_on_behalf: bool = Field(default=False)  # our people handed it in for the supplier
    decided_at: datetime | None = Field(default=None)
    decided_by_name: str = Field(default="", max_length=200)
    reason: str = Field(default="", max_length=2000)  # why it was returned or withdrawn


class CertificateReminder(SQLModel, table=True):
    """A step of the ladder that was taken: the row makes that it is taken once, ever."""

    __tablename__ = "certificate_reminder"
    __table_args__ = (
        UniqueConstraint("certificate_id", "step"),
        Index("ix_certificate_reminder_supplier_id", "supplier_id"),
    )

    id: int = key()
    supplier_id: int = link("supplier.id")
    certificate_id: int = link("certificate.id", ondelete="CASCADE")
    step: int = Field(sa_type=SmallInteger)  # days before the last valid day; below 0, after it
    sent_at: datetime = Field(default_factory=clock.now)
    recipients: int = Field(default=0, sa_type=SmallInteger)


_FEED = secret("token_hash", 64, unique=True)


class CalendarFeed(SQLModel, table=True):
    """A person's subscription to the days on which certificates end: its own token, revoked on its own."""

    __tablename__ = "calendar_feed"
    __mapper_args__ = unread(_FEED)

    id: int = key()
    person_id: int = link("person.id", unique=True, ondelete="CASCADE")
    token_hash: str = Field(sa_column=_FEED)
    created_at: datetime = Field(default_factory=clock.now)
