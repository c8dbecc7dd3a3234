from dataclasses import dataclass
from datetime import date

from sqlmodel import SQLModel

from portal.sample import history, master, parts, rows, scars, tasks
from portal.sample.days import Anchor
from portal.sample.rows import Table


@dataclass(frozen=True, slots=True)
class Sample:
    """All rows, in an order in which every row's links are there before it."""

    anchor: Anchor
    tables: tuple[Table, ...]

    def of(self, model: type[SQLModel]) -> Table:
        return next(table for table in self.tables if table.model is model)


def generate(as_of: date) -> Sample:
    """Make the sample data as it stands on the morning of a day; the same day gives the same rows."""
    anchor = Anchor(as_of)
    by_supplier = parts.of_companies()
    told = history.tell(anchor, by_supplier)
    return Sample(
        anchor,
        (
            *master.tables(anchor, by_supplier),
            *rows.of_history(told, anchor),
            *tasks.tables(anchor),
            *scars.tables(told, anchor),
        ),
    )
