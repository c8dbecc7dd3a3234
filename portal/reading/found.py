"""What was read: values with the place where each stands."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

FIELDS = ("standard", "number", "issuing_body", "accreditation", "scope", "issued_on", "valid_until_on")


@dataclass(frozen=True, slots=True)
class Found:
    """One value; a day as 2026-11-03.

    ``quote`` is how it is printed. ``box`` is its place on the page: left, top, width and height, in
    thousandths of the page. ``other`` is what it may mean as well: a day whose month comes first.
    """

    value: str
    page: int
    quote: str
    box: tuple[int, int, int, int]
    other: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a document says, by the names of FIELDS; and whether there was any text at all."""

    pages: int
    has_text: bool
    found: Mapping[str, Found]
    text: str = ""  # all of it, to look for names in; not kept

    def kept(self) -> dict[str, Any]:
        """Give it as JSON values, for the record."""
        return {
            "pages": self.pages,
            "has_text": self.has_text,
            "found": {name: asdict(each) for name, each in self.found.items()},
        }

    @classmethod
    def of_kept(cls, kept: Mapping[str, Any]) -> Self:
        found = {name: Found(**{**each, "box": tuple(each["box"])}) for name, each in kept["found"].items()}
        return cls(kept["pages"], kept["has_text"], found)
