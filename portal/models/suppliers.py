from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from portal import clock
from portal.models.base import Stamped, choice, key, link


class SupplierStatus(StrEnum):
    PROSPECT = "prospect"
    ACTIVE = "active"
    ON_HOLD = "on_hold"  # no new business
    EXITED = "exited"


class RiskClass(StrEnum):
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class ProcessRole(StrEnum):
    """What a contact is asked about."""

    QUALITY = "quality"
    LOGISTICS = "logistics"
    MANAGEMENT = "management"
    SALES = "sales"


class AslStatus(StrEnum):
    """Standing on the approved supplier list."""

    PENDING = "pending"
    APPROVED = "approved"
    CONDITIONAL = "conditional"
    RESTRICTED = "restricted"
    DISQUALIFIED = "disqualified"


class ScopeKind(StrEnum):
    COMMODITY = "commodity"
    PART_FAMILY = "part_family"
    PROCESS = "process"


class Supplier(Stamped, table=True):
    __tablename__ = "supplier"
    __table_args__ = (
        # What people type into the search box is looked for anywhere in the name.
        Index(
            "ix_supplier_name_trgm",
            "name",
            postgresql_using="gin",
            postgresql_ops={"name": "gin_trgm_ops"},
        ),
        Index(
            "ix_supplier_number_trgm",
            "number",
            postgresql_using="gin",
            postgresql_ops={"number": "gin_trgm_ops"},
        ),
        Index("ix_supplier_lower_name", text("lower(name)")),
    )

    id: int = key()
    number: str = Field(max_length=40, unique=True)
    name: str = Field(max_length=200)
    country: str = Field(default="", max_length=2)
    city: str = Field(default="", max_length=120)
    time_zone: str = Field(default="UTC", max_length=64)
    status: SupplierStatus = choice(SupplierStatus, "status", default=SupplierStatus.ACTIVE)
    risk: RiskClass = choice(RiskClass, "risk", default=RiskClass.MEDIUM)
    commodity_id: int | None = link("commodity.id", optional=True, index=True)  # the main one
    note: str = Field(default="", max_length=4000)  # internal: never shown to the supplier


class SupplierSite(Stamped, table=True):
    __tablename__ = "supplier_site"
    __table_args__ = (UniqueConstraint("supplier_id", "name"),)

    id: int = key()
    supplier_id: int = link("supplier.id")
    name: str = Field(max_length=200)
    address: str = Field(default="", max_length=400)
    city: str = Field(default="", max_length=120)
    country: str = Field(default="", max_length=2)
    time_zone: str = Field(default="UTC", max_length=64)


class Contact(Stamped, table=True):
    """Somebody at a supplier whom we write to; signing in needs a person, not a contact."""

    __tablename__ = "contact"
    __table_args__ = (
        UniqueConstraint("supplier_id", "email", "role"),
        Index(
            "ix_contact_name_trgm",
            "name",
            "email",
            postgresql_using="gin",
            postgresql_ops={"name": "gin_trgm_ops", "email": "gin_trgm_ops"},
        ),
    )

    id: int = key()
    supplier_id: int = link("supplier.id")
    site_id: int | None = link("supplier_site.id", optional=True, index=True)
    name: str = Field(max_length=200)
    email: str = Field(max_length=254)
    phone: str = Field(default="", max_length=40)
    role: ProcessRole = choice(ProcessRole, "role", default=ProcessRole.QUALITY)
    language: str = Field(default="en", max_length=8)


class AslEntry(Stamped, table=True):
    """One line of the approved supplier list: supplier x scope x site, until a day."""

    __tablename__ = "asl_entry"
    __table_args__ = (
        UniqueConstraint("supplier_id", "site_id", "scope_kind", "scope", postgresql_nulls_not_distinct=True),
    )

    id: int = key()
    supplier_id: int = link("supplier.id")
    site_id: int | None = link("supplier_site.id", optional=True, index=True)
    scope_kind: ScopeKind = choice(ScopeKind, "scope_kind", default=ScopeKind.COMMODITY)
    scope: str = Field(max_length=200)
    status: AslStatus = choice(AslStatus, "status", default=AslStatus.PENDING)
    reason: str = Field(default="", max_length=2000)
    valid_until_on: date | None = Field(default=None)


class AslEvent(SQLModel, table=True):
    """What changed on the list, by whom and why; rows are only ever added."""

    __tablename__ = "asl_event"
    __table_args__ = (Index("ix_asl_event_entry", "asl_entry_id", "at"),)

    id: int = key()
    supplier_id: int = link("supplier.id", index=True)
    asl_entry_id: int = link("asl_entry.id")
    at: datetime = Field(default_factory=clock.now)
    by_name: str = Field(max_length=200)
    from_status: AslStatus | None = choice(AslStatus, "from_status", default=None, nullable=True)
    to_status: AslStatus = choice(AslStatus, "to_status")
    valid_until_on: date | None = Field(default=None)
    reason: str = Field(default="", max_length=2000)
