from dataclasses import dataclass, field
from enum import StrEnum

from portal.imports import words


class Holds(StrEnum):
    CODE = "code"  # a number or a key: one line, spaces collapsed
    TEXT = "text"
    QUANTITY = "quantity"
    WHOLE = "whole number"
    DAY = "day"
    CHOICE = "choice"
    YES_NO = "yes or no"
    COUNTRY = "country"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One of our columns. ``names`` are headings of other systems: lower case, no accents, commas between."""

    name: str
    label: str
    holds: Holds
    help: str
    example: str = ""
    required: bool = False
    limit: int = 0  # characters; of a whole number its largest value
    low: int = 0
    choices: words.Choices = field(default_factory=words.none)
    names: str = ""
