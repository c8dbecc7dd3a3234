"""All suppliers by score for a period, as a page and as a file."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath, FromQuery

from portal.access.permissions import P
from portal.web import exports, periods
from portal.web.depends import Db, Who
from portal.web.filters import link
from portal.web.listing import Column, Filter, Listing
from portal.web.page import go, page
from portal.web.reading import our_today
from portal.workflows.ratings import timeline
from portal.workflows.scorecards import parts, ranking
from portal.workflows.scorecards.parts import Part
from portal.workflows.scorecards.ranking import Place
from portal.workflows.targets.words import AIM
from scorecards import measures
from scorecards.banding import best_first
from scorecards.periods import Period
from scorecards.policy import Policy
from scorecards.weighting import NOT_RATED

FILES = (".csv", ".xlsx")


def listing_for(policy: Policy, period: Period) -> Listing:
    """Make the list as the policy shapes it: its bands to filter by, its measures as columns."""
    bands = [band.band for band in best_first(policy)]
    return Listing(
        path=f"/scorecards/{periods.write(period)}",
        one="supplier",
        many="suppliers",
        sorts=ranking.SORTS,
        sort="rank",
        find="Find a supplier",
        hint="Name or number",
        filters=(
            Filter("band", "Band", (*((band, f"Band {band}") for band in bands), (NOT_RATED, NOT_RATED))),
            Filter("moved", "Movement", (("yes", "Changed band"),)),
            Filter("below", "Targets", (("yes", "Below a target"),)),
            Filter("plant", "Received by"),
            Filter("commodity", "Deliveries of"),
        ),
        columns=(
            Column("rank", "Rank", lambda row: row.rank, numeric=True),
            Column("name", "Supplier", lambda row: row.name),
            Column("number", "Number", lambda row: row.number, in_file_only=True),
            Column("commodity", "Commodity", lambda row: row.commodity),
            Column("band", "Band", lambda row: row.band),
            Column("score", "Score", lambda row: row.shown, numeric=True),
            Column("change", "Change", lambda row: row.change, numeric=True, first="-"),
            Column("below", "Below target", _missed, first="-"),
            *(_measure(key, policy) for key in policy.weighted() if key in measures.COMPUTED),
        ),
    )


def _missed(row: Place) -> str:
    return "; ".join(each.sentence for each in row.missed)


def _measure(key: str, policy: Policy) -> Column:
    def value(row: Place) -> Any:
        return row.value(key)

    return Column(key, policy.title(key), value, numeric=True, first="-")


@get(["/scorecards", "/scorecards/{name:str}"], permission=P.RANKING_READ)
async def index(
    request: Request[Any, Any, Any], db: Db, who: Who, name: FromPath[str] = "", period: FromQuery[str] = ""
) -> Response[Any]:
    """Show the ranking of a period; an address that ends with .csv or .xlsx is the same list as a file."""
    today = our_today(request)
    ending = next((ending for ending in FILES if name.endswith(ending)), "")
    if period:
        # The form's choice becomes the address of that period's list.
        return go(request, f"/scorecards/{periods.write(periods.read(period, today))}")
    chosen = periods.read(name.removesuffix(ending), today)
    policy = (await timeline(db)).general(chosen.last_month)
    listing = listing_for(policy, chosen)
    view = listing.view(request, await parts.offered(db, who))
    part = await parts.read(db, who, view.wanted.filters)
    places = await ranking.places(db, who, chosen, today, part=part)
    if ending:
        rows = ranking.narrowed(places, replace(view.wanted, rows=None)).rows
        return await exports.answer(
            request,
            f"scorecards-{periods.write(chosen)}",
            listing.columns,
            exports.each(rows),
            zone=who.time_zone,
        )
    found = ranking.narrowed(places, view.wanted)
    return page(
        request,
        "ranking/index.html",
        "ranking/_table.html",
        headers=view.headers,
        view=view,
        found=found,
        policy=policy,
        period=chosen,
        period_key=periods.write(chosen),
        periods=periods.offered(today, chosen),
        saved=_saved(listing, places, view.wanted.filters, policy, part),
        part=part,
        movement=link(f"/movement/{periods.write(chosen)}", part.params),
        is_running=today <= chosen.last_day,
        has_suppliers=bool(places),
        today=today,
        aims=AIM,
        ticked=request.query_params.getall("tick", []),
    )


def _saved(
    listing: Listing,
    places: list[Place],
    chosen: Mapping[str, tuple[str, ...]],
    policy: Policy,
    part: Part,
) -> list[tuple[str, str, int, bool, bool]]:
    def one(words: str, count: int, **filters: str) -> tuple[str, str, int, bool, bool]:
        address = link(listing.path, {**part.params, **filters})
        current = dict(chosen) == {
            **part.params,
            **{key: (value,) for key, value in filters.items()},
        }
        return words, address, count, current, False

    def in_band(band: str) -> int:
        return sum(place.band == band for place in places)

    bands = [one(f"Band {b.band}", in_band(b.band), band=b.band) for b in best_first(policy)]
    return [
        one("All", len(places)),
        *bands,
        one(NOT_RATED, in_band(NOT_RATED), band=NOT_RATED),
        one("Changed band", sum(place.has_moved for place in places), moved="yes"),
        one("Below a target", sum(bool(place.missed) for place in places), below="yes"),
    ]


HANDLERS = [index]
