"""Turn a message's words into its two parts.

Each message has one template for a language, ``mail/<language>/<kind>.jinja``. It is rendered twice:
inside ``mail/layout.html`` with the parts of ``mail/parts.html``, and inside ``mail/layout.txt`` with those
of ``mail/parts.txt``. So the text part cannot say less than the HTML part.
"""

import textwrap
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

from css_inline import CSSInliner
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from portal.mail import dates
from portal.mail.message import Attached, Letterhead, Message, Recipient

FOLDER = Path(__file__).resolve().parent.parent / "templates"
FALLBACK = "en"
WIDTH = 72  # columns of the text part
LONGEST_SUBJECT = 250

# Styles go onto the elements, because mail programs drop style sheets; those that adapt to a dark screen or a
# phone stay in the head for the programs that keep them.
_INLINER = CSSInliner(
    keep_at_rules=True,
    remove_inlined_selectors=True,
    load_remote_stylesheets=False,
    apply_width_attributes=False,
)


def language_of(wish: str) -> str:
    """Give the language that a mail is written in: "de-AT" reads German, what we don't speak is English."""
    found = wish.lower().replace("_", "-").partition("-")[0]
    return found if found in dates.LANGUAGES else FALLBACK


def written(
    kind: str,
    house: Letterhead,
    to: Recipient,
    *,
    key: str,
    is_secret: bool = False,
    expires_at: datetime | None = None,
    reply_to: str = "",
    unsubscribe: str = "",
    attached: Sequence[Attached] = (),
    **facts: Any,
) -> Message:
    """Write a message of a kind; ``facts`` are what its templates speak of."""
    language = language_of(to.language)
    context = {
        **facts,
        "house": house,
        "to": to,
        "expires_at": expires_at,
        "unsubscribe": unsubscribe,
        "language": language,
        "when": partial(dates.when, zone=to.time_zone, language=language),
        "month_name": partial(dates.month, language=language),
    }
    template = f"mail/{language}/{kind}.jinja"
    subject = textwrap.shorten(
        one_line(_render(template, "subject.txt", context)), LONGEST_SUBJECT, placeholder=" …"
    )
    return Message(
        kind=kind,
        key=key,
        to=to,
        subject=subject,
        text=_tidy(_render(template, "layout.txt", context)),
        html=_INLINER.inline(_render(template, "layout.html", {**context, "subject": subject})),
        domain=house.domain,
        reply_to=reply_to or house.desk_email,
        is_secret=is_secret,
        expires_at=expires_at,
        unsubscribe=unsubscribe,
        attached=tuple(attached),
    )


def one_line(text: str) -> str:
    """Give text as one line without control characters: what a header may hold."""
    return " ".join("".join(" " if _is_control(c) else c for c in text).split())


def _is_control(character: str) -> bool:
    # Cc: CR, LF, NUL …; Cf, Zl, Zp: what turns or breaks a line unseen; Cs: halves of characters. The two
    # joiners are letters of some languages.
    return (
        unicodedata.category(character) in {"Cc", "Cf", "Zl", "Zp", "Cs"} and character not in "\u200c\u200d"
    )


@cache
def _environment(ending: str) -> Environment:
    """Make the environment of one part: in HTML everything is escaped, in text there is nothing to escape."""
    env = Environment(
        loader=FileSystemLoader(FOLDER),
        undefined=StrictUndefined,
        autoescape=ending == "html",  # noqa: S701 # plain text has nothing to escape
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters["wrapped"] = _wrapped
    env.filters["indented"] = _indented
    env.filters["one_line"] = one_line
    env.globals["part"] = env.get_template(f"mail/parts.{ending}").module
    return env


def _render(template: str, layout: str, context: dict[str, Any]) -> str:
    env = _environment(layout.rpartition(".")[2])
    return env.get_template(template).render({**context, "layout": f"mail/{layout}"})


def _wrapped(text: str) -> str:
    return textwrap.fill(" ".join(text.split()), WIDTH, break_long_words=False, break_on_hyphens=False)


def _indented(text: str) -> str:
    """Set what somebody wrote apart, and keep its line ends."""
    mark = "  "
    lines = (
        textwrap.fill(line, WIDTH, initial_indent=mark, subsequent_indent=mark, break_on_hyphens=False)
        for line in text.split("\n")
    )
    return "\n".join(lines)


def _tidy(text: str) -> str:
    """Leave one empty line between paragraphs, however the template was laid out."""
    paragraphs: list[list[str]] = [[]]
    for line in text.replace("\x00", "").splitlines():
        if line.strip():
            paragraphs[-1].append(line.rstrip())
        elif paragraphs[-1]:
            paragraphs.append([])
    return "\n\n".join("\n".join(lines) for lines in paragraphs if lines) + "\n"
