"""What each discipline asks, as data: forms, checks, reviews, reports and the API are all drawn from it.

An answer's content is JSON by the keys below: a text is a string, a chain a list of strings, rows a list of
objects with a string for each column (a day as 2026-11-24).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from portal.languages import N_, _
from portal.models.scars import Discipline, Stage

Content = Mapping[str, Any]


class Kind(StrEnum):
    TEXT = "text"
    CHAIN = "chain"  # why, why, why
    ROWS = "rows"


@dataclass(frozen=True, slots=True)
class Column:
    key: str
    label: str
    kind: str = "text"  # or "day"
    is_needed: bool = False


@dataclass(frozen=True, slots=True)
class Ask:
    """One question. ``missing`` is what is said when it must be answered and is not."""

    key: str
    label: str
    kind: Kind = Kind.TEXT
    help: str = ""
    missing: str = ""
    columns: tuple[Column, ...] = ()
    is_folded: bool = False  # offered, not shown at first

    @property
    def is_needed(self) -> bool:
        return bool(self.missing)


@dataclass(frozen=True, slots=True)
class Told:
    title: str
    intro: str
    asks: tuple[Ask, ...]

    def ask(self, key: str) -> Ask:
        return next(each for each in self.asks if each.key == key)


_WHO = Column("owner", N_("Who"), is_needed=True)
_ACTION = (Column("what", N_("What"), is_needed=True), _WHO)
_CAUSES = (
    ("people", N_("People")),
    ("machine", N_("Machine")),
    ("material", N_("Material")),
    ("method", N_("Method")),
    ("measurement", N_("Measurement")),
    ("environment", N_("Environment")),
)

DISCIPLINES: dict[Discipline, Told] = {
    Discipline.D0: Told(
        N_("Emergency response"),
        N_("What did you stop or block at once? If there is nothing to stop, leave it empty."),
        (Ask("response", N_("What you did at once")),),
    ),
    Discipline.D1: Told(
        N_("Team"),
        N_("Who works on it. Production and quality should both be there."),
        (
            Ask(
                "team",
                N_("People"),
                Kind.ROWS,
                missing=N_("Name at least one person of the team."),
                columns=(
                    Column("name", N_("Name"), is_needed=True),
                    Column("role", N_("Function")),
                ),
            ),
        ),
    ),
    Discipline.D2: Told(
        N_("Problem"),
        N_("Say in your own words what is wrong, as you see it on your side."),
        (
            Ask(
                "problem",
                N_("What is wrong"),
                help=N_("Which parts, which lots, since when, how many."),
                missing=N_("Describe the problem as you see it."),
            ),
            Ask(
                "is_not",
                N_("Where it is not"),
                help=N_("Parts, lots, machines or shifts without the defect narrow the search."),
            ),
        ),
    ),
    Discipline.D3: Told(
        N_("Containment"),
        N_("No more bad parts may reach us: stock, work in progress and whatever is on its way."),
        (
            Ask(
                "checks",
                N_("Where you looked"),
                Kind.ROWS,
                help=N_("Stock, work in progress, in transit, at us."),
                missing=N_("Say where you looked for more bad parts."),
                columns=(
                    Column("place", N_("Place"), is_needed=True),
                    Column("checked", N_("Pieces checked")),
                    Column("bad", N_("Pieces bad")),
                ),
            ),
            Ask(
                "actions",
                N_("What protects us now"),
                Kind.ROWS,
                missing=N_("Say what protects us until the cause is gone."),
                columns=(*_ACTION, Column("since", N_("Since"), "day")),
            ),
            Ask("marking", N_("How checked parts are marked")),
        ),
    ),
    Discipline.D4: Told(
        N_("Root cause"),
        N_(
            "Ask “why?” until the answer is something you can change in the process. Five is common; three or"
            " seven is fine. Short sentences are good."
        ),
        (
            Ask(
                "occurrence",
                N_("Why did it happen?"),
                Kind.CHAIN,
                missing=N_("Say why it happened, with at least one why."),
            ),
            Ask(
                "escape",
                N_("Why was it not found?"),
                Kind.CHAIN,
                missing=N_("Say why it was not found, with at least one why."),
            ),
            Ask(
                "proof",
                N_("How did you prove it?"),
                help=N_("Cause on: the defect comes. Cause off: the defect goes away."),
            ),
            *(Ask(f"fishbone_{key}", label, is_folded=True) for key, label in _CAUSES),
        ),
    ),
    Discipline.D5: Told(
        N_("Chosen actions"),
        N_("What will change, so that the cause and the gap in your checks are gone for good."),
        (
            Ask(
                "actions",
                N_("Actions"),
                Kind.ROWS,
                missing=N_("Choose at least one action, with who does it and by when."),
                columns=(*_ACTION, Column("due", N_("By when"), "day", is_needed=True)),
            ),
            Ask(
                "check",
                N_("How will you see that it works?"),
                missing=N_("Say how you will see that it works."),
            ),
        ),
    ),
    Discipline.D6: Told(
        N_("Put in place"),
        N_("Tell us when each action was done, and show that it works."),
        (
            Ask(
                "done",
                N_("Done"),
                Kind.ROWS,
                missing=N_("Say which actions are done, and since when."),
                columns=(*_ACTION, Column("since", N_("Done on"), "day", is_needed=True)),
            ),
            Ask(
                "result",
                N_("What the check shows"),
                help=N_("Figures before and after."),
                missing=N_("Say what the check of the actions shows."),
            ),
            Ask("first_good", N_("First lot made after the change")),
        ),
    ),
    Discipline.D7: Told(
        N_("Prevent everywhere"),
        N_("Where else could the same happen? Change it there too, and in your documents."),
        (
            Ask(
                "elsewhere",
                N_("Other parts, lines and plants"),
                missing=N_("Say where else it could happen, or that you looked and found nothing."),
            ),
            Ask(
                "documents",
                N_("Documents changed"),
                help=N_("FMEA, control plan, work instruction: with their new version."),
                missing=N_("Name the documents that you changed."),
            ),
        ),
    ),
    Discipline.D8: Told(N_("Close"), "", ()),
}
STAGE_TITLES = {
    Stage.ACKNOWLEDGEMENT: N_("Acknowledgement"),
    Stage.CONTAINMENT: N_("Containment"),
    Stage.ANALYSIS: N_("Root cause and actions"),
    Stage.IMPLEMENTATION: N_("Actions put in place"),
    Stage.PREVENTION: N_("Prevention"),
}
# As the scorecard's feed has always called them.
FEED_TITLES = {
    Stage.ACKNOWLEDGEMENT: "D0 acknowledgement",
    Stage.CONTAINMENT: "D3 containment",
    Stage.ANALYSIS: "D4–D5 root cause and actions",
    Stage.IMPLEMENTATION: "D6 actions in place",
    Stage.PREVENTION: "D7–D8 prevention and closure",
}

# Words at which a chain of whys stops at a person, in the languages that suppliers write in.
_PERSON = re.compile(
    r"operator|human error|employee|worker|staff|forg[eo]t|careless|inattent|awareness|negligen|mistake by"
    r"|bediener|mitarbeiter|menschlich|vergess|unachtsam|unaufmerksam"
    r"|pracowni|zapomnia|nieuwag|błąd ludzki|operari|olvid|despiste|opérateur|oubli|inattention"
    r"|操作[员工]|人为|疏忽|忘记",
    re.IGNORECASE,
)
_TRAINING = re.compile(
    r"\b(re-?)?train(ed|ing)?\b|remind|instructed|briefed|\bschul|geschult|unterw[ie]+sen|sensibilisier"
    r"|szkol|pouczo|formación|capacit|formation|rappel|培训|教育",
    re.IGNORECASE,
)
_CHANGES_THE_PROCESS = re.compile(
    r"instruction|check|gauge|fixture|sensor|poka|plan|drawing|program|interlock|template|label|sheet"
    r"|anweisung|prüf|vorrichtung|lehre|zeichnung|programm|instrukcj|kontrol|norm|指导|检",
    re.IGNORECASE,
)
# "The operator had no instruction" names what is missing in the process: that is no weak answer.
_GAP = re.compile(
    r"\b(no|missing|without|lacks?|kein\w*|fehl\w*|ohne|brak\w*|sin|sans)\s+(\w+\s+){0,3}?"
    r"(instruction|check|gauge|fixture|sensor|plan|drawing|standard|step|label|template"
    r"|anweisung|prüf\w*|vorrichtung|lehre|vorgabe|instrukcj\w*|kontrol\w*)",
    re.IGNORECASE,
)


def missing(discipline: Discipline, content: Content) -> list[tuple[str, str]]:
    """Say what a discipline lacks before it can be sent, as (key, sentence)."""
    found = []
    for ask in DISCIPLINES[discipline].asks:
        value = content.get(ask.key)
        if ask.is_needed and not value:
            found.append((ask.key, _(ask.missing)))
            continue
        for row in value or () if ask.kind is Kind.ROWS else ():
            lacks = [
                _(column.label) for column in ask.columns if column.is_needed and not row.get(column.key)
            ]
            if lacks:
                what = _(ask.label)
                found.append(
                    (ask.key, _("“%(what)s”: fill in %(lacks)s.", what=what, lacks=", ".join(lacks)))
                )
                break
    return found


def hints(discipline: Discipline, content: Content) -> dict[str, str]:
    """Say where an answer looks weak, by key. A hint never blocks."""
    found = {}
    if discipline is Discipline.D4:
        for key in ("occurrence", "escape"):
            if _stops_at_a_person(content.get(key) or ()):
                found[key] = _(
                    "This stops at a person. What made it possible? For example: no step in the instruction,"
                    " or nothing that would have noticed. You can still send it."
                )
        if content.get("occurrence") and not content.get("proof"):
            found["proof"] = _("A cause that was switched on and off convinces. You can still send it.")
    if discipline in {Discipline.D5, Discipline.D6}:
        key = "actions" if discipline is Discipline.D5 else "done"
        rows = [str(row.get("what", "")) for row in content.get(key) or ()]
        if rows and all(_TRAINING.search(row) and not _CHANGES_THE_PROCESS.search(row) for row in rows):
            found[key] = _(
                "Training wears off. What in the process will change, so that nobody has to remember it?"
                " You can still send it."
            )
    return found


def is_weak(discipline: Discipline, content: Content) -> bool:
    """Say whether an answer stops at a person or at training; the weak-answer rate counts these."""
    return bool(set(hints(discipline, content)) & {"occurrence", "escape", "actions", "done"})


def is_empty(content: Content) -> bool:
    return not any(content.values())


def _stops_at_a_person(whys: Sequence[str]) -> bool:
    last = whys[-1] if whys else ""
    return bool(_PERSON.search(last) or _TRAINING.search(last)) and not _GAP.search(last)
