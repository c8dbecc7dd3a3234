"""How a file is written: what somebody said about it, or "auto"."""

from dataclasses import dataclass
from enum import StrEnum

AUTO = "auto"


class Encoding(StrEnum):
    UTF8 = "utf-8"
    UTF16 = "utf-16"
    UTF16_LE = "utf-16-le"
    UTF16_BE = "utf-16-be"
    WINDOWS_1252 = "cp1252"
    WINDOWS_1250 = "cp1250"
    LATIN_9 = "iso8859-15"
    DOS_850 = "cp850"


ENCODINGS = {
    Encoding.UTF8: "UTF-8",
    Encoding.UTF16: "UTF-16",
    Encoding.UTF16_LE: "UTF-16, little-endian",
    Encoding.UTF16_BE: "UTF-16, big-endian",
    Encoding.WINDOWS_1252: "Windows-1252 (Western Europe)",
    Encoding.WINDOWS_1250: "Windows-1250 (Central Europe)",
    Encoding.LATIN_9: "ISO 8859-15",
    Encoding.DOS_850: "DOS 850",
}
SEPARATORS = {",": "Comma", ";": "Semicolon", "\t": "Tab", "|": "Vertical bar"}
DECIMALS = {".": "Point, as in 1,234.5", ",": "Comma, as in 1.234,5"}


class DayOrder(StrEnum):
    DAY_FIRST = "day-month-year"
    MONTH_FIRST = "month-day-year"
    YEAR_FIRST = "year-month-day"


DAY_ORDERS = {
    DayOrder.DAY_FIRST: "Day first: 31/12/2026",
    DayOrder.MONTH_FIRST: "Month first: 12/31/2026",
    DayOrder.YEAR_FIRST: "Year first: 26/12/31",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOptions:
    """``header_line`` 0 means: find it. ``empty`` are words that stand for nothing, such as "N/A"."""

    encoding: str = AUTO
    separator: str = AUTO
    quotes: bool = True
    sheet: str = ""
    header_line: int = 0
    decimal: str = AUTO
    dates: str = AUTO
    empty: tuple[str, ...] = ()
