import secrets
from functools import cache, partial
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from portal import languages
from portal.web import assets, due, filters
from portal.web.kept import Kept

FOLDER = Path(__file__).resolve().parent.parent / "templates"


@cache
def environment(*, auto_reload: bool = False, sends_to_store: bool = False) -> Environment:
    """Make the one Jinja environment: everything is escaped, and a name that is not there is an error.

    Compiling templates is dear, so a process does it once.
    """
    env = Environment(
        loader=FileSystemLoader(FOLDER),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=auto_reload,
        extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols", "jinja2.ext.i18n", Kept],
    )
    env.policies["ext.i18n.trimmed"] = True
    # Texts in templates: _("Send"), {% trans %}; escaped like everything else.
    env.install_gettext_callables(languages.gettext, languages.form, newstyle=True)  # type: ignore[attr-defined]
    # For a sentence that was marked where it was made, or came with its values put in.
    env.filters["told"] = languages.gettext
    env.globals.update(spoken=languages.spoken, language_names=languages.NAMES)
    env.globals.update(sends_to_store=sends_to_store)
    env.globals.update(due_of=due.due_of, ours_due=due.ours_due, length_of=due.length)
    env.globals.update(new_key=partial(secrets.token_urlsafe, 12))
    filters.install(env)
    assets.install(env)
    return env
