"""How people get in: invitations, links that work once, second factors, passkeys, company accounts.

Tokens and codes are stored as hashes only. The secret of an authenticator app has to be readable to check
its codes: it is locked with a key that is not in the database, and in a table of its own.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from portal import clock
from portal.models.base import choice, key, link, secret, unread
from portal.models.people import Role, SignInMethod

_INVITATION = secret("token_hash", 64, unique=True)


class Invitation(SQLModel, table=True):
    """Asks one address to open one account. What it will be is fixed here, not in the link or its form."""

    __tablename__ = "invitation"
    __mapper_args__ = unread(_INVITATION)
    __table_args__ = (
        CheckConstraint("(role LIKE 'supplier%') = (supplier_id IS NOT NULL)", name="supplier_role"),
        # One that is open for an address and a company: a newer one ends the older.
        Index(
            "uq_invitation_open",
            text("lower(email)"),
            "supplier_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: int = key()
    token_hash: str = Field(sa_column=_INVITATION)
    email: str = Field(max_length=254)
    name: str = Field(max_length=200)
    role: Role = choice(Role, "role")
    title: str = Field(default="", max_length=200)
    supplier_id: int | None = link("supplier.id", optional=True, index=True)
    plant_ids: list[int] | None = Field(
        default=None, sa_column=Column("plant_ids", ARRAY(BigInteger()), nullable=True)
    )
    commodity_ids: list[int] | None = Field(
        default=None, sa_column=Column("commodity_ids", ARRAY(BigInteger()), nullable=True)
    )
    invited_by_id: int | None = link("person.id", optional=True, ondelete="SET NULL")
    created_at: datetime = Field(default_factory=clock.now)
    expires_at: datetime
    ended_at: datetime | None = Field(default=None)  # accepted, withdrawn or replaced
    person_id: int | None = link("person.id", optional=True, index=True)  # who accepted it


class LinkKind(StrEnum):
    PASSWORD_RESET = "password_reset"  # noqa: S105 # the word, not one
    EMAIL_CHANGE = "email_change"


class SingleUseLink(SQLModel, table=True):
    """A link that was mailed to somebody with an account; a newer one of its kind removes it."""

    __tablename__ = "single_use_link"
    __table_args__ = (UniqueConstraint("person_id", "kind"),)

    id: int = key()
    token_hash: str = Field(max_length=64, unique=True)
    kind: LinkKind = choice(LinkKind, "kind")
    person_id: int = link("person.id", ondelete="CASCADE")
    email: str = Field(max_length=254)  # where it went; for a change, the new address
    created_at: datetime = Field(default_factory=clock.now)
    expires_at: datetime
    used_at: datetime | None = Field(default=None)


class Totp(SQLModel, table=True):
    """An authenticator app. ``last_step`` is the half minute of the last code that was taken."""

    __tablename__ = "totp"

    person_id: int = Field(
        primary_key=True,
        sa_type=BigInteger,
        foreign_key="person.id",
        ondelete="CASCADE",
        sa_column_kwargs={"autoincrement": False},
    )
    secret: str = Field(max_length=200)  # locked by the keyring
    last_step: int = Field(sa_type=BigInteger)
    created_at: datetime = Field(default_factory=clock.now)


class RecoveryCode(SQLModel, table=True):
    __tablename__ = "recovery_code"
    __table_args__ = (UniqueConstraint("person_id", "code_hash"),)

    id: int = key()
    person_id: int = link("person.id", ondelete="CASCADE")
    code_hash: str = Field(max_length=64)
    created_at: datetime = Field(default_factory=clock.now)
    used_at: datetime | None = Field(default=None)


class Passkey(SQLModel, table=True):
    """A key pair in somebody's device; only its public half is here."""

    __tablename__ = "passkey"

    id: int = key()
    person_id: int = link("person.id", index=True, ondelete="CASCADE")
    credential_id: bytes = Field(sa_type=LargeBinary, unique=True)
    public_key: bytes = Field(sa_type=LargeBinary)
    user_handle: bytes = Field(
        sa_type=LargeBinary
    )  # the same for all keys of a person; says nothing about them
    sign_count: int = Field(default=0, sa_type=BigInteger)
    name: str = Field(max_length=80)
    created_at: datetime = Field(default_factory=clock.now)
    last_used_at: datetime | None = Field(default=None)


class PasskeyPurpose(StrEnum):
    REGISTER = "register"
    SIGN_IN = "sign_in"
    PROVE = "prove"  # somebody signed in shows again who they are


class PasskeyChallenge(SQLModel, table=True):
    """What a passkey was asked to sign; it is removed by the first answer, right or wrong."""

    __tablename__ = "passkey_challenge"

    challenge_hash: str = Field(primary_key=True, max_length=64)
    purpose: PasskeyPurpose = choice(PasskeyPurpose, "purpose")
    person_id: int | None = link("person.id", optional=True, index=True, ondelete="CASCADE")
    expires_at: datetime = Field(index=True)


class HalfSignIn(SQLModel, table=True):
    """Somebody who has shown one factor and whose second is still to come; it opens nothing."""

    __tablename__ = "half_sign_in"

    token_hash: str = Field(primary_key=True, max_length=64)
    person_id: int = link("person.id", index=True, ondelete="CASCADE")
    target: str = Field(default="/", max_length=2000)  # where the link led
    first: SignInMethod = choice(SignInMethod, "first", default=SignInMethod.PASSWORD)
    expires_at: datetime


class ExternalIdentity(SQLModel, table=True):
    """A company account that signs one of our people in. Its address may change hands; its subject never."""

    __tablename__ = "external_identity"
    __table_args__ = (UniqueConstraint("issuer", "subject"), UniqueConstraint("person_id", "issuer"))

    id: int = key()
    person_id: int = link("person.id", ondelete="CASCADE")
    issuer: str = Field(max_length=400)
    subject: str = Field(max_length=255)
    account: str = Field(default="", max_length=254)  # as the provider called it then; for people to read
    created_at: datetime = Field(default_factory=clock.now)
    last_used_at: datetime | None = Field(default=None)


class CompanyPurpose(StrEnum):
    SIGN_IN = "sign_in"
    PROVE = "prove"  # somebody signed in shows again who they are
    CONNECT = "connect"  # from one's own account page
    ACCEPT = "accept"  # an invitation


class CompanySignIn(SQLModel, table=True):
    """A browser that was sent to the company's sign-in; the first answer removes it, right or wrong."""

    __tablename__ = "company_sign_in"

    token_hash: str = Field(primary_key=True, max_length=64)
    purpose: CompanyPurpose = choice(CompanyPurpose, "purpose")
    person_id: int | None = link("person.id", optional=True, index=True, ondelete="CASCADE")
    invitation_id: int | None = link("invitation.id", optional=True, index=True, ondelete="CASCADE")
    target: str = Field(default="/", max_length=2000)
    expires_at: datetime = Field(index=True)
