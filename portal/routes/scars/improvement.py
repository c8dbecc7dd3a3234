"""What SCARs teach: causes and defects, recurrence, time by stage, weak answers; all open to rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from litestar import Request, Response, get
from litestar.response import Stream

from portal.access.permissions import P
from portal.errors import BadInputError
from portal.languages import N_, _
from portal.models.scars import CauseKind, Severity
from portal.web import exports, periods
from portal.web.depends import Db, Who
from portal.web.filters import link
from portal.web.listing import Column
from portal.web.page import page
from portal.web.reading import our_today
from portal.workflows.scars import improvement, words
from portal.workflows.scars.disciplines import STAGE_TITLES
from portal.workflows.scars.improvement import Bar, Figures
from scorecards.periods import Period, month_number, month_start

PATH = "/improvement"
_SHOWN = 10  # bars; what is smaller is one
_BY = {
    improvement.SUPPLIER: N_("Supplier"),
    improvement.PART: N_("Part"),
    improvement.COMMODITY: N_("Commodity"),
    improvement.PLANT: N_("Plant"),
}
_ALL_BY = {improvement.CAUSE: N_("Kind of cause"), improvement.DEFECT: N_("Defect"), **_BY}
_FIGURES = ("again", "weak", "stages")
# Also choices of the list of SCARs, so that what is counted here is what one finds there.
_NARROWS = (*_ALL_BY, "severity")


class Share(NamedTuple):
    """A row of a Pareto: how many, their share, and the share that has run up so far."""

    bar: Bar
    name: str
    share: Decimal
    running: Decimal


@dataclass(frozen=True, slots=True)
class Lesson:
    """The page as one address asks for it."""

    period: Period
    today: Any
    filters: dict[str, tuple[str, ...]]
    by: str
    explain: str

    @property
    def params(self) -> dict[str, Any]:
        return {"period": periods.write(self.period), **self.filters}

    @property
    def periods(self) -> list[tuple[str, list[tuple[str, str]]]]:
        return periods.offered(self.today, self.period)

    @property
    def _ends(self) -> tuple[int, int]:
        return self.period.first_month, self.period.last_month

    def here(self, **changes: Any) -> str:
        return link(PATH, {**self.params, "by": self.by}, **changes)

    def rows(self, **filters: str) -> str:
        """The SCARs behind a number."""
        months = "..".join(f"{month_start(each):%Y-%m}" for each in self._ends)
        return link("/scars", {"issued": months, **self.filters}, **filters)

    def bars(self, shares: Sequence[Share]) -> list[tuple[str, int]]:
        """What the chart shows: the biggest, and all others as one."""
        big = [(each.name, each.bar.scars) for each in shares[:_SHOWN]]
        rest = sum(each.bar.scars for each in shares[_SHOWN:])
        return [*big, ("Other", rest)] if rest else big


@get(PATH, permission=P.DASHBOARD_READ)
async def show(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    asked = _asked(request)
    given = (db, who, asked.period, asked.filters)
    found: Figures = await improvement.figures(*given)
    return page(
        request,
        "scars/improvement.html",
        asked=asked,
        found=found,
        causes=_shares([each for each in await improvement.pareto(*given, improvement.CAUSE) if each.value]),
        defects=_shares(await improvement.pareto(*given, improvement.DEFECT)),
        others=_shares(await improvement.pareto(*given, asked.by)),
        dimensions=list(_BY.items()),
        chips=[
            (_(_ALL_BY.get(key, "Severity")), _words(key, values), asked.here(**{key: None}))
            for key, values in asked.filters.items()
        ],
        stage_titles=STAGE_TITLES,
        shown=_SHOWN,
    )


@get([f"{PATH}.csv", f"{PATH}.xlsx"], permission=P.DASHBOARD_READ)
async def file(request: Request[Any, Any, Any], db: Db, who: Who) -> Stream:
    """Give one count whole: by what the address says."""
    asked = _asked(request, all_of=True)
    shares = _shares(await improvement.pareto(db, who, asked.period, asked.filters, asked.by))
    columns = (
        Column("value", _ALL_BY[asked.by], lambda row: row.name),
        Column("count", "SCARs", lambda row: row.bar.scars),
        Column("share", "Share, %", lambda row: round(row.share, 2)),
        Column("running", "Running share, %", lambda row: round(row.running, 2)),
    )
    return await exports.answer(
        request, f"scars-by-{asked.by}", columns, exports.each(shares), zone=who.time_zone
    )


def _asked(request: Request[Any, Any, Any], *, all_of: bool = False) -> Lesson:
    given, today = request.query_params, our_today(request)
    period = given.get("period") or periods.write(Period.trailing(month_number(today), 12))
    by, known = given.get("by") or improvement.SUPPLIER, _ALL_BY if all_of else _BY
    if by not in known:
        raise BadInputError(f"SCARs can be counted by one of: {', '.join(known)}.")
    explain = given.get("explain") or ""
    if explain and explain not in _FIGURES:
        raise BadInputError(f"There is no figure “{explain[:40]}” here.")
    filters = {key: tuple(given.getall(key)) for key in _NARROWS if given.getall(key, [])}
    for key, options in (("cause", CauseKind), ("severity", Severity)):
        if wrong := [each for each in filters.get(key, ()) if each not in list(options)]:
            raise BadInputError(f"There is no {key} “{wrong[0][:40]}”.")
    if any(len(values) > 40 or "\0" in "".join(values) for values in filters.values()):
        raise BadInputError("The address narrows by more than there can be.")
    return Lesson(periods.read(period, today), today, filters, by, explain)


def _shares(bars: Sequence[Bar]) -> list[Share]:
    total, so_far, found = sum(each.scars for each in bars), 0, []
    for each in bars:
        so_far += each.scars
        name = _(words.CAUSE[CauseKind(each.value)]) if each.value in list(CauseKind) else each.label
        share, running = (Decimal(100 * part) / total for part in (each.scars, so_far))
        found.append(Share(each, name or _("Not known"), share, running))
    return found


def _words(key: str, values: Sequence[str]) -> str:
    known: dict[str, dict[Any, str]] = {"cause": dict(words.CAUSE), "severity": dict(words.SEVERITY)}
    return ", ".join(_(known[key][value]) if key in known else value for value in values)


HANDLERS = [show, file]
