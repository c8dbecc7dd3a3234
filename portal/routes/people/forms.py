"""What is asked about a person. A supplier's administrator is asked less; anything beyond it is ignored."""

from collections.abc import Mapping
from typing import Any

from litestar.datastructures import FormMultiDict

from portal.access.principal import ROLE_LABELS, Principal
from portal.mail.address import for_server
from portal.models.people import Role
from portal.web.depends import Db
from portal.web.forms import Form, is_email, option, text
from portal.web.reading import row_id
from portal.workflows import people


def _address(value: str) -> str:
    for_server(is_email(value))
    return value


class PersonForm(Form):
    name = text("Name", limit=200)
    title = text("Title", limit=200, required=False)
    role = option("Role", Role, ask="Choose a role.")


class InviteForm(PersonForm):
    email = text("E-mail", limit=254, check=_address, ask="Enter the e-mail address to invite.")


class StaffInviteForm(InviteForm):
    supplier = text("Supplier number", limit=40, required=False)


def plants_of(data: FormMultiDict | Mapping[str, Any], known: list[tuple[int, str]]) -> list[int] | None:
    """Read the ticked plants; none ticked, or all, means not limited."""
    given = data.getall("plants", []) if isinstance(data, FormMultiDict) else []
    ticked = {row_id(each) for each in given if isinstance(each, str)}
    chosen = [plant_id for plant_id, _ in known if plant_id in ticked]
    return chosen if chosen and len(chosen) < len(known) else None


def role_options(who: Principal, *, of_supplier: bool) -> list[tuple[str, str, str]]:
    return [
        (role.value, ROLE_LABELS[role], _MEANS[role])
        for role in people.roles_for(who, of_supplier=of_supplier)
    ]


async def plant_options(db: Db, who: Principal) -> list[tuple[int, str]]:
    return await people.plants(db) if who.is_staff else []


_MEANS = {
    Role.QUALITY_ENGINEER: "Works with suppliers on quality; imports, approves, rates",
    Role.BUYER: "Works with suppliers on delivery; imports and rates",
    Role.QUALITY_MANAGER: "All of quality, also master data",
    Role.TOP_MANAGEMENT: "Reads everything, changes nothing",
    Role.AUDITOR: "Reads what is shared with them",
    Role.ADMINISTRATOR: "Everything, and manages people",
    Role.SUPPLIER_ADMINISTRATOR: "Everything a member does, and manages colleagues",
    Role.SUPPLIER_MEMBER: "Sees the scorecards and answers for the supplier",
}
