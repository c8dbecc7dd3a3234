"""The buying company that runs the portal, and its master data."""

from enum import StrEnum

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field

from portal.models.base import Stamped, key, link


class Organisation(Stamped, table=True):
    """One row: a portal belongs to one buying company."""

    __tablename__ = "organisation"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)

    id: int = Field(default=1, primary_key=True)
    name: str = Field(max_length=200)
    short_name: str = Field(max_length=60)
    time_zone: str = Field(default="UTC", max_length=64)
    desk_hours: str = Field(default="", max_length=200)
    desk_phone: str = Field(default="", max_length=40)
    desk_email: str = Field(default="", max_length=254)
    is_synthetic: bool = Field(default=False)  # sample data says so on every page


class Plant(Stamped, table=True):
    """A receiving site; its zone decides which day a delivery arrived on."""

    __tablename__ = "plant"

    id: int = key()
    code: str = Field(max_length=40, unique=True)
    name: str = Field(max_length=200)
    country: str = Field(default="", max_length=2)  # ISO 3166-1 alpha-2; decides the public holidays
    time_zone: str = Field(default="UTC", max_length=64)


class Commodity(Stamped, table=True):
    __tablename__ = "commodity"

    id: int = key()
    code: str = Field(max_length=40, unique=True)
    name: str = Field(max_length=200)


class Part(Stamped, table=True):
    __tablename__ = "part"
    __table_args__ = (
        Index(
            "ix_part_number_trgm",
            "number",
            "name",
            postgresql_using="gin",
            postgresql_ops={"number": "gin_trgm_ops", "name": "gin_trgm_ops"},
        ),
    )

    id: int = key()
    number: str = Field(max_length=120, unique=True)
    name: str = Field(default="", max_length=400)
    commodity_id: int | None = link("commodity.id", optional=True, index=True)


class Unit(StrEnum):
    """How a quantity is counted. Rating takes every quantity as it stands, whatever its unit."""

    PIECE = "pc"
    KILOGRAM = "kg"
    METRE = "m"
    LITRE = "l"
