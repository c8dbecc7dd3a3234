"""A mapping for a file that nobody has described yet, from its headings and what is below them."""

import re
import unicodedata
from collections.abc import Sequence

from portal.imports import country_codes, days, numbers
from portal.imports.cells import BadCellError, Cell
from portal.imports.convert import NO_VALUE
from portal.imports.look import Look
from portal.imports.mapping import Arrivals, ColumnMapping, Master, Source, SupplierBy
from portal.imports.options import AUTO, FileOptions
from portal.imports.targets import TARGETS, Holds, Target
from portal.imports.words import fold
from portal.models.imports import ImportKind

_ENOUGH = 0.6  # of a column's cells must read as what the heading promises


def propose(look: Look, kind: ImportKind, plants: Sequence[str] = ()) -> ColumnMapping:
    """Give the likeliest mapping; it may have gaps.

    Args:
        look: the file.
        kind: what it holds.
        plants: codes of the plants there are: a lone one needs no column.
    """
    headings = [plain(name) for name in look.columns]
    chosen: dict[str, Source] = {}
    taken: set[int] = set()
    for _, target, index in sorted(_matches(look, kind, headings), key=lambda match: -match[0]):
        if target.name not in chosen and index not in taken:
            chosen[target.name] = Source(columns=(look.columns[index],))
            taken.add(index)
    if "plant" not in chosen and len(plants) == 1:
        chosen["plant"] = Source(constant=plants[0])
    by_name = "supplier" not in chosen and "supplier_name" in chosen
    return ColumnMapping(
        kind=kind,
        sources={each.name: chosen[each.name] for each in TARGETS[kind] if each.name in chosen},
        # What a person sees and can change; encoding and separator are found again in the next file.
        file=FileOptions(decimal=look.options.decimal, dates=look.options.dates, sheet=look.options.sheet),
        supplier_by=SupplierBy.NAME if by_name else SupplierBy.NUMBER,
        create=frozenset({Master.SUPPLIER, Master.PART, Master.COMMODITY}),
        # With delivery notes a file can add to what is there; without, a corrected day would count twice.
        arrivals=Arrivals.NEW if "reference" in chosen else Arrivals.ALL,
    )


def _matches(look: Look, kind: ImportKind, headings: Sequence[str]) -> list[tuple[float, Target, int]]:
    found = []
    for place, target in enumerate(TARGETS[kind]):
        names = target.names.split(", ")
        for index, heading in enumerate(headings):
            score = _likeness(heading, names)
            if score and _fits([cells[index] for _, cells in look.rows], target, look):
                found.append((score - place / 1000 - index / 100_000, target, index))
    return found


def plain(heading: str) -> str:
    """Fold a heading to bare words: "Bestell-Nr." becomes "bestell nr"."""
    decomposed = unicodedata.normalize("NFKD", heading.casefold().replace("ß", "ss"))
    letters = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(re.sub(r"[^a-z0-9]+", " ", letters).split())


def _likeness(heading: str, names: Sequence[str]) -> float:
    """Say how well a heading is one of the names: exactly best, then with words around it."""
    best = 0.0
    for rank, name in enumerate(names):
        if heading == name:
            return 10 - rank / 100
        if len(name) > 4 and f" {name} " in f" {heading} ":
            best = max(best, 4 + len(name) / (len(heading) + 1))
    return best


def _fits(cells: Sequence[Cell], target: Target, look: Look) -> bool:
    """Say whether most of a column reads as what the target holds; an empty column may be anything."""
    filled = [cell for cell in cells if not isinstance(cell, str) or cell.strip().casefold() not in NO_VALUE]
    if not filled:
        return True
    good = sum(1 for cell in filled if _reads(cell, target, look))
    return good >= len(filled) * _ENOUGH


def _reads(cell: Cell, target: Target, look: Look) -> bool:
    text = cell.strip() if isinstance(cell, str) else cell
    try:
        match target.holds:
            case Holds.DAY:
                return (isinstance(text, str) and days.is_ambiguous(text)) or bool(days.read_day(text, ""))
            case Holds.QUANTITY | Holds.WHOLE:
                decimal = look.options.decimal
                return numbers.quantity(text, "" if decimal == AUTO else decimal) >= 0
            case Holds.CHOICE:
                return isinstance(text, str) and fold(text) in target.choices.known
            case Holds.COUNTRY:
                return isinstance(text, str) and bool(country_codes.code_of(text))
            case _:
                return True
    except BadCellError as bad:
        return "can be read" in bad.advice or (target.name == "cancelled_on" and isinstance(text, str))
