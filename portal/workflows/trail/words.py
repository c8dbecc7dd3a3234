"""What the trail's tables, columns and values are called."""

import json
from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import ARRAY, JSON, Boolean, Column, Date, DateTime, Enum, Integer, Numeric
from sqlalchemy.types import TypeDecorator, TypeEngine

from portal.access.principal import ROLE_LABELS
from portal.countries import country_name
from portal.models import metadata
from portal.models.base import refers_to
from portal.models.trail import HIDDEN
from portal.workflows.approved_list import standing
from portal.workflows.suppliers import words as suppliers

Shown = str | date | datetime | Decimal | bool | None

# Singular and plural, where taking the underscores out of the table's name does not give them.
_TABLES = {
    "asl_entry": ("approved list entry", "approved list entries"),
    "asl_event": ("approved list decision", "approved list decisions"),
    "auditor_share": ("share with an auditor", "shares with auditors"),
    "commodity": ("commodity", "commodities"),
    "import_run": ("import", "imports"),
    "organisation": ("organisation", "organisation"),
    "person": ("person", "people"),
    "policy": ("rating policy", "rating policies"),
    "response_stage": ("awaited answer", "awaited answers"),
    "scar": ("SCAR", "SCARs"),
    "scar_allowance": ("time allowed for SCARs", "times allowed for SCARs"),
    "scar_answer": ("8D answer", "8D answers"),
    "scar_cost": ("SCAR cost line", "SCAR cost lines"),
    "scar_criterion": ("SCAR criterion", "SCAR criteria"),
    "scar_event": ("SCAR event", "SCAR events"),
    "scar_extension": ("SCAR extension", "SCAR extensions"),
    "scar_lesson": ("lesson read across", "lessons read across"),
    "scar_pause": ("SCAR pause", "SCAR pauses"),
    "scar_stage": ("SCAR deadline", "SCAR deadlines"),
    "supplier_site": ("supplier's site", "suppliers' sites"),
    "thread_message": ("message", "messages"),
    "thread_note": ("internal note", "internal notes"),
    "totp": ("authenticator app", "authenticator apps"),
}
_COLUMNS = {
    "accepted": "Answer accepted",
    "definition": "Content",
    "desk_email": "Supplier desk's e-mail address",
    "desk_hours": "Supplier desk's hours",
    "desk_phone": "Supplier desk's phone",
    "email": "E-mail address",
    "is_active": "May sign in",
    "is_safety": "Safety escape",
    "is_sample": "Sample",
    "is_synthetic": "Sample data",
    "paperwork_right": "Paperwork right",
    "password_hash": "Password",
    "plant_ids": "Plants",
    "commodity_ids": "Commodities",
    "site_ids": "Sites",
    "valid_until_on": "Valid until",
}
_ENUMS: dict[tuple[str, str], Mapping[Any, str]] = {
    ("asl_entry", "scope_kind"): standing.SCOPE,
    ("asl_entry", "status"): standing.STATUS,
    ("asl_event", "from_status"): standing.STATUS,
    ("asl_event", "to_status"): standing.STATUS,
    ("contact", "role"): suppliers.PROCESS,
    ("invitation", "role"): ROLE_LABELS,
    ("person", "role"): ROLE_LABELS,
    ("supplier", "risk"): suppliers.RISK,
    ("supplier", "status"): suppliers.STATUS,
}
# What a supplier's own people may see of a change, where it is a change of theirs. Notes, risk classes,
# reasons, rankings and whatever is not named here are ours alone.
_FOR_SUPPLIERS = {
    "asl_entry": {"scope_kind", "scope", "site_id", "status", "valid_until_on"},
    "certificate": {
        *("type_id", "status", "number", "issuing_body", "accreditation", "scope", "site_ids"),
        *("issued_on", "valid_until_on", "submitted_at", "submitted_by_name", "decided_at", "reason"),
    },
    "contact": {"site_id", "name", "email", "phone", "role", "language"},
    "delivery_line": {
        *("plant_id", "part_id", "order_number", "line_number", "unit", "ordered", "requested_on"),
        *("acknowledged_on", "confirmed_on", "cancelled_on", "excuse_code", "paperwork_right"),
    },
    "inspection_lot": {"plant_id", "part_id", "number", "inspected_on", "quantity", "result"},
    "nonconformance": {
        *("plant_id", "part_id", "number", "found_on", "lot_number", "quantity", "defects", "kind"),
        *("description", "responsibility", "disposition"),
    },
    "receipt": {"reference", "received_on", "quantity"},
    "response_stage": {"kind", "reference", "stage", "due_at", "answered_at", "accepted"},
    "scar": {
        *("number", "plant_id", "part_id", "site_id", "status", "severity", "title", "description", "defect"),
        *("lots", "quantity", "quantity_checked", "assignee_id", "issued_at", "due_at", "rejection"),
        *("closed_at", "closing_note", "cancel_reason"),
    },
    "scar_answer": {"discipline", "revision", "status", "language", "submitted_at", "decided_at", "reason"},
    "scar_cost": {"kind", "words", "quantity", "rate", "currency", "status", "reason"},
    "scar_criterion": {"words", "shown_with"},
    "scar_extension": {"stage", "days", "reason", "granted", "note"},
    "scar_pause": {"stage", "started_at", "ended_at"},
    "scar_stage": {"stage", "round", "started_at", "due_at", "submitted_at", "decided_at", "accepted"},
    "supplier": {"number", "name", "country", "city", "time_zone"},
    "supplier_site": {"name", "address", "city", "country", "time_zone"},
}
_READ: tuple[tuple[type[TypeEngine[Any]], Callable[[Any], Shown]], ...] = (
    (Boolean, bool),
    (DateTime, datetime.fromisoformat),
    (Date, date.fromisoformat),
    (Numeric, Decimal),
    (Integer, Decimal),
    (ARRAY, lambda given: ", ".join(str(each) for each in given)),
)
# Lists of ids, and whose they are.
_LISTS = {"plant_ids": "plant", "commodity_ids": "commodity", "site_ids": "supplier_site"}
_ENDINGS = ("_ids", "_id", "_on", "_at")


class Value(NamedTuple):
    """One column of a change. What can't be put into a line (secrets, whole policies) is ``unsaid``."""

    label: str
    old: Shown
    new: Shown
    unsaid: bool = False


def table_words(table: str, count: int = 1) -> str:
    plain = table.replace("_", " ")
    one, many = _TABLES.get(table, (plain, f"{plain}s"))
    return one if count == 1 else many


def label(column: str) -> str:
    if column in _COLUMNS:
        return _COLUMNS[column]
    for ending in _ENDINGS:
        column = column.removesuffix(ending)
    return column.replace("_", " ").capitalize()


def told_to_suppliers(table: str) -> Collection[str]:
    return _FOR_SUPPLIERS.get(table, set())


def references(table: str, column: str, value: Any) -> tuple[str, set[int]]:
    """Give the table and the ids that a value points to; without any, ('', {})."""
    found = _column(table, column)
    if found is None or value is None:
        return "", set()
    if column in _LISTS:
        return _LISTS[column], set(value)
    target = refers_to(found)
    return (target, {value}) if target else ("", set())


def value(table: str, column: str, old: Any, new: Any, names: Mapping[tuple[str, int], str]) -> Value:
    """Put an old and a new value, as JSON gave them, into what people call them."""
    found = _column(table, column)
    if HIDDEN in {_text(old), _text(new)} or (found is not None and isinstance(_kind(found), JSON)):
        return Value(label(column), None, None, unsaid=True)
    return Value(label(column), _shown(table, column, old, names), _shown(table, column, new, names))


def _shown(table: str, column: str, given: Any, names: Mapping[tuple[str, int], str]) -> Shown:
    target, ids = references(table, column, given)
    if ids:
        return ", ".join(names.get((target, row_id), f"no. {row_id}") for row_id in sorted(ids))
    found = _column(table, column)
    if given is None or given == "" or found is None:
        return _text(given)
    if column == "country":
        return country_name(given) or given
    kind = _kind(found)
    if isinstance(kind, Enum):
        return _ENUMS.get((table, column), {}).get(given) or str(given).replace("_", " ").capitalize()
    for each, read in _READ:
        if isinstance(kind, each):
            return read(given)
    return _text(given)


def _text(given: Any) -> str | None:
    if given is None or isinstance(given, str):
        return given or None
    return json.dumps(given, ensure_ascii=False, default=str)


def _column(table: str, column: str) -> Column[Any] | None:
    """None for a column that has been given up since."""
    known = metadata.tables.get(table)
    return known.columns.get(column) if known is not None else None


def _kind(column: Column[Any]) -> TypeEngine[Any]:
    kind = column.type
    return kind.impl_instance if isinstance(kind, TypeDecorator) else kind
