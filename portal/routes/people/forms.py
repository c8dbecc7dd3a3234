"""What is asked about a person. A supplier's administrator is asked less; anything beyond it is ignored."""

from collections.abc import Mapping
from dataclasses import dataclass, field
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


Options = list[tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Limits:
    """Which plants and commodities somebody of ours sees; None means all."""

    plants: list[int] | None = None
    commodities: list[int] | None = None

    def values(self) -> dict[str, list[int] | None]:
        return {"plant_ids": self.plants, "commodity_ids": self.commodities}


@dataclass(frozen=True, slots=True)
class Offered:
    """What somebody can be limited to, as (id, words); nothing for suppliers' people."""

    plants: Options = field(default_factory=list)
    commodities: Options = field(default_factory=list)

    def read(self, data: FormMultiDict | Mapping[str, Any]) -> Limits:
        return Limits(_ticked(data, "plants", self.plants), _ticked(data, "commodities", self.commodities))


async def offered(db: Db, who: Principal) -> Offered:
    if not who.is_staff:
        return Offered()
    return Offered(await people.plants(db), await people.commodities(db))


def _ticked(data: FormMultiDict | Mapping[str, Any], name: str, known: Options) -> list[int] | None:
    """Read what is ticked; none, or all, means not limited."""
    given = data.getall(name, []) if isinstance(data, FormMultiDict) else []
    ticked = {row_id(each) for each in given if isinstance(each, str)}
    chosen = [each for each, _ in known if each in ticked]
    return chosen if chosen and len(chosen) < len(known) else None


def role_options(who: Principal, *, of_supplier: bool) -> list[tuple[str, str, str]]:
    return [
        (role.value, ROLE_LABELS[role], _MEANS[role])
        for role in people.roles_for(who, of_supplier=of_supplier)
    ]


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
