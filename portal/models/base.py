"""What every table shares: constraint names, keys, enums as checked text, versions."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Column, Enum, Identity, Index, Numeric, String
from sqlalchemy.orm import deferred
from sqlmodel import Field, SQLModel

from portal import clock

# Named before the first table, so that a migration can always say which constraint it means.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

metadata = SQLModel.metadata
REFERS_TO = "refers_to"

# Pieces, kilograms, metres: ERP systems keep three decimals.
QUANTITY = Numeric(18, 3)
# A sum of quantities has room to spare: one month of the largest lines must not stop an import.
TOTAL = Numeric(24, 3)
ZERO = Decimal(0)


def key() -> Any:
    """Give a 64-bit identity column: a demo and a corporation use the same schema."""
    return Field(default=None, primary_key=True, sa_type=BigInteger, sa_column_args=(Identity(always=False),))


def link(target: str, *, optional: bool = False, index: bool = False, **more: Any) -> Any:
    """Give a foreign key column to ``table.column``."""
    if optional:
        more["default"] = None
    return Field(foreign_key=target, sa_type=BigInteger, nullable=optional, index=index, **more)


def held(target: str, *, optional: bool = False) -> Any:
    """Give a column that refers to the id of ``target``, as ``link`` does for tables that are not written by
    the hundred thousand: migrations/keys.py checks it for a whole statement.
    """
    more: dict[str, Any] = {"default": None} if optional else {}
    kept = {"info": {REFERS_TO: target}}
    return Field(sa_type=BigInteger, nullable=optional, sa_column_kwargs=kept, **more)


def refers_to(column: Column[Any]) -> str:
    """Give the table that a column made by ``link`` or ``held`` refers to; "" for any other."""
    keys = [key.column.table.name for key in column.foreign_keys]
    return keys[0] if keys else str(column.info.get(REFERS_TO, ""))


def secret(name: str, length: int, *, unique: bool = False) -> Column[str]:
    """Give the column of a secret, which only the gate reads (migrations/tenancy.py ``hide``).

    A model whose rows others load says ``__mapper_args__ = unread(…)``: only who asks for the column gets it.
    """
    return Column(name, String(length), nullable=False, unique=unique or None)


def unread(column: Column[str]) -> dict[str, Any]:
    return {"properties": {column.name: deferred(column)}}


def choice(options: type[StrEnum], name: str, **more: Any) -> Any:
    """Give a text column that holds the enum's values, with a CHECK of that name."""
    kind = Enum(
        options,
        name=name,
        native_enum=False,
        create_constraint=True,
        values_callable=lambda members: [member.value for member in members],
        length=40,
    )
    return Field(sa_type=kind, **more)


def month_agrees(month: str, day: str) -> CheckConstraint:
    """Give a CHECK that a stored month number (months since 2000-01) is the one of its day."""
    return CheckConstraint(
        f"{month} = (EXTRACT(YEAR FROM {day}) - 2000) * 12 + EXTRACT(MONTH FROM {day}) - 1",
        name=f"{month}_agrees",
    )


def brin(table: str, column: str) -> Index:
    """Give a block-range index on a day: a few pages for millions of rows that came roughly in order."""
    return Index(
        f"ix_{table}_{column}_brin",
        column,
        postgresql_using="brin",
        postgresql_with={"pages_per_range": 32},
    )


class Stamped(SQLModel):
    """Records that people edit: who sees a stale version is told, nothing is overwritten.

    ``updated_at`` is stamped in Python: a server default would leave the attribute expired after a
    flush, and an expired attribute in a template is an error page.
    """

    created_at: datetime = Field(default_factory=clock.now)
    updated_at: datetime = Field(default_factory=clock.now)
    version: int = Field(default=1)
