"""Whose portal this is, for the head of every page; read at most twice a minute and kept while the
database is away, so that an error page still says where one is.
"""

import time
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.models.organisation import Organisation

_KEEP_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Org:
    name: str = "Assay"
    short_name: str = "Assay"
    time_zone: str = "UTC"
    desk_hours: str = ""
    desk_phone: str = ""
    desk_email: str = ""
    is_synthetic: bool = False


class OrgCache:
    """Holds the organisation for the layouts of one process."""

    def __init__(self) -> None:
        self.current = Org()
        self._read_at = float("-inf")

    @property
    def is_old(self) -> bool:
        return time.monotonic() - self._read_at > _KEEP_SECONDS

    async def refresh(self, db: AsyncSession) -> None:
        found = (await db.execute(select(Organisation).where(col(Organisation.id) == 1))).scalar_one_or_none()
        if found is not None:
            self.current = Org(
                name=found.name,
                short_name=found.short_name,
                time_zone=found.time_zone,
                desk_hours=found.desk_hours,
                desk_phone=found.desk_phone,
                desk_email=found.desk_email,
                is_synthetic=found.is_synthetic,
            )
        self._read_at = time.monotonic()
