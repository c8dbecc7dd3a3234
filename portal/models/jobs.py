"""What somebody decided about a job that had failed for good."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel

from portal import clock
from portal.models.base import choice, key


class Decision(StrEnum):
    RELEASED = "released"  # it runs again
    DISCARDED = "discarded"


class JobDecision(SQLModel, table=True):
    """The queue forgets; this stays, and the trail has it."""

    __tablename__ = "job_decision"

    id: int = key()
    job_id: int = Field(sa_type=BigInteger)
    job_name: str = Field(max_length=120)
    decision: Decision = choice(Decision, "decision")
    problem: str = Field(default="", max_length=2000)
    reason: str = Field(max_length=500)
    by_name: str = Field(max_length=200)
    at: datetime = Field(default_factory=clock.now)
