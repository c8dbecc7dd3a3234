from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    OK = "ok"
    WARN = "warn"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, how it is, and what to do about it when it is not well."""

    level: Level
    what: str
    found: str
    advice: str = ""


def ok(what: str, found: str) -> Finding:
    return Finding(Level.OK, what, found)


def warn(what: str, found: str, advice: str) -> Finding:
    return Finding(Level.WARN, what, found, advice)


def problem(what: str, found: str, advice: str) -> Finding:
    return Finding(Level.PROBLEM, what, found, advice)
