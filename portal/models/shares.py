"""What an auditor from outside is shown: one supplier, until a day, for a reason."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from portal import clock
from portal.models.base import key, link


class AuditorShare(SQLModel, table=True):
    """Lets one auditor read one supplier's scorecard. It ends with its day, or when somebody revokes it."""

    __tablename__ = "auditor_share"
    __table_args__ = (
        # One at a time for an auditor and a supplier: another one takes its place.
        Index(
            "uq_auditor_share_open",
            "auditor_id",
            "supplier_id",
            unique=True,
            postgresql_where=text("revoked_at IS NULL"),
        ),
        CheckConstraint("reason <> ''", name="reason"),
    )

    id: int = key()
    supplier_id: int = link("supplier.id", index=True)
    auditor_id: int = link("person.id")
    until_on: date
    reason: str = Field(max_length=400)
    shared_by_name: str = Field(max_length=200)
    created_at: datetime = Field(default_factory=clock.now)
    revoked_at: datetime | None = Field(default=None)
    revoked_by_name: str = Field(default="", max_length=200)
