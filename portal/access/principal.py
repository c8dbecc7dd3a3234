from dataclasses import dataclass
from datetime import datetime

from portal.languages import N_, _
from portal.models.people import Person, Role

ROLE_LABELS = {
    Role.QUALITY_ENGINEER: N_("Quality engineer"),
    Role.BUYER: N_("Buyer"),
    Role.QUALITY_MANAGER: N_("Quality manager"),
    Role.TOP_MANAGEMENT: N_("Top management"),
    Role.AUDITOR: N_("Auditor"),
    Role.ADMINISTRATOR: N_("Administrator"),
    Role.SUPPLIER_ADMINISTRATOR: N_("Administrator"),
    Role.SUPPLIER_MEMBER: N_("Member"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """Somebody who came by the link of a mail and has no account: one task is all that they reach.

    ``table`` and ``record_id`` are what the task is about, ``reads`` further tables that its page shows, of
    the guest's own company. ``permissions`` are those of the kind of task.
    """

    link_id: int
    contact_id: int
    task_id: int
    table: str
    record_id: int
    permissions: frozenset[str]
    reads: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who asks. Every query is made for one; a job acts for one as well.

    ``plant_ids`` None means all plants; an empty tuple means none. The same goes for
    ``commodity_ids``. A guest has no person: ``person_id`` 0.
    """

    person_id: int
    name: str
    role: Role
    email: str = ""
    title: str = ""
    supplier_id: int | None = None
    supplier_name: str = ""
    supplier_number: str = ""
    plant_ids: tuple[int, ...] | None = None
    commodity_ids: tuple[int, ...] | None = None
    shared_supplier_ids: tuple[int, ...] = ()  # with an auditor, today
    time_zone: str = "UTC"
    language: str = "en"
    csrf_token: str = ""
    session_hash: str = ""
    proved_at: datetime | None = None  # when they last showed who they are in this session
    guest: Guest | None = None
    asker: str = ""  # whose wish the portal itself follows

    @property
    def is_supplier(self) -> bool:
        return self.role.is_supplier

    @property
    def is_staff(self) -> bool:
        return not self.role.is_supplier

    @property
    def is_limited(self) -> bool:
        """Some of ours see only some plants or commodities."""
        return self.plant_ids is not None or self.sees_some_commodities

    @property
    def sees_some_commodities(self) -> bool:
        return self.commodity_ids is not None

    @property
    def role_label(self) -> str:
        return _(ROLE_LABELS[self.role])

    @property
    def place(self) -> str:
        return self.title or self.supplier_name or self.role_label

    @property
    def initials(self) -> str:
        words = self.name.split()
        return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper() or "?"


def of_person(
    person: Person,
    supplier_name: str | None,
    supplier_number: str | None,
    *,
    csrf_token: str = "",
    session_hash: str = "",
    proved_at: datetime | None = None,
    shared_supplier_ids: tuple[int, ...] = (),
) -> Principal:
    """Act as a person, in a session or in a job that they asked for: both see exactly the same."""
    return Principal(
        person_id=person.id,
        name=person.name,
        role=person.role,
        email=person.email,
        title=person.title,
        supplier_id=person.supplier_id,
        supplier_name=supplier_name or "",
        supplier_number=supplier_number or "",
        plant_ids=None if person.plant_ids is None else tuple(person.plant_ids),
        commodity_ids=None if person.commodity_ids is None else tuple(person.commodity_ids),
        shared_supplier_ids=shared_supplier_ids,
        time_zone=person.time_zone,
        language=person.language,
        csrf_token=csrf_token,
        session_hash=session_hash,
        proved_at=proved_at,
    )


def system(name: str) -> Principal:
    """Act as the portal itself, for a command or a job that nobody at a screen asked for."""
    return Principal(person_id=0, name=name, role=Role.ADMINISTRATOR)


def portal_for(asker: str, person_id: int = 0) -> Principal:
    """Act as the portal itself, in what somebody's wish has caused: the trail names them as well.

    ``person_id`` 0 is somebody without an account.
    """
    return Principal(
        person_id=person_id, name=f"The portal, for {asker}", role=Role.ADMINISTRATOR, asker=asker
    )
