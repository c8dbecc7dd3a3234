"""A kept part of a template is rendered once for each thing it shows, and escaped like everything else."""

from portal import languages
from portal.web.templates import environment

PAGE = "{% for row in rows %}{% kept row %}<i>{{ said(row) }} {{ _('Sign in') }}</i>{% endkept %}{% endfor %}"


def page(**how):
    said = []

    def note(row):
        said.append(row)
        return row

    template = environment(**how).from_string(PAGE)
    return said, lambda *rows: template.render(rows=rows, said=note)


def test_what_was_shown_before_is_not_rendered_again():
    said, shown = page()
    assert shown("a", "b", "a") == shown("a", "b", "a")
    assert said == ["a", "b"]


def test_it_is_escaped_once_and_not_twice():
    _, shown = page()
    for _ in range(2):
        assert shown("<b>&") == "<i>&lt;b&gt;&amp; Sign in</i>"


def test_each_language_keeps_its_own():
    said, shown = page()
    english = shown("a")
    with languages.speaking("de"):
        assert shown("a") != english
    assert shown("a") == english
    assert said == ["a", "a"]


def test_whoever_changes_templates_sees_them_at_once():
    said, shown = page(auto_reload=True)
    shown("a", "a")
    assert said == ["a", "a"]


def test_no_more_is_kept_than_fits(monkeypatch):
    monkeypatch.setattr("portal.web.kept.MOST", 2)
    said, shown = page()
    shown("a", "b", "c", "c", "a")
    assert said == ["a", "b", "c", "a"]
