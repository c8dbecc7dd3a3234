"""Answers as forms send them: a text once, a chain as a repeated field, rows as fields side by side."""

from datetime import date
from itertools import zip_longest
from typing import Any

from litestar.datastructures import FormMultiDict

from portal.languages import _
from portal.models.scars import Discipline
from portal.web.forms import clean
from portal.workflows.scars.disciplines import DISCIPLINES, Ask, Column, Kind

LONGEST = {Kind.TEXT: 8000, Kind.CHAIN: 1000, Kind.ROWS: 500}
MOST = {Kind.TEXT: 1, Kind.CHAIN: 15, Kind.ROWS: 40}

Errors = dict[str, str]


def content_of(discipline: Discipline, data: FormMultiDict) -> tuple[dict[str, Any], Errors]:
    """Read a discipline's answer; an error has the key of its question and a sentence.

    What is wrong is kept as it was typed, so that nobody types it twice.
    """
    content: dict[str, Any] = {}
    errors: Errors = {}
    for ask in DISCIPLINES[discipline].asks:
        try:
            content[ask.key] = _read(ask, data)
        except ValueError as wrong:
            errors[ask.key] = str(wrong)
            content[ask.key] = _typed(ask, data)
    return {key: value for key, value in content.items() if value}, errors


def _read(ask: Ask, data: FormMultiDict) -> Any:
    typed = _typed(ask, data)
    if ask.kind is Kind.TEXT:
        return _text(typed, ask)
    if len(typed) > MOST[ask.kind]:
        raise ValueError(_("Enter at most %(most)s.", most=MOST[ask.kind]))
    if ask.kind is Kind.CHAIN:
        return [_text(each, ask) for each in typed]
    return [{column.key: _cell(column, row[column.key], ask) for column in ask.columns} for row in typed]


def _typed(ask: Ask, data: FormMultiDict) -> Any:
    """The texts as they came; whys and rows that are empty are left out."""
    if ask.kind is Kind.TEXT:
        return _first(data, ask.key)
    if ask.kind is Kind.CHAIN:
        return [each for each in _all(data, ask.key) if each.strip()]
    columns = [_all(data, f"{ask.key}.{column.key}") for column in ask.columns]
    rows = [
        dict(zip([column.key for column in ask.columns], cells, strict=True))
        for cells in zip_longest(*columns, fillvalue="")
    ]
    return [row for row in rows if any(cell.strip() for cell in row.values())]


def _cell(column: Column, value: str, ask: Ask) -> str:
    text = _text(value, ask)
    if column.kind == "day" and text:
        try:
            date.fromisoformat(text)
        except ValueError:
            raise ValueError(_("Enter dates as year-month-day, for example 2026-10-08.")) from None
    return text


def _text(value: str, ask: Ask) -> str:
    text = clean(value)
    if len(text) > LONGEST[ask.kind]:
        raise ValueError(
            _(
                "This is %(count)s characters long. Shorten it to %(most)s.",
                count=len(text),
                most=LONGEST[ask.kind],
            )
        )
    return text


def _first(data: FormMultiDict, name: str) -> str:
    found = _all(data, name)
    return found[0] if found else ""


def _all(data: FormMultiDict, name: str) -> list[str]:
    return [each for each in data.getall(name, []) if isinstance(each, str)]
