"""Numbers as people and ERP systems write them."""

import re
from decimal import ROUND_HALF_UP, Decimal

from portal.imports.cells import BadCellError, Cell, as_text

THOUSANDTH = Decimal("0.001")
LARGEST = Decimal(10) ** 9
# No number is longer. The patterns below take the square of a text's length to say no.
_MOST_LETTERS = 60
_PLAIN = re.compile(r"\d{1,15}")
# Spaces of all widths and apostrophes only ever group digits.
_GROUPERS = str.maketrans("", "", " '’\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{THIN SPACE}")
_GROUPED_BY_SPACE = re.compile(r"\d{1,3}([ '’\u00a0\u202f\u2009]\d{3})+([.,]\d+)?")
_SHAPE = re.compile(r"[\d.,]*\d[\d.,]*")
_SHORTENED = re.compile(r"[+-]?\d+([.,]\d+)?[eE][+-]?\d+")
_GROUPED = {".": re.compile(r"\d{1,3}(\.\d{3})+(,\d*)?"), ",": re.compile(r"\d{1,3}(,\d{3})+(\.\d*)?")}


def read_number(text: str, decimal: str) -> Decimal:
    """Read a number written with "." or "," before its decimals; with "" only what can't be mistaken.

    Raises:
        BadCellError: it is no number, or can be read in two ways.
    """
    if _PLAIN.fullmatch(text):
        return Decimal(text)
    if len(text) > _MOST_LETTERS:
        raise BadCellError(_ADVICE)
    if _SHORTENED.fullmatch(text):
        raise BadCellError("A spreadsheet has shortened this number. Write all of its digits.")
    body, sign = _unsigned(text)
    if any(c in body for c in " '’\u00a0\u202f\u2009"):
        if not _GROUPED_BY_SPACE.fullmatch(body):
            raise BadCellError(_ADVICE)
        body = body.translate(_GROUPERS)
    if not _SHAPE.fullmatch(body) or not body.isascii():
        raise BadCellError(_ADVICE)
    number = Decimal(_without_groups(body, decimal or _told(body)))
    return -number if sign else number


_ADVICE = "Write a number, for example 1250 or 12.5, without a unit."


def _unsigned(text: str) -> tuple[str, bool]:
    """Take a sign off: before the digits, or after them as SAP writes it."""
    if text[:1] in {"-", "−", "+"}:
        return text[1:].strip(), text[0] != "+"
    if text[-1:] in {"-", "−"}:
        return text[:-1].strip(), True
    return text, False


def _without_groups(body: str, decimal: str) -> str:
    group = "," if decimal == "." else "."
    if group in body:
        if not _GROUPED[group].fullmatch(body):
            raise BadCellError(
                f"Write the number with a {'point' if decimal == '.' else 'comma'} before its decimals,"
                " or say in the mapping that this file does it otherwise."
            )
        body = body.replace(group, "")
    if body.count(decimal) > 1 or body == decimal:
        raise BadCellError(_ADVICE)
    return body.replace(decimal, ".")


def _told(body: str) -> str:
    """Say which mark stands before the decimals when only one reading is possible."""
    found = evidence(body)
    if not found:
        raise BadCellError(_ADVICE)
    if found == EITHER:
        raise BadCellError(
            f"This can be read as {_as_group(body)} or as {body.replace(',', '.')}."
            " Say in the mapping whether a point or a comma stands before decimals."
        )
    return found


def _as_group(body: str) -> str:
    return body.replace(",", "").replace(".", "")


EITHER = "either"


def evidence(body: str) -> str:
    """Give the decimal mark that a number proves, EITHER when both fit, "" when neither does."""
    marks = {mark for mark in ".," if mark in body}
    if not marks:
        return "."
    if len(marks) == 2:
        mark = max(".,", key=body.rfind)
        return mark if _GROUPED["," if mark == "." else "."].fullmatch(body) else ""
    mark = marks.pop()
    other = "," if mark == "." else "."
    if body.count(mark) > 1:
        return other if _GROUPED[mark].fullmatch(body) else ""
    whole, _, decimals = body.partition(mark)
    may_group = len(decimals) == 3 and 0 < len(whole) <= 3 and not whole.startswith("0")
    return EITHER if may_group else mark


def proves(text: str) -> str | None:
    """Give "." or "," when a cell settles how a file writes decimals, "" when not; None for no number."""
    body = _unsigned(text.strip())[0].translate(_GROUPERS)
    if (
        len(body) > _MOST_LETTERS
        or not body.isascii()
        or not _SHAPE.fullmatch(body)
        or not (found := evidence(body))
    ):
        return None
    return "" if found == EITHER or body.isdigit() else found


def quantity(cell: Cell, decimal: str) -> Decimal:
    """Read a quantity: 0 or more, kept with three decimals."""
    if isinstance(cell, bool) or not isinstance(cell, str | int | float):
        raise BadCellError(_ADVICE)
    if isinstance(cell, str):
        number = read_number(cell, decimal)
    elif not abs(cell) < float(LARGEST):  # also what is not a number at all
        raise BadCellError(_TOO_LARGE)
    else:
        number = Decimal(as_text(cell))
    if number < 0:
        raise BadCellError("A quantity is 0 or more. Book a return as a correction of its receipt.")
    if number >= LARGEST:
        raise BadCellError(_TOO_LARGE)
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -3:
        number = number.quantize(THOUSANDTH, rounding=ROUND_HALF_UP)
    return number


_TOO_LARGE = f"A quantity is below {LARGEST:,}."


def whole(cell: Cell, decimal: str, low: int, high: int) -> int:
    number = quantity(cell, decimal)
    if number != number.to_integral_value() or not low <= number <= high:
        raise BadCellError(f"Write a whole number from {low:,} to {high:,}.")
    return int(number)
