from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from portal import clock
from portal.models.base import Stamped, choice, key, link, secret, unread


class Role(StrEnum):
    QUALITY_ENGINEER = "quality_engineer"
    BUYER = "buyer"
    QUALITY_MANAGER = "quality_manager"
    TOP_MANAGEMENT = "top_management"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"
    SUPPLIER_ADMINISTRATOR = "supplier_administrator"
    SUPPLIER_MEMBER = "supplier_member"

    @property
    def is_supplier(self) -> bool:
        return self in {Role.SUPPLIER_ADMINISTRATOR, Role.SUPPLIER_MEMBER}


_PASSWORD = secret("password_hash", 400)


class Person(Stamped, table=True):
    """Somebody who signs in. Supplier people belong to exactly one supplier, staff to none."""

    __tablename__ = "person"
    __mapper_args__ = unread(_PASSWORD)
    __table_args__ = (
        CheckConstraint("(role LIKE 'supplier%') = (supplier_id IS NOT NULL)", name="supplier_role"),
        Index("uq_person_lower_email", text("lower(email)"), unique=True),
    )

    id: int = key()
    email: str = Field(max_length=254)
    name: str = Field(max_length=200)
    role: Role = choice(Role, "role")
    title: str = Field(default="", max_length=200)  # "Supplier quality, Luleå"
    supplier_id: int | None = link("supplier.id", optional=True, index=True)
    # None: all plants, all commodities. A list limits lists, charts, exports and badges alike.
    plant_ids: list[int] | None = Field(
        default=None, sa_column=Column("plant_ids", ARRAY(BigInteger()), nullable=True)
    )
    commodity_ids: list[int] | None = Field(
        default=None, sa_column=Column("commodity_ids", ARRAY(BigInteger()), nullable=True)
    )
    password_hash: str = Field(default="", sa_column=_PASSWORD)
    time_zone: str = Field(default="UTC", max_length=64)
    language: str = Field(default="en", max_length=8)
    is_active: bool = Field(default=True)
    last_signed_in_at: datetime | None = Field(default=None)
    # Until then a company account with the same confirmed address may connect itself, once.
    company_match_until_at: datetime | None = Field(default=None)


class SignInMethod(StrEnum):
    """How somebody proved who they are."""

    PASSWORD = "password"  # noqa: S105 # the word, not one
    PASSWORD_AND_CODE = "password_and_code"  # noqa: S105 # the words
    PASSKEY = "passkey"
    COMPANY = "company"
    COMPANY_AND_CODE = "company_and_code"


class Session(SQLModel, table=True):
    """A signed-in browser. The row's key is the hash of the cookie: a stolen dump signs nobody in."""

    __tablename__ = "session"

    token_hash: str = Field(primary_key=True, max_length=64)
    person_id: int = link("person.id", index=True, ondelete="CASCADE")
    csrf_secret: str = Field(max_length=64)
    created_at: datetime = Field(default_factory=clock.now)
    last_seen_at: datetime = Field(default_factory=clock.now)
    expires_at: datetime
    # When they last proved it: some steps ask for it again after a few minutes.
    proved_at: datetime = Field(default_factory=clock.now)
    method: SignInMethod = choice(SignInMethod, "method", default=SignInMethod.PASSWORD)
    address: str = Field(default="", max_length=64)
    user_agent: str = Field(default="", max_length=400)


class SignInAttempt(SQLModel, table=True):
    """Failed attempts, counted here so that every process sees the same number."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = (
        Index("ix_sign_in_attempt_email", "email_hash", "at"),
        Index("ix_sign_in_attempt_address", "address", "at"),
    )

    id: int = key()
    email_hash: str = Field(max_length=64)
    address: str = Field(default="", max_length=64)
    at: datetime = Field(default_factory=clock.now)
