from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Column, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from portal import clock
from portal.models.base import Stamped, choice, key, link


class ImportKind(StrEnum):
    DELIVERIES = "deliveries"
    INSPECTIONS = "inspections"
    NONCONFORMANCES = "nonconformances"


class ImportStatus(StrEnum):
    UPLOADED = "uploaded"  # looked at, not started
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    REFUSED = "refused"  # bad rows, and the user chose all or nothing
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNDOING = "undoing"
    UNDONE = "undone"


class OnBadRows(StrEnum):
    SKIP = "skip"  # the good rows go in
    REFUSE = "refuse"  # nothing does


class ImportMapping(Stamped, table=True):
    """How an ERP's columns become ours, saved by name."""

    __tablename__ = "import_mapping"

    id: int = key()
    name: str = Field(max_length=80, unique=True)
    kind: ImportKind = choice(ImportKind, "kind")
    definition: dict[str, Any] = Field(sa_column=Column("definition", JSONB(), nullable=False))


class ImportRun(Stamped, table=True):
    __tablename__ = "import_run"

    id: int = key()
    kind: ImportKind = choice(ImportKind, "kind")
    mapping_name: str = Field(max_length=80)
    # As it was when the file was read: a mapping may change later.
    definition: dict[str, Any] = Field(sa_column=Column("definition", JSONB(), nullable=False))
    file_name: str = Field(max_length=255)
    file_key: str = Field(max_length=80)  # in the document store
    file_size: int = Field(sa_type=BigInteger)
    sha256: str = Field(max_length=64)
    status: ImportStatus = choice(ImportStatus, "status", default=ImportStatus.UPLOADED)
    on_bad_rows: OnBadRows = choice(OnBadRows, "on_bad_rows", default=OnBadRows.SKIP)
    bytes_read: int = Field(default=0, sa_type=BigInteger)
    rows_read: int = Field(default=0)
    rows_added: int = Field(default=0)
    rows_updated: int = Field(default=0)
    rows_unchanged: int = Field(default=0)
    rows_rejected: int = Field(default=0)
    months_touched: list[int] | None = Field(
        default=None, sa_column=Column("months_touched", JSONB(), nullable=True)
    )
    # The first look at the file: header, first rows, how it is written. None when nobody looked.
    look: dict[str, Any] | None = Field(
        default=None, sa_column=Column("look", JSONB(none_as_null=True), nullable=True)
    )
    problem: str = Field(default="", max_length=2000)
    # Sentences about what else happened: suppliers added, arrivals taken back.
    notes: list[str] | None = Field(
        default=None, sa_column=Column("notes", JSONB(none_as_null=True), nullable=True)
    )
    # First and last id of the records it added: those in between that carry its id are its own.
    added_ids: list[int] | None = Field(
        default=None, sa_column=Column("added_ids", JSONB(none_as_null=True), nullable=True)
    )
    # None: imported by the command line, which sees every plant.
    started_by_id: int | None = link("person.id", optional=True)
    started_by_name: str = Field(max_length=200)
    cancel_requested: bool = Field(default=False)
    started_at: datetime | None = Field(default=None)
    finished_at: datetime | None = Field(default=None)
    undone_by_name: str = Field(default="", max_length=200)
    undone_at: datetime | None = Field(default=None)


class ImportProblem(SQLModel, table=True):
    """One bad cell: where it is, what it holds, what would be right."""

    __tablename__ = "import_problem"
    __table_args__ = (Index("ix_import_problem_run", "import_run_id", "line"),)

    id: int = key()
    import_run_id: int = link("import_run.id", ondelete="CASCADE")
    line: int  # of the file, counted from 1 with the header
    column_name: str = Field(default="", max_length=200)
    value: str = Field(default="", max_length=400)
    advice: str = Field(max_length=400)


class ImportChange(SQLModel, table=True):
    """What an import changed, with the row as it was before: its history, and the way back."""

    __tablename__ = "import_change"
    __table_args__ = (
        Index("ix_import_change_run", "import_run_id"),
        Index("ix_import_change_row", "table_name", "row_id"),
    )

    id: int = key()
    import_run_id: int = link("import_run.id", ondelete="CASCADE")
    table_name: str = Field(max_length=60)
    row_id: int = Field(sa_type=BigInteger)
    before: dict[str, Any] | None = Field(
        default=None, sa_column=Column("before", JSONB(none_as_null=True), nullable=True)
    )
    at: datetime = Field(default_factory=clock.now)
