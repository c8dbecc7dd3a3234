"""A part of what suppliers deliver: what some plants received, of some commodities.

A card of a part is made from the same sums as the whole one, as far as they belong to it; nothing of it is
published or frozen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.access import scopes
from portal.access.principal import Principal
from portal.errors import BadInputError
from portal.models.organisation import Commodity, Plant

Pairs = Sequence[tuple[str, str]]
One = TypeVar("One", Plant, Commodity)


@dataclass(frozen=True, slots=True)
class Part:
    """All of it where nothing is chosen."""

    plants: tuple[Plant, ...] = ()
    commodities: tuple[Commodity, ...] = ()

    @property
    def is_whole(self) -> bool:
        return not self.plants and not self.commodities

    @property
    def plant_ids(self) -> list[int] | None:
        return [each.id for each in self.plants] or None

    @property
    def commodity_ids(self) -> list[int] | None:
        return [each.id for each in self.commodities] or None

    @property
    def words(self) -> str:
        """Such as "Luleå, castings, forgings"."""
        return ", ".join(each for each in (self._plants, self._commodities) if each)

    @property
    def sentence(self) -> str:
        """Say what counts."""
        if not self.commodities:
            return f"Only what {self._plants} received is counted."
        received = f" received by {self._plants}" if self.plants else ""
        return f"Only {self._commodities}{received} are counted."

    @property
    def _plants(self) -> str:
        return ", ".join(each.name for each in self.plants)

    @property
    def _commodities(self) -> str:
        return ", ".join(each.name.lower() for each in self.commodities)

    @property
    def params(self) -> dict[str, tuple[str, ...]]:
        """Give what an address says of it."""
        found = {
            "plant": tuple(each.code for each in self.plants),
            "commodity": tuple(each.code for each in self.commodities),
        }
        return {key: codes for key, codes in found.items() if codes}


WHOLE = Part()


async def read(db: AsyncSession, who: Principal, asked: Mapping[str, Sequence[str]]) -> Part:
    """Find the plants and commodities that an address names by their codes.

    Raises:
        BadInputError: there is no such one for this principal.
    """
    plants, commodities = await _plants(db, who), await _commodities(db, who)
    return Part(
        tuple(_named(plants, code, "plant") for code in dict.fromkeys(asked.get("plant", ()))),
        tuple(_named(commodities, code, "commodity") for code in dict.fromkeys(asked.get("commodity", ()))),
    )


async def offered(db: AsyncSession, who: Principal) -> dict[str, Pairs]:
    """Give what a list can be narrowed to: (code, name)."""
    plants, commodities = await _plants(db, who), await _commodities(db, who)
    return {
        "plant": [(each.code, each.name) for each in plants.values()],
        "commodity": [(each.code, each.name) for each in commodities.values()],
    }


async def _plants(db: AsyncSession, who: Principal) -> dict[str, Plant]:
    found = await db.scalars(scopes.receiving(who).order_by(col(Plant.name)))
    return {each.code: each for each in found}


async def _commodities(db: AsyncSession, who: Principal) -> dict[str, Commodity]:
    query = scopes.shared(who, Commodity).order_by(col(Commodity.name))
    allowed = scopes.limits(who).commodities
    if allowed is not None:
        query = query.where(col(Commodity.id).in_(allowed))
    return {each.code: each for each in await db.scalars(query)}


def _named(known: Mapping[str, One], code: str, kind: str) -> One:
    if code not in known:
        raise BadInputError(f"There is no {kind} “{code[:40]}”. It can be one of: {', '.join(known)}.")
    return known[code]
