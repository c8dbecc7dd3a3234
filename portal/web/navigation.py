"""What stands in the side bar and the tabs: data, and only pages that exist."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from portal.access.permissions import P, may
from portal.access.principal import Principal
from portal.languages import N_
from portal.workflows import counts


@dataclass(frozen=True, slots=True)
class Item:
    """``count`` is how much waits there, and ``counted`` what that is, as a screen reader says it."""

    key: str
    label: str
    href: str
    icon: str
    permission: P
    count: int = 0
    counted: str = N_(", needs you:")
    most: int | None = None  # what is more is not counted

    @property
    def is_more(self) -> bool:
        return self.most is not None and self.count > self.most


@dataclass(frozen=True, slots=True)
class Group:
    label: str
    items: tuple[Item, ...]


_MESSAGES = Item(
    "messages",
    N_("Messages"),
    "/messages",
    "messages",
    P.MESSAGES_READ,
    counted=N_(", not read:"),
    most=counts.MOST,
)
STAFF = (
    Group("", (Item("worklist", N_("Worklist"), "/worklist", "inbox", P.TASKS_READ),)),
    Group(
        N_("Quality"),
        (
            Item("scars", N_("SCARs"), "/scars", "clipboard-check", P.SCARS_READ),
            Item(
                "nonconformances",
                N_("Nonconformances"),
                "/nonconformances",
                "alert-triangle",
                P.NONCONFORMANCES_READ,
            ),
            Item("improvement", N_("Improvement"), "/improvement", "bulb", P.DASHBOARD_READ),
            Item("suppliers", N_("Suppliers"), "/suppliers", "building", P.SUPPLIERS_READ),
            Item("scorecards", N_("Scorecards"), "/scorecards", "chart-bar", P.RANKING_READ),
            Item("certificates", N_("Certificates"), "/certificates", "certificate", P.CERTIFICATES_READ),
            Item("escalations", N_("Escalations"), "/escalations", "stairs-up", P.ESCALATIONS_READ),
            Item("asl", N_("Approved list"), "/approved-suppliers", "list-check", P.SUPPLIERS_READ),
            _MESSAGES,
        ),
    ),
    Group(
        N_("Overview"),
        (
            Item("shared", N_("Shared with you"), "/shared", "eye", P.SHARED_READ),
            Item("dashboard", N_("Management view"), "/dashboard", "layout-dashboard", P.DASHBOARD_READ),
            Item("months", N_("Scorecard months"), "/months", "calendar", P.MONTHS_READ),
            Item("imports", N_("Imports"), "/imports", "truck-delivery", P.IMPORTS_READ),
            Item("policies", N_("Rating policy"), "/policies", "settings", P.POLICIES_READ),
            Item("master_data", N_("Master data"), "/master-data", "list-details", P.MASTER_DATA_READ),
            Item("people", N_("People"), "/people", "users", P.PEOPLE_MANAGE),
            Item("jobs", N_("Jobs"), "/jobs", "heartbeat", P.JOBS_READ),
            Item("mail", N_("Mail"), "/mail", "mail", P.MAIL_READ),
            Item("trail", N_("Trail"), "/trail", "history", P.TRAIL_READ),
            Item("account", N_("Your account"), "/account", "user", P.SIGNED_IN),
        ),
    ),
)
SUPPLIER = (
    Group(
        "",
        (
            Item("home", N_("Home"), "/", "home", P.HOME),
            Item("scars", N_("SCARs"), "/scars", "clipboard-check", P.SCARS_READ),
            Item("scorecards", N_("Scorecards"), "/scorecard", "chart-bar", P.SCORECARDS_READ),
            Item("certificates", N_("Certificates"), "/certificates", "certificate", P.CERTIFICATES_READ),
            Item("company_details", N_("Company"), "/company-details", "building", P.COMPANY_CONFIRM),
            Item("documents", N_("Documents"), "/documents", "file-text", P.DOCUMENTS_READ),
            Item("people", N_("People"), "/people", "users", P.PEOPLE_MANAGE),
            Item("account", N_("Account"), "/account", "user", P.SIGNED_IN),
            _MESSAGES,
        ),
    ),
)


def navigation(who: Principal | None, waiting: Mapping[str, int]) -> list[Group]:
    """Give the places that somebody may go to; ``waiting`` counts what waits for them, by key."""
    if who is None:
        return []
    groups = SUPPLIER if who.is_supplier else STAFF
    shown = [Group(g.label, tuple(i for i in g.items if may(who, i.permission))) for g in groups]
    return [replace(g, items=tuple(_counted(i, waiting) for i in g.items)) for g in shown if g.items]


def _counted(item: Item, waiting: Mapping[str, int]) -> Item:
    return replace(item, count=waiting[item.key]) if item.key in waiting else item
