"""What a principal may see: every tenancy WHERE of the portal, and nowhere else.

Whoever matches no rule sees nothing: the last line of each function is the empty answer.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Select, exists, false, func, select, true
from sqlalchemy.orm import Mapped, aliased
from sqlmodel import SQLModel, col

from portal.access.principal import Guest, Principal
from portal.models.certificates import CertificateRequirement
from portal.models.deliveries import DeliveryLine, Receipt
from portal.models.documents import Document, DocumentAttachment
from portal.models.escalations import Escalation, EscalationStatus
from portal.models.imports import ImportRun
from portal.models.inspections import InspectionLot
from portal.models.months import Scorecard, ScorecardDispute
from portal.models.nonconformances import Nonconformance
from portal.models.organisation import Part, Plant
from portal.models.people import Role
from portal.models.ratings import DemeritEvent, GivenPoints, ResponseStage
from portal.models.scar_lessons import ScarLesson
from portal.models.scars import (
    AnswerStatus,
    Scar,
    ScarAnswer,
    ScarCost,
    ScarCriterion,
    ScarEvent,
    ScarExtension,
    ScarPause,
    ScarStage,
)
from portal.models.shares import AuditorShare
from portal.models.suppliers import Contact, Supplier
from portal.models.tasks import Side, Task
from portal.models.threads import Thread
from portal.models.trail import TrailAct, TrailChange

Row = TypeVar("Row", bound=SQLModel)

_STAFF_WHO_READ = {
    Role.QUALITY_ENGINEER,
    Role.BUYER,
    Role.QUALITY_MANAGER,
    Role.TOP_MANAGEMENT,
    Role.ADMINISTRATOR,
}


def visible(who: Principal, model: type[Row]) -> Select[Row]:
    """Select the rows of a table that the principal may see."""
    return select(model).where(condition(who, model))


def condition(who: Principal, model: type[SQLModel]) -> ColumnElement[bool]:
    """Give the WHERE for a table with a ``supplier_id`` (or the supplier table itself).

    Staff limited to plants or commodities see rows of those only, where a row belongs to one.
    """
    seen = _side(who, model)
    narrower = _NARROWER.get(model)
    return seen & narrower(who) if narrower else seen


def _side(who: Principal, model: type[SQLModel]) -> ColumnElement[bool]:
    if who.role in _STAFF_WHO_READ:
        return _staff(who, model)
    if who.role.is_supplier and who.supplier_id is not None:
        return _supplier(who, model) if who.guest is None else _guest(who, who.guest, model)
    if who.role is Role.AUDITOR:
        return _auditor(who, model)
    return false()


def _staff(who: Principal, model: type[SQLModel]) -> ColumnElement[bool]:
    if model is ImportRun and who.is_limited:
        # A file holds rows of any plant: who sees some plants only sees the files of their own.
        return col(ImportRun.started_by_id) == who.person_id
    return _of_plants(who, model) & _of_commodities(who, model)


def _of_plants(who: Principal, model: type[SQLModel]) -> ColumnElement[bool]:
    columns: Any = model
    if who.plant_ids is None:
        return true()
    if model in {Task, Thread}:
        # What belongs to no plant is everybody's.
        return col(columns.plant_id).is_(None) | col(columns.plant_id).in_(who.plant_ids)
    if hasattr(model, "plant_id"):
        return col(columns.plant_id).in_(who.plant_ids)
    return true()


def _of_commodities(who: Principal, model: type[SQLModel]) -> ColumnElement[bool]:
    """Rows of some commodities only, and what hangs on them; a row without one is nobody's who is limited.

    Suppliers and parts are master data: everybody of ours finds all of them.
    """
    columns: Any = model
    if who.commodity_ids is None or model in {Supplier, Part, CertificateRequirement}:
        return true()
    if hasattr(model, "commodity_id"):
        return col(columns.commodity_id).in_(who.commodity_ids)
    if hasattr(model, "scar_id"):
        return col(columns.scar_id).in_(select(col(Scar.id)).where(_in_commodities(who, Scar)))
    if hasattr(model, "delivery_line_id"):
        return col(columns.delivery_line_id).in_(
            select(col(DeliveryLine.id)).where(_in_commodities(who, DeliveryLine))
        )
    if model is Task:
        return _record_of_commodities(who, col(Task.table_name), col(Task.record_id))
    return _talk_of_commodities(who) if model is Thread else true()


def _in_commodities(who: Principal, model: Any) -> ColumnElement[bool]:
    return col(model.commodity_id).in_(who.commodity_ids or ())


def _record_of_commodities(who: Principal, table: Mapped[str], row: Mapped[int]) -> ColumnElement[bool]:
    """Whether a row named by its table and id is of the commodities, as far as it has one."""
    allowed: ColumnElement[bool] = true()
    for model in _WITH_COMMODITY:
        columns: Any = model
        theirs = select(columns.id).where(_in_commodities(who, model))
        allowed &= (table != str(model.__tablename__)) | row.in_(theirs)
    for model in _OF_SCARS:
        columns = model
        scars = select(col(Scar.id)).where(_in_commodities(who, Scar))
        theirs = select(columns.id).where(col(columns.scar_id).in_(scars))
        allowed &= (table != str(model.__tablename__)) | row.in_(theirs)
    return allowed


def _talk_of_commodities(who: Principal) -> ColumnElement[bool]:
    """Threads are counted on every page: of what has a commodity, SCARs alone are spoken about."""
    others = [str(model.__tablename__) for model in (*_WITH_COMMODITY, *_OF_SCARS) if model is not Scar]
    theirs = exists().where(col(Scar.id) == col(Thread.record_id), _in_commodities(who, Scar))
    return col(Thread.table_name).not_in(others) & (
        (col(Thread.table_name) != str(Scar.__tablename__)) | theirs
    )


def _auditor(who: Principal, model: type[SQLModel]) -> ColumnElement[bool]:
    """Of the suppliers shared with them, what a scorecard is made of, and nothing else."""
    columns: Any = model
    if model is Supplier:
        return col(Supplier.id).in_(who.shared_supplier_ids)
    if model in _ON_A_CARD:
        return col(columns.supplier_id).in_(who.shared_supplier_ids)
    return false()


def _supplier(who: Principal, model: type[SQLModel]) -> ColumnElement[bool]:
    columns: Any = model
    if model is Supplier:
        return col(Supplier.id) == who.supplier_id
    if model is Task:
        return (col(Task.supplier_id) == who.supplier_id) & col(Task.is_shared)
    if hasattr(model, "supplier_id"):
        return col(columns.supplier_id) == who.supplier_id
    return false()


def _issued(who: Principal) -> ColumnElement[bool]:
    """A supplier does not see what we have not issued yet, nor a draft that was thrown away."""
    return true() if who.is_staff else col(Scar.issued_at).is_not(None)


def _sent(who: Principal) -> ColumnElement[bool]:
    """Nobody sees what the other side has written and not sent."""
    return (col(ScarAnswer.status) != AnswerStatus.DRAFT) | (col(ScarAnswer.is_on_behalf) == who.is_staff)


def _decided(who: Principal) -> ColumnElement[bool]:
    """What we think of a supplier before we decide is ours."""
    shared = (EscalationStatus.OPEN, EscalationStatus.ENDED)
    return true() if who.is_staff else col(Escalation.status).in_(shared)


def _told(who: Principal) -> ColumnElement[bool]:
    return true() if who.is_staff else ~col(ScarEvent.is_internal)


def _belongs(who: Principal) -> ColumnElement[bool]:
    """What belongs to no record yet is seen by who sent it; what is internal, by no supplier.

    Staff limited to plants see a document when one of its versions is at a record of theirs, or of no plant.
    """
    if who.guest is not None:
        sent = col(Document.contact_id) == who.guest.contact_id
        return (_at_the_record(who.guest) | (col(Document.attached_at).is_(None) & sent)) & ~col(
            Document.is_internal
        )
    own = col(Document.uploaded_by_id) == who.person_id
    attached = col(Document.attached_at).is_not(None)
    if who.is_supplier:
        return (attached | own) & ~col(Document.is_internal)
    if not who.is_limited:
        return attached | own
    sibling: Any = aliased(Document)
    plant = col(DocumentAttachment.plant_id)
    at_theirs = exists().where(
        sibling.series == col(Document.series),
        col(DocumentAttachment.document_id) == sibling.id,
        true() if who.plant_ids is None else plant.is_(None) | plant.in_(who.plant_ids),
        true()
        if who.commodity_ids is None
        else _record_of_commodities(
            who, col(DocumentAttachment.table_name), col(DocumentAttachment.record_id)
        ),
    )
    return at_theirs | own


def _ours(who: Principal) -> ColumnElement[bool]:
    return true() if who.is_staff else false()


# Tables with a commodity, and those whose rows belong to one that has; the trail and tasks name them.
_WITH_COMMODITY: tuple[type[SQLModel], ...] = (
    *(DeliveryLine, Receipt, InspectionLot, Nonconformance, ResponseStage, Scar, ScorecardDispute),
)
_OF_SCARS: tuple[type[SQLModel], ...] = (
    *(ScarAnswer, ScarCost, ScarCriterion, ScarEvent, ScarExtension, ScarLesson, ScarPause, ScarStage),
)
_ON_A_CARD: frozenset[type[SQLModel]] = frozenset(
    (
        *(DeliveryLine, Receipt, InspectionLot, Nonconformance, ResponseStage, Scorecard),
        *(GivenPoints, DemeritEvent),
    )
)


def _at_the_record(guest: Guest) -> ColumnElement[bool]:
    # An alias, so that a query that joins attachments itself does not lend its own.
    at: Any = aliased(DocumentAttachment)
    return exists().where(
        at.document_id == col(Document.id), at.table_name == guest.table, at.record_id == guest.record_id
    )


_NARROWER: dict[type[SQLModel], Callable[[Principal], ColumnElement[bool]]] = {
    AuditorShare: _ours,
    Document: _belongs,
    Escalation: _decided,
    Scar: _issued,
    ScarAnswer: _sent,
    ScarEvent: _told,
}


def _guest(who: Principal, guest: Guest, model: type[SQLModel]) -> ColumnElement[bool]:
    """Whatever is not the task itself, its record, or of that record, is not there for a guest."""
    columns: Any = model
    table = str(model.__tablename__)
    company = _supplier(who, model)
    if model is Task:
        return company & (col(Task.id) == guest.task_id)
    if model in {Supplier, Document} or table in guest.reads:
        return company
    if table == guest.table:
        return company & (col(columns.id) == guest.record_id)
    if guest.table != "supplier" and hasattr(model, f"{guest.table}_id"):
        return company & (col(getattr(columns, f"{guest.table}_id")) == guest.record_id)
    if hasattr(model, "table_name") and hasattr(model, "record_id"):
        return (
            company & (col(columns.table_name) == guest.table) & (col(columns.record_id) == guest.record_id)
        )
    return false()


def tasks_of_contact(who: Principal) -> ColumnElement[bool]:
    """Give the WHERE for what else a guest is asked for: tasks of whoever has their address."""
    if who.guest is None:
        return false()
    same = select(col(Contact.id)).where(
        col(Contact.supplier_id) == who.supplier_id, func.lower(col(Contact.email)) == who.email.lower()
    )
    return _supplier(who, Task) & (col(Task.side) == Side.SUPPLIER) & col(Task.contact_id).in_(same)


def shared(who: Principal, model: type[Row]) -> Select[Row]:
    """Select rows that belong to no supplier (plants, commodities, parts, policies): staff only."""
    return select(model).where(true() if who.role in _STAFF_WHO_READ else false())


def receiving(who: Principal) -> Select[Plant]:
    """Select the plants that the principal records things for."""
    if who.role not in _STAFF_WHO_READ:
        return select(Plant).where(false())
    return select(Plant).where(true() if who.plant_ids is None else col(Plant.id).in_(who.plant_ids))


def trail(who: Principal) -> ColumnElement[bool]:
    """Give the WHERE for changes, joined with their acts.

    Staff limited to plants or commodities see what belongs to none as well: suppliers, master data.
    """
    if who.role in _STAFF_WHO_READ:
        if not who.is_limited:
            return true()
        seen = (col(TrailAct.table_name) != "import_run") | (col(TrailAct.person_id) == who.person_id)
        if who.plant_ids is not None:
            plant = col(TrailChange.plant_id)
            seen &= plant.is_(None) | plant.in_(who.plant_ids)
        if who.commodity_ids is not None:
            # A change does not know its commodity; its row does, as long as it is there.
            seen &= _record_of_commodities(who, col(TrailAct.table_name), col(TrailChange.row_id))
        return seen
    if who.role.is_supplier and who.supplier_id is not None and who.guest is None:
        return col(TrailChange.supplier_id) == who.supplier_id
    return false()


class Limits(NamedTuple):
    """For hand-written SQL: None means no limit, an empty list nothing."""

    suppliers: list[int] | None
    plants: list[int] | None
    commodities: list[int] | None

    @property
    def is_none(self) -> bool:
        return self == (None, None, None)


def limits(who: Principal) -> Limits:
    """Give which suppliers, plants and commodities somebody's figures are made of."""
    if who.role in _STAFF_WHO_READ:
        return Limits(None, _listed(who.plant_ids), _listed(who.commodity_ids))
    if who.role.is_supplier and who.supplier_id is not None and who.guest is None:
        return Limits([who.supplier_id], None, None)
    if who.role is Role.AUDITOR:
        return Limits(list(who.shared_supplier_ids), None, None)
    return Limits([], [], [])


def _listed(ids: tuple[int, ...] | None) -> list[int] | None:
    return None if ids is None else list(ids)


def catalogue(who: Principal, model: type[Row]) -> Select[Row]:
    """Select rows that belong to nobody and that suppliers read as well: the types of certificates."""
    knows = who.role in _STAFF_WHO_READ or (who.role.is_supplier and who.supplier_id is not None)
    return select(model).where(true() if knows else false())
