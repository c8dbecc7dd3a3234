"""Reads one sheet of a workbook in a process of its own and writes its rows as JSON lines.

Started by sheet_reader with the path and the sheet. It imports nothing of the portal: what a hostile
workbook breaks, by taking all memory or never ending, is this process alone.

The first line is {"sheets": [...], "sheet": name, "height": rows} or {"problem": word}; each further one is a
row's cells, and the last one {"end": true}.
"""

import json
import resource
import sys
from datetime import date, datetime, time, timedelta
from typing import Any

MEMORY = 2_000_000_000  # bytes of address space
SECONDS = 120  # of processor time
_FLUSH = 200  # rows


def main(path: str, sheet: str) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    import python_calamine as calamine  # noqa: PLC0415 # under the limits from its first byte on

    out = sys.stdout
    try:
        book = calamine.CalamineWorkbook.from_path(path)
    except calamine.PasswordError:
        _say(out, {"problem": "password"})
        return
    except (calamine.CalamineError, OSError, ValueError):
        _say(out, {"problem": "damaged"})
        return
    names = [
        each.name
        for each in book.sheets_metadata
        if each.visible == calamine.SheetVisibleEnum.Visible and each.typ == calamine.SheetTypeEnum.WorkSheet
    ]
    if not names or (sheet and sheet not in names):
        _say(out, {"problem": "sheet", "sheets": names})
        return
    try:
        found = book.get_sheet_by_name(sheet or names[0])
    except (calamine.CalamineError, OSError, ValueError):
        _say(out, {"problem": "damaged"})
        return
    # Rows come from the first of the sheet, cells from the first column that holds any.
    before = [""] * (found.start or (0, 0))[1]
    height = (found.end or (0, 0))[0] + 1
    _say(out, {"sheets": names, "sheet": sheet or names[0], "height": height})
    for number, cells in enumerate(found.iter_rows()):
        while cells and cells[-1] == "":
            cells.pop()
        out.write(json.dumps(before + [_plain(cell) for cell in cells] if cells else [], ensure_ascii=True))
        out.write("\n")
        if number % _FLUSH == 0:
            out.flush()
    _say(out, {"end": True})


def _plain(cell: Any) -> Any:
    if isinstance(cell, datetime):
        return {"day": cell.isoformat() if cell.time() != time() else cell.date().isoformat()}
    if isinstance(cell, date):
        return {"day": cell.isoformat()}
    if isinstance(cell, time | timedelta):
        return str(cell)
    return cell


def _say(out: Any, value: Any) -> None:
    out.write(json.dumps(value) + "\n")
    out.flush()


if __name__ == "__main__":
    try:
        main(sys.argv[1], sys.argv[2])
    except BrokenPipeError:
        sys.stderr.close()  # the reader has seen enough
