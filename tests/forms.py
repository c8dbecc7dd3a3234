"""The forms of the portal's own pages, found by walking its addresses as a browser would."""

from collections.abc import Collection
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import httpx
from litestar.routes import HTTPRoute

from portal.access.permissions import GRANTS, P
from portal.web import once
from tests.access.test_matrix import NOBODYS, Route, means

# Files, and answers for machines.
_NO_PAGES = (".csv", ".xlsx", ".json", ".zip", "/static", "/health", "/metrics", "/openapi", "/schema")
_LONGEST = 10_000


@dataclass
class Field:
    """One field. ``kind`` is what the browser calls it; "bound" is text that is no free text."""

    name: str
    kind: str
    value: str = ""
    most: int = _LONGEST
    options: list[str] = field(default_factory=list)

    @property
    def is_free(self) -> bool:
        return self.kind in {"text", "textarea", "search"}


@dataclass
class PageForm:
    action: str
    method: str
    fields: list[Field] = field(default_factory=list)

    @property
    def names(self) -> set[str]:
        return {each.name for each in self.fields}

    @property
    def free(self) -> list[Field]:
        return [each for each in self.fields if each.is_free]

    @property
    def values(self) -> dict[str, Any]:
        """What the browser sends when nobody touches anything; where something must be chosen, the first."""
        found: dict[str, Any] = {}
        for each in self.fields:
            if each.kind == "checkbox":
                found[each.name] = [*found.get(each.name, []), each.value]
            else:
                found[each.name] = each.value or next((option for option in each.options if option), "")
        return found


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[PageForm] = []
        self._form: PageForm | None = None
        self._field: Field | None = None  # whose content is being read

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = PageForm(given.get("action", ""), given.get("method", "get"))
            self.forms.append(self._form)
        elif tag == "option" and self._field is not None:
            self._field.options.append(given.get("value", ""))
            self._field.value = given.get("value", "") if "selected" in given else self._field.value
        elif self._form is not None and given.get("name") and tag in {"input", "textarea", "select"}:
            self._add(self._form, tag, given)

    def _add(self, form: PageForm, tag: str, given: dict[str, str]) -> None:
        name, kind = given["name"], given.get("type", "text") if tag == "input" else tag
        if name == once.FIELD:
            return  # each try is one of its own
        if kind in {"radio", "checkbox"} and "checked" not in given:
            if kind == "radio" and name not in form.names:
                form.fields.append(Field(name, "offered", given.get("value", "")))
            return
        if kind == "text" and (given.get("inputmode") or given.get("list") or given.get("pattern")):
            kind = "bound"
        made = Field(name, kind, given.get("value", ""), int(given.get("maxlength") or _LONGEST))
        form.fields.append(made)
        if tag != "input":
            self._field = made

    def handle_data(self, data: str) -> None:
        if self._field is not None and self._field.kind == "textarea":
            self._field.value += data

    def handle_endtag(self, tag: str) -> None:
        if tag in {"textarea", "select"}:
            self._field = None
        elif tag == "form":
            self._form = None


def on(html: str) -> list[PageForm]:
    """The forms of a page that change something."""
    reader = _Reader()
    reader.feed(html)
    return [form for form in reader.forms if form.method.lower() == "post"]


def pages(app: Any, who: Any, things: dict[str, str], *, but: Collection[str] = ()) -> list[str]:
    """Every address that shows a page and that somebody may open, with its parameters filled in."""
    granted = GRANTS[who.role] | {P.ANYONE}
    found = {
        Route("GET", route.path, P.HOME, (means(route.path) if "{" in route.path else {}) or {}).address(
            things
        )
        for route in app.routes
        if isinstance(route, HTTPRoute)
        and route.path not in {*NOBODYS, *but}
        and not any(mark in route.path for mark in _NO_PAGES)
        for handler in route.route_handlers
        if "GET" in handler.http_methods and handler.opt["permission"] in granted
    }
    return sorted(found)


async def open_page(browser: httpx.AsyncClient, address: str) -> str:
    """The page's text; '' for what is no page."""
    answer = await browser.get(address)
    is_page = answer.status_code == 200 and "text/html" in answer.headers.get("content-type", "")
    return answer.text if is_page else ""
