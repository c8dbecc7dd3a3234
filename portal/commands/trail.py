"""assay trail: seal, verify and export what happened."""

import argparse
import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

from portal.access.principal import system
from portal.commands.database import connected, database_url
from portal.settings import Settings
from portal.storage import make_store
from portal.web.filters import plural
from portal.workflows.trail import exporting, records, sealing, verifying
from portal.workflows.trail.verifying import Report

_WHO = system("command trail")


def arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("verify", help="recompute everything and name the first difference")
    seal = actions.add_parser("seal", help="seal what has settled; the worker does it every hour")
    seal.add_argument(
        "--after-loss",
        metavar="REASON",
        default="",
        help="go on although the end of the trail is gone, such as after restoring a backup; the reason"
        " stays in the chain",
    )
    export = actions.add_parser("export", help="a record's history, to be verified without the portal")
    export.add_argument(
        "--record", required=True, help="such as supplier:104417; by its row id, supplier:#17"
    )
    export.add_argument("--out", type=Path, help="the file to write (default: the screen)")


def run(given: argparse.Namespace, config: Settings) -> int:
    with database_url(config) as url:
        match given.action:
            case "verify":
                return asyncio.run(_verify(config, url))
            case "seal":
                return asyncio.run(_seal(config, url, given.after_loss))
            case _:
                return _write(asyncio.run(_export(config, url, given.record)), given.out)


async def _seal(config: Settings, url: str, after_loss: str) -> int:
    async with connected(config, url, pool_size=2) as database:
        done = await sealing.seal(database, make_store(config), _WHO, after_loss=after_loss)
    if done.is_busy:
        print("Another sealer is at work.")
    print(f"{plural(done.rows, 'change')} sealed, in {plural(done.seals, 'seal')}.")
    return 0


async def _verify(config: Settings, url: str) -> int:
    began = time.monotonic()
    async with connected(config, url, pool_size=2) as database:
        report = await verifying.verify(database, make_store(config), _WHO, progress=_progress)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    return _tell(report, time.monotonic() - began)


def _tell(report: Report, seconds: float) -> int:
    print(f"{plural(report.rows, 'change')} in {plural(report.seals, 'seal')} recomputed in {seconds:.1f} s.")
    for remark in report.remarks:
        print(f"Note: {remark}")
    if report.difference is not None:
        print(f"NOT AS SEALED. {report.difference.sentence}")
        return 1
    if report.unsealed:
        print(f"{plural(report.unsealed, 'change')} not sealed yet.")
    if report.newest is not None:
        print(f"Everything is as it was sealed. Newest seal: number {report.newest.number},")
        print(f"{report.newest.hash}. Keep that hash where nobody who runs the portal can change it.")
    return 0


def _progress(rows: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{rows:,} changes", end="", file=sys.stderr, flush=True)


async def _export(config: Settings, url: str, wanted: str) -> dict[str, Any]:
    async with connected(config, url, pool_size=1) as database, database.work(_WHO) as db:
        return await exporting.export(db, await records.find(db, wanted))


def _write(export: dict[str, Any], out: Path | None) -> int:
    content = json.dumps(export, ensure_ascii=False, indent=1)
    if out is None:
        print(content)
        return 0
    out.write_text(content + "\n", encoding="utf-8")
    count = plural(len(export["entries"]), "change")
    print(f"{count} of {export['record']['name']} written to {out}.")
    print(f"Anybody can check it with Python alone: python -m portal.workflows.trail.proof {out}")
    return 0
