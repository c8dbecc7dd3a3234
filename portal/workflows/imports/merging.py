"""What merging a file into the tables comes to, and the pieces that each kind of file needs for it."""

from dataclasses import dataclass, field

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True, slots=True)
class Merged:
    """Counts are of rows in the file; ``added_ids`` is the range in which the ids of new records lie."""

    added: int
    updated: int
    unchanged: int
    notes: list[str] = field(default_factory=list)
    added_ids: tuple[int, int] | None = None


def month_of(day: str) -> str:
    """Give the SQL for a day's month number (months since 2000-01)."""
    return f"CAST((EXTRACT(YEAR FROM {day}) - 2000) * 12 + EXTRACT(MONTH FROM {day}) - 1 AS smallint)"


async def months_noted(db: AsyncSession) -> None:
    """Make the table that gathers the months whose sums an import touches."""
    await db.execute(text("CREATE TEMPORARY TABLE import_month (month smallint PRIMARY KEY) ON COMMIT DROP"))


async def note_months(db: AsyncSession, months: str) -> None:
    await db.execute(
        text(f"""
            INSERT INTO import_month (month) SELECT DISTINCT month FROM ({months}) AS found (month)
            WHERE month IS NOT NULL ON CONFLICT DO NOTHING
        """)  # noqa: S608 # queries of our own
    )


async def touched_months(db: AsyncSession) -> list[int]:
    return list((await db.execute(text("SELECT month FROM import_month ORDER BY month"))).scalars())


async def added_range(db: AsyncSession, ids: str) -> tuple[int, int] | None:
    first, last = (
        await db.execute(text(f"SELECT min(id), max(id) FROM ({ids}) AS added"))  # noqa: S608 # ours
    ).one()
    return None if first is None else (first, last)
