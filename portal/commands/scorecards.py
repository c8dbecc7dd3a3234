"""`assay scorecards`: rate everybody from a terminal, rebuild the monthly sums, recount them."""

import argparse
import asyncio
import re
from dataclasses import replace
from datetime import date

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock
from portal.access.principal import Principal, system
from portal.commands import scorecards_output as output
from portal.commands.database import connected, database_url
from portal.db import Database
from portal.errors import BadInputError
from portal.models.organisation import Organisation
from portal.settings import Settings
from portal.workflows import ratings
from portal.workflows.ratings.listing import Listing, listing, suppliers_named, whole_period
from scorecards.periods import Period, month_number
from scorecards.policy import Policy

_MONTH = re.compile(r"(\d{4})-(\d{2})", re.ASCII)


def arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    _rate_arguments(actions.add_parser("rate", help="rate suppliers for a period"))
    for name, purpose in (
        ("rebuild", "derive every line and count the monthly sums afresh"),
        ("recount", "compare the monthly sums with the rows; status 1 where they differ"),
    ):
        action = actions.add_parser(name, help=purpose, description=purpose)
        action.add_argument("--month", type=_month, help="only this month, such as 2026-10")


def _rate_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--month", type=_month, help="one month, such as 2026-10 (default: all there are)")
    parser.add_argument("--from", dest="first", type=_month, help="first month of a longer period")
    parser.add_argument("--to", dest="last", type=_month, help="last month of a longer period")
    parser.add_argument("--early", type=_days, help='try this many days of earliness instead, or "any"')
    parser.add_argument("--late", type=_days, help="try this many days of lateness instead")
    parser.add_argument("--supplier", help="only the supplier with this number or name")
    parser.add_argument("--as-of", dest="as_of", type=_day, help="as of this day (default: today)")
    parser.add_argument("--format", choices=sorted(output.FORMATS), default="table")


def _month(given: str) -> int:
    found = _MONTH.fullmatch(given)
    if found is None or not 1 <= int(found[2]) <= 12 or not 1900 <= int(found[1]) <= 2999:
        raise argparse.ArgumentTypeError(f"{given} is no month such as 2026-10")
    return month_number(date(int(found[1]), int(found[2]), 1))


def _days(given: str) -> int | str:
    if given == "any":
        return given
    if not given.isascii() or not given.isdigit() or int(given) > 365:
        raise argparse.ArgumentTypeError(f"{given} is no number of days from 0 to 365")
    return int(given)


def _day(given: str) -> date:
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{given} is no day such as 2026-10-08") from None


def run(given: argparse.Namespace, config: Settings) -> int:
    with database_url(config) as url:
        return asyncio.run(_run(given, config, url))


async def _run(given: argparse.Namespace, config: Settings, url: str) -> int:
    async with connected(config, url, pool_size=1) as database:
        return await answer(given, database)


async def answer(given: argparse.Namespace, database: Database) -> int:
    """Print what was asked for; status 1 where sums have drifted."""
    who = system("assay scorecards")
    if given.action == "rate":
        print(output.FORMATS[given.format](await _rated(database, who, given)), end="")
        return 0
    months = None if given.month is None else [given.month]
    if given.action == "rebuild":
        done = await ratings.rebuild(database, who, months)
        print(f"{done.lines_changed:,} lines derived anew, {done.months:,} months counted afresh.")
        return 0
    async with database.work(who) as db:
        await db.execute(text("SET LOCAL statement_timeout = 0"))
        drift = await ratings.recount(db, months)
    print(output.drift(drift), end="")
    return int(bool(drift))


async def _rated(database: Database, who: Principal, given: argparse.Namespace) -> Listing:
    async with database.work(who) as db:
        await db.execute(text("SET LOCAL statement_timeout = 0"))  # somebody waits for it at a terminal
        return await listing(
            db,
            who,
            await _period(db, given),
            given.as_of or await _today(db),
            policy=_tried(await ratings.active_policy(db), given),
            suppliers=None if given.supplier is None else await suppliers_named(db, who, given.supplier),
        )


async def _period(db: AsyncSession, given: argparse.Namespace) -> Period:
    if given.month is not None:
        if given.first is not None or given.last is not None:
            raise BadInputError("Give either --month, or --from and --to.")
        return Period(given.month)
    if given.first is None and given.last is None:
        return await whole_period(db)
    if given.first is None or given.last is None:
        raise BadInputError("Give both --from and --to.")
    if not 0 <= given.last - given.first < 120:
        raise BadInputError("Let --to follow --from, within ten years.")
    return Period(given.first, given.last - given.first + 1)


def _tried(active: Policy, given: argparse.Namespace) -> Policy | None:
    """The active policy with another window, or None where it is not changed."""
    rules = active.delivery
    if given.early is not None:
        rules = replace(rules, early_days=None if given.early == "any" else given.early)
    if given.late == "any":
        raise BadInputError("Give --late as a number of days: a line without a last day is never late.")
    if given.late is not None:
        rules = replace(rules, late_days=given.late)
    return None if rules == active.delivery else replace(active, delivery=rules)


async def _today(db: AsyncSession) -> date:
    zone = (await db.execute(select(col(Organisation.time_zone)))).scalar_one_or_none()
    return clock.today(zone or "UTC")
