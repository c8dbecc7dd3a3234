"""The back-test of a version: begun, watched, read, taken along."""

from itertools import groupby
from typing import Any, NamedTuple

from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery
from sqlmodel import col

from portal.access import scopes
from portal.access.permissions import P, may
from portal.access.principal import Principal
from portal.errors import BadInputError, NotFoundError
from portal.languages import N_, _
from portal.models.ratings import BackTest, BackTestStatus
from portal.models.suppliers import Supplier
from portal.web import exports, filters, periods
from portal.web.depends import Db, Who
from portal.web.forms import Form, whole, whole_of_query
from portal.web.page import go, page
from portal.web.reading import our_today, row_id
from portal.workflows.policies import back_tests, records
from portal.workflows.policies.back_tests import Change, Found
from scorecards.periods import Period, month_label
from scorecards.weighting import NOT_RATED

STEP, MOST = 50, 2000
_LATEST = 100 * 12  # a month number


class Line(NamedTuple):
    """A change with the supplier whose it is."""

    supplier: Supplier
    change: Change

    @property
    def period_key(self) -> str:
        return periods.write(Period(self.change.month))

    @property
    def month(self) -> str:
        return month_label(self.change.month)


class Column(NamedTuple):
    label: str
    value: Any


COLUMNS = (
    Column("Month", lambda line: line.period_key),
    Column("Supplier", lambda line: line.supplier.name),
    Column("Number", lambda line: line.supplier.number),
    Column("Band now", lambda line: line.change.before),
    Column("Band by this version", lambda line: line.change.now),
    Column("Score now", lambda line: line.change.score_before),
    Column("Score by this version", lambda line: line.change.score_now),
    Column("Why", lambda line: line.change.reason),
)


class UntilForm(Form):
    """The last of the twelve months."""

    until = whole(N_("Last month"), low=0, high=_LATEST, required=False)


@post("/policies/{policy:str}/back-test", permission=P.POLICIES_WRITE, status_code=200)
async def begin(request: Request[Any, Any, Any], db: Db, who: Who, policy: FromPath[str]) -> Response[Any]:
    row = (await records.find(db, who, row_id(policy))).row
    until = (await UntilForm.read(request)).good()["until"]
    await back_tests.begin(db, who, row, today=our_today(request), until=until)
    return go(request, f"/policies/{row.id}/back-test")


@get("/policies/{policy:str}/back-test", permission=P.POLICIES_READ)
async def show(
    request: Request[Any, Any, Any],
    db: Db,
    who: Who,
    policy: FromPath[str],
    month: FromQuery[str] = "",
    before: FromQuery[str] = "",
    now: FromQuery[str] = "",
) -> Response[Any]:
    version = await records.find(db, who, row_id(policy))
    test = await back_tests.newest(db, who, version.row)
    found = back_tests.found(test) if test is not None else None
    chosen, cell = _month(month, found), _cell(before, now, found)
    rows = whole_of_query(request.query_params.get("rows"), default=STEP, low=1, high=MOST)
    lines = await _lines(db, who, found, chosen, cell) if found else []
    may_begin = may(who, P.POLICIES_WRITE) and not who.is_limited
    return page(
        request,
        "policies/back_test.html",
        "policies/_back_test.html",
        version=version,
        here=f"/policies/{version.row.id}/back-test",
        test=test,
        found=found,
        under_way=test is not None and test.status in back_tests.UNDER_WAY,
        span=_span(test),
        offered=_by_year(await back_tests.months_offered(db, who, our_today(request))) if may_begin else [],
        is_stale=test is not None and test.policy_version != version.row.version,
        may_write=may_begin,
        month=chosen,
        month_key="" if chosen is None else periods.write(Period(chosen)),
        months=[(periods.write(Period(each)), month_label(each)) for each in (found.counts if found else ())],
        matrix=found.matrix(chosen) if found else [],
        lines=lines[:rows],
        cell=cell,
        total=len(lines),
        moved=(sum(line.change.is_up for line in lines), sum(not line.change.is_up for line in lines)),
        today=our_today(request),
        more=min(rows + STEP, MOST),
        charts_of=_charts(found) if found and found.counts else None,
    )


@get(
    ["/policies/{policy:str}/back-test.csv", "/policies/{policy:str}/back-test.xlsx"],
    permission=P.POLICIES_READ,
)
async def take_along(
    request: Request[Any, Any, Any],
    db: Db,
    who: Who,
    policy: FromPath[str],
    month: FromQuery[str] = "",
    before: FromQuery[str] = "",
    now: FromQuery[str] = "",
) -> Response[Any]:
    version = await records.find(db, who, row_id(policy))
    test = await back_tests.newest(db, who, version.row)
    if test is None or test.status is not BackTestStatus.DONE:
        raise NotFoundError
    found = back_tests.found(test)
    lines = await _lines(db, who, found, _month(month, found), _cell(before, now, found))
    name = f"back-test-{version.row.id}-{version.row.number}"
    return await exports.answer(request, name, COLUMNS, exports.each(lines), zone=who.time_zone)


def _span(test: BackTest | None) -> str:
    return "" if test is None else Period.trailing(test.last_month, back_tests.MONTHS).label()


def _by_year(months: list[int]) -> list[tuple[int, list[tuple[int, str]]]]:
    """Group months for a list to choose from."""
    return [
        (2000 + year, [(each, month_label(each)) for each in several])
        for year, several in groupby(months, key=lambda month: month // 12)
    ]


def _month(text: str, found: Found | None) -> int | None:
    """Read the month that is looked at; None for all of them."""
    if not text or found is None:
        return None
    month = next((each for each in found.counts if periods.write(Period(each)) == text), None)
    if month is None:
        raise BadInputError(
            _(
                "“%(value)s” is none of the months that were tried. Choose one from the list.",
                value=text[:20],
            )
        )
    return month


def _cell(before: str, now: str, found: Found | None) -> tuple[str, str]:
    """Read which number of the matrix is looked into; two empty texts for all of them."""
    if not (before and now) or found is None:
        return "", ""
    for band in (before, now):
        if band not in found.bands:
            raise BadInputError(
                _(
                    "There is no band “%(band)s”. It can be one of: %(bands)s.",
                    band=band[:40],
                    bands=", ".join(found.bands),
                )
            )
    return before, now


async def _lines(
    db: Db, who: Principal, found: Found, month: int | None, cell: tuple[str, str]
) -> list[Line]:
    changes = [
        each
        for each in found.changes
        if month in {None, each.month} and cell in {("", ""), (each.before, each.now)}
    ]
    ids = {each.supplier_id for each in changes}
    query = scopes.visible(who, Supplier).where(col(Supplier.id).in_(ids))
    suppliers = {each.id: each for each in await db.scalars(query)}
    return [Line(suppliers[each.supplier_id], each) for each in changes if each.supplier_id in suppliers]


class Charts(NamedTuple):
    """What the two figures of bands by month are drawn from, and how many changes each month had."""

    letters: list[str]
    labels: list[str]
    before: list[list[int]]
    now: list[list[int]]
    moved: list[int]


def _charts(found: Found) -> Charts:
    months = list(found.counts)
    return Charts(
        letters=[band for band in found.bands if band != NOT_RATED],
        labels=[filters.month(month, "axis") for month in months],
        before=[found.of_band(month, by_this=False) for month in months],
        now=[found.of_band(month, by_this=True) for month in months],
        moved=[sum(each.month == month for each in found.changes) for month in months],
    )


HANDLERS = [begin, show, take_along]
