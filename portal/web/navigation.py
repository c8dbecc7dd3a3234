"""What stands in the side bar and the tabs: data, and only pages that exist."""

from dataclasses import dataclass

from portal.access.permissions import P, may
from portal.access.principal import Principal


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
            Item("home", "Home", "/", "home", P.SIGNED_IN),
            Item("scorecards", "Scorecards", "/scorecard", "chart-bar", P.SCORECARDS_READ),
            Item("people", "People", "/people", "users", P.PEOPLE_MANAGE),
            Item("account", "Account", "/account", "user", P.SIGNED_IN),
        ),
    ),
)


def navigation(who: Principal | None) -> list[Group]:
    if who is None:
        return []
    groups = SUPPLIER if who.is_supplier else STAFF
    shown = [Group(g.label, tuple(i for i in g.items if may(who, i.permission))) for g in groups]
    return [g for g in shown if g.items]
