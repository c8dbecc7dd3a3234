import argparse
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from portal.settings import Settings


@dataclass(frozen=True, slots=True)
class Command:
    """One sub-command, whose module is imported only when it is called.

    The module has ``run(given, config)``, which returns the exit status, and where it takes any,
    ``arguments(parser)``.
    """

    name: str
    help: str
    module: str

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        if add := getattr(self._load(), "arguments", None):
            add(parser)

    def run(self, given: argparse.Namespace, config: Settings) -> int:
        run: Callable[[argparse.Namespace, Settings], int] = self._load().run
        return run(given, config)

    def _load(self) -> Any:
        return import_module(f"portal.commands.{self.module}")
