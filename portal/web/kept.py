"""A part of a template that is rendered once for each different thing that it shows.

    {% kept row, today %}<tr>…</tr>{% endkept %}

What comes out is kept under the values that are named, so nothing that is shown can be out of date; whatever
else the part reads must be the same for everybody, such as macros. Lists show the same rows again and again,
and to render one costs many times what it costs to find it.
"""

from itertools import count
from typing import Any

from jinja2 import nodes
from jinja2.ext import Extension
from jinja2.parser import Parser
from jinja2.runtime import Macro

from portal import languages

MOST = 5_000  # parts, of about a kilobyte each


class Kept(Extension):
    """``auto_reload`` is for people who are changing templates: then nothing is kept."""

    tags = {"kept"}  # noqa: RUF012 # as Jinja declares it

    def __init__(self, environment: Any) -> None:
        super().__init__(environment)
        self._found: dict[tuple[Any, ...], str] = {}
        self._places = count()

    def parse(self, parser: Parser) -> nodes.Node:
        line = next(parser.stream).lineno
        shown = parser.parse_tuple()
        body = parser.parse_statements(("name:endkept",), drop_needle=True)
        place = nodes.Const((parser.name, next(self._places)))
        return nodes.CallBlock(self.call_method("_part", [place, shown]), [], [], body).set_lineno(line)

    def _part(self, place: tuple[str, int], shown: Any, caller: Macro) -> str:
        if self.environment.auto_reload:
            return caller()
        key = (place, languages.spoken(), shown)
        found = self._found.get(key)
        if found is None:
            if len(self._found) >= MOST:
                self._found.clear()
            found = self._found[key] = caller()
        return found
