"""The order of suppliers by score."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Generic, TypeVar

K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class Ranked(Generic[K]):
    """`rank` is None for a supplier that is not rated."""

    supplier: K
    shown: Decimal | None
    rank: int | None


def rank(suppliers: Iterable[tuple[K, Decimal | None]]) -> list[Ranked[K]]:
    """From (supplier, score as shown): equal scores share a rank and the next one is skipped (1, 2, 2, 4).

    Those not rated come last, without a rank. Among equals the order is that of the supplier's key as text.
    """
    pairs = sorted(suppliers, key=lambda pair: (pair[1] is None, -(pair[1] or 0), str(pair[0])))
    ranked: list[Ranked[K]] = []
    for place, (supplier, shown) in enumerate(pairs, start=1):
        if shown is None:
            ranked.append(Ranked(supplier, None, None))
        elif ranked and ranked[-1].shown == shown:
            ranked.append(Ranked(supplier, shown, ranked[-1].rank))
        else:
            ranked.append(Ranked(supplier, shown, place))
    return ranked
