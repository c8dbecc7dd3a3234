"""A file to fill in: our own headings, an explanation of each column, and an example."""

import csv
import io

from portal.imports.rows import REMARK
from portal.imports.targets import TARGETS, Holds, Target
from portal.models.imports import ImportKind

_HOLDS = {
    Holds.CODE: "text",
    Holds.TEXT: "text",
    Holds.QUANTITY: "number",
    Holds.WHOLE: "whole number",
    Holds.DAY: "day as 2026-10-08",
    Holds.YES_NO: "yes or no",
    Holds.COUNTRY: "country code",
}


def template(kind: ImportKind) -> bytes:
    """Give the file as CSV with the mark that makes spreadsheets read it as UTF-8.

    The second row explains the columns, the third is an example; both are remarks, which no reader takes for
    rows when the file comes back.
    """
    targets = TARGETS[kind]
    out = io.StringIO(newline="")
    rows = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    rows.writerow([each.label for each in targets])
    rows.writerow(_marked("explains", [_explained(each) for each in targets]))
    rows.writerow(_marked("example", [each.example for each in targets]))
    return out.getvalue().encode("utf-8-sig")


def _marked(word: str, cells: list[str]) -> list[str]:
    return [f"{REMARK} {word}: {cells[0]}", *cells[1:]]


def _explained(target: Target) -> str:
    holds = " / ".join(target.choices.values) or _HOLDS[target.holds]
    if target.limit and target.holds in {Holds.CODE, Holds.TEXT}:
        holds += f", up to {target.limit} characters"
    need = "required" if target.required else "optional"
    return f"{target.help} ({holds}, {need})"
