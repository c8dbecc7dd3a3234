"""What stands in the side bar and the tabs: data, and only pages that exist."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from portal.access.permissions import P, may
from portal.access.principal import Principal
from portal.languages import N_


@dataclass(frozen=True, slots=True)
class Item:
    key: str
    label: str
    href: str
    icon: str
    permission: P
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Group:
    label: str
    items: tuple[Item, ...]


STAFF = (
    Group(
        "Quality",
        (
            Item("suppliers", "Suppliers", "/suppliers", "building", P.SUPPLIERS_READ),
            Item("scorecards", "Scorecards", "/scorecards", "chart-bar", P.RANKING_READ),
            Item("asl", "Approved list", "/approved-suppliers", "list-check", P.SUPPLIERS_READ),
        ),
    ),
    Group(
        "Overview",
        (
            Item("dashboard", "Management view", "/dashboard", "layout-dashboard", P.DASHBOARD_READ),
            Item("imports", "Imports", "/imports", "truck-delivery", P.IMPORTS_READ),
            Item("policies", "Rating policy", "/policy", "settings", P.POLICIES_READ),
            Item("master_data", "Master data", "/master-data", "list-details", P.MASTER_DATA_READ),
            Item("people", "People", "/people", "users", P.PEOPLE_MANAGE),
            Item("mail", "Mail", "/mail", "mail", P.MAIL_READ),
            Item("trail", "Trail", "/trail", "history", P.TRAIL_READ),
            Item("account", "Your account", "/account", "user", P.SIGNED_IN),
        ),
    ),
)
SUPPLIER = (
    Group(
        "",
        (
            Item("home", "Home", "/", "home", P.HOME),
            Item("scorecards", "Scorecards", "/scorecard", "chart-bar", P.SCORECARDS_READ),
            Item("company_details", N_("Company"), "/company-details", "building", P.COMPANY_CONFIRM),
            Item("people", "People", "/people", "users", P.PEOPLE_MANAGE),
            Item("account", "Account", "/account", "user", P.SIGNED_IN),
        ),
    ),
)


def navigation(who: Principal | None, counts: Mapping[str, int]) -> list[Group]:
    """Give the places that somebody may go to; ``counts`` says what needs them, by key."""
    if who is None:
        return []
    groups = SUPPLIER if who.is_supplier else STAFF
    shown = [Group(g.label, tuple(i for i in g.items if may(who, i.permission))) for g in groups]
    return [replace(g, items=tuple(_counted(i, counts) for i in g.items)) for g in shown if g.items]


def _counted(item: Item, counts: Mapping[str, int]) -> Item:
    return replace(item, count=counts[item.key]) if item.key in counts else item
