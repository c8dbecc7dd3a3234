"""What an import would make of a file's first rows, before anything is imported."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from portal.imports.cells import BadCellError, Cells, shown
from portal.imports.convert import Field, fields, in_file
from portal.imports.look import Look
from portal.imports.mapping import ColumnMapping, MappingError, Master, SupplierBy, gaps, key
from portal.imports.targets import TARGETS, Target

_ROWS = 12  # shown
_EXAMPLES = 3

NONE, JOINED = "", "joined"  # besides the number of a column


@dataclass(frozen=True, slots=True)
class Example:
    """What stands in the file, and what we take it for."""

    theirs: str
    ours: str


@dataclass(slots=True)
class ColumnView:
    """One of our columns: where it comes from, what it reads, what is not understood."""

    target: Target
    chosen: str
    joined: str
    constant: str
    examples: list[Example] = field(default_factory=list)
    problem: str = ""
    note: str = ""
    note_is_fine: bool = True


@dataclass(frozen=True, slots=True)
class PreviewCell:
    text: str
    advice: str = ""  # where it can't be read


@dataclass(frozen=True, slots=True)
class Preview:
    columns: list[ColumnView]
    headings: list[str]
    rows: list[tuple[int, list[PreviewCell]]]
    not_used: list[str]
    gaps: dict[str, str]
    looked_at: int
    bad: int


async def preview(db: AsyncSession, mapping: ColumnMapping, look: Look) -> Preview:
    """Read the first rows as the import would, and say what is not understood."""
    lacking = gaps(mapping, look.columns)
    try:
        readable = fields(mapping, look.columns)
    except MappingError as wrong:
        readable, lacking = [], lacking | {"": " ".join(wrong.sentences)}
    by_name = {each[0].name: each for each in readable}
    views = [_view(mapping, look, target, by_name.get(target.name)) for target in TARGETS[mapping.kind]]
    for view in views:
        if view.target.name in lacking:
            view.problem = lacking[view.target.name]
    await _note_unknown(db, mapping, look, by_name, {view.target.name: view for view in views})
    rows = [(line, [_cell(each, cells) for each in readable]) for line, cells in look.rows]
    used = {key(name) for source in mapping.sources.values() for name in source.columns}
    return Preview(
        columns=views,
        headings=[target.label for target, _, _ in readable],
        rows=rows[:_ROWS],
        not_used=[name for name in look.columns if key(name) not in used],
        gaps=lacking,
        looked_at=len(rows) + len(look.problems),
        bad=sum(1 for _, cells in rows if any(cell.advice for cell in cells)) + len(look.problems),
    )


def _view(mapping: ColumnMapping, look: Look, target: Target, found: Field | None) -> ColumnView:
    source = mapping.source(target.name)
    places = {key(name): str(index) for index, name in enumerate(look.columns)}
    chosen = NONE
    if len(source.columns) > 1:
        chosen = JOINED
    elif source.columns:
        chosen = places.get(key(source.columns[0]), NONE)
    view = ColumnView(
        target=target, chosen=chosen, joined=" + ".join(source.columns), constant=source.constant
    )
    if found is not None:
        _read_column(view, found, look.rows)
    return view


def _read_column(view: ColumnView, found: Field, rows: Sequence[tuple[int, Cells]]) -> None:
    """Note the first different cells with what we make of them, and the first that is not understood."""
    _, _, read = found
    bad = 0
    for line, cells in rows:
        theirs = in_file(read, cells)
        try:
            value = read(cells)
        except BadCellError as wrong:
            bad += 1
            if bad == 1:
                view.problem = f"Line {line}: “{shown(theirs, 40)}”. {wrong.advice}"
            continue
        known = {example.theirs for example in view.examples}
        if theirs and theirs not in known and len(known) < _EXAMPLES:
            view.examples.append(Example(shown(theirs, 40), shown(in_words(value), 40)))
    if bad > 1:
        view.problem = f"{bad} of {len(rows)} rows are not understood. {view.problem}"


def _cell(found: Field, cells: Cells) -> PreviewCell:
    target, _, read = found
    try:
        value = read(cells)
    except BadCellError as wrong:
        return PreviewCell(shown(in_file(read, cells), 60), wrong.advice)
    if value is None and target.required:
        return PreviewCell("", f"{target.label} is missing.")
    return PreviewCell(shown(in_words(value), 60))


def in_words(value: Any) -> str:
    """Give a value as the pages write it: days in full, so that nobody mistakes the month."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date):
        return f"{value.day} {_MONTHS[value.month - 1]} {value.year}"
    if isinstance(value, Decimal):
        plain = f"{value:,f}"
        return plain.rstrip("0").rstrip(".") if "." in plain else plain
    return str(value)


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


async def _note_unknown(
    db: AsyncSession,
    mapping: ColumnMapping,
    look: Look,
    by_name: dict[str, Field],
    views: dict[str, ColumnView],
) -> None:
    """Say which suppliers, plants, parts and commodities of the first rows are new here."""
    by_supplier_name = mapping.supplier_by is SupplierBy.NAME
    supplier = "supplier_name" if by_supplier_name else "supplier"
    known = {
        supplier: ("supplier", "lower(name)" if by_supplier_name else "number"),
        "plant": ("plant", "code"),
        "part": ("part", "number"),
        "commodity": ("commodity", "code"),
    }
    for name, (table, column) in known.items():
        if name in by_name:
            values = _values(by_name[name], look.rows, lower=column.startswith("lower"))
            rows = await db.execute(
                text(f"SELECT {column} FROM {table} WHERE {column} = ANY(CAST(:values AS text[]))"),  # noqa: S608 # ours
                {"values": sorted(values)},
            )
            new = values - {value for (value,) in rows}
            if new:
                added = Master(table) in mapping.create
                views[name].note = _new(len(new), len(values), added=added)
                views[name].note_is_fine = added


def _values(found: Field, rows: Sequence[tuple[int, Cells]], *, lower: bool) -> set[str]:
    values = set()
    for _, cells in rows:
        try:
            value = found[2](cells)
        except BadCellError:
            continue
        if value:
            values.add(value.lower() if lower else value)
    return values


def _new(new: int, many: int, *, added: bool) -> str:
    which = f"{new} of {many} in the first rows" if many > 1 else "It"
    is_are = "is" if new == 1 else "are"
    return (
        f"{which} {is_are} new here and will be added."
        if added
        else (f"{which} {is_are} not known here, and the rows will be rejected.")
    )
