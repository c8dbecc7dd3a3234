"""A state machine is a table: what is not next is refused, what one may not do is not there."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import pytest

from portal import clock
from portal.access.permissions import P
from portal.errors import NotFoundError, NotReadyError
from portal.workflows.steps import Step, advance, diagram, possible
from tests.people import principal_of


class Phase(StrEnum):
    DRAFT = "draft"
    SENT = "sent"
    CLOSED = "closed"


@dataclass
class Letter:
    status: Phase = Phase.DRAFT
    version: int = 1
    updated_at: datetime = field(default_factory=clock.now)


STEPS = {
    "send": Step((Phase.DRAFT,), Phase.SENT, P.SUPPLIERS_READ),
    "close": Step((Phase.DRAFT, Phase.SENT), Phase.CLOSED, P.PEOPLE_MANAGE),
}


def test_a_step_that_is_next_is_taken(cast):
    letter = Letter()
    advance(letter, STEPS, "send", by=principal_of(cast.elin))
    assert (letter.status, letter.version) == (Phase.SENT, 2)


def test_skip_step_changes_nothing(cast):
    letter = Letter(Phase.CLOSED)
    with pytest.raises(NotReadyError):
        advance(letter, STEPS, "send", by=principal_of(cast.elin))
    assert (letter.status, letter.version) == (Phase.CLOSED, 1)


def test_a_step_that_is_not_theirs_looks_as_if_there_were_none(cast):
    letter = Letter()
    for person in (cast.elin, cast.tomasz, cast.anna):
        with pytest.raises(NotFoundError):
            advance(letter, STEPS, "close", by=principal_of(person))
    assert letter.status is Phase.DRAFT


def test_buttons_are_the_steps_that_one_could_take_now(cast):
    assert possible(Letter(), STEPS, principal_of(cast.elin)) == ["send"]
    assert possible(Letter(), STEPS, principal_of(cast.root)) == ["send", "close"]
    assert possible(Letter(Phase.CLOSED), STEPS, principal_of(cast.root)) == []


def test_the_diagram_shows_every_way():
    assert diagram(STEPS).splitlines() == [
        "stateDiagram-v2",
        "    draft --> sent: send",
        "    draft --> closed: close",
        "    sent --> closed: close",
    ]
