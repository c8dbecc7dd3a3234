"""Repeatable chance: the same key gives the same numbers on every machine, in every Python."""

import random
from collections.abc import Sequence
from typing import TypeVar

Thing = TypeVar("Thing")


def of(*key: object) -> random.Random:
    """Give a source of its own to each purpose, so that a change in one leaves the others as they were."""
    return random.Random("/".join(map(str, key)))  # noqa: S311 - made-up data, nothing to keep secret


def weighted(source: random.Random, choices: Sequence[tuple[Thing, float]]) -> Thing:
    point = source.random() * sum(weight for _, weight in choices)
    for thing, weight in choices:
        point -= weight
        if point < 0:
            return thing
    return choices[-1][0]


class Carry:
    """Whole numbers whose sum follows a rate: what is left over counts next time.

    Drawn freely, 900 lines a month would shake the monthly percentage more than a year's improvement does.
    """

    def __init__(self, source: random.Random) -> None:
        self._left = source.random()

    def take(self, amount: float) -> int:
        self._left += amount
        whole = int(self._left)
        self._left -= whole
        return whole
