import argparse
from collections.abc import Callable
from dataclasses import dataclass

from portal.settings import Settings


def _no_arguments(parser: argparse.ArgumentParser) -> None:
    del parser


@dataclass(frozen=True, slots=True)
class Command:
    """One sub-command; ``run`` returns the exit status."""

    name: str
    help: str
    run: Callable[[argparse.Namespace, Settings], int]
    arguments: Callable[[argparse.ArgumentParser], None] = _no_arguments
