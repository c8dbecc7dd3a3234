"""Every template compiles, says its title, keeps to the policy for contents, and uses what exists."""

import re
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from types import SimpleNamespace

import pytest
from jinja2 import nodes

from portal.web.assets import STATIC
from portal.web.navigation import STAFF, SUPPLIER
from portal.web.templates import FOLDER, environment

ENV = environment()
TEMPLATES = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.html"))
# A mail carries its styles inside, has no icons and no title block: it has tests of its own.
ON_SCREEN = [name for name in TEMPLATES if not name.startswith("mail/")]
# Parts that a page is put together from begin with an underscore too; those that a route hands to htmx alone
# are its fragments.
ROUTES = "".join(path.read_text(encoding="utf-8") for path in FOLDER.parent.rglob("*.py"))
FRAGMENTS = [name for name in ON_SCREEN if name.rpartition("/")[2].startswith("_")]
PAGES = [name for name in ON_SCREEN if name not in FRAGMENTS and not name.startswith(("layouts/", "macros/"))]


@cache
def source(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


@cache
def tree(name: str) -> nodes.Template:
    return ENV.parse(source(name))


def words_in(node: nodes.Node | None) -> Iterator[str]:
    """The literal words that an expression may become; those glued to something unknown are left out."""
    if isinstance(node, nodes.Const) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, nodes.CondExpr):
        yield from words_in(node.expr1)
        yield from words_in(node.expr2)
    elif isinstance(node, nodes.Or | nodes.And):
        yield from words_in(node.left)
        yield from words_in(node.right)
    elif isinstance(node, nodes.Concat):
        for part in node.nodes:
            yield from (word for word in words_in(part) if not word.endswith("-"))
    elif isinstance(node, nodes.Getitem) and isinstance(node.node, nodes.Dict):
        yield from words_of_values(node.node)
    elif is_look_up(node):
        yield from words_of_values(node.node.node)
        for arg in node.args[1:]:
            yield from words_in(arg)


def is_look_up(node: nodes.Node | None) -> bool:
    """Say whether it is {…}.get(key, otherwise)."""
    called = node.node if isinstance(node, nodes.Call) else None
    return isinstance(called, nodes.Getattr) and called.attr == "get" and isinstance(called.node, nodes.Dict)


def words_of_values(mapping: nodes.Dict) -> Iterator[str]:
    for pair in mapping.items:
        yield from words_in(pair.value)


def attributes(text: str, name: str) -> Iterator[str]:
    """The raw values of an attribute; quotes inside Jinja's braces do not end it."""
    for start in re.finditer(rf'(?<![\w-]){name}="', text):
        end, depth = start.end(), 0
        while depth or text[end] != '"':
            depth += text[end : end + 2] in {"{{", "{%"}
            depth -= text[end : end + 2] in {"}}", "%}"}
            end += 1
        yield text[start.end() : end]


def classes_of(name: str) -> set[str]:
    found: set[str] = set()
    for value in attributes(source(name), "class"):
        plain = re.sub(r"\{%.*?%\}", " ", value)
        for expression in re.findall(r"\{\{-?(.*?)-?\}\}", plain):
            output = ENV.parse("{{" + expression + "}}").find(nodes.Output)
            for words in words_in(output.nodes[0] if output else None):
                found.update(words.split())
        # A word that touches an expression is only the beginning of a class.
        plain = re.sub(r"[\w-]*\{\{.*?\}\}[\w-]*", " ", plain)
        found.update(plain.split())
    for keyword in tree(name).find_all(nodes.Keyword):
        if keyword.key == "class":
            for words in words_in(keyword.value):
                found.update(words.split())
    return found


def icons_of(name: str) -> set[str]:
    """Names given to icon(), chip(), or as icon_name=, wherever they are written out."""
    place = {"icon": 0, "chip": 1}
    found: set[str] = set()
    for call in tree(name).find_all(nodes.Call):
        called = call.node.name if isinstance(call.node, nodes.Name) else getattr(call.node, "attr", "")
        index = place.get(called)
        if index is not None and len(call.args) > index:
            found.update(words_in(call.args[index]))
        for keyword in call.kwargs:
            if keyword.key == "icon_name":
                found.update(words_in(keyword.value))
    return found


def known_classes() -> set[str]:
    known: set[str] = set()
    for sheet in ("tabler.css", "portal.css"):
        text = re.sub(r"/\*.*?\*/", "", (STATIC / sheet).read_text(encoding="utf-8"), flags=re.DOTALL)
        selectors = re.sub(r"\{[^{}]*\}", "{}", text)
        known.update(re.findall(r"\.(-?[A-Za-z_][\w-]*)", selectors))
    return known


KNOWN_CLASSES = known_classes()
KNOWN_ICONS = set(re.findall(r'id="i-([a-z0-9-]+)"', (STATIC / "icons.svg").read_text(encoding="utf-8")))


@pytest.mark.parametrize("name", TEMPLATES)
def test_compiles(name):
    assert ENV.get_template(name).name == name


@pytest.mark.parametrize("name", PAGES)
def test_page_has_a_title(name):
    titles = [block for block in tree(name).find_all(nodes.Block) if block.name == "title"]
    assert titles, f"{name} needs {{% block title %}}."


@pytest.mark.parametrize("name", PAGES)
def test_page_extends_a_layout(name):
    assert tree(name).find(nodes.Extends), f"{name} is a whole page and extends a layout."


@pytest.mark.parametrize("name", FRAGMENTS)
def test_fragment_extends_nothing(name):
    assert tree(name).find(nodes.Extends) is None


@pytest.mark.parametrize("name", [name for name in FRAGMENTS if f'"{name}"' in ROUTES])
def test_fragment_begins_with_what_is_swapped(name):
    markup = re.sub(r"\{#.*?#\}|\{%.*?%\}", "", source(name), flags=re.DOTALL)
    first = re.search(r"<[a-z][^>]*>", markup)
    assert first, name
    assert re.search(r'\sid="', first[0]), f"The root of {name} needs the id that htmx swaps: {first[0]}"


@pytest.mark.parametrize("name", ON_SCREEN)
def test_nothing_inline(name):
    text = re.sub(r"\{#.*?#\}", "", source(name), flags=re.DOTALL)
    assert not re.search(r"<[^>]*\sstyle\s*=", text), f"{name} has an inline style."
    assert not re.search(r"<[^>]*\son[a-z]+\s*=", text), f"{name} has an inline handler."
    assert not re.search(r"hx-on[:-]|hx-vars|js:|javascript:", text), f"{name} wants to evaluate a script."
    scripts = re.findall(r"<script\b[^>]*>", text)
    assert all(" src=" in tag for tag in scripts), f"{name} has an inline script."
    assert not scripts or name == "layouts/base.html", f"{name} loads scripts; only the base layout does."
    assert "<style" not in text


@pytest.mark.parametrize("name", ON_SCREEN)
def test_nothing_is_left_unescaped(name):
    assert "|safe" not in source(name).replace(" ", "")
    assert not list(tree(name).find_all(nodes.MarkSafe))
    assert "autoescape false" not in source(name)


@pytest.mark.parametrize("name", ON_SCREEN)
def test_classes_exist(name):
    assert classes_of(name) - KNOWN_CLASSES == set()


@pytest.mark.parametrize("name", ON_SCREEN)
def test_icons_exist(name):
    assert icons_of(name) - KNOWN_ICONS == set()


def test_icons_of_the_navigation_exist():
    assert {item.icon for group in (*STAFF, *SUPPLIER) for item in group.items} - KNOWN_ICONS == set()


def test_the_checks_see_what_they_look_for():
    text = """<b class="as-a {{ 'b' if x == 'no' }} f-{{ k }}{% if y == "z" %} as-c{% endif %}">"""
    assert list(attributes(text, "class")) == [text[10:-2]]
    assert "as-card" in KNOWN_CLASSES
    assert "mt-3" in KNOWN_CLASSES
    assert "as-card" in classes_of("kit/index.html")
    assert {"lg", "as-tw"} <= KNOWN_CLASSES
    assert {"download", "hand-stop"} <= icons_of("kit/index.html")


class Page(HTMLParser):
    """What a rendered page says about itself."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.refers: set[str] = set()
        self.tags: list[str] = []
        self.unnamed: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        has = dict(attrs)
        self.tags.append(tag)
        self.ids += [has["id"]] if "id" in has else []
        for key in ("aria-describedby", "aria-labelledby", "aria-controls", "for"):
            self.refers.update((has.get(key) or "").split())
        if tag == "svg" and "aria-hidden" not in has and not has.get("aria-label"):
            self.unnamed.append(self.get_starttag_text() or tag)


ORG = SimpleNamespace(
    name="Norrland Drives AB",
    short_name="Norrland Drives",
    desk_hours="Weekdays 07:00 to 17:00",
    desk_phone="+46 920 555 100",
    desk_email="desk@norrland-drives.example",
    is_synthetic=True,
)
ELIN = SimpleNamespace(
    person_id=1,
    name="Elin Sandberg",
    initials="ES",
    is_staff=True,
    is_supplier=False,
    role_label="Engineer",
    place="Luleå",
    supplier_name="",
    supplier_number="",
    time_zone="Europe/Stockholm",
    guest=None,
)
TOMASZ = SimpleNamespace(
    person_id=1,
    name="Tomasz Wieczorek",
    initials="TW",
    is_staff=False,
    is_supplier=True,
    role_label="Quality contact",
    place="",
    supplier_name="Acme Castings",
    supplier_number="104417",
    time_zone="Europe/Warsaw",
    guest=None,
)


def shown(who, **more):
    context = {
        "who": who,
        "org": ORG,
        "nav": SUPPLIER if who and who.is_supplier else STAFF,
        "csrf_token": "token",
        "request_id": "r-1",
        "theme": "",
        "flash": [{"kind": "ok", "text": "Saved <b>12:04</b>."}],
    }
    return context | more


@pytest.mark.parametrize("who", [ELIN, TOMASZ])
@pytest.mark.parametrize("theme", ["", "light", "dark"])
def test_kit_is_a_sound_page(who, theme):
    html = ENV.get_template("kit/index.html").render(shown(who, theme=theme))
    page = Page(html)
    assert page.tags.count("h1") == 1
    assert page.tags.count("main") == 1
    assert sorted(page.ids) == sorted(set(page.ids))
    assert page.refers - set(page.ids) == set()
    assert page.unnamed == []
    assert "<title>Components · Assay</title>" in html
    assert ('data-bs-theme="' in html) == bool(theme)
    assert "Saved &lt;b&gt;12:04&lt;/b&gt;." in html
    assert "None" not in re.sub(r"None planned", "", html)


def test_navigation_shows_where_one_is():
    html = ENV.from_string(
        '{% extends "layouts/app.html" %}{% block title %}T{% endblock %}{% set active = "suppliers" %}'
    ).render(shown(ELIN))
    current = re.findall(r'href="([^"]+)"[^>]*aria-current="page"', html)
    assert current == ["/suppliers", "/suppliers"], "once in the side bar, once in the phone's menu"


@pytest.mark.parametrize("status", [400, 403, 404, 409, 412, 413, 422, 429, 500, 503, 418])
def test_error_page_needs_nothing_but_its_number(status):
    html = ENV.get_template("errors/error.html").render(status=status, request_id="r-77", message="")
    fragment = ENV.get_template("errors/_fragment.html").render(status=status, request_id="r-77")
    assert "r-77" in html
    assert Page(html).tags.count("h1") == 1
    assert 'id="error"' in fragment
    assert fragment.strip() in html


def test_error_page_says_a_refusal_in_its_own_words():
    html = ENV.get_template("errors/error.html").render(
        shown(None, status=409, message="Check effectiveness before closing <it>.")
    )
    assert "Check effectiveness before closing &lt;it&gt;." in html
    assert "Somebody else changed" not in html
    assert "desk@norrland-drives.example" in html
