"""`assay doctor`: what is configured, what can be reached, what is too old, and what to do about it."""

import argparse
import asyncio
from collections.abc import Sequence

from portal.commands.doctor import machine, services
from portal.commands.doctor.finding import Finding, Level
from portal.settings import Settings


def run(arguments: argparse.Namespace, config: Settings) -> int:
    """Print what was found; status 1 when there is a problem, 0 when there are warnings at most."""
    del arguments
    found = asyncio.run(examine(config))
    print(table(found))
    return int(any(finding.level is Level.PROBLEM for finding in found))


async def examine(config: Settings) -> list[Finding]:
    return [*machine.findings(config), *[finding async for finding in services.findings(config)]]


def table(found: Sequence[Finding]) -> str:
    wide = max(len(finding.what) for finding in found)
    lines = []
    for finding in found:
        lines.append(f"{finding.level:<7}  {finding.what:<{wide}}  {finding.found}")
        if finding.advice:
            lines.append(f"{'':<7}  {'':<{wide}}  → {finding.advice}")
    return "\n".join([*lines, "", _sum(found)])


def _sum(found: Sequence[Finding]) -> str:
    problems = sum(finding.level is Level.PROBLEM for finding in found)
    warnings = sum(finding.level is Level.WARN for finding in found)
    if not problems and not warnings:
        return "All is well."
    return f"{_counted(problems, 'problem')}, {_counted(warnings, 'warning')}."


def _counted(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
