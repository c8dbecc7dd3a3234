"""Lists as people like to see them: a person's own names for addresses."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from portal import clock
from portal.models.base import key, link


class SavedFilter(SQLModel, table=True):
    """One person's name for a list with its search, filters and order."""

    __tablename__ = "saved_filter"
    __table_args__ = (UniqueConstraint("person_id", "path", "name"),)

    id: int = key()
    person_id: int = link("person.id")
    path: str = Field(max_length=100)  # of the list: "/scars"
    name: str = Field(max_length=60)
    query: str = Field(max_length=2000)  # what follows the question mark
    created_at: datetime = Field(default_factory=clock.now)

    @property
    def address(self) -> str:
        return f"{self.path}?{self.query}"
