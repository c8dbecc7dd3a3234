"""Where every supplier stands with every type it must hold: one query, for one supplier or for thousands.

What is asked follows from the requirements; what is held is the accepted certificate that ends last. A newer
one that waits for review, or was returned, is what somebody has to act on, so that shows first.
"""

from collections.abc import Collection
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Date,
    ScalarSelect,
    Select,
    case,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
)
from sqlalchemy import cast as as_type
from sqlalchemy.dialects.postgresql import distinct_on
from sqlmodel import col

from portal.access import scopes
from portal.access.principal import Principal
from portal.models.certificates import (
    Certificate,
    CertificateRequirement,
    CertificateStatus,
    Level,
)
from portal.models.suppliers import AslEntry, AslStatus, Supplier, SupplierStatus

SOON = timedelta(days=90)


class State(StrEnum):
    """What a cell of the matrix says."""

    MISSING = "missing"
    SUBMITTED = "submitted"
    VALID = "valid"
    EXPIRING = "expiring"
    EXPIRED = "expired"
    REJECTED = "rejected"
    SUPERSEDED = "superseded"  # what replaced it is gone: somebody has to look


HELD = (State.VALID, State.EXPIRING)
OURS = (State.SUBMITTED, State.SUPERSEDED)  # our turn
THEIRS = (State.MISSING, State.EXPIRING, State.EXPIRED, State.REJECTED)  # the supplier's turn


def fits() -> ColumnElement[bool]:
    """Say that a requirement is one of a supplier: each condition that it states holds."""
    on_the_list = exists().where(
        col(AslEntry.supplier_id) == col(Supplier.id),
        func.lower(col(AslEntry.scope)) == func.lower(col(CertificateRequirement.scope)),
        col(AslEntry.status) != AslStatus.DISQUALIFIED,
    )
    return (
        _unless_stated(CertificateRequirement.supplier_id, Supplier.id)
        & _unless_stated(CertificateRequirement.commodity_id, Supplier.commodity_id)
        & _unless_stated(CertificateRequirement.risk, Supplier.risk)
        & or_(col(CertificateRequirement.scope) == "", on_the_list)
    )


def standing(who: Principal, today: date, *, supplier_ids: Collection[int] | None = None) -> CTE:
    """Give a row for each visible supplier and type that it must or should hold.

    Columns: supplier_id, type_id, is_mandatory, state, certificate_id (the one that the state speaks of, None
    when missing), day (its last valid day; the day it came in when it waits or was returned), held_id and
    held_until_on (what is valid today, also while a newer one waits), last_id and last_until_on (of what was
    accepted, the one that ends last, valid or not).
    """
    asked = _asked(who, supplier_ids)
    held = _one_each(
        who,
        supplier_ids,
        "held",
        (CertificateStatus.ACCEPTED, CertificateStatus.EXPIRED),
        col(Certificate.valid_until_on).desc(),
    )
    newest = _one_each(who, supplier_ids, "newest", (CertificateStatus.SUBMITTED, CertificateStatus.REJECTED))
    replaced = _replaced(asked)
    day = as_type(literal(today), Date)
    is_held = held.c.id.is_not(None) & (held.c.valid_until_on.is_(None) | (held.c.valid_until_on >= day))
    is_open = newest.c.id.is_not(None) & (held.c.id.is_(None) | (newest.c.id > held.c.id))
    state = case(
        (is_open & (newest.c.status == CertificateStatus.SUBMITTED), State.SUBMITTED.value),
        (is_open, State.REJECTED.value),
        (held.c.id.is_(None) & replaced.is_not(None), State.SUPERSEDED.value),
        (held.c.id.is_(None), State.MISSING.value),
        (~is_held, State.EXPIRED.value),
        (held.c.valid_until_on <= day + SOON.days, State.EXPIRING.value),
        else_=State.VALID.value,
    )
    query = (
        select(
            asked.c.supplier_id,
            asked.c.type_id,
            asked.c.is_mandatory,
            state.label("state"),
            case((is_open, newest.c.id), else_=func.coalesce(held.c.id, replaced)).label("certificate_id"),
            case(
                (is_open, as_type(newest.c.submitted_at, Date)),
                else_=held.c.valid_until_on,
            ).label("day"),
            case((is_held, held.c.id)).label("held_id"),
            case((is_held, held.c.valid_until_on)).label("held_until_on"),
            held.c.id.label("last_id"),
            held.c.valid_until_on.label("last_until_on"),
        )
        .outerjoin(held, _same(held, asked))
        .outerjoin(newest, _same(newest, asked))
    )
    return query.cte("standing")


def _asked(who: Principal, supplier_ids: Collection[int] | None) -> CTE:
    query = (
        select(
            col(Supplier.id).label("supplier_id"),
            col(CertificateRequirement.type_id),
            func.bool_or(col(CertificateRequirement.level) == Level.MANDATORY).label("is_mandatory"),
        )
        .join(CertificateRequirement, fits())
        .where(scopes.condition(who, Supplier), col(Supplier.status) != SupplierStatus.EXITED)
        .group_by(col(Supplier.id), col(CertificateRequirement.type_id))
    )
    return _only(query, Supplier.id, supplier_ids).cte("asked")


def _one_each(
    who: Principal,
    supplier_ids: Collection[int] | None,
    name: str,
    statuses: tuple[CertificateStatus, ...],
    *order: Any,
) -> CTE:
    """Of each supplier and type, the first certificate with one of the statuses."""
    query = (
        select(
            col(Certificate.id),
            col(Certificate.supplier_id),
            col(Certificate.type_id),
            col(Certificate.status),
            col(Certificate.submitted_at),
            col(Certificate.valid_until_on),
        )
        .ext(distinct_on(col(Certificate.supplier_id), col(Certificate.type_id)))
        .where(scopes.condition(who, Certificate), _is_one_of(statuses))
        .order_by(col(Certificate.supplier_id), col(Certificate.type_id), *order, col(Certificate.id).desc())
    )
    return _only(query, Certificate.supplier_id, supplier_ids).cte(name)


def _is_one_of(statuses: tuple[CertificateStatus, ...]) -> ColumnElement[bool]:
    """Written with its values, not with parameters: only then does the planner see that an index fits."""
    return col(Certificate.status).in_([literal_column(f"'{status.value}'") for status in statuses])


def _replaced(asked: CTE) -> ScalarSelect[int]:
    """The last one that was replaced; looked up only where nothing is held."""
    return (
        select(col(Certificate.id))
        .where(
            col(Certificate.supplier_id) == asked.c.supplier_id,
            col(Certificate.type_id) == asked.c.type_id,
            col(Certificate.status) == CertificateStatus.SUPERSEDED,
        )
        .order_by(col(Certificate.id).desc())
        .limit(1)
        .correlate(asked)
        .scalar_subquery()
    )


def _only(
    query: Select[*tuple[Any, ...]], column: Any, supplier_ids: Collection[int] | None
) -> Select[*tuple[Any, ...]]:
    return query if supplier_ids is None else query.where(col(column).in_(supplier_ids))


def _same(of: CTE, asked: CTE) -> ColumnElement[bool]:
    return (of.c.supplier_id == asked.c.supplier_id) & (of.c.type_id == asked.c.type_id)


def _unless_stated(condition: Any, fact: Any) -> ColumnElement[bool]:
    return or_(col(condition).is_(None), col(condition) == col(fact))
